"""`audiences optimize`: tables of events sorted, also at the end of runs where it pays, and what is too old dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.registry import relations_called
from dbt_audiences.run.upkeep import drop_events_before, out_of_order, sort_by_time
from dbt_audiences.spec.schedule import months_later

RETENTION = "audiences_retention"
_LENGTH = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?")


@dataclass(frozen=True, slots=True)
class Optimized:
    """What was done.

    sorted_rows     table of events -> its rows
    dropped_before  the instant before which events were dropped; None where all are kept
    dropped_events  how many
    """

    sorted_rows: dict[str, int]
    dropped_before: datetime | None
    dropped_events: int


def optimize(workspace: Workspace, as_of: datetime, *, wait: bool = False) -> Optimized:
    """Drop what the project's retention does not keep, and sort every table of events."""
    limit = retained_since(workspace.dbt.variable(RETENTION), as_of)
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        names = _event_tables(workspace, warehouse)
        dropped = 0 if limit is None else drop_events_before(warehouse, relations, workspace.dbt.raw_schema(), names, limit)
        return Optimized({name: sort_by_time(warehouse, relations, name) for name in names}, limit, dropped)


def tidy(workspace: Workspace, warehouse: Warehouse, relations: Relations) -> list[str]:
    """Sort the tables of events that grew by more than a fifth since they were, where an engine has an order; their names."""
    if warehouse.engine != "duckdb":
        return []
    found = out_of_order(warehouse, relations, _event_tables(workspace, warehouse))
    for name in found:
        sort_by_time(warehouse, relations, name)
    return found


def retained_since(given: object, as_of: datetime) -> datetime | None:
    """The instant from which on events are kept, by a length such as `36 months` or `1095 days`; None for no limit."""
    if given is None or given == "":
        return None
    found = _LENGTH.fullmatch(str(given))
    if found is None:
        raise UsageError(
            f"`{given}` is no length of time for `{RETENTION}` in dbt_project.yml", hint="write `36 months`, or `1095 days`"
        )
    count, unit = int(found[1]), found[2]
    if unit == "day":
        return as_of - timedelta(days=count)
    try:
        return months_later(as_of, -count * (12 if unit == "year" else 1))
    except ValueError as error:
        raise UsageError(f"`{given}` in `{RETENTION}` goes back before the first year") from error


def _event_tables(workspace: Workspace, warehouse: Warehouse) -> list[str]:
    """Those that are there."""
    nodes = workspace.dbt.graph.nodes.values()
    wanted = [node.name for node in nodes if node.meta.get("follows") == "calls"]
    present = relations_called(warehouse, wanted) if wanted else {}
    return sorted(name for name, tables in present.items() if tables)
