"""`audiences compile`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json


@click.command("compile", short_help="Turn the definitions into dbt models.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a model is stale.")
@json_option
@project_options
def command(check: bool, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> int:
    """Turn the definitions into dbt models; models whose definition is gone are removed."""
    difference = open_workspace(project_dir, profiles_dir, target).compile(check=check)
    if as_json:
        print_json(difference)
    else:
        for word, paths in (("new", difference.new), ("changed", difference.changed), ("gone", difference.gone)):
            for path in paths:
                click.echo(f"{word:8}{path}")
        if not difference:
            click.echo("every model is up to date")
    return 1 if check and difference else 0
