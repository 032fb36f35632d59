"""Truths about any event two or more steps below any, worked out by hand: at one instant each step has a name of its own."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
THEN, LATER, LAST = -3 * DAY, -2 * DAY, -DAY


def _chain(*steps: Any, **more: Any) -> dict[str, Any]:
    """Each step below the one before; a name alone is a step that is performed."""
    first, *below = steps
    step = dict(first) if isinstance(first, dict) else {"performed": first}
    return step | more | ({"then": [_chain(*below)]} if below else {})


def _any(**more: Any) -> dict[str, Any]:
    return {"performed": "*", **more}


def _at(at: timedelta, *events: Any) -> list[Any]:
    """Events of these names, some with properties, at one instant."""
    return [(one, at) if isinstance(one, str) else (one[0], at, one[1]) for one in events]


_THREE, _FOUR = _chain("*", "*", "*"), _chain("*", "*", "*", "*")
_NO_THIRD = {"not_performed": "*"}
_SAME, _OTHER = {"property": "k", "equals": {"parent": "k"}}, {"property": "k", "not_equals": {"parent": "k"}}
_GREATER = {"property": "v", "gt": {"parent": "v"}}
_LISTS = _at(THEN, ("A", {"v": [1, 2]}), ("B", {"v": [3, 1]}), ("C", {"v": 5}))
_VALUES = _at(THEN, ("A", {"v": 1}), ("B", {"v": 2}), ("C", {"v": 3}), ("C", {"v": 4}))

TIES: list[Any] = [  # condition, events (name, from as_of, properties), is it in
    (_THREE, _at(THEN, "A", "B"), False),
    (_THREE, _at(THEN, "A", "A", "B", "B"), False),
    (_THREE, _at(THEN, "A", "B", "C"), True),
    # names of another instant do not matter
    (_THREE, [*_at(THEN, "A", "B"), *_at(LATER, "A")], True),
    (_THREE, [*_at(THEN, "A"), *_at(LATER, "A", "B")], True),
    (_THREE, [*_at(THEN, "A"), *_at(LATER, "A", "A")], False),
    (_chain("*", _any(strictly=True), "*"), [*_at(THEN, "A", "B"), *_at(LATER, "A")], False),
    (_chain("*", "*", _any(strictly=True)), _at(THEN, "A", "B", "C"), False),
    # of two A, B and C: below either A stand B and C, each with one third; below B the two A, each with C alone, and C with two
    (_chain(_any(exactly=4), _any(exactly=2), _any(exactly=1)), _at(THEN, "A", "A", "B", "C"), True),
    (_chain(_any(exactly=2), _any(exactly=1), _any(exactly=2)), _at(THEN, "A", "A", "B", "C"), True),
    (_chain(_any(exactly=3), _any(exactly=2), _any(exactly=1)), _at(THEN, "A", "B", "C"), True),
    (_chain("*", "*", _any(exactly=1)), _at(THEN, "A", "B", "C", "D"), False),
    (_chain("*", "*", _any(at_least=3)), _at(THEN, "A", "B", "C", "D"), False),
    (_chain("*", _any(at_least=4), _any(at_least=2)), _at(THEN, "A", "B", "C", "D"), False),
    # a named step between, above and below
    (_chain("*", "B", "*"), _at(THEN, "A", "B"), False),
    (_chain("*", "B", "*"), _at(THEN, "A", "A", "B", "B"), False),
    (_chain("*", "B", "*"), _at(THEN, "A", "B", "C"), True),
    (_chain("*", "B", "*"), _at(THEN, "A", "C", "D"), False),
    (_chain("*", "B", "*"), [*_at(THEN, "A", "B"), *_at(LATER, "A")], True),
    (_chain("*", ["A", "B"], "*"), _at(THEN, "A", "B"), False),
    (_chain("*", ["A", "B"], "*"), _at(THEN, "A", "C", "D"), True),
    (_chain("*", ["A", "B"], "*", "A"), _at(THEN, "A", "B", "C"), False),
    (_chain("*", ["A", "B"], "*", "A"), _at(THEN, "A", "B", "C", "D"), True),
    (_chain("*", "B", "C", "*"), _at(THEN, "A", "A", "B", "C"), False),
    (_chain("*", "B", "C", "*"), _at(THEN, "A", "B", "C", "D"), True),
    (_chain("*", "*", "*", "A"), _at(THEN, "A", "B", "C"), False),
    (_chain("*", "*", "*", "A"), _at(THEN, "A", "B", "C", "D"), True),
    (_chain("*", "*", "*", ["A", "B"]), _at(THEN, "A", "B", "C"), False),
    (_chain("*", "*", "*", ["A", "B"]), _at(THEN, "A", "C", "D", "E"), True),
    (_chain("A", "*", "*", "*"), _at(THEN, "A", "A", "B", "C"), False),
    (_chain("A", "*", "*", "*"), _at(THEN, "A", "B", "C", "D"), True),
    (_chain(["A", "B"], "*", "*", "*"), _at(THEN, "A", "B", "C"), False),
    (_chain(["A", "B"], "*", "*", "*"), _at(THEN, "B", "C", "D", "E"), True),
    (_chain("*", "B", "*", "*"), _at(THEN, "A", "B", "C"), False),
    (_chain("*", "B", "*", "B"), _at(THEN, "A", "B", "B", "C"), False),
    (_chain("*", "B", "*", "B"), [*_at(THEN, "A", "B", "C"), *_at(LATER, "B")], True),
    # four and five
    (_FOUR, _at(THEN, "A", "B", "C", "C"), False),
    (_FOUR, _at(THEN, "A", "B", "C", "D"), True),
    (_FOUR, [*_at(THEN, "A", "B", "C"), *_at(LATER, "A")], True),
    (_FOUR, [*_at(THEN, "A", "B"), *_at(LATER, "A", "B")], True),
    (_FOUR, [*_at(THEN, "A", "B"), *_at(LATER, "A", "A")], False),
    (_FOUR, [*_at(THEN, "A"), *_at(LATER, "A", "B")], False),
    (_chain(_any(exactly=4), _any(exactly=3), _any(exactly=2), _any(exactly=1)), _at(THEN, "A", "B", "C", "D"), True),
    (_chain("*", "*", "*", _any(exactly=1)), _at(THEN, "A", "B", "C", "D", "E"), False),
    (_chain("*", "*", "*", "*", "*"), _at(THEN, "A", "B", "C", "D", "A"), False),
    (_chain("*", "*", "*", "*", "*"), _at(THEN, "A", "B", "C", "D", "E"), True),
    # what must not happen, and waits
    (_chain("*", "*", _NO_THIRD), _at(THEN, "A", "B", "B"), True),
    (_chain("*", "*", _NO_THIRD), _at(THEN, "A", "B", "C"), False),
    (_chain("*", "B", _NO_THIRD), [*_at(THEN, "A", "B"), *_at(LATER, "A")], False),
    (_chain("*", "B", {**_NO_THIRD, "within": "1 day"}), _at(LAST, "A", "B"), False),
    (_chain("*", "B", {**_NO_THIRD, "within": "1 day"}), _at(LAST - MICROSECOND, "A", "B"), True),
    ({**_any(), "then": {"not": _THREE}}, _at(THEN, "A", "B", "C"), True),
    ({**_any(), "then": {"not": _THREE}}, [*_at(THEN, "A", "B", "C", "D"), *_at(LATER, "A")], True),
    ({**_any(at_least=5), "then": {"not": _THREE}}, [*_at(THEN, "A", "B", "C", "D"), *_at(LATER, "A")], False),
    # an event of `without` at the instant is not between
    (_chain("*", "*", _any(without="C")), _at(THEN, "A", "B", "C"), True),
    (_chain("*", "B", _any(at_least=2, without="D")), [*_at(THEN, "A", "B"), *_at(LATER, "C"), *_at(LAST, "A")], True),
    (_chain("*", "B", _any(at_least=2, without="C")), [*_at(THEN, "A", "B"), *_at(LATER, "C"), *_at(LAST, "A")], False),
    (_chain("*", "B", _any(at_least=2, without="C")), [*_at(THEN, "A", "B", "C"), *_at(LATER, "A")], True),
    # the whole within a time
    (_chain(*["*"] * 3, complete_within="1 day"), _at(THEN, "A", "B", "C"), True),
    (_chain(*["*"] * 3, complete_within="1 day"), _at(THEN, "A", "A", "B"), False),
    (_chain(*["*"] * 3, complete_within="1 day"), [*_at(THEN, "A", "B"), *_at(THEN + DAY, "A")], True),
    (_chain(*["*"] * 3, complete_within="1 day"), [*_at(THEN, "A", "B"), *_at(THEN + DAY + MICROSECOND, "A")], False),
    (_chain("*", "B", _NO_THIRD, complete_within="1 day"), _at(LAST, "A", "B"), False),
    (_chain("*", "B", _NO_THIRD, complete_within="1 day"), _at(LAST - MICROSECOND, "A", "B"), True),
    (_chain("*", "B", _NO_THIRD, complete_within="1 day"), _at(THEN, "A", "B", "C"), False),
    # aggregates are of the names that are left: of C below A and B or B and A, else of one A or of one B
    (_chain("*", "*", _any(sum="v", equals=7)), _VALUES, True),
    (_chain("*", "*", _any(sum="v", equals=3)), _VALUES, False),
    (_chain("*", "*", _any(sum="v", gte=8)), _VALUES, False),
    (_chain("*", "*", _any(avg="v", equals=Decimal("3.5"))), _VALUES, True),
    (_chain("*", "*", _any(max="v", equals=3)), _VALUES, False),
    (_chain("*", "*", _any(max="v", equals=2)), _VALUES, True),
    (_chain("*", "*", _any(min="v", equals=3)), _VALUES, True),
    (_chain("*", "*", _any(min="v", equals=4)), _VALUES, False),
    (_chain("*", "*", _any(unique="v", equals=2)), _VALUES, True),
    (_chain("*", "*", _any(unique="v", equals=3)), _VALUES, False),
    (_chain("*", "*", _any(sum="v.$", equals=5)), _at(THEN, ("A", {"v": 9}), ("B", {"v": 9}), ("C", {"v": [2, 3]})), True),
    (_chain("*", "*", _any(sum="v.$", equals=14)), _at(THEN, ("A", {"v": 9}), ("B", {"v": 9}), ("C", {"v": [2, 3]})), False),
    (_chain("*", _any(sum="v", gte=6), "*"), _VALUES, True),
    (_chain("*", _any(sum="v", gte=10), "*"), _VALUES, False),
    (_chain("*", _any(sum="v.$", equals=9), "*"), _LISTS, True),
    (_chain("*", _any(sum="v.$", equals=12), "*"), _LISTS, False),
    # references to the event above
    (_chain("*", "*", _any(where=_SAME)), _at(THEN, "A", ("B", {"k": 1}), ("C", {"k": 1})), True),
    (_chain("*", "*", _any(where=_SAME)), _at(THEN, ("A", {"k": 1}), ("B", {"k": 1})), False),
    (_chain("*", "*", _any(where=_SAME)), _at(THEN, "A", ("B", {"k": 1}), ("C", {"k": 2})), False),
    (_chain("*", _any(where=_SAME), "*"), _at(THEN, "A", ("B", {"k": 1}), ("C", {"k": 1})), True),
    (_chain("*", _any(where=_SAME), "*"), _at(THEN, "A", ("B", {"k": 1}), ("C", {"k": 2})), False),
    (_chain("*", "*", _any(where=_OTHER)), _at(THEN, "A", ("B", {"k": 1}), ("C", {"k": 2})), True),
    (_chain("*", "*", _any(where=_OTHER)), _at(THEN, ("A", {"k": 2}), ("B", {"k": 1}), ("C", {"k": 1})), True),
    (_chain("*", "B", _any(where=_OTHER)), _at(THEN, ("A", {"k": 2}), ("B", {"k": 1}), ("C", {"k": 1})), True),
    (_chain("*", "B", _any(where=_OTHER)), _at(THEN, ("A", {"k": 2}), ("B", {"k": 1})), False),
    (_chain("*", "*", _any(where=_GREATER)), _at(THEN, ("A", {"v": 1}), ("B", {"v": 2}), ("C", {"v": 2})), True),
    (_chain("*", "B", _any(where=_GREATER)), _at(THEN, ("A", {"v": 3}), ("B", {"v": 2})), False),
    (_chain("*", "B", _any(where=_GREATER)), _at(THEN, ("A", {"v": 3}), ("B", {"v": 2}), ("C", {"v": 3})), True),
    (_chain("*", "B", _any(where={"any": [_SAME, _GREATER]})), _at(THEN, ("A", {"v": 3}), ("B", {"v": 2})), False),
    (_chain("*", "B", _any(where={"any": [_SAME, _GREATER]})), _at(THEN, "A", ("B", {"k": 2}), ("C", {"k": 2})), True),
    # several below one
    ({**_any(), "then": [_chain("*", "*"), _chain("B", "*")]}, _at(THEN, "A", "C", "D"), False),
    ({**_any(), "then": [_chain("*", "*"), _chain("B", "*")]}, _at(THEN, "A", "B", "C"), True),
]
