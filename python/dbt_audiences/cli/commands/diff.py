"""`audiences diff KEY`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json


@click.command("diff", short_help="Who would enter and leave an audience.")
@click.argument("key")
@as_of_option
@json_option
@project_options
def command(
    key: str, as_of: datetime | None, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None
) -> None:
    """Who would enter and leave an audience, by its definition as it stands and the data of the last run. Writes nothing."""
    from dbt_audiences.flow.inspect import difference

    change = difference(open_workspace(project_dir, profiles_dir, target), key, instant_or_now(as_of))
    if as_json:
        print_json(change)
        return
    for sign, ids in (("+", change.entering), ("-", change.leaving)):
        for profile_id in ids:
            click.echo(f"{sign} {profile_id}")
    click.echo(f"{len(change.entering):,} would enter, {len(change.leaving):,} would leave, {change.staying:,} would stay")
