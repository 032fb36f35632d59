"""`audiences delete KEY`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_connections, print_json, say


@click.command("delete", short_help="Delete an audience or a trait, and take it back from destinations.")
@click.argument("key")
@click.option("--keep-at-destinations", is_flag=True, help="Send no exits: what destinations hold stays there.")
@wait_option
@as_of_option
@json_option
@project_options
def command(
    key: str,
    keep_at_destinations: bool,
    wait: bool,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Delete an audience or a trait: its file, its view or table, and by exits what destinations hold.

    Last values stay as custom traits, and its history stays. Refused while anything refers to it.
    """
    from dbt_audiences.flow.delete import delete
    from dbt_audiences.flow.sync import exit_code

    workspace = open_workspace(project_dir, profiles_dir, target)
    done = delete(workspace, key, as_of=instant_or_now(as_of), keep_at_destinations=keep_at_destinations, wait=wait)
    if as_json:
        print_json(done)
        return exit_code(done.connections)
    gone = "" if done.file is None else f": {done.file} is gone"
    click.echo(f"{key} is deleted{gone}; {done.kept:,} keep its last value as the custom trait `{key}`")
    if done.connections:
        click.echo()
        print_connections(done.connections)
    for warning in done.warnings:
        say(f"warning: {warning}")
    return exit_code(done.connections)
