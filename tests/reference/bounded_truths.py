"""Truths about what is asked below other steps where `complete_within` bounds the whole, worked out by hand."""

from datetime import timedelta
from typing import Any

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
NEVER: Any = None
_SAME_K = {"property": "k", "equals": {"parent": "k"}}
_SAME_V = {"property": "v", "equals": {"parent": "v"}}
_A = ("A", -5 * DAY)  # in time is until three days ago
_B = ("B", -4 * DAY)
_NO_C = {"not_performed": "C"}


def _b(*below: Any, **more: Any) -> dict[str, Any]:
    """A, then so many of B of which this holds, all within two days."""
    then = {"performed": "B", **more, "then": list(below)}
    return {"performed": "A", "complete_within": "2 days", "then": then}


BOUNDED: list[Any] = [  # condition, events (name, from as_of, properties), is it in
    # what must not follow counts until the first event's time is over
    (_b(_NO_C), [_A, _B], True),
    (_b(_NO_C), [_A], False),
    (_b(_NO_C), [_A, _B, ("C", -3 * DAY)], False),
    (_b(_NO_C), [_A, _B, ("C", -3 * DAY + MICROSECOND)], True),
    (_b(_NO_C), [_A, _B, ("C", -4 * DAY)], False),
    (_b({**_NO_C, "strictly": True}), [_A, _B, ("C", -4 * DAY)], True),
    (_b(_NO_C), [_A, ("B", -3 * DAY)], True),
    (_b(_NO_C), [_A, ("B", -3 * DAY + MICROSECOND)], False),
    # and is waited for until then, or until its own span is over
    (_b(_NO_C), [("A", -2 * DAY), ("B", -DAY)], False),
    (_b(_NO_C), [("A", -2 * DAY - MICROSECOND), ("B", -DAY)], True),
    (_b({**_NO_C, "wait": False}), [("A", -2 * DAY), ("B", -DAY)], True),
    (_b({**_NO_C, "wait": False}), [("A", -2 * DAY), ("B", -DAY), ("C", -HOUR)], False),
    (_b({**_NO_C, "within": "1 hour"}), [("A", -DAY), ("B", -HOUR)], False),
    (_b({**_NO_C, "within": "1 hour"}), [("A", -DAY), ("B", -HOUR - MICROSECOND)], True),
    (_b({**_NO_C, "within": "1 hour"}), [("A", -DAY), ("B", -3 * HOUR), ("C", -2 * HOUR)], False),
    (_b({**_NO_C, "within": "1 hour"}), [("A", -DAY), ("B", -3 * HOUR), ("C", -2 * HOUR + MICROSECOND)], True),
    (_b({**_NO_C, "without": "B"}), [("A", -DAY), ("B", -3 * HOUR), ("B", -2 * HOUR), ("C", -HOUR)], True),
    # the step itself has a span of its own
    (_b(_NO_C, within="1 hour"), [_A, ("B", -5 * DAY + HOUR)], True),
    (_b(_NO_C, within="1 hour"), [_A, ("B", -5 * DAY + HOUR + MICROSECOND)], False),
    (_b(_NO_C, after="1 hour"), [_A, ("B", -5 * DAY + HOUR)], True),
    (_b(_NO_C, after="1 hour"), [_A, ("B", -5 * DAY + HOUR - MICROSECOND)], False),
    (_b(_NO_C), [_A, ("B", -5 * DAY)], True),
    (_b(_NO_C), [_A, ("B", -5 * DAY - MICROSECOND)], False),
    (_b(_NO_C, strictly=True), [_A, ("B", -5 * DAY)], False),
    (_b(_NO_C, strictly=True), [_A, ("B", -5 * DAY + MICROSECOND)], True),
    # each first event has a time of its own
    ({**_b(_NO_C), "exactly": 1}, [_A, ("A", -4 * DAY), ("B", -3.5 * DAY), ("C", -2.5 * DAY)], True),
    ({**_b(_NO_C), "at_least": 2}, [_A, ("A", -4 * DAY), ("B", -3.5 * DAY), ("C", -1.5 * DAY)], True),
    ({**_b(_NO_C), "at_least": 2}, [_A, ("A", -4 * DAY), ("B", -3.5 * DAY), ("C", -2 * DAY)], False),
    # the later of several may hold where the first does not, and the first where the later does not
    (_b(_NO_C), [_A, _B, ("C", -3.8 * DAY), ("B", -3.5 * DAY)], True),
    (_b({**_NO_C, "within": "1 hour"}), [_A, _B, ("B", -3.5 * DAY), ("C", -3.5 * DAY)], True),
    (_b(_NO_C, at_least=2), [_A, _B, ("C", -3.8 * DAY), ("B", -3.5 * DAY)], False),
    (_b(_NO_C, at_least=2), [_A, _B, ("B", -3.5 * DAY)], True),
    (_b(_NO_C, at_most=1), [_A, _B, ("B", -3.5 * DAY)], False),
    (_b(_NO_C, exactly=1), [_A, _B, ("C", -3.8 * DAY), ("B", -3.5 * DAY)], True),
    (_b(_NO_C, exactly=0), [_A, _B, ("C", -3.8 * DAY)], True),
    # how many follow in time
    (_b({"performed": "C", "at_most": 1}), [_A, _B, ("C", -3.8 * DAY), ("C", -3 * DAY)], False),
    (_b({"performed": "C", "at_most": 1}), [_A, _B, ("C", -3.8 * DAY), ("C", -2 * DAY)], True),
    (_b({"performed": "C", "exactly": 1}), [_A, _B, ("C", -3.8 * DAY), ("C", -2 * DAY)], True),
    (_b({"performed": "C", "exactly": 1}), [_A, _B, ("C", -2 * DAY)], False),
    (_b({"performed": "C", "at_least": 1, "at_most": 2}), [_A, _B, *[("C", -3.8 * DAY)] * 3], False),
    ({**_b({"performed": "C"}), "at_most": 0}, [_A, _B, ("C", -3 * DAY)], False),
    (_b({"performed": "C"}, at_most=0), [_A, _B, ("C", -3 * DAY)], False),
    (_b({"performed": "C"}, at_most=0), [_A, _B, ("C", -3 * DAY + MICROSECOND)], True),
    # either of two, and both at one instant
    (_b({"any": [{"performed": "C"}, {"not_performed": "D"}]}), [_A, _B, ("D", -3.5 * DAY)], False),
    (_b({"any": [{"performed": "C"}, {"not_performed": "D"}]}), [_A, _B, ("D", -3.5 * DAY), ("C", -3.5 * DAY)], True),
    (_b({"any": [{"performed": "C"}, {"not_performed": "D"}]}), [_A, _B, ("D", -3.8 * DAY), ("C", -3 * DAY)], True),
    (_b({"any": [{"performed": "C"}, {"performed": "D"}]}), [_A, _B, ("D", -3.5 * DAY), ("C", -3.5 * DAY)], True),
    (_b({"performed": "C"}, {"not_performed": "D"}), [_A, _B, ("D", -3.5 * DAY), ("C", -3.5 * DAY)], False),
    (_b({"performed": "C"}, {"performed": "D"}), [_A, _B, ("D", -3.5 * DAY), ("C", -3 * DAY + MICROSECOND)], False),
    (_b({"none": [{"performed": "C"}, {"performed": "D"}]}), [_A, _B, ("D", -2 * DAY), ("C", -2 * DAY)], True),
    # what turns twice counts once
    (_b({"any": [{"performed": "C"}, {"performed": "D"}]}, at_least=2), [_A, _B, ("D", -3.8 * DAY), ("C", -3.5 * DAY)], False),
    (
        _b(_NO_C, {"not_performed": "D"}),
        [_A, _B, ("D", -3.8 * DAY), ("C", -3.7 * DAY), ("B", -3.5 * DAY)],
        True,
    ),
    # what follows is complete in time itself
    (_b({"not_performed": "C", "then": {"performed": "D"}}), [_A, _B, ("C", -3.5 * DAY), ("D", -3 * DAY)], False),
    (_b({"not_performed": "C", "then": {"performed": "D"}}), [_A, _B, ("C", -3.5 * DAY), ("D", -2 * DAY)], True),
    # along one key, and along another
    (_b({**_NO_C, "where": _SAME_K}), [_A, (*_B, {"k": 1}), ("C", -3.5 * DAY, {"k": 2})], True),
    (_b({**_NO_C, "where": _SAME_K}), [_A, (*_B, {"k": 1}), ("C", -3.5 * DAY, {"k": 1})], False),
    (
        _b({"performed": "C", "where": _SAME_V}, where=_SAME_K),
        [(*_A, {"k": 1}), (*_B, {"k": 1, "v": 2}), ("B", -3.8 * DAY, {"k": 2, "v": 3}), ("C", -3.5 * DAY, {"v": 3})],
        False,
    ),
    (
        _b({"performed": "C", "where": _SAME_V}, where=_SAME_K),
        [(*_A, {"k": 1}), (*_B, {"k": 1, "v": 2}), ("B", -3.8 * DAY, {"k": 1, "v": 3}), ("C", -3.5 * DAY, {"v": 2})],
        True,
    ),
]


