"""Truths two steps below the first where `complete_within` bounds the whole: of values, of several, and of what must differ."""

from datetime import timedelta
from typing import Any

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
_SAME_K = {"where": {"property": "k", "equals": {"parent": "k"}}}
_OTHER_K = {"where": {"property": "k", "not_equals": {"parent": "k"}}}
_A = ("A", -5 * DAY)  # in time is until three days ago
_B = ("B", -4 * DAY)
_LAST, _OVER = -3 * DAY, -3 * DAY + MICROSECOND
_LATE = [("A", -DAY), ("B", -6 * HOUR)]


def _b(*below: Any, **more: Any) -> dict[str, Any]:
    """A, then so many of B of which this holds, all within two days."""
    return {"performed": "A", "complete_within": "2 days", "then": {"performed": "B", **more, "then": list(below)}}


def _c(**more: Any) -> dict[str, Any]:
    """A, then B, then so many of C."""
    return _b({"performed": "C", **more})


def _v(*values: Any, at: timedelta = -3.5 * DAY) -> list[Any]:
    """A, then B, then a C of each value."""
    return [_A, _B, *(("C", at, {"v": value}) for value in values)]


SECOND: list[Any] = [  # condition, events (name, from as_of, properties), is it in
    # the greatest and the least of what follows in time
    (_c(max="v", gt=5), [*_v(5, 3), ("C", _LAST, {"v": 6})], True),
    (_c(max="v", gt=5), [*_v(5, 3), ("C", _OVER, {"v": 6})], False),
    (_c(max="v", gte=5), _v(5, 3), True),
    (_c(max="v", gte=5), _v(4, None, "n/a"), False),
    (_c(max="v", lt=5), [*_v(4), ("C", _LAST, {"v": 5})], False),
    (_c(max="v", lt=5), [*_v(4), ("C", _OVER, {"v": 5})], True),
    (_c(max="v", lt=5), _v("n/a"), False),  # no value, no greatest
    (_c(max="v", lt=5), [*_v(), ("C", _OVER, {"v": 4})], False),
    (_c(max="v", lte=5), _v(5, 4), True),
    (_c(max="v", lte=5), _v(5, 6), False),
    (_c(max="v", equals=5), _v(5, 4), True),
    (_c(max="v", equals=5), _v(4), False),
    (_c(max="v", equals=5), [*_v(5), ("C", _LAST, {"v": 6})], False),
    (_c(max="v", not_equals=5), [*_v(5), ("C", _LAST, {"v": 6})], True),
    (_c(max="v", not_equals=5), [*_v(5), ("C", _OVER, {"v": 6})], False),
    (_c(max="v", not_equals=5), _v(4), True),
    (_c(max="v", not_equals=5), _v(), False),
    (_c(min="v", gt=5), _v(6, 7), True),
    (_c(min="v", gt=5), [*_v(6), ("C", _LAST, {"v": 5})], False),
    (_c(min="v", gte=5), _v(5, 7), True),
    (_c(min="v", lt=5), _v(7, 4), True),
    (_c(min="v", lte=5), _v(7, 5), True),
    (_c(min="v", lte=5), _v(7, 6), False),
    (_c(min="v", equals=5), _v(7, 5), True),
    (_c(min="v", equals=5), _v(4, 5), False),
    (_c(max="v", gte=2, lt=5), _v(1, 4), True),
    (_c(max="v", gte=2, lt=5), _v(1, 5), False),
    (_c(max="v.$", gt=5), _v([1, 6], [2]), True),
    (_c(max="v.$", lte=5), _v([1, 6], [2]), False),
    (_c(max="v", gt="b", **{"as": "text"}), _v("a", "c"), True),
    # of each of two B those of its own k
    (_b({"performed": "C", "max": "v", "gt": 5, **_SAME_K}, at_least=2), [*_v(), ("C", -3.5 * DAY, {"v": 6, "k": 1})], False),
    (
        _b({"performed": "C", "max": "v", "gt": 5, **_SAME_K}),
        [_A, (*_B, {"k": 1}), ("B", -3.9 * DAY, {"k": 2}), ("C", -3.5 * DAY, {"v": 6, "k": 2})],
        True,
    ),
    # not so great
    (_b({"not": {"performed": "C", "max": "v", "gt": 5}}), [*_v(5), ("C", _OVER, {"v": 6})], True),
    (_b({"not": {"performed": "C", "max": "v", "gt": 5}}), [*_v(5), ("C", _LAST, {"v": 6})], False),
    (_b({"not": {"performed": "C", "max": "v", "lt": 5}}), _v(4), False),
    (_b({"not": {"performed": "C", "max": "v", "lt": 5}}), _v("n/a"), True),
    (_b({"not": {"performed": "C", "max": "v", "lt": 5}}), _v(4, 5), True),
    (_b({"not": {"performed": "C", "max": "v", "equals": 5}}), _v(5, 6), True),
    (_b({"not": {"performed": "C", "max": "v", "equals": 5}}), _v(5, 4), False),
    (_b({"not": {"performed": "C", "max": "v", "not_equals": 5}}), _v(5, 4), True),
    (_b({"not": {"performed": "C", "max": "v", "not_equals": 5}}), _v(4), False),
    (_b({"not": {"performed": "C", "max": "v", "gte": 2, "lt": 5}}), _v(4, 5), True),
    # what could be undone is waited for, as a whole
    (_c(max="v", gt=5), [*_LATE, ("C", -HOUR, {"v": 6})], True),
    (_c(max="v", lt=5), [*_LATE, ("C", -HOUR, {"v": 4})], False),
    (_c(min="v", lt=5), [*_LATE, ("C", -HOUR, {"v": 4})], False),
    (_c(min="v", lte=5, within="6 hours"), [*_LATE, ("C", -HOUR, {"v": 5})], False),
    (_c(min="v", lte=5, within="5 hours"), [*_LATE, ("C", -HOUR, {"v": 5})], True),
    (_c(min="v", lt=5, wait=False), [*_LATE, ("C", -HOUR, {"v": 4})], True),
    (_c(min="v", gt=3, lt=5), [*_LATE, ("C", -HOUR, {"v": 4})], False),
    (_c(min="v", gt=3), [*_LATE, ("C", -HOUR, {"v": 4})], True),
    (_c(max="v", lt=5, wait=False), [*_LATE, ("C", -HOUR, {"v": 4})], True),
    (_c(max="v", not_equals=5), [*_LATE, ("C", -HOUR, {"v": 6})], False),
    (_c(max="v", not_equals=5, within="6 hours"), [("A", -DAY), ("B", -6 * HOUR), ("C", -HOUR, {"v": 6})], False),
    (_c(max="v", not_equals=5, within="5 hours"), [*_LATE, ("C", -HOUR, {"v": 6})], True),
    (_b({"not": {"performed": "C", "max": "v", "gte": 2, "lt": 5}}), [*_LATE, ("C", -HOUR, {"v": 6})], False),
    (_b({"not": {"performed": "C", "max": "v", "lt": 5}}), [*_LATE, ("C", -HOUR, {"v": 6})], True),
    # of those alone that something follows in time
    (_c(max="v", gt=5, then={"performed": "D"}), [*_v(6), ("D", _LAST)], True),
    (_c(max="v", gt=5, then={"performed": "D"}), [*_v(6), ("D", _OVER)], False),
    (_c(max="v", lt=5, then={"performed": "D"}), [*_v(4), ("D", -3.2 * DAY), ("C", -3.1 * DAY, {"v": 6})], True),
    # and of the step itself that something follows
    (_b({"performed": "C"}, max="v", gt=5), [_A, (*_B, {"v": 6}), ("C", _LAST)], True),
    (_b({"performed": "C"}, max="v", gt=5), [_A, (*_B, {"v": 6}), ("C", _OVER)], False),
    (_b({"not_performed": "C"}, max="v", lt=5), [_A, (*_B, {"v": 4}), ("C", -3.5 * DAY), ("B", -3.2 * DAY, {"v": 3})], True),
    (_b({"not_performed": "C"}, max="v", lt=5), [_A, (*_B, {"v": 4}), ("B", -3.2 * DAY, {"v": 6})], False),
    (_b({"not_performed": "C"}, max="v", lt=5), [_A, (*_B, {"v": 6}), ("C", -3.5 * DAY), ("B", -3.2 * DAY, {"v": 3})], True),
]

