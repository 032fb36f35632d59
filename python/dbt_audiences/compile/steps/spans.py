"""From when to when the events of a step are followed by those of a child."""

from __future__ import annotations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.names import naive_text
from dbt_audiences.compile.steps.columns import columns_compared
from dbt_audiences.compile.steps.events import StepEvents
from dbt_audiences.compile.steps.first import blocked
from dbt_audiences.compile.steps.references import split
from dbt_audiences.compile.steps.tree import longest_tails, lower_bounds, tails, upper_bounds
from dbt_audiences.compile.windows import duration_argument
from dbt_audiences.core.definitions import Child, Performed, Window


def span(rows: str, child: Child, columns: list[str], blocked: list[str], *, waits: bool, is_bounded: bool) -> Expression:
    """The call of the spans of a step's events for a child; `blocked` are CTEs of when `without` ends them."""
    until = child.step.window.until
    return package_call(
        "step_span",
        rows,
        columns=list(columns) or None,
        after=[duration_argument(one) for one in lower_bounds(child)] or None,
        within=[duration_argument(one) for one in upper_bounds(child)] or None,
        blocked=list(blocked) or None,
        deadline=True if is_bounded else None,
        until=naive_text(until) if until is not None and waits else None,
        settles=True if waits else None,
        tails=[[duration_argument(one) for one in tail] for tail in longest_tails(tails(child.step.then))] or None
        if waits
        else None,
    )


def blocked_by(events: StepEvents, rows: str, child: Child, name: str) -> list[str]:
    """For each event of `without` the CTE of when it first follows each event above."""
    scene = events.scene
    found: list[str] = []
    for one in child.without:
        parts = split(one.where)
        columns = sorted(columns_compared(parts, scene))
        step = Performed((one.event,), child.step.measure, Window(), one.where, None, None, None, None, False, child.place)
        own = events.rows(step, parts.alone, columns, f"{name}_blockers", None, None)
        blockers = events.of_roots(own, columns)
        found += blocked(rows, blockers, parts, scene, name)
    return found
