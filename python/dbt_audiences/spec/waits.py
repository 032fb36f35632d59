"""Steps that wait for what a later event could undo, longer than their parent is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.core.definitions import All, Any, Child, Count, Duration, Not, Performed, Then
from dbt_audiences.spec.nodes import Wrong
from dbt_audiences.spec.windows import FIXED_SECONDS, longest

Span = tuple[int, int]
"""Months and seconds, which no number of seconds could add up exactly."""


def refuse_endless_wait(parent: Performed) -> None:
    """Raise where a step waits as long as the window of the event above it or longer: it could never hold."""
    if parent.then is None:
        return
    bound = None if parent.complete_within is None else _span(parent.complete_within)
    for wait, child in _waits(parent.then, (0, 0), bound, negated=False):
        for window in _windows(parent):
            if _reaches(wait, _span(window)):
                raise Wrong(
                    child.place,
                    f"this step waits as long as the window of the event above ({_written(window)}) or longer: "
                    "it could never hold",
                    "shorten its window, or add `wait: false`",
                )


def _written(window: Duration) -> str:
    return f"{window.count} {window.unit if window.count > 1 else window.unit[:-1]}"


def _windows(parent: Performed) -> Iterator[Duration]:
    far = parent.window.between[0] if parent.window.between is not None else None
    if parent.regularly is not None:
        each = parent.regularly.each
        far = Duration(each.count * parent.regularly.of_last, each.unit)
    yield from (one for one in (parent.window.within, far) if one is not None)


def _waits(then: Then, low: Span, bound: Span | None, *, negated: bool) -> Iterator[tuple[Span, Child]]:
    """The least span from the first event after which each step can hold; `low` is the least one to the event above."""
    match then:
        case Not(child=child):
            yield from _waits(child, low, bound, negated=not negated)
        case All(children=children) | Any(children=children):
            for one in children:
                yield from _waits(one, low, bound, negated=negated)
        case Child() as child:
            if not _can_be_undone(child.step, negated):
                if child.step.then is not None:
                    yield from _waits(child.step.then, _add(low, _lower(child)), bound, negated=False)
            elif child.wait:
                upper = _upper(child)
                if upper is None and bound is None:
                    return
                span = bound if upper is None else _add(low, _add(upper, _tail(child.step.then)))
                assert span is not None
                yield (bound if bound is not None and _reaches(span, bound) else span), child


def _can_be_undone(step: Performed, negated: bool) -> bool:
    measure = step.measure
    if isinstance(measure, Count):
        if not negated:
            return measure.at_most is not None or measure.exactly is not None
        return measure.at_least is not None or measure.exactly not in (None, 0)
    at_once = ("lt", "lte") if negated else ("gt", "gte")
    return any(one.operator not in at_once for one in measure.comparisons)


def _tail(then: Then | None) -> Span:
    """The longest that the steps below may take."""
    match then:
        case None:
            return 0, 0
        case Not(child=child):
            return _tail(child)
        case All(children=children) | Any(children=children):
            return max((_tail(one) for one in children), key=_seconds, default=(0, 0))
        case Child():
            return _add(_upper(then) or (0, 0), _tail(then.step.then))


def _upper(child: Child) -> Span | None:
    window = child.step.window
    ends = [one for one in (window.within, window.between[0] if window.between is not None else None) if one is not None]
    return min((_span(end) for end in ends), key=_seconds, default=None)


def _lower(child: Child) -> Span:
    window = child.step.window
    ends = [one for one in (child.after, window.between[1] if window.between is not None else None) if one is not None]
    return max((_span(end) for end in ends), key=_seconds, default=(0, 0))


def _span(duration: Duration) -> Span:
    if duration.unit == "calendar_days":
        return 0, longest(duration) + 7_200  # a day with a change of clocks is longer
    if duration.unit in FIXED_SECONDS:
        return 0, duration.count * FIXED_SECONDS[duration.unit]
    return duration.count * (12 if duration.unit == "years" else 1), 0


def _add(one: Span, other: Span) -> Span:
    return one[0] + other[0], one[1] + other[1]


def _seconds(span: Span) -> int:
    """The fewest seconds that the span lasts."""
    return span[0] * 2_419_200 + span[1]


def _reaches(wait: Span, window: Span) -> bool:
    """Whether the wait is as long as the window or longer, whatever the months."""
    return (wait[0] >= window[0] and wait[1] >= window[1]) or _seconds(wait) >= window[0] * 2_678_400 + window[1]
