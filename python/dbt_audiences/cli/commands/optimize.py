"""`audiences optimize`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import iso, print_json, print_table


@click.command("optimize", short_help="Sort the tables of events, drop what is too old.")
@wait_option
@as_of_option
@json_option
@project_options
def command(
    wait: bool, as_of: datetime | None, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None
) -> None:
    """Sort the tables of events by time, and drop events that are older than the variable `audiences_retention` allows."""
    from dbt_audiences.flow.optimize import optimize

    done = optimize(open_workspace(project_dir, profiles_dir, target), instant_or_now(as_of), wait=wait)
    if as_json:
        print_json(done)
        return
    print_table(("table of events", "rows"), list(done.sorted_rows.items()))
    if done.dropped_before is not None:
        click.echo(f"\n{done.dropped_events:,} events of before {iso(done.dropped_before)} were dropped")
