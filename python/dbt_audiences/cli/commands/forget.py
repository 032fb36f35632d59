"""`audiences forget IDENTIFIER`"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_json, print_table, progress_bar, say


@click.command("forget", short_help="Remove a person from the warehouse and every destination.")
@click.argument("identifier")
@click.option("--only", metavar="TYPE:VALUE", help="Only this identifier of the person, who stays.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_of_option
@wait_option
@json_option
@project_options
def command(
    identifier: str,
    only: str | None,
    yes: bool,
    as_of: datetime | None,
    wait: bool,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Forget a person (email:a@b.c, user_id:7, a profile_id): every row goes, destinations are told, nothing new is taken.

    Prints a receipt of what was done and of what is left. What is left can be tried again by the same command.
    """
    from dbt_audiences.flow.forget import forget

    whom = identifier if only is None else f"{only} of {identifier}"
    if sys.stdin.isatty() and not yes and not as_json:
        click.confirm(f"Forget {whom}? It cannot be undone.", abort=True)
    with progress_bar("building") as progress:
        receipt = forget(
            open_workspace(project_dir, profiles_dir, target),
            identifier,
            only=only,
            as_of=instant_or_now(as_of),
            wait=wait,
            progress=progress,
        )
    if as_json:
        print_json(receipt)
        return receipt.exit_code
    types = ", ".join(f"{count} {type_}" for type_, count in receipt.identifiers.items())
    click.echo(f"{'forgotten before' if receipt.is_repeated else 'forgotten'}: {types}")
    if receipt.removals:
        click.echo()
        print_table(
            ("destination", "audience", "status", "identifiers", "message"),
            [(one.destination, one.audience, one.status, one.identifiers, one.message) for one in receipt.removals],
        )
    if receipt.erased:
        click.echo()
        print_table(("what", "rows"), list(receipt.erased.items()))
    if receipt.left:
        say("\nleft:")
        for one in receipt.left:
            say(f"  {one.place}: {one.reason}")
    else:
        click.echo("\nnothing is left")
    return receipt.exit_code
