"""One condition -> one named CTE, and the answer of a profile that the CTE has no row for."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from dbt_audiences.compile.comparisons import all_of, comparison_call, naive_text, turn_of, turns, where_expression
from dbt_audiences.compile.jinja import Call, Expression, Sum, package_call, reference
from dbt_audiences.compile.names import bare
from dbt_audiences.compile.tables import Tables, tests_of
from dbt_audiences.core.definitions import (
    Comparison,
    Condition,
    Count,
    Duration,
    InAudience,
    Performed,
    Place,
    PropertyTest,
    TraitTest,
    Window,
)
from dbt_audiences.core.project import Audience


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition's CTE: its name, the macro call that fills it, and `default`, its value where it has no row."""

    name: str
    call: Call
    default: bool
    place: Place


def leaf(condition: Condition, audience: Audience, tables: Tables, taken: Set[str]) -> Leaf:
    """The CTE of a condition that is no combination, under a name not yet taken; `Everyone` has none and must not come here."""
    one = _leaf(condition, audience, tables)
    while one.name in taken:
        one = replace(one, name=f"{one.name}_{one.place.column}")
    return one


def _leaf(condition: Condition, audience: Audience, tables: Tables) -> Leaf:
    match condition:
        case Performed():
            return Leaf(
                _name(condition.events[0] if len(condition.events) == 1 else "one of several", condition.place),
                _performed(condition, audience, tables),
                _holds_for_none(condition.measure),
                condition.place,
            )
        case TraitTest():
            return Leaf(
                _name(".".join(condition.path), condition.place),
                _trait(condition, audience, tables),
                all(comparison.operator == "exists" and comparison.operand is False for comparison in condition.comparisons),
                condition.place,
            )
        case InAudience(key, place):
            return Leaf(_name(f"in {key}", place), package_call("in_audience", reference(key)), False, place)
    raise AssertionError(f"{type(condition).__name__} was not refused")


def _name(words: str, place: Place) -> str:
    return f"{bare(words, 30)}_{place.line}"


def _performed(condition: Performed, audience: Audience, tables: Tables) -> Call:
    count = condition.measure
    assert isinstance(count, Count)

    def column_of(test: PropertyTest, comparison: Comparison) -> str:
        return tables.event_column(test, comparison)

    where = condition.where
    found = turns(where, column_of, audience.timezone)
    columns = sorted({column_of(test, comparison) for test in tests_of(where) for comparison in test.comparisons})
    at_least = count.exactly if count.exactly is not None else count.at_least
    at_most = count.exactly if count.exactly is not None else count.at_most
    return package_call(
        "performed",
        events=[reference(tables.event_models[event]) for event in condition.events],
        columns=columns if len(condition.events) > 1 and columns else None,
        at_least=at_least or None,
        at_most=at_most,
        window=_window(condition.window, audience.timezone),
        where=None if where is None else where_expression(where, column_of, audience.timezone),
        turns=Sum(tuple(found)) if found else None,
    )


def _window(window: Window, timezone: str) -> dict[str, Expression] | None:
    written: dict[str, Expression] = {}
    durations = [window.within, *(window.between or ())]
    if window.within is not None:
        written["within"] = _duration(window.within)
    if window.between is not None:
        written["between"] = [_duration(end) for end in window.between]
    if window.since is not None:
        written["since"] = naive_text(window.since)
    if window.until is not None:
        written["until"] = naive_text(window.until)
    if any(duration is not None and duration.unit == "calendar_days" for duration in durations):
        written["timezone"] = timezone
    return written or None


def _duration(duration: Duration | None) -> Expression:
    return None if duration is None else [duration.count, duration.unit]


def _holds_for_none(measure: object) -> bool:
    assert isinstance(measure, Count)
    if measure.exactly is not None:
        return measure.exactly == 0
    return not measure.at_least


def _trait(condition: TraitTest, audience: Audience, tables: Tables) -> Call:
    columns = [tables.trait_column(condition, comparison) for comparison in condition.comparisons]
    pairs = list(zip(columns, condition.comparisons, strict=True))
    turning = [turn for column, one in pairs for turn in turn_of(column, one, audience.timezone)]
    return package_call(
        "trait",
        values=reference(tables.trait_models[condition.path[0]]),
        test=all_of([comparison_call(column, one, audience.timezone) for column, one in pairs]),
        turns=Sum(tuple(turning)) if turning else None,
    )
