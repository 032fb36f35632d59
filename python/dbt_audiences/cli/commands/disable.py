"""`audiences disable KEY`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json


@click.command("disable", short_help="Stop computing and sending an audience or a trait.")
@click.argument("key")
@json_option
@project_options
def command(key: str, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """Stop computing and sending an audience or a trait. The file is edited, and nothing in it but `enabled:`."""
    from dbt_audiences.flow.edit import set_enabled

    path = set_enabled(open_workspace(project_dir, profiles_dir, target), key, enabled=False)
    shown = path.relative_to(project_dir).as_posix()
    if as_json:
        print_json({"key": key, "enabled": False, "file": shown})
    else:
        click.echo(f"{key} is disabled in {shown}")
