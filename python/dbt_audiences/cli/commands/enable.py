"""`audiences enable KEY`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json


@click.command("enable", short_help="Compute and send an audience or a trait again.")
@click.argument("key")
@json_option
@project_options
def command(key: str, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """Compute and send an audience or a trait again. The file is edited, and nothing in it but `enabled:`."""
    from dbt_audiences.flow.edit import set_enabled

    path = set_enabled(open_workspace(project_dir, profiles_dir, target), key, enabled=True)
    shown = path.relative_to(project_dir).as_posix()
    if as_json:
        print_json({"key": key, "enabled": True, "file": shown})
    else:
        click.echo(f"{key} is enabled in {shown}")
