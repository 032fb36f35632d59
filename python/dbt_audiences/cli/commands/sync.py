"""`audiences sync`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_connections, print_json, say


@click.command("sync", short_help="Push what the last run computed.")
@click.option("--destination", metavar="KEY", help="Only to this destination.")
@click.option("--audience", metavar="KEY", help="Only this audience or trait.")
@click.option("--resync", is_flag=True, help="Send everything again, as if the destination held nothing.")
@click.option(
    "--approve", metavar="KEY", help="Let one refused change of this audience or trait (or of this event table) through."
)
@click.option("--dry-run", is_flag=True, help="Send nothing; with --json print every request as it would be sent.")
@wait_option
@as_of_option
@json_option
@project_options
def command(
    destination: str | None,
    audience: str | None,
    resync: bool,
    approve: str | None,
    dry_run: bool,
    wait: bool,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Push to the destinations what the last run computed and they have not acknowledged."""
    from dbt_audiences.flow.sync import exit_code, sync

    at = instant_or_now(as_of)
    workspace = open_workspace(project_dir, profiles_dir, target)
    results = sync(
        workspace,
        as_of=at,
        destination=destination,
        audience=audience,
        resync=resync,
        approve=approve,
        dry_run=dry_run,
        wait=wait,
        tell=say,
    )
    if as_json:
        print_json(results)
        return exit_code(results)
    if approve is not None and not results:
        approved = f"approved: the next `audiences run` lets one change of `{approve}` through"
        click.echo("dry run: nothing was approved" if dry_run else approved)
        return 0
    print_connections(results)
    return exit_code(results)
