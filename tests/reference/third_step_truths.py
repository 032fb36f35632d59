"""Truths about what must not follow the second step below the first, where `complete_within` bounds the whole."""

from datetime import timedelta
from typing import Any

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
_SAME_K = {"property": "k", "equals": {"parent": "k"}}
_A = ("A", -5 * DAY)  # in time is until three days ago
_NO_A = {"not_performed": "A"}


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
_NO_C_THEN_NO_D = {"not_performed": "C", "then": _NO_D}
_NO_TEXT = {"not_performed": "E", "where": {"property": "k", "starts_with": {"parent": "k"}}}
_TWO = [_A, _B2, ("C", -4.4 * DAY), ("B", -3.9 * DAY), ("C", -3.8 * DAY)]
_LATE = [("A", -DAY), ("B", -6 * HOUR)]
_K = {"where": _SAME_K}
_KEYS: Any = {"b": _K, "c": _K}
_OF_1 = [(*_A, {"k": 1}), (*_B2, {"k": 1}), (*_C2, {"k": 1})]
_OTHER = [("C", -3.2 * DAY, {"k": 2}), ("D", -2.9 * DAY, {"k": 2})]  # holds by the deadline of A
_MORE = [("C", -2.8 * DAY, {"k": 1}), ("D", -2.7 * DAY, {"k": 1})]

THIRD: list[Any] = [  # condition, events (name, from as_of, properties), is it in
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
    (
        _c(_NO_D),
        [_A, _B2, _C2, ("D", -3.5 * DAY), ("C", -2.8 * DAY), ("D", -2.7 * DAY)],
        False,
    ),  # C held, and would
    (_not_c(_NO_D), [_A, _B2, _C2, ("D", -3.5 * DAY), ("C", -2.8 * DAY), ("D", -2.7 * DAY)], True),
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
    (_c({**_NO_D, **_K}, **_KEYS), [*_OF_1, ("D", -3.5 * DAY, {"k": 1}), *_OTHER, *_MORE], False),
    (_c({**_NO_D, **_K}, b=_K), [*_OF_1, ("D", -3.5 * DAY, {"k": 1}), *_OTHER, *_MORE], True),
    (_c(_NO_D, **_KEYS), [*_OF_1, ("D", -3.5 * DAY), ("C", -3.2 * DAY, {"k": 1})], True),
    (_c(_NO_D, b=_K), [*_OF_1, ("D", -3.5 * DAY), ("C", -3.2 * DAY)], True),
    # beside a text that is no key of the step above
    *[
        ({**_c(), "then": {"performed": "B", "at_least": least, "then": [_NO_C_THEN_NO_D, _NO_TEXT]}}, [_A, _B2], least == 1)
        for least in (1, 2)
    ],
    # a name that stands above already
    (_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY)], True),
    (_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -4 * DAY)], False),
    (_c({**_NO_A, "within": "1 hour"}), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -5 * DAY + HOUR + MICROSECOND)], True),
    (_c(_NO_A), [_A, _B2, ("C", -4.5 * DAY), ("A", -4.5 * DAY)], True),
    (_c({**_NO_A, "strictly": True}), [_A, _B2, _C2, ("A", -4 * DAY)], True),
    (_not_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY)], False),
    (_not_c(_NO_A), [_A, ("B", -5 * DAY), ("C", -5 * DAY), ("A", -3 * DAY)], True),
]

_D, _E, _NO_E = {"performed": "D"}, {"performed": "E"}, {"not_performed": "E"}
_LAST, _OVER = -3 * DAY, -3 * DAY + MICROSECOND
_IN_TIME = [_A, _B2, _C2]

