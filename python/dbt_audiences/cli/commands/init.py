"""`audiences init DIR`"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import json_option
from dbt_audiences.cli.output import print_json, say


@click.command("init", short_help="Make a new project that runs at once.")
@click.argument("folder", metavar="DIR", type=click.Path(resolve_path=True, path_type=Path))
@json_option
def command(folder: Path, as_json: bool) -> None:
    """Make a project in DIR: dbt files, one audience, one trait, one destination (a folder), and sample events."""
    from dbt_audiences.flow.init import init

    made = init(folder, now=datetime.now(UTC))
    if as_json:
        print_json(made)
        return
    say(f"made the project {made.name} in {made.folder}; go on with")
    for line in made.next_commands:
        click.echo(f"  {line}")