def _same(**how: Any) -> dict[str, Any]:
    """B of the same k, compared like this, within an hour, and C of exactly the same k as B."""
    return _b({"performed": "C", "where": _SAME_K}, within="1 hour", where={**_SAME_K, **how})


def _two_of(first: Any, second: Any) -> Any:
    """A, two of B, of which the first comes in time and its C too late, and the second too late and its C in time."""
    found = [(*_A, {"k": first}), ("B", -5 * DAY + HOUR / 2, {"k": second}), ("B", -5 * DAY + 2 * HOUR, {"k": first})]
    return [*found, ("C", -4 * DAY, {"k": first}), ("C", -2 * DAY, {"k": second})]


BOUNDED += [  # values that are the same for A and B, and differ for B and C
    (_same(ignore_case=True), _two_of("x", "X"), False),
    (_same(**{"as": "number"}), _two_of("1", "01"), False),
    (_same(ignore_case=True), _two_of("x", "x"), True),
]


_NO_A, _AGAIN = {"not_performed": "A"}, {"performed": "A"}
_BACK = {"performed": "C", "then": _AGAIN}
_C = ("C", -3.5 * DAY)

BOUNDED += [  # a name that stands above already is strictly later than there
    (_b(_NO_A), [_A, _B], True),
    (_b(_NO_A), [_A, _B, ("A", -3 * DAY)], False),
    (_b(_NO_A), [_A, _B, ("A", -3 * DAY + MICROSECOND)], True),
    (_b(_NO_A), [_A, ("B", -5 * DAY)], True),
    (_b(_NO_A), [_A, ("B", -5 * DAY), ("A", -5 * DAY + MICROSECOND)], False),
    ({**_b(_NO_A), "exactly": 1}, [_A, _B, ("A", -4 * DAY)], True),  # that at the instant of B
    (_b(_NO_A, at_least=2), [_A, ("B", -5 * DAY), _B, ("A", -3.5 * DAY)], False),
    (_b(_NO_A, at_least=2), [_A, ("B", -5 * DAY), _B, ("A", -2.5 * DAY)], True),
    (_b(_NO_A, at_most=1), [_A, ("B", -5 * DAY), _B], False),
    (_b({**_NO_A, "where": _SAME_K}), [_A, (*_B, {"k": None}), ("A", -3.5 * DAY, {"k": None})], True),
    (_b({**_NO_A, "where": _SAME_K}), [_A, (*_B, {"k": 1}), ("A", -3.5 * DAY, {"k": 1})], False),
    ({**_b(_NO_A), "performed": ["A", "C"], "exactly": 1}, [("C", -5 * DAY), ("B", -5 * DAY), ("A", -5 * DAY)], True),
    ({**_b(_NO_A), "performed": ["A", "C"]}, [("C", -5 * DAY), ("B", -4 * DAY), ("C", -4 * DAY), ("A", -3.5 * DAY)], False),
    (_b(_AGAIN), [_A, ("B", -5 * DAY)], False),
    (_b(_AGAIN), [_A, ("B", -5 * DAY), ("A", -5 * DAY + MICROSECOND)], True),
    (_b(_AGAIN), [_A, _B, ("A", -4 * DAY)], True),
    (_b(_AGAIN), [_A, _B, ("A", -3 * DAY)], True),
    (_b(_AGAIN), [_A, _B, ("A", -3 * DAY + MICROSECOND)], False),
    (_b(_BACK), [_A, _B, _C, ("A", -3 * DAY)], True),
    (_b(_BACK), [_A, _B, _C, ("A", -3 * DAY + MICROSECOND)], False),
    (_b(_BACK), [_A, ("B", -5 * DAY), ("C", -5 * DAY)], False),
    (_b(_BACK), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -4 * DAY)], True),
    (_b(_BACK), [_A, ("B", -5 * DAY), ("C", -5 * DAY), _C, ("A", -3.5 * DAY)], True),
    (_b(_BACK), [_A, _B, ("C", -4 * DAY), ("A", -4 * DAY)], True),
    ({"not": _b({**_BACK, "at_least": 2})}, [_A, ("B", -5 * DAY), ("C", -5 * DAY), _C, ("A", -3.5 * DAY)], False),
]


