"""Where an event condition gets its events from."""

from __future__ import annotations

from dbt_audiences.compile.rows import Rows, event_rows
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.compile.steps import held
from dbt_audiences.core.definitions import Performed


def rows_of(condition: Performed, scene: Scene, columns: list[str] | None = None) -> Rows:
    """The events of a condition: those of its names, or where they have a `then` the CTE of those for which all of it holds.

    columns  what the condition's own measure reads of them
    """
    if condition.then is None:
        return event_rows(condition.events, condition.where, scene, condition.place, sources=condition.sources)
    found = held(condition, scene, columns or [])
    return Rows((found.rows,), None, (), (), found.turning)


def events_name(condition: Performed) -> str:
    """A readable name of an event condition."""
    return cte_name(condition.events[0] if len(condition.events) == 1 else "one of several", condition.place)
