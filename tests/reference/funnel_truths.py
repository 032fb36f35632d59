"""Truths about sequences, worked out by hand from the language's contract: a row or more for each of its rules."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.reference.tie_truths import TIES
from tests.reference.truths import AS_OF
from tests.reference.without_truths import WITHOUT

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
NEVER: Any = None


def _then(*children: Any, **more: Any) -> dict[str, Any]:
    return {"performed": "A", **more, "then": list(children)}


def _not_b(**more: Any) -> dict[str, Any]:
    return _then({"not_performed": "B", **more})


_CART = [{"property": "cart", "equals": {"parent": "cart"}}]
_SKU_BOUGHT = {"property": "items.$.sku", "equals": {"parent": "sku"}}
_SKU_SEEN = {"property": "sku", "one_of": {"parent": "seen"}}
_SAME_K = {"property": "k", "equals": {"parent": "k"}}
_OTHER_K = {"property": "k", "not_equals": {"parent": "k"}}
_SAME_V = {"property": "v", "equals": {"parent": "v"}}
_MIXED = [{"k": 1, "v": 1, "cart": 7}, {"k": 1, "v": 2}, {"k": 2, "v": 1}, {"k": "X", "v": 2}, {"v": 9}]
_A = ("A", -3 * DAY)
_B_LATER = ("B", -2 * DAY)

FUNNELS: list[Any] = [  # condition, events (name, from as_of, properties), is it in
    # a child comes after its parent, never before; of one instant where the names differ
    (_then({"performed": "B"}), [_A, _B_LATER], True),
    (_then({"performed": "B"}), [_A, ("B", -4 * DAY)], False),
    (_then({"performed": "B"}), [_A, ("B", -3 * DAY - MICROSECOND)], False),
    (_then({"performed": "B"}), [_A, ("B", -3 * DAY)], True),
    (_then({"performed": "A"}), [_A], False),
    (_then({"performed": "A"}), [_A, _A], False),
    (_then({"performed": "A"}), [_A, ("A", -3 * DAY + MICROSECOND)], True),
    (_then({"performed": "B", "strictly": True}), [_A, ("B", -3 * DAY)], False),
    (_then({"performed": "B", "strictly": True}), [_A, ("B", -3 * DAY + MICROSECOND)], True),
    (_then({"performed": "B"}), [_A, ("B", MICROSECOND)], False),
    # strictly later than every earlier step of the chain with the same name
    (_then({"performed": "B", "then": [{"performed": "A"}]}), [_A, ("B", -3 * DAY), _A], False),
    (_then({"performed": "B", "then": [{"performed": "A"}]}), [_A, ("B", -3 * DAY), ("A", -2 * DAY)], True),
    (_then({"performed": "B", "then": [{"performed": "A"}]}), [_A, ("B", -2 * DAY), ("A", -2 * DAY)], True),
    (_then({"performed": "B", "then": [{"performed": "C"}]}), [_A, ("B", -3 * DAY), ("C", -3 * DAY)], True),
    (
        _then({"performed": "B", "then": [{"performed": "C", "then": [{"performed": "A"}]}]}),
        [_A, ("B", -3 * DAY), ("C", -3 * DAY), _A],
        False,
    ),
    (_then({"performed": "B", "then": [{"not_performed": "A"}]}), [_A, ("B", -3 * DAY), _A], True),
    # any name: the rule goes by each event's own
    (_then({"performed": "*"}), [_A, ("B", -3 * DAY)], True),
    (_then({"performed": "*"}), [_A, _A], False),
    (_then({"performed": "*"}), [_A, _A, ("A", -2 * DAY)], True),
    ({"performed": "*", "then": [{"performed": "*"}]}, [_A, _A], False),
    ({"performed": "*", "then": [{"performed": "*"}]}, [_A, ("B", -3 * DAY)], True),
    ({"performed": "*", "exactly": 1, "then": [{"performed": "*", "exactly": 1}]}, [_A, _A, ("B", -3 * DAY)], False),
    ({"performed": "*", "exactly": 2, "then": [{"performed": "*", "exactly": 1}]}, [_A, _A, ("B", -3 * DAY)], True),
    ({"performed": ["A", "B"], "exactly": 1, "then": [{"performed": "B"}]}, [_A, ("B", -3 * DAY)], True),
    ({"performed": ["A", "B"], "exactly": 2, "then": [{"performed": ["A", "B"]}]}, [_A, ("B", -3 * DAY)], True),
    ({"performed": ["A", "C"], "then": [{"performed": "B", "then": [{"performed": "A"}]}]}, [_A, ("B", -3 * DAY), _A], False),
    (
        {"performed": ["A", "C"], "then": [{"performed": "B", "then": [{"performed": "A"}]}]},
        [_A, ("B", -3 * DAY), ("C", -3 * DAY)],
        True,
    ),
    (
        {"performed": "*", "then": [{"performed": "B", "then": [{"performed": "A"}]}]},
        [("C", -3 * DAY), ("B", -3 * DAY), _A],
        True,
    ),
    (_then({"performed": "B", "then": [{"performed": "*"}]}), [_A, ("B", -3 * DAY)], False),
    # windows count from the parent, both ends inclusive
    (_then({"performed": "B", "within": "1 day"}), [_A, ("B", -2 * DAY)], True),
    (_then({"performed": "B", "within": "1 day"}), [_A, ("B", -2 * DAY + MICROSECOND)], False),
    (_then({"performed": "B", "after": "1 day"}), [_A, ("B", -2 * DAY)], True),
    (_then({"performed": "B", "after": "1 day"}), [_A, ("B", -2 * DAY - MICROSECOND)], False),
    (_then({"performed": "B", "between": ["1 hour", "1 day"]}), [_A, ("B", -3 * DAY + HOUR)], True),
    (_then({"performed": "B", "between": ["1 day", "1 hour"]}), [_A, ("B", -3 * DAY + HOUR - MICROSECOND)], False),
    (_then({"performed": "B", "between": ["1 hour", "1 day"]}), [_A, ("B", -2 * DAY)], True),
    (_then({"performed": "B", "between": ["1 hour", "1 day"]}), [_A, ("B", -2 * DAY + MICROSECOND)], False),
    (_then({"performed": "B", "between": ["1 hour", "ever"]}), [_A, ("B", -MICROSECOND)], True),
    (_then({"performed": "B", "since": AS_OF - 2 * DAY}), [_A, ("B", -2 * DAY)], True),
    (_then({"performed": "B", "since": AS_OF - 2 * DAY}), [_A, ("B", -2 * DAY - MICROSECOND)], False),
    (_then({"performed": "B", "until": AS_OF - 2 * DAY}), [_A, ("B", -2 * DAY)], False),
    (_then({"performed": "B", "until": AS_OF - 2 * DAY}), [_A, ("B", -2 * DAY - MICROSECOND)], True),
    # 2026-01-31 12:00 + 1 month is 2026-02-28 12:00, ten days before as_of
    (_then({"performed": "B", "within": "1 month"}), [("A", -38 * DAY), ("B", -10 * DAY)], True),
    (_then({"performed": "B", "within": "1 month"}), [("A", -38 * DAY), ("B", -10 * DAY + MICROSECOND)], False),
    # what a later event could undo waits
    (_not_b(within="1 day"), [("A", -DAY)], False),
    (_not_b(within="1 day"), [("A", -DAY - MICROSECOND)], True),
    (_not_b(within="1 day"), [_A, ("B", -2 * DAY)], False),
    (_not_b(within="1 day", wait=False), [("A", -HOUR)], True),
    (_not_b(within="1 day", wait=False), [("A", -HOUR), ("B", -HOUR)], False),
    (_not_b(), [("A", -HOUR)], True),
    (_not_b(after="1 hour"), [("A", -3 * HOUR), ("B", -3 * HOUR)], True),
    (_not_b(until=AS_OF + DAY), [_A], False),
    (_not_b(until=AS_OF), [_A], True),
    (_then({"performed": "B", "at_most": 1, "within": "1 day"}), [("A", -DAY), ("B", -DAY)], False),
    (_then({"performed": "B", "at_most": 1, "within": "1 day"}), [_A, _B_LATER], True),
    (_then({"performed": "B", "exactly": 1, "within": "1 day"}), [("A", -DAY), ("B", -DAY)], False),
    (_then({"performed": "B", "exactly": 1, "within": "1 day"}), [_A, _B_LATER], True),
    (_then({"performed": "B", "at_least": 2, "within": "1 day"}), [("A", -HOUR), ("B", -HOUR), ("B", 0 * DAY)], True),
    (_then({"performed": "B", "sum": "v", "gte": 5, "within": "1 day"}), [("A", -HOUR), ("B", -HOUR, {"v": 5})], True),
    (_then({"performed": "B", "sum": "v", "lt": 5, "within": "1 day"}), [("A", -HOUR), ("B", -HOUR, {"v": 4})], False),
    (_then({"performed": "B", "sum": "v", "lt": 5, "within": "1 day"}), [_A, ("B", -3 * DAY, {"v": 4})], True),
    (_then({"performed": "B", "sum": "v", "lt": 5, "within": "1 day"}), [_A], True),
    (_then({"performed": "B", "avg": "v", "lt": 5, "within": "1 day"}), [_A], False),
    (_then({"performed": "B", "avg": "v", "equals": 3}), [_A, ("B", -DAY, {"v": 2}), ("B", -DAY, {"v": 4})], True),
    (_then({"performed": "B", "min": "v", "lt": 3}), [_A, ("B", -DAY, {"v": 2}), ("B", -DAY, {"v": 4})], True),
    (_then({"performed": "B", "max": "v", "gt": {"parent": "v"}}), [(*_A, {"v": 3}), ("B", -DAY, {"v": 4})], True),
    (_then({"performed": "B", "max": "v", "gt": {"parent": "v"}}), [_A, ("B", -DAY, {"v": 4})], False),
    (_then({"performed": "B", "unique": "v", "gte": 2}), [_A, ("B", -DAY, {"v": 4}), ("B", -DAY, {"v": "4"})], False),
    (_then({"performed": "B", "unique": "v", "gte": 2}), [_A, ("B", -DAY, {"v": "a"}), ("B", -DAY, {"v": "b"})], True),
    (_then({"performed": "B", "unique": "v", "gte": 2}), [_A, ("B", -DAY, {"v": "a"}), ("B", -DAY, {"v": "a"})], False),
    (_then({"performed": "B", "unique": "v", "gte": 2}), [_A, ("B", -DAY, {"v": 4}), ("B", -DAY, {"v": 5})], True),
    (
        _then({"performed": "B", "sum": "v", "gte": Decimal("0.999999999"), "within": "1 day"}),
        [("A", -HOUR), ("B", -HOUR, {"v": 0.999999999})],
        True,
    ),
    (
        _then({"performed": "B", "sum": "v", "gt": Decimal("0.999999999"), "within": "1 day"}),
        [("A", -HOUR), ("B", -HOUR, {"v": 0.999999999})],
        False,
    ),
    *(  # the mean of halves of a billionth is rounded away from nothing
        (
            _then({"performed": "B", "avg": "v", operator: Decimal(limit), "within": "1 day"}),
            [_A, ("B", -3 * DAY + HOUR, {"v": values[0]}), ("B", -3 * DAY + 2 * HOUR, {"v": values[1]})],
            is_in,
        )
        for values in (("0.000000001", "0.000000002"), ("-0.000000001", "-0.000000002"))
        for operator, limit, is_in in (
            ("gte", "0.000000002", values[0] > "0"),
            ("gt", "0.000000002", False),
            ("lte", "-0.000000002", values[0] < "0"),
            ("lt", "-0.000000002", False),
        )
    ),
    (_then({"performed": "B", "sum": "v.$", "gte": 6}), [_A, ("B", -DAY, {"v": [1, 2]}), ("B", -HOUR, {"v": 3})], True),
    (_then({"performed": "B", "sum": "v.$", "gte": 7}), [_A, ("B", -DAY, {"v": [1, 2]}), ("B", -HOUR, {"v": 3})], False),
    (
        _then({"performed": "B", "unique": "v.$.x", "equals": 2, "wait": False}),
        [_A, ("B", -DAY, {"v": [{"x": 1}, {"x": 2}, {"x": 1}]})],
        True,
    ),
    (
        _then({"performed": "B", "unique": "v.$", "gte": 3}),
        [_A, ("B", -DAY, {"v": ["a", "b"]}), ("B", -HOUR, {"v": ["b"]})],
        False,
    ),
    (_then({"performed": "B", "max": "v.$", "gte": 3, "then": [{"performed": "C"}]}), [_A, ("B", -DAY, {"v": [3]})], False),
    (
        _then({"performed": "B", "max": "v.$", "gte": 3, "then": [{"performed": "C"}]}),
        [_A, ("B", -DAY, {"v": [3, 1]}), ("C", -HOUR)],
        True,
    ),
    (
        _then({"performed": "B", "avg": "v.$", "equals": 2, "where": _CART}),
        [(*_A, {"cart": "a"}), ("B", -DAY, {"v": [1, 3], "cart": "a"}), ("B", -DAY, {"v": [9], "cart": "b"})],
        True,
    ),
    (
        _then({"performed": "B", "avg": "v", "equals": Decimal("-0.000000001")}),
        [_A, *(("B", -DAY, {"v": value}) for value in ("1", "-0.5", "-0.500000003", 0, 0, 0))],
        True,
    ),
    (
        _then({"performed": "B", "avg": "v", "equals": Decimal("-1.833333333")}),
        [_A, *(("B", -DAY, {"v": value}) for value in ("-2.75", "-2.75", 0))],
        True,
    ),
    (_then({"not": {"performed": "B", "avg": "v", "gte": 3}}), [_A], True),
    # windows of its own `then` add up: the B of the last instant may need its C a day later
    (_not_b(within="1 day", then=[{"performed": "C", "within": "1 day"}]), [("A", -2 * DAY)], False),
    (_not_b(within="1 day", then=[{"performed": "C", "within": "1 day"}]), [("A", -2 * DAY - MICROSECOND)], True),
    (_not_b(within="1 day", then=[{"performed": "C", "within": "1 day"}]), [_A, ("B", -2 * DAY), ("C", -DAY)], False),
    # `not` and `none` are pushed down, and wait
    (_then({"not": {"performed": "B", "within": "1 day"}}), [("A", -DAY)], False),
    (_then({"not": {"performed": "B", "within": "1 day"}}), [_A], True),
    (_then({"none": [{"performed": "B", "within": "1 day"}, {"performed": "C", "within": "1 day"}]}), [_A], True),
    (_then({"none": [{"performed": "B"}, {"performed": "C"}]}), [_A, ("C", -DAY)], False),
    (_then({"not": {"not_performed": "B", "within": "1 day"}}), [("A", -HOUR), ("B", -HOUR)], True),
    (_then({"not": {"performed": "B", "exactly": 1, "within": "1 day"}}), [("A", -HOUR), ("B", -HOUR), ("B", -HOUR)], True),
    (_then({"not": {"performed": "B", "exactly": 1, "within": "1 day"}}), [("A", -HOUR)], False),
    (_then({"not": [{"performed": "B"}, {"performed": "C"}]}), [_A, _B_LATER], True),
    (_then({"any": [{"performed": "B"}, {"performed": "C"}]}), [_A, ("C", -DAY)], True),
    (_then({"any": [{"performed": "B"}, {"performed": "C"}]}), [_A], False),
    # sequences of any length, a gap for each step; counts on children and on parents
    (
        _then({"performed": "B", "within": "1 day", "then": [{"performed": "C", "within": "1 hour"}]}),
        [_A, ("B", -2 * DAY), ("C", -2 * DAY + HOUR)],
        True,
    ),
    (
        _then({"performed": "B", "within": "1 day", "then": [{"performed": "C", "within": "1 hour"}]}),
        [_A, ("B", -2 * DAY), ("C", -2 * DAY + HOUR + MICROSECOND)],
        False,
    ),
    ({**_then({"performed": "B"}), "at_least": 2}, [_A, ("A", -5 * DAY), _B_LATER], True),
    ({**_then({"performed": "B"}), "at_least": 2}, [_A, ("A", -DAY), _B_LATER], False),
    ({**_then({"performed": "B"}), "exactly": 1}, [_A, ("A", -DAY), _B_LATER], True),
    ({**_then({"performed": "B"}), "at_most": 0}, [_A, _B_LATER], False),
    ({"not_performed": "A", "then": [{"performed": "B"}]}, [_A], True),
    # several children for one parent, in any order; one event may serve several
    (_then({"performed": "B"}, {"performed": "C"}), [_A, ("C", -2 * DAY - HOUR), _B_LATER], True),
    (_then({"performed": "B"}, {"performed": "C"}), [("A", -5 * DAY), ("C", -4 * DAY), _A, _B_LATER], True),
    (
        _then({"performed": "B", "within": "1 day"}, {"performed": "C", "within": "1 day"}),
        [("A", -6 * DAY), ("C", -6 * DAY), _A, _B_LATER],
        False,
    ),
    (_then({"performed": "B"}, {"performed": ["B", "C"]}), [_A, _B_LATER], True),
    # complete_within bounds the whole chain by its first event
    (
        _then({"performed": "B", "then": [{"performed": "C"}]}, complete_within="2 days"),
        [_A, _B_LATER, ("C", -DAY)],
        True,
    ),
    (
        _then({"performed": "B", "then": [{"performed": "C"}]}, complete_within="2 days"),
        [_A, _B_LATER, ("C", -DAY + MICROSECOND)],
        False,
    ),
    (_then({"performed": "B", "within": "1 day"}, complete_within="2 days"), [_A, ("B", -DAY)], False),
    (_then({"not_performed": "B"}, complete_within="2 days"), [("A", -2 * DAY)], False),
    (_then({"not_performed": "B"}, complete_within="2 days"), [("A", -2 * DAY - MICROSECOND)], True),
    (_then({"not_performed": "B"}, complete_within="2 days"), [("A", -5 * DAY), ("B", -3 * DAY + MICROSECOND)], True),
    (_then({"not_performed": "B"}, complete_within="2 days"), [("A", -5 * DAY), ("B", -3 * DAY)], False),
    (_then({"not_performed": "B", "within": "7 days"}, complete_within="2 days"), [_A], True),
    (
        _then({"performed": "B", "then": [{"not_performed": "C"}]}, complete_within="2 days"),
        [_A, ("B", -2 * DAY), ("C", -DAY + MICROSECOND)],
        True,
    ),
    (
        _then({"performed": "B", "then": [{"not_performed": "C"}]}, complete_within="2 days"),
        [_A, ("B", -2 * DAY), ("C", -DAY)],
        False,
    ),
    # references; a missing value on either side makes the comparison false
    (_not_b(within="1 day", where=_CART), [(*_A, {"cart": "a"}), (*_B_LATER, {"cart": "a"})], False),
    (_not_b(within="1 day", where=_CART), [(*_A, {"cart": "a"}), (*_B_LATER, {"cart": "b"})], True),
    (_not_b(within="1 day", where=_CART), [_A, _B_LATER], True),
    (_then({"performed": "B", "where": _CART}), [(*_A, {"cart": None}), (*_B_LATER, {"cart": None})], False),
    (_then({"performed": "B", "where": _CART}), [(*_A, {"cart": 10}), (*_B_LATER, {"cart": "10"})], True),
    (_then({"performed": "B", "where": {"not": _CART[0]}}), [_A, _B_LATER], True),
    (
        _then({"performed": "B", "where": {"property": "cart", "not_equals": {"parent": "cart"}}}),
        [(*_A, {"cart": "a"}), (*_B_LATER, {"cart": "b"})],
        True,
    ),
    (
        _then({"performed": "B", "where": {"property": "cart", "not_equals": {"parent": "cart"}}}),
        [_A, (*_B_LATER, {"cart": "b"})],
        False,
    ),
    (
        _then({"performed": "B", "where": _CART, "then": [{"performed": "C", "where": _CART}]}),
        [(*_A, {"cart": "a"}), (*_B_LATER, {"cart": "a"}), ("C", -DAY, {"cart": "b"})],
        False,
    ),
    *(
        (
            _then({"performed": "B", "where": {"property": "v", operator: {"parent": "v"}}}),
            [(*_A, {"v": 5}), (*_B_LATER, {"v": v})],
            is_in,
        )
        for operator, truths in {
            "lt": {4: True, 5: False, 6: False},
            "lte": {4: True, 5: True, 6: False},
            "gt": {4: False, 5: False, 6: True},
            "gte": {4: False, 5: True, 6: True},
        }.items()
        for v, is_in in truths.items()
    ),
    (
        _then({"performed": "B", "where": {"property": "v", "gt": {"parent": "v"}}}),
        [(*_A, {"v": 9}), (*_B_LATER, {"v": 10})],
        True,
    ),
    (
        _then({"performed": "B", "where": {"property": "v", "gt": {"parent": "v"}, "as": "text"}}),
        [(*_A, {"v": 9}), (*_B_LATER, {"v": 10})],
        False,
    ),
    (
        _then({"performed": "B", "where": {"property": "at", "before": {"parent": "at"}}}),
        [(*_A, {"at": "2026-03-02"}), (*_B_LATER, {"at": "2026-03-01T23:59:59Z"})],
        True,
    ),
    *(
        (
            _then({"performed": "B", "where": {"property": "p", operator: {"parent": "p"}}}),
            [(*_A, {"p": right}), (*_B_LATER, {"p": left})],
            is_in,
        )
        for operator, left, right, is_in in (
            ("contains", "abc", "b", True),
            ("contains", "abc", "B", False),
            ("not_contains", "abc", "d", True),
            ("not_contains", "abc", None, False),
            ("starts_with", "abc", "ab", True),
            ("starts_with", "abc", "bc", False),
            ("ends_with", "abc", "bc", True),
            ("one_of", "a", ["a", "b"], True),
            ("one_of", 1, ["a", "1"], True),
            ("one_of", "a", "a", True),
            ("one_of", "a", [], False),
            ("one_of", "a", None, False),
            ("none_of", "a", ["b", None], True),
            ("none_of", "a", ["a"], False),
            ("none_of", "a", None, False),
            ("none_of", None, ["a"], False),
            ("contains_any", "abc", ["x", "bc"], True),
            ("contains_any", "abc", ["x"], False),
        )
    ),
    # bounds of what no order serves
    *(
        (
            _then({"performed": name, "within": "1 day", "where": {"property": "p", operator: {"parent": "p"}}}),
            [(*_A, {"p": right}), (name, -3 * DAY + later, {"p": left})],
            is_in,
        )
        for operator, left, right in (("contains", "abc", "b"), ("gt", 5, 4), ("gte", 4, 4), ("lte", 4, 4))
        for name, later, is_in in (
            ("B", timedelta(0), True),
            ("B", DAY, True),
            ("B", DAY + MICROSECOND, False),
            ("B", -MICROSECOND, False),
            ("A", timedelta(0), False),
        )
    ),
    (
        _then({"performed": "B", "without": {"performed": "C", "where": {"property": "v", "gt": {"parent": "v"}}}}),
        [(*_A, {"v": 1}), ("C", -3 * DAY, {"v": 2}), _B_LATER],
        True,
    ),
    # each parent is judged by itself
    (_not_b(within="1 day"), [("A", -9 * DAY), ("B", -8 * DAY), _A], True),
    # one item of an array: an event counts once, however many of its items, or of the list above, are the same
    *(
        (
            _then({"performed": "B", "where": where, **counts}),
            [("A", -3 * DAY, above), *(("B", -DAY, one) for one in below)],
            is_in,
        )
        for where, counts, above, below, is_in in [
            (_SKU_BOUGHT, {}, {"sku": "x"}, [{"items": [{"sku": "y"}, {"sku": "x"}]}], True),
            (_SKU_BOUGHT, {}, {"sku": "x"}, [{"items": [{"sku": "y"}, {"id": "x"}]}, {"items": None}, {"sku": "x"}], False),
            (_SKU_BOUGHT, {}, {"sku": None}, [{"items": [{"sku": None}]}], False),
            (_SKU_BOUGHT, {}, {"sku": "1"}, [{"items": [{"sku": 1}]}], True),
            (_SKU_BOUGHT, {}, {"sku": "x"}, [{"items": {"sku": "x"}}], True),
            (_SKU_BOUGHT, {"at_least": 2}, {"sku": "x"}, [{"items": [{"sku": "x"}, {"sku": "x"}]}], False),
            (_SKU_BOUGHT, {"at_least": 2}, {"sku": "x"}, [{"items": [{"sku": "x"}]}, {"items": [{"sku": "x"}]}], True),
            (
                {**_SKU_BOUGHT, "ignore_case": True},
                {"at_least": 2},
                {"sku": "x"},
                [{"items": [{"sku": "X"}, {"sku": "x"}]}],
                False,
            ),
            ({**_SKU_BOUGHT, "ignore_case": True}, {}, {"sku": "x"}, [{"items": [{"sku": "X"}]}], True),
            (_SKU_BOUGHT, {"sum": "v", "gte": 4}, {"sku": "x"}, [{"items": [{"sku": "x"}, {"sku": "x"}], "v": 2}], False),
            ([_SKU_BOUGHT, *_CART], {}, {"sku": "x", "cart": 1}, [{"items": [{"sku": "x"}], "cart": 2}], False),
            ([_SKU_BOUGHT, *_CART], {}, {"sku": "x", "cart": 1}, [{"items": [{"sku": "x"}], "cart": 1}], True),
            (_SKU_SEEN, {}, {"seen": ["y", "x"]}, [{"sku": "x"}], True),
            (_SKU_SEEN, {}, {"seen": ["y", None]}, [{"sku": "x"}, {"sku": None}], False),
            (_SKU_SEEN, {"at_least": 2}, {"seen": ["x", "x"]}, [{"sku": "x"}], False),
            (_SKU_SEEN, {"at_least": 2}, {"seen": ["x", "y"]}, [{"sku": "x"}, {"sku": "y"}], True),
            ({**_SKU_SEEN, "ignore_case": True}, {"at_least": 2}, {"seen": ["x", "X"]}, [{"sku": "x"}], False),
            (
                [_SKU_SEEN, _SKU_BOUGHT],
                {"at_least": 2},
                {"seen": ["x", "y"], "sku": "z"},
                [
                    {"sku": "x", "items": [{"sku": "z"}, {"sku": "z"}]},
                ],
                False,
            ),
        ]
    ),
    # a text within counts once, however often the text above stands there, or several of its list
    (
        _then({"performed": "B", "exactly": 1, "where": {"property": "k", "contains": {"parent": "k"}}}),
        [("A", -3 * DAY, {"k": "a"}), ("A", -4 * DAY, {"k": "a"}), (*_B_LATER, {"k": "xa"})],
        True,
    ),
    (
        _then({"performed": "B", "exactly": 1, "where": {"property": "sku", "contains_any": {"parent": "seen"}}}),
        [(*_A, {"seen": ["a", "b"]}), (*_B_LATER, {"sku": "ab"})],
        True,
    ),
    # trees of what is the same as above and what the event is alone
    *(
        (
            _then({"performed": "B", "where": where, "at_least": least}),
            [("A", -3 * DAY, above), *(("B", -DAY, one) for one in _MIXED)],
            is_in,
        )
        for where, above, count in [
            ({"any": [_SAME_K, _SAME_V]}, {"k": 1, "v": 2}, 3),
            ({"any": [_SAME_K, _SAME_V]}, {"k": 1, "v": 1}, 3),
            ({"any": [_SAME_K, _SAME_V]}, {"k": None}, 0),
            ({"none": [_SAME_K, _SAME_V]}, {"k": 1, "v": 2}, 2),
            ({"none": [_SAME_K, _SAME_V]}, {}, 5),
            ({"not": _SAME_K}, {"k": 1}, 3),
            ({"not": [_SAME_K, _SAME_V]}, {"k": 1, "v": 1}, 4),
            ({"any": [_SAME_K, {"property": "v", "equals": 9}]}, {"k": 1}, 3),
            ({"any": [_SAME_K, {"property": "v", "equals": 1}]}, {"k": 1}, 3),
            ({"any": [_OTHER_K, _SAME_V]}, {"k": 1, "v": 1}, 3),
            ({"any": [_OTHER_K, _SAME_V]}, {"v": 1}, 2),
            ({"not": _OTHER_K}, {"k": 1}, 3),
            ({"not": _OTHER_K}, {}, 5),
            ([{"any": [_SAME_K, _SAME_V]}, {"not": _SAME_V}], {"k": 1, "v": 2}, 1),
            ([{"any": [_SAME_K, _SAME_V]}, *_CART], {"k": 1, "v": 1, "cart": 7}, 1),
            ({"any": [{**_SAME_K, "ignore_case": True}, _SAME_V]}, {"k": "x", "v": 5}, 1),
            (
                {"any": [[_SAME_K, {"property": "v", "gte": 2}], {"none": [_SAME_K, {"property": "k", "exists": True}]}]},
                {"k": 1},
                2,
            ),
        ]
        for least, is_in in [(max(count, 1), count > 0), (count + 1, False)]
    ),
    *TIES,
    *WITHOUT,
]

FUNNEL_CHANGES: list[Any] = [  # condition, events, is it in, when that changes
    (_not_b(within="1 day"), [("A", -HOUR)], False, DAY - HOUR + MICROSECOND),
    (_not_b(within="1 day"), [_A], True, NEVER),
    (
        _not_b(within="1 day", then=[{"performed": "C", "within": "2 days"}]),
        [("A", -HOUR)],
        False,
        3 * DAY - HOUR + MICROSECOND,
    ),
    (_not_b(within="1 month"), [("A", -9 * DAY)], False, 22 * DAY + MICROSECOND),
    (_not_b(until=AS_OF + DAY), [("A", -HOUR)], False, DAY),
    (_not_b(within="7 days", without="C"), [_A, ("C", -2 * DAY)], True, NEVER),
    (_then({"not_performed": "B"}, complete_within="2 days"), [("A", -HOUR)], False, 2 * DAY - HOUR + MICROSECOND),
    (_then({"performed": "B"}, within="7 days"), [_A, _B_LATER], True, 4 * DAY + MICROSECOND),
    (_then({"performed": "B"}), [_A, ("B", DAY)], False, DAY),
    (_then({"performed": "B", "without": "C"}), [_A, ("C", DAY)], False, DAY),
    (
        _then({"performed": "B", "where": {"property": "at", "within_last": "2 days"}}),
        [_A, (*_B_LATER, {"at": (AS_OF - DAY).isoformat()})],
        True,
        DAY + MICROSECOND,
    ),
    (
        _then({"performed": "B", "where": {"property": "at", "within_next": "2 days"}}),
        [_A, (*_B_LATER, {"at": (AS_OF + 3 * DAY).isoformat()})],
        False,
        DAY,
    ),
]