def _c(*below: Any, b: Any = None, c: Any = None, **root: Any) -> dict[str, Any]:
    """A, then B, then C of which this holds, all within two days."""
    then = {"performed": "C"} | (c or {}) | {"then": list(below)}
    return {"performed": "A", "complete_within": "2 days", **root, "then": {"performed": "B", **(b or {}), "then": then}}


def _not_c(*below: Any, c: Any = None, **more: Any) -> dict[str, Any]:
    found = _c(*below, c=c, **more)
    third = found["then"]["then"]
    third["not_performed"] = third.pop("performed")
    return found


_B2, _C2 = ("B", -4.5 * DAY), ("C", -4 * DAY)
_NO_D: dict[str, Any] = {"not_performed": "D"}
_NO_D_SOON = {**_NO_D, "within": "1 hour"}
_SOON = {"within": "6 hours"}
_TWO = [_A, _B2, ("C", -4.4 * DAY), ("B", -3.9 * DAY), ("C", -3.8 * DAY)]
_LATE = [("A", -DAY), ("B", -6 * HOUR)]
_K = {"where": _SAME_K}
_KEYS: Any = {"b": _K, "c": _K}
_OF_1 = [(*_A, {"k": 1}), (*_B2, {"k": 1}), (*_C2, {"k": 1})]

