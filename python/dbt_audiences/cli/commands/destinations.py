"""`audiences destinations list | test KEY | copy KEY --from DIR`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options, unused_options
from dbt_audiences.cli.output import print_json, print_table, say

_FOLDER = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)
_project_dir = click.option(
    "--project-dir",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    help="Where dbt_project.yml lies.",
)


@click.group("destinations", short_help="What can be sent to; tries one; takes one over.")
def command() -> None:
    """What can be sent to, and what is."""


@command.command("list", short_help="The types there are, and the destinations of the project.")
@json_option
@_project_dir
@unused_options
def list_(as_json: bool, project_dir: Path) -> None:
    """The types of destinations that there are, and the destinations of the project."""
    from dbt_audiences.flow.destinations import list_destinations

    found = list_destinations(project_dir)
    if as_json:
        print_json(found)
        return
    print_table(
        ("type", "name", "as", "proven by", "origin"),
        [(one.type, one.name, ", ".join(one.forms), one.proven_by, one.origin) for one in found.types],
    )
    if found.destinations:
        click.echo("")
        print_table(
            ("destination", "type", "name", "enabled", "sent to it"),
            [(one.destination, one.type, one.name, one.enabled, ", ".join(one.audiences)) for one in found.destinations],
        )


@command.command("test", short_help="Whether a destination answers and takes the credentials.")
@click.argument("key")
@json_option
@project_options
def test(key: str, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> int:
    """Ask a destination whether it is there and takes the credentials. Nothing is changed there; the exit code is 1 if not."""
    from dbt_audiences.flow.destinations import try_destination

    tried = try_destination(open_workspace(project_dir, profiles_dir, target), key)
    if as_json:
        print_json(tried)
    else:
        click.echo(f"{tried.destination}: {'ok' if tried.ok else 'failed'}: {tried.message}")
    return 0 if tried.ok else 1


@command.command("copy", short_help="Take a destination over from another project.")
@click.argument("key")
@click.option("--from", "other", type=_FOLDER, required=True, metavar="DIR", help="The other project.")
@click.option("--as", "new_key", metavar="KEY", help="What it is called here.")
@json_option
@_project_dir
@unused_options
def copy(key: str, other: Path, new_key: str | None, as_json: bool, project_dir: Path) -> None:
    """Copy a destination's file from another project, with the type that it declares. Nothing here is written over."""
    from dbt_audiences.flow.destinations import copy_destination

    done = copy_destination(project_dir, key, other, new_key)
    if as_json:
        print_json(done)
        return
    for name in done.files:
        click.echo(name)
    if done.variables:
        say(f"it reads the environment variables {', '.join(done.variables)}")
