"""`audiences suppress IDENTIFIER`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_json


@click.command("suppress", short_help="Take nothing new of a person; what is there stays.")
@click.argument("identifier")
@click.option("--lift", "lifted", is_flag=True, help="Take what is new again.")
@wait_option
@json_option
@project_options
def command(
    identifier: str,
    lifted: bool,
    wait: bool,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """Leave out new calls of a person (email:a@b.c, user_id:7, a profile_id); what is there, and what is sent of it, stays."""
    from dbt_audiences.flow.suppress import suppress_person

    done = suppress_person(open_workspace(project_dir, profiles_dir, target), identifier, lifted=lifted, wait=wait)
    if as_json:
        print_json(done)
        return
    types = ", ".join(f"{count} {type_}" for type_, count in done.identifiers.items())
    click.echo(f"{'taken again' if lifted else 'suppressed'}: {types}" + ("" if done.is_known else " (nobody has it yet)"))
