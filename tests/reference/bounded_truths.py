"""Truths about what is asked below other steps where `complete_within` bounds the whole, worked out by hand."""

from datetime import timedelta
from typing import Any

from tests.reference import second_step_truths, third_step_truths

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


def _where(operator: str, path: str = "k") -> dict[str, Any]:
    return {"where": {"property": path, operator: {"parent": "k"}}}


def _of(*ks: Any) -> list[Any]:
    """A, B of the first k, and then one C of each other, an hour after the other."""
    return [_A, (*_B, {"k": ks[0]}), *[("C", -4 * DAY + (number + 1) * HOUR, {"k": k}) for number, k in enumerate(ks[1:])]]


_LAST, _OVER = -3 * DAY, -3 * DAY + MICROSECOND

BOUNDED += [  # texts, lists and items of what stands above
    (_b({"performed": "C", **_where("contains")}), _of("a", "ba"), True),
    (_b({"performed": "C", **_where("contains")}), _of("a", "b"), False),
    (_b({"performed": "C", **_where("contains")}), _of(None, "b"), False),
    (_b({**_NO_C, **_where("contains")}), _of(None, "b"), True),
    (_b({**_NO_C, **_where("starts_with")}), _of("a", "ba"), True),
    (_b({**_NO_C, **_where("starts_with")}), _of("a", "ba", "ab"), False),
    (_b({**_NO_C, **_where("starts_with")}), [*_of("a", "ba"), ("C", _LAST, {"k": "ab"})], False),
    (_b({**_NO_C, **_where("starts_with")}), [*_of("a", "ba"), ("C", _OVER, {"k": "ab"})], True),
    (_b({"performed": "C", "at_least": 2, **_where("ends_with")}), _of("a", "ba", "ca"), True),
    (_b({"performed": "C", "at_least": 2, **_where("ends_with")}), _of("a", "ba", "ac"), False),
    (_b({"performed": "C", "at_most": 1, **_where("ends_with")}), _of("a", "ba", "ca"), False),
    (_b({"performed": "C", **_where("one_of")}), _of(["x", "a"], "a"), True),
    (_b({"performed": "C", **_where("one_of")}), _of(["x", "a"], "b"), False),
    (_b({**_NO_C, **_where("one_of")}), [*_of(["x", "a"], "b"), ("C", _LAST, {"k": "a"})], False),
    (_b({**_NO_C, **_where("one_of")}), [*_of(["x", "a"], "b"), ("C", _OVER, {"k": "a"})], True),
    (_b({**_NO_C, **_where("one_of")}), [*_of(["x", "a"]), ("C", _OVER, {"k": "a"}), ("C", _LAST, {"k": "x"})], False),
    (_b({"performed": "C", "at_least": 2, **_where("one_of")}), _of(["x", "a"], "a", "x"), True),
    (_b({**_NO_C, **_where("contains_any")}), _of(["x", "a"], "cab"), False),
    (_b({**_NO_C, **_where("equals", "k.$")}), _of("a", ["b", "a", "a"]), False),
    (_b({**_NO_C, **_where("equals", "k.$")}), _of("a", ["b"]), True),
    (_b({"performed": "C", "at_least": 2, **_where("equals", "k.$")}), _of("a", ["b", "a", "a"]), False),
    (_b({"performed": "C", "at_least": 2, **_where("equals", "k.$")}), _of("a", ["a"], ["b", "a"]), True),
    # each of two B asks for its own text
    (_b({**_NO_C, **_where("contains")}, at_least=2), [*_of("a", "ba"), ("B", -3.9 * DAY, {"k": "c"})], False),
    (_b({**_NO_C, **_where("contains")}), [*_of("a", "ba"), ("B", -3.9 * DAY, {"k": "c"})], True),
    # what follows that is of another k than the text
    (
        _b({"performed": "C", **_where("contains"), "then": {"performed": "D", "where": _SAME_K}}),
        [*_of("a", "ba", "ca"), ("D", -3.5 * DAY, {"k": "ca"})],
        True,
    ),
]


BOUNDED += second_step_truths.SECOND
BOUNDED += third_step_truths.THIRD


BOUNDED_CHANGES: list[Any] = [  # condition, events, is it in, when that changes
    (_b(_NO_C), [("A", -HOUR), ("B", -HOUR)], False, 2 * DAY - HOUR + MICROSECOND),
    (_b({**_NO_C, "within": "3 hours"}), [("A", -2 * HOUR), ("B", -HOUR)], False, 2 * HOUR + MICROSECOND),
    (_b(_NO_C), [_A, _B], True, NEVER),
    (_b(_NO_A), [("A", -HOUR), ("B", -HOUR)], False, 2 * DAY - HOUR + MICROSECOND),
]
BOUNDED_CHANGES += third_step_truths.THIRD_CHANGES