THIRD += [  # one of several, and several of which none
    (_c({"any": [_D, _E]}), [*_IN_TIME, ("E", _LAST)], True),
    (_c({"any": [_D, _E]}), [*_IN_TIME, ("E", _OVER), ("D", _OVER)], False),
    (_c({"any": [_D, _E]}), [*_IN_TIME, ("E", _LAST), ("D", _OVER)], True),
    (_c({"any": [_D, {**_E, "within": "1 hour"}]}), [*_IN_TIME, ("E", _LAST), ("D", _OVER)], False),
    (_c({"any": [_D, {"all": [_E, {**_D, "at_least": 2}]}]}), [*_IN_TIME, ("E", -3.5 * DAY), ("D", _LAST)], True),
    (_c({"any": [{**_D, "at_least": 2}, {"all": [_E, _D]}]}), [*_IN_TIME, ("E", _OVER), ("D", _LAST)], False),
    (_c({"any": [{**_D, "at_least": 2}, {"all": [_E, _D]}]}), [*_IN_TIME, ("E", -3.5 * DAY), ("D", _LAST)], True),
    (_c({"any": [_D, _E]}, b={"at_least": 2}), [*_IN_TIME, ("B", -3.9 * DAY), ("D", -3.8 * DAY)], False),
    (_c({"any": [_D, _E]}, b={"at_least": 2}), [*_IN_TIME, ("B", -4 * DAY), ("E", _LAST)], True),
    (_c({"any": [_D, _E]}, b={"at_least": 2}), [*_IN_TIME, ("B", -4 * DAY), ("E", _OVER)], False),
    (_c({"performed": "D", "then": {"any": [_E, {"performed": "B"}]}}), [*_IN_TIME, ("D", -3.5 * DAY), ("B", _LAST)], True),
    (_c({"performed": "D", "then": {"any": [_E, {"performed": "B"}]}}), [*_IN_TIME, ("D", -3.5 * DAY), ("B", _OVER)], False),
    (_c(_NO_D, _NO_E), [*_IN_TIME, ("D", _LAST)], False),
    (_c(_NO_D, _NO_E), [*_IN_TIME, ("E", _LAST)], False),
    (_c(_NO_D, _NO_E), [*_IN_TIME, ("E", _OVER), ("D", _OVER)], True),
    (_c({"any": [_NO_D, _NO_E]}), [*_IN_TIME, ("D", _LAST), ("E", _OVER)], True),
    (_c({"any": [_NO_D, _NO_E]}), [*_IN_TIME, ("E", _LAST), ("D", _OVER)], True),
    (_c({"any": [_NO_D, _NO_E]}), [*_IN_TIME, ("E", _LAST), ("D", -3.9 * DAY)], False),
    (_c({"any": [_NO_D_SOON, _NO_E]}), [*_LATE, ("C", -HOUR - MICROSECOND)], True),
    (_c({"any": [_NO_D_SOON, _NO_E]}), [*_LATE, ("C", -HOUR)], False),
    (_c({"all": [_NO_D_SOON, _NO_E]}), [*_LATE, ("C", -HOUR - MICROSECOND)], False),
    (_not_c({"any": [_NO_D, _NO_E]}), [*_IN_TIME, ("D", _LAST), ("E", -3.9 * DAY)], True),
    (_not_c({"any": [_NO_D, _NO_E]}), [*_IN_TIME, ("D", _LAST), ("E", _OVER)], False),
    (_not_c(_NO_D, _NO_E), [*_IN_TIME, ("D", _OVER), ("E", _LAST)], True),
    (_c({"any": [_D, _E]}, _NO_A), [*_IN_TIME, ("E", -3.5 * DAY), ("A", _LAST)], False),
    (_c({"any": [_D, _E]}, _NO_A), [*_IN_TIME, ("E", -3.5 * DAY), ("A", _OVER)], True),
    (_c({"any": [_D, _E]}, _NO_A), [*_IN_TIME, ("E", -3.5 * DAY), ("D", _OVER)], True),
    (_c({"any": [_D, _E]}, _NO_A), _IN_TIME, False),
    # the greatest of what follows a third step
    (_c({"performed": "D", "max": "v", "lt": 5}), _IN_TIME, False),
    (_c({"performed": "D", "min": "v", "lt": 5}), [*_LATE, ("C", -2 * HOUR), ("D", -HOUR, {"v": 4})], False),
    (_c({"performed": "D", "min": "v", "lt": 5}), [*_IN_TIME, ("D", _LAST, {"v": 4})], True),
    (_c({"performed": "D", "max": "v", "lt": 5}), [*_IN_TIME, ("D", -3.5 * DAY, {"v": 4}), ("D", _LAST, {"v": 5})], False),
    (_c({"performed": "D", "max": "v", "lt": 5}), [*_IN_TIME, ("D", -3.5 * DAY, {"v": 4}), ("D", _OVER, {"v": 5})], True),
    (_c({"performed": "D", "max": "v", "gte": 5}), [*_IN_TIME, ("D", -3.5 * DAY, {"v": 4}), ("D", _LAST, {"v": 5})], True),
    (_c({"performed": "D", "max": "v", "gte": 5}), [*_IN_TIME, ("D", -3.5 * DAY, {"v": 4}), ("D", _OVER, {"v": 5})], False),
]


THIRD_CHANGES: list[Any] = [  # condition, events, is it in, when that changes
    (_c(_NO_D_SOON), [*_LATE, ("C", -HOUR)], False, MICROSECOND),
    (_c(_NO_D), [*_LATE, ("C", -HOUR)], False, DAY + MICROSECOND),
    (_not_c(_NO_D_SOON, c={"within": "1 hour"}), [("A", -DAY), ("B", -2 * HOUR)], False, MICROSECOND),
]
