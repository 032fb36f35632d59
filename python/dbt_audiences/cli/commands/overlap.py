"""`audiences overlap KEY KEY...`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, print_table


@click.command("overlap", short_help="How many members audiences share.")
@click.argument("keys", nargs=-1, required=True, metavar="KEY KEY...")
@json_option
@project_options
def command(keys: tuple[str, ...], as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """Sizes of audiences as the last run left them, what each two share, and how many are in all and in any."""
    from dbt_audiences.flow.inspect import overlap_of

    found = overlap_of(open_workspace(project_dir, profiles_dir, target), keys)
    if as_json:
        print_json(found)
        return
    print_table(("audience", "members"), list(found.sizes.items()))
    click.echo()
    print_table(("audience", "and", "shared"), list(found.shared))
    click.echo(f"\n{found.in_all:,} in all, {found.in_any:,} in any")
