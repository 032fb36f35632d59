"""`audiences compile`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, say
from dbt_audiences.core.errors import UsageError


@click.command("compile", short_help="Turn the definitions into dbt models.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a model is stale.")
@click.option("--strict", is_flag=True, help="Exit 2 when something is asked for that the warehouse has never seen.")
@json_option
@project_options
def command(check: bool, strict: bool, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> int:
    """Turn the definitions into dbt models; models whose definition is gone are removed.

    With a warehouse at hand, warn of events, properties and traits that were never seen.
    """
    from dbt_audiences.flow.unseen import unseen

    workspace = open_workspace(project_dir, profiles_dir, target)
    difference = workspace.compile(check=check)
    found = unseen(workspace)
    if as_json:
        print_json({"new": difference.new, "changed": difference.changed, "gone": difference.gone, "unseen": found})
    else:
        for word, paths in (("new", difference.new), ("changed", difference.changed), ("gone", difference.gone)):
            for path in paths:
                click.echo(f"{word:8}{path}")
        if not difference:
            click.echo("every model is up to date")
    for warning in () if as_json else found.warnings:
        say(f"warning: {warning}")
    if strict and found.warnings:
        return UsageError.exit_code
    return 1 if check and difference else 0