_BACK = {"performed": "C", "then": {"performed": "A"}}
_AT_A = ("B", -5 * DAY)


SECOND += [  # so many, below which a name from above comes back: at the instant of that it is too early
    (_b({**_BACK, "at_least": 2}), [_A, _B, ("C", -3.9 * DAY), ("C", -3.8 * DAY), ("A", _LAST)], True),
    (_b({**_BACK, "at_least": 2}), [_A, _B, ("C", -3.9 * DAY), ("C", -3.8 * DAY), ("A", _OVER)], False),
    (_b({**_BACK, "at_least": 2}), [_A, _B, ("C", -4 * DAY), ("C", -3.8 * DAY), ("A", _LAST)], True),
    (_b({**_BACK, "at_least": 2}), [_A, _B, *[("C", -4 * DAY)] * 2, ("A", -4 * DAY)], True),
    (_b({**_BACK, "at_least": 3}), [_A, _B, *[("C", -4 * DAY)] * 2, ("A", -4 * DAY)], False),
    (_b({**_BACK, "at_least": 2}), [_A, _AT_A, ("C", -5 * DAY), ("C", -5 * DAY)], False),
    (_b({**_BACK, "at_least": 2}), [_A, _AT_A, ("C", -5 * DAY), ("C", -5 * DAY), ("A", -4 * DAY)], True),
    (_b({**_BACK, "at_least": 2}), [_A, _AT_A, ("C", -5 * DAY), ("C", -4 * DAY), ("A", _LAST)], True),
    (_b({**_BACK, "at_least": 2}), [_A, _AT_A, ("C", -5 * DAY), ("C", -4 * DAY), ("A", _OVER)], False),
    (_b({**_BACK, "at_most": 1}), [_A, _AT_A, ("C", -5 * DAY), ("C", -4 * DAY), ("A", _LAST)], False),
    (_b({**_BACK, "at_most": 1}), [_A, _AT_A, ("C", -5 * DAY), ("C", -4 * DAY), ("A", -4 * DAY)], False),
    (_b({**_BACK, "exactly": 2}), [_A, _AT_A, ("C", -5 * DAY), ("C", -4 * DAY), ("C", -4 * DAY), ("A", -4 * DAY)], False),
    # so many of a list above: of each text of it some
    *[
        (_c(at_least=least, where={"property": "k", "one_of": {"parent": "k"}}), [*found, ("C", at, {"k": "y"})], is_in)
        for found in [[_A, (*_B, {"k": ["x", "y"]}), ("C", -3.9 * DAY, {"k": "x"}), ("C", -3.8 * DAY, {"k": "z"})]]
        for least, at, is_in in [(2, _LAST, True), (2, _OVER, False), (3, _LAST, False)]
    ],
]


