"""`audiences status`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import iso, print_json, print_table

RUN_COLUMNS = ("run_id", "as_of", "status", "started_at", "finished_at", "message")
BREAKDOWN_COLUMNS = ("type", "profiles", "share", "values")
VIOLATION_COLUMNS = ("event", "violation", "action", "calls", "last_loaded_at", "samples")
ALERT_COLUMNS = ("alert", "on", "since", "message")
CONNECTION_COLUMNS = ("destination", "audience", "status", "reason", "last_success_at", "lag_seconds")


@click.command("status", short_help="Every audience and trait, its size and its last run.")
@click.argument("key", required=False)
@json_option
@project_options
def command(key: str | None, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """Every audience and trait: status, members, last change, last and next run; the age of the data, and the connections.

    A next run is due when time alone may change it, or by its `every`; before, only new data changes it.
    With a KEY only that one, and which identifiers its members have.
    """
    from dbt_audiences.flow.inspect import status

    found = status(open_workspace(project_dir, profiles_dir, target), key)
    if as_json:
        print_json(
            {
                "keys": found.keys,
                "connections": [_named(CONNECTION_COLUMNS, row) for row in found.connections],
                "last_run": None if found.run is None else _named(RUN_COLUMNS, found.run),
                "last_success": None if found.success is None else _named(RUN_COLUMNS, found.success),
                "data_until": found.data_until,
                "alerts": [_named(ALERT_COLUMNS, row) for row in found.alerts],
                "tracking_plan": [_named(VIOLATION_COLUMNS, row) for row in found.violations],
                "unreadable_values": found.unreadable_values,
                **({} if key is None else {"identifiers": [_named(BREAKDOWN_COLUMNS, row) for row in found.identifiers]}),
            }
        )
        return
    print_table(
        ("key", "kind", "status", "members", "last change", "last run", "next run"),
        [
            (one.key, one.kind, one.status, one.members, one.last_change_at, one.computed_at, one.next_due_at)
            for one in found.keys
        ],
    )
    if found.identifiers:
        click.echo()
        print_table(BREAKDOWN_COLUMNS, found.identifiers)
    if found.connections:
        click.echo()
        print_table(CONNECTION_COLUMNS, found.connections)
    if found.alerts:
        click.echo("\nalerts that are on")
        print_table(ALERT_COLUMNS, found.alerts)
    if found.violations:
        click.echo("\ncalls of the last 30 days that did not keep to the tracking plan")
        print_table(VIOLATION_COLUMNS[:-1], [row[:-1] for row in found.violations])
    if found.unreadable_values:
        click.echo("\nvalues that could not be read, and count as missing")
        print_table(
            ("of", "read as", "values", "such as"),
            [
                (f"{one.kind} {one.name}: {one.path}", one.type, one.count, ", ".join(map(repr, one.samples)))
                for one in found.unreadable_values
            ],
        )
    click.echo()
    if found.run is not None:
        click.echo(f"last run      {found.run[0]}: {found.run[2]}" + (f" ({found.run[5]})" if found.run[5] else ""))
    if found.success is not None:
        click.echo(f"last success  {found.success[0]}")
    if found.data_until is not None:
        click.echo(f"data until    {iso(found.data_until)}")


def _named(columns: Sequence[str], row: Sequence[object]) -> dict[str, object]:
    return dict(zip(columns, row, strict=True))
