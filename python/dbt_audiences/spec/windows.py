"""Windows: within, between, since and until."""

from __future__ import annotations

from dbt_audiences.core.definitions import Duration, Window
from dbt_audiences.spec.fields import Fields, instant_of
from dbt_audiences.spec.nodes import ListNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of

FIXED_SECONDS: dict[str, int] = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


def read_window(fields: Fields, timezone: str, *, in_then: bool) -> Window:
    """within, between, since, until."""
    within_node, between_node = fields.take("within"), fields.take("between")
    since_node, until_node = fields.take("since"), fields.take("until")
    within = None if within_node is None else duration_of(within_node, "`within`", calendar=not in_then)
    between = None if between_node is None else _between(between_node, in_then)
    since = None if since_node is None else instant_of(since_node, "`since`", timezone)
    until = None if until_node is None else instant_of(until_node, "`until`", timezone)
    if since is not None and until is not None and until <= since:
        assert until_node is not None
        raise Wrong(until_node.place, "nothing lies before `until` and after `since`", "`until` must be later")
    return Window(within, between, since, until)


def _between(node: Node, in_then: bool) -> tuple[Duration | None, Duration]:
    if not isinstance(node, ListNode) or len(node.items) != 2:
        raise Wrong(node.place, "`between` takes two lengths of time", "[90 days, 30 days]")
    ends = [
        None
        if isinstance(item, Scalar) and item.text == "ever"
        else duration_of(item, "`between`", zero=True, calendar=not in_then)
        for item in node.items
    ]
    first, second = ends
    if first is None or second is None:
        near = second if first is None else first
        if near is None:
            raise Wrong(node.place, "`between` needs one end that is not `ever`", "without a window it is ever")
        return None, near
    if (first.unit == "calendar_days") != (second.unit == "calendar_days"):
        raise Wrong(node.place, "`between` mixes calendar_days with other units", "give both in calendar_days")
    one, other = _exact(first), _exact(second)
    if one == other:
        raise Wrong(node.place, "both ends of `between` are the same", "give two different lengths")
    if one[0] == other[0]:
        return (first, second) if one > other else (second, first)
    if shortest(first) > longest(second):
        return first, second
    if shortest(second) > longest(first):
        return second, first
    raise Wrong(node.place, "which end of `between` is farther depends on the month", "give both in months, or both in days")


def _exact(duration: Duration) -> tuple[bool, int]:
    """Whether the calendar decides, and the months or seconds; nothing is nothing in every unit."""
    if duration.unit in ("months", "years") and duration.count:
        return True, duration.count * (12 if duration.unit == "years" else 1)
    return False, shortest(duration)


def longest(duration: Duration) -> int:
    """The most seconds that it can last."""
    return duration.count * _seconds(duration.unit, month=2_678_400, year=31_622_400)


def shortest(duration: Duration) -> int:
    """The fewest seconds that it can last."""
    return duration.count * _seconds(duration.unit, month=2_419_200, year=31_536_000)


def _seconds(unit: str, *, month: int, year: int) -> int:
    return {**FIXED_SECONDS, "calendar_days": FIXED_SECONDS["days"], "months": month, "years": year}[unit]