def _k(*keys: Any, of: Any = 1, last: timedelta = -3.5 * DAY) -> list[Any]:
    """A, then B of this k, then a C of each k, an hour after one another, up to the last instant."""
    times = [last - HOUR * number for number in reversed(range(len(keys)))]
    return [_A, (*_B, {"k": of}), *(("C", at, {"k": key}) for at, key in zip(times, keys, strict=True))]


_OTHER_SOON = {"performed": "C", **_OTHER_K}
_OTHER_V = {"where": {"property": "v", "not_equals": {"parent": "v"}}}
_D = {"then": {"performed": "D"}}
_OTHER_TEXT = {"where": {"property": "k", "not_contains": {"parent": "k"}}}
_BOTH = {"where": [{"property": "k", "not_equals": {"parent": "k"}}, {"property": "v", "equals": {"parent": "v"}}]}

SECOND += [  # another value than that of B
    (_b(_OTHER_SOON), _k(1, 1, 2, last=_LAST), True),
    (_b(_OTHER_SOON), _k(1, 1, 2, last=_OVER), False),
    (_b(_OTHER_SOON), _k(1, 1), False),
    (_b(_OTHER_SOON), _k(None), False),
    (_b(_OTHER_SOON), _k(2, of=None), False),
    (_b(_OTHER_SOON), _k(2, 1, last=_OVER), True),
    (_b(_OTHER_SOON), [("C", -4.5 * DAY, {"k": 1}), *_k(2, last=_LAST)], True),  # the same value before B
    (_b(_OTHER_SOON), [("C", _LAST, {"k": 2}), ("C", -3.5 * DAY, {"k": 1}), *_k()], True),
    (_b(_OTHER_SOON), [("C", _OVER, {"k": 2}), ("C", -3.5 * DAY, {"k": 1}), *_k()], False),
    (_b(_OTHER_SOON), [("C", -2 * DAY, {"k": 2}), ("C", _LAST, {"k": 3}), *_k()], True),
    (_b({**_OTHER_SOON, "at_least": 2}), _k(2, 1, 1, 3, 1, last=_LAST), True),
    (_b({**_OTHER_SOON, "at_least": 2}), _k(2, 1, 1, 3, last=_OVER), False),
    (_b({**_OTHER_SOON, "at_least": 3}), _k(2, 1, 3, 1, 2, last=_LAST), True),
    (_b({**_OTHER_SOON, "at_least": 3}), _k(2, 1, 3, 1, 2, last=_OVER), False),
    (_b({**_OTHER_SOON, "at_most": 1}), _k(2, 1, 1, 3, last=_OVER), True),
    (_b({**_OTHER_SOON, "at_most": 1}), _k(2, 1, 1, 3, last=_LAST), False),
    (_b({"not_performed": "C", **_OTHER_K}), _k(1, 1, 2, last=_LAST), False),
    (_b({"not_performed": "C", **_OTHER_K}), _k(1, 1, 2, last=_OVER), True),
    (_b({**_OTHER_SOON, "strictly": True}), [*_k(), ("C", -4 * DAY, {"k": 2}), ("C", -3.5 * DAY, {"k": 1})], False),
    (_b(_OTHER_SOON), [*_k(), ("C", -4 * DAY, {"k": 2})], True),
    (_b(_OTHER_SOON, at_least=2), [*_k(2, last=_LAST), ("B", -3.9 * DAY, {"k": 2})], False),
    (_b(_OTHER_SOON, at_least=2), [*_k(2, 3, last=_LAST), ("B", -3.9 * DAY, {"k": 2})], True),
    (_b({**_OTHER_SOON, **_D}), [*_k(2, last=-3.2 * DAY), ("D", _LAST)], True),
    (_b({**_OTHER_SOON, **_D}), [*_k(2, last=-3.2 * DAY), ("D", _OVER)], False),
    (_b({**_OTHER_SOON, **_D}), [*_k(2, 1, last=-3.2 * DAY), ("D", -3.21 * DAY)], True),
    (_b({**_OTHER_SOON, "then": {"performed": "D", **_SAME_K}}), [*_k(2, 3, 3), ("D", _LAST, {"k": 3})], True),
    (
        _b({"performed": "C", **_OTHER_V, "then": {"performed": "D", **_SAME_K}}, **_SAME_K),
        [
            (*_A, {"k": 1}),
            (*_B, {"k": 1, "v": 1}),
            *[("C", at, {"k": 1, "v": 2}) for at in (-3.2 * DAY, -3.5 * DAY)],
            ("D", -3.4 * DAY, {"k": 1}),
        ],
        True,
    ),
    (_b({**_OTHER_SOON, **_OTHER_TEXT}), _k("cab", "ba", of="a"), False),
    (_b({**_OTHER_SOON, **_OTHER_TEXT}), _k("cab", "ba", "cb", of="a", last=_LAST), True),
    (_b({**_OTHER_SOON, **_OTHER_TEXT}), _k("cab", "ba", "cb", of="a", last=_OVER), False),
    # and beside it one that is the same
    (_b({"performed": "C", **_BOTH}), [_A, (*_B, {"k": 1, "v": 7}), ("C", _LAST, {"k": 2, "v": 7})], True),
    (_b({"performed": "C", **_BOTH}), [_A, (*_B, {"k": 1, "v": 7}), ("C", -3.5 * DAY, {"k": 2, "v": 8})], False),
    (
        _b({"performed": "C", **_BOTH}),
        [
            _A,
            (*_B, {"k": 1, "v": 7}),
            ("C", -3.6 * DAY, {"k": 1, "v": 8}),
            ("C", -3.5 * DAY, {"k": 1, "v": 7}),
            ("C", _LAST, {"k": 2, "v": 7}),
        ],
        True,
    ),
]
