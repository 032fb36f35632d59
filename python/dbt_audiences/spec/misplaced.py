"""Keys that are words of the language and stand where they mean nothing: said as that, not as a misspelling."""

from __future__ import annotations

from dbt_audiences.core.definitions import Aggregate, All, Child, Count, Duration, Performed, Then
from dbt_audiences.spec.fields import Fields
from dbt_audiences.spec.measures import AGGREGATES
from dbt_audiences.spec.nodes import Scalar, Wrong
from dbt_audiences.spec.values import duration_of
from dbt_audiences.spec.windows import longest, shortest

_OF_STEPS = ("strictly", "wait", "without")
_OF_TRAITS = ("most_frequent", "first", "last", "unique_count")


def note_misplaced(fields: Fields, depth: int) -> None:
    """Note keys of steps beside a first event, and raise at functions of computed traits in a condition."""
    named = [(key, "write traits/<key>.yml, and compare it with `trait:`") for key in _OF_TRAITS]
    for key, hint in (*named, ("count", "count with `at_least`, `at_most` or `exactly`")):
        if key in fields:
            raise Wrong(fields.place_of(key), f"`{key}` belongs to a computed trait", hint)
    if depth > 0:
        return
    steps = [key for key in _OF_STEPS if key in fields]
    if "after" in fields and not any(name in fields for name in AGGREGATES) and _is_length(fields):
        steps.append("after")
    for key in steps:
        hint = "move it to the event that follows"
        fields.problems.add(fields.place_of(key), f"`{key}` belongs to a step of `then`", hint)
        fields.take(key)


def _is_length(fields: Fields) -> bool:
    node = fields.node.entries["after"]
    try:
        duration_of(node, "`after`")
    except Wrong:
        return False
    return isinstance(node, Scalar)


def _must_be(measure: Count | Aggregate) -> bool:
    """Whether a count asks for an event; an aggregate may hold without any."""
    return isinstance(measure, Count) and bool(measure.at_least or measure.exactly)


def refuse_out_of_reach(first: Performed) -> None:
    """Raise where a step that must be there begins later than `complete_within` allows: it could never hold."""
    if first.then is not None and first.complete_within is not None:
        _reach(first.then, 0, first.complete_within)


def _reach(then: Then, least: int, whole: Duration) -> None:
    match then:
        case All(children=children):
            for one in children:
                _reach(one, least, whole)
        case Child() if _must_be(then.step.measure):
            between = then.step.window.between
            ends = [one for one in (then.after, between[1] if between is not None else None) if one is not None]
            begins = least + max((shortest(end) for end in ends), default=0)
            if begins > longest(whole):
                message = "this step begins later than `complete_within` after the first event: it could never hold"
                raise Wrong(then.place, message, "shorten its `after`, or lengthen `complete_within`")
            if then.step.then is not None:
                _reach(then.step.then, begins, whole)
