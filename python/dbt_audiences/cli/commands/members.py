"""`audiences members KEY`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, print_table


@click.command("members", short_help="Who is in an audience.")
@click.argument("key")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N members; default: all.")
@json_option
@project_options
def command(
    key: str, limit: int | None, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None
) -> None:
    """The members of an audience: profile_id, entered_at, and the first user_id, email and anonymous_id of each."""
    from dbt_audiences.diff.members import MEMBER_COLUMNS
    from dbt_audiences.flow.inspect import members_of

    rows = members_of(open_workspace(project_dir, profiles_dir, target), key, limit)
    if as_json:
        print_json([dict(zip(MEMBER_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(MEMBER_COLUMNS, rows)
