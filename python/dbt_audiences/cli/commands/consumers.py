"""`audiences consumers KEY`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, print_table


@click.command("consumers", short_help="Everything that refers to an audience or a trait.")
@click.argument("key")
@json_option
@project_options
def command(key: str, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """Everything that refers to an audience or a trait: audiences, traits and destinations, with file and line."""
    from dbt_audiences.flow.consumers import consumers

    found = consumers(open_workspace(project_dir, profiles_dir, target), key)
    if as_json:
        print_json(
            [
                {"kind": one.kind, "key": one.key, "how": one.how, "file": one.place.file, "line": one.place.line}
                for one in found
            ]
        )
    elif found:
        print_table(
            ("kind", "key", "how", "where"),
            [(one.kind, one.key, one.how, f"{one.place.file}:{one.place.line}") for one in found],
        )
    else:
        click.echo(f"nothing refers to {key}")
