"""`audiences retry`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_connections, print_json


@click.command("retry", short_help="Send rejected and held rows again.")
@click.option("--destination", metavar="KEY", required=True, help="What this destination rejected, or is held there.")
@click.option("--reason", metavar="TEXT", help="Only rows in whose reason this stands.")
@wait_option
@as_of_option
@json_option
@project_options
def command(
    destination: str,
    reason: str | None,
    wait: bool,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Send rejected and held rows again, as they must be now: who need not be there any more is not sent."""
    from dbt_audiences.flow.retry import retry
    from dbt_audiences.flow.sync import exit_code

    at = instant_or_now(as_of)
    retried = retry(open_workspace(project_dir, profiles_dir, target), destination, reason=reason, as_of=at, wait=wait)
    if as_json:
        print_json(retried)
    elif not retried.rows:
        click.echo(f"nothing was rejected by `{destination}`, or is held there" + (f", with `{reason}`" if reason else ""))
    else:
        click.echo(f"{retried.rows:,} rows go again")
        print_connections(retried.connections)
    return exit_code(retried.connections)