BOUNDED += [  # what must not follow a step that is itself two below the first
    (_c(_NO_D), [_A, _B2, _C2], True),
    (_c(_NO_D), [_A, _B2], False),
    (_c(_NO_D), [_A, _B2, _C2, ("D", -3 * DAY)], False),
    (_c(_NO_D), [_A, _B2, _C2, ("D", -3 * DAY + MICROSECOND)], True),
    (_c(_NO_D), [_A, _B2, ("C", -3 * DAY)], True),
    (_c(_NO_D), [_A, _B2, ("C", -3 * DAY + MICROSECOND)], False),
    (_c(_NO_D), [_A, _B2, _C2, ("D", -3.5 * DAY), ("C", -3.2 * DAY)], True),
    (_c(_NO_D), [_A, ("C", -4.6 * DAY), _B2, ("D", -4.2 * DAY)], False),
    (_c(_NO_D_SOON), [_A, _B2, _C2, ("D", -4 * DAY + HOUR)], False),
    (_c(_NO_D_SOON), [_A, _B2, _C2, ("D", -4 * DAY + HOUR + MICROSECOND)], True),
    (_c(_NO_D_SOON), [_A, _B2, _C2, ("C", -3.5 * DAY), ("D", -3.5 * DAY)], True),
    (_c(_NO_D_SOON, b={"within": "1 hour"}), [_A, _B2, _C2], False),
    (_c(_NO_D_SOON, c=_SOON), [_A, _B2, ("C", -4.4 * DAY), ("D", -4.4 * DAY)], False),
    (_c(_NO_D_SOON, c=_SOON), [_A, _B2, ("C", -4.4 * DAY), ("D", -4.4 * DAY), ("C", -4.3 * DAY)], True),
    (_c(_NO_D_SOON, c=_SOON), [_A, _B2, ("C", -4.4 * DAY), ("D", -4.4 * DAY), ("C", -4.1 * DAY)], False),
    # each of two asks for its own: the first for C that ceases to hold, the second for one that begins later
    (_c(_NO_D, c=_SOON, b={"at_least": 2}), _TWO, True),
    (_c(_NO_D, c=_SOON, b={"at_least": 2}), [*_TWO, ("D", -4 * DAY)], False),
    (_c(_NO_D, c=_SOON, b={"at_most": 1}), [*_TWO, ("D", -4 * DAY)], True),
    (_c(_NO_D, c=_SOON, b={"at_most": 1}), _TWO, False),
    (_c(_NO_D_SOON, c=_SOON, b={"at_least": 2}), [*_TWO, ("D", -4.4 * DAY)], False),
    (_c(_NO_D, c=_SOON), [*_TWO[:3], ("D", -4.3 * DAY), *_TWO[4:]], False),  # the other C holds, but not in the span of B
    # it is waited for, unless it is not
    (_c(_NO_D_SOON), [*_LATE, ("C", -HOUR)], False),
    (_c(_NO_D_SOON), [*_LATE, ("C", -HOUR - MICROSECOND)], True),
    (_c(_NO_D), [*_LATE, ("C", -HOUR)], False),
    (_c({**_NO_D, "wait": False}), [*_LATE, ("C", -HOUR)], True),
    (_c({**_NO_D, "wait": False}), [*_LATE, ("C", -2 * HOUR), ("D", -HOUR)], False),
    # none of which it holds
    (_not_c(_NO_D_SOON), [_A, _B2, _C2], False),
    (_not_c(_NO_D_SOON), [_A, _B2, _C2, ("D", -4 * DAY)], True),
    (_not_c(_NO_D_SOON), [_A, _B2, _C2, ("D", -4 * DAY + HOUR + MICROSECOND)], False),
    (_not_c(_NO_D), [_A, _B2, _C2, ("D", -3 * DAY)], True),
    (_not_c(_NO_D), [_A, _B2, _C2, ("D", -3 * DAY + MICROSECOND)], False),
    (_not_c(_NO_D), _LATE, False),
    (_not_c(_NO_D_SOON, c={"within": "1 hour"}), [("A", -DAY), ("B", -2 * HOUR)], False),  # C, and an hour for D
    (_not_c(_NO_D_SOON, c={"within": "1 hour"}), [("A", -DAY), ("B", -2 * HOUR - MICROSECOND)], True),
    (_not_c(_NO_D_SOON, c={"within": "1 hour", "wait": False}), [("A", -DAY), ("B", -MICROSECOND)], True),
    # few, so many, and others beside
    (_c({"performed": "D", "exactly": 1}), [_A, _B2, _C2, ("D", -3.5 * DAY), ("D", -3 * DAY)], False),
    (_c({"performed": "D", "exactly": 1}), [_A, _B2, _C2, ("D", -3.5 * DAY), ("D", -3 * DAY + MICROSECOND)], True),
    (_c({"performed": "D", "exactly": 1}), [_A, _B2, _C2, ("D", -3.5 * DAY), ("C", -3.4 * DAY), ("D", -3 * DAY)], True),
    (_c(_NO_D, {"performed": "B"}), [_A, _B2, _C2, ("B", -3.5 * DAY), ("D", -3.5 * DAY)], False),
    (_c(_NO_D_SOON, {"performed": "B"}), [_A, _B2, _C2, ("B", -3.5 * DAY), ("D", -3.5 * DAY)], True),
    # along one key
    (_c({**_NO_D, **_K}, **_KEYS), [*_OF_1, ("D", -3.5 * DAY, {"k": 2})], True),
    (_c({**_NO_D, **_K}, **_KEYS), [*_OF_1, ("D", -3.5 * DAY, {"k": 1})], False),
    (_c({**_NO_D, **_K}, **_KEYS), [*_OF_1, ("D", -3.5 * DAY, {"k": 1}), ("C", -3.2 * DAY, {"k": 2})], False),
    (_c({**_NO_D, **_K}, **_KEYS), [*_OF_1, ("D", -3.5 * DAY, {"k": 1}), ("C", -3.2 * DAY, {"k": None})], False),
    (_c(_NO_D, **_KEYS), [*_OF_1, ("D", -3.5 * DAY), ("C", -3.2 * DAY, {"k": 1})], True),
    (_c(_NO_D, b=_K), [*_OF_1, ("D", -3.5 * DAY), ("C", -3.2 * DAY)], True),
    # a name that stands above already
    (_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY)], True),
    (_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -4 * DAY)], False),
    (_c({**_NO_A, "within": "1 hour"}), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -5 * DAY + HOUR + MICROSECOND)], True),
    (_c(_NO_A), [_A, _B2, ("C", -4.5 * DAY), ("A", -4.5 * DAY)], True),
    (_c({**_NO_A, "strictly": True}), [_A, _B2, _C2, ("A", -4 * DAY)], True),
    (_not_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY)], False),
    (_not_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -3 * DAY)], True),
]


BOUNDED_CHANGES: list[Any] = [  # condition, events, is it in, when that changes
    (_b(_NO_C), [("A", -HOUR), ("B", -HOUR)], False, 2 * DAY - HOUR + MICROSECOND),
    (_b({**_NO_C, "within": "3 hours"}), [("A", -2 * HOUR), ("B", -HOUR)], False, 2 * HOUR + MICROSECOND),
    (_b(_NO_C), [_A, _B], True, NEVER),
    (_c(_NO_D_SOON), [*_LATE, ("C", -HOUR)], False, MICROSECOND),
    (_c(_NO_D), [*_LATE, ("C", -HOUR)], False, DAY + MICROSECOND),
    (_not_c(_NO_D_SOON, c={"within": "1 hour"}), [("A", -DAY), ("B", -2 * HOUR)], False, MICROSECOND),
    (_b(_NO_A), [("A", -HOUR), ("B", -HOUR)], False, 2 * DAY - HOUR + MICROSECOND),
]
