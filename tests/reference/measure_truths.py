"""Truths about aggregates, habits, conditions that held for a time, and how far back events count, worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.reference.truths import AS_OF, at

DAY = timedelta(days=1)
TINY = timedelta(microseconds=1)
BIG = 10**28 * 9

TWO_BREAKS = [(-30 * DAY, "b"), (-20 * DAY, "a"), (-5 * DAY, "b"), (-3 * DAY, "a")]

AGGREGATES: list[Any] = [  # what is asked of A beside its name; the values of `p` of one event each, newest first; is it in
    ({"sum": "p", "gte": 500}, [200, "300"], True),
    ({"sum": "p", "gte": 500}, [200, "299.999999999"], False),
    ({"sum": "p", "equals": Decimal("0.3")}, [0.1, 0.2], True),
    ({"sum": "p", "equals": 5}, [5, True, "n/a", None, [1], "true"], True),
    ({"sum": "p", "equals": 0}, [], True),
    ({"sum": "p", "equals": 0}, ["n/a"], True),
    ({"sum": "p", "exists": True}, [], True),
    ({"sum": "p", "exists": False}, [], False),
    ({"sum": "p", "lt": 1}, [], True),
    ({"sum": "p", "not_equals": 0}, [], False),
    ({"sum": "p", "none_of": [1, 2]}, [], True),
    ({"sum": "p", "one_of": [1, 2]}, [], False),
    ({"sum": "p", "gte": 0}, [BIG, BIG], False),  # 30 digits are none
    ({"sum": "p", "gte": 10**29 - 1}, [10**29 - 1], True),  # 29 are all kept
    ({"sum": "p", "lt": 0}, [-5, 4], True),
    ({"sum": "p", "gt": 1, "lte": 3}, [1, 2], True),
    ({"sum": "p", "gt": 1, "lte": 3}, [2, 2], False),
    ({"unique": "p", "equals": 2}, [10**29, str(10**29), 10**29 + 1, 1e29], True),  # by texts, which have no limit
    ({"avg": "p", "equals": Decimal("0.333333333")}, [1, 0, 0], True),
    ({"avg": "p", "equals": Decimal("0.666666667")}, [1, 1, 0], True),
    ({"avg": "p", "equals": Decimal("0.000000001")}, ["0.000000001", "0"], True),  # a half goes away from zero
    ({"avg": "p", "equals": Decimal("-0.000000001")}, ["-0.000000001", "0"], True),
    ({"avg": "p", "equals": Decimal("-0.000000001")}, ["1", "-0.5", "-0.500000003", "0", "0", "0"], True),
    ({"avg": "p", "equals": Decimal("0.000000001")}, ["-1", "0.5", "0.500000003", "0", "0", "0"], True),
    ({"avg": "p", "equals": Decimal("-0.75")}, ["-1.5", "-0.5", "-0.25"], True),
    ({"avg": "p", "equals": 2}, [1, 3, "n/a", True], True),
    # a sum that is too large for a number is missing
    ({"sum": "p", "lte": 9, "regularly": {"at_least": 2, "of_last": 2, "each": "7 days"}}, [BIG, BIG], False),
    ({"sum": "p", "lte": 9, "regularly": {"at_least": 1, "of_last": 2, "each": "7 days"}}, [BIG, BIG], True),
    ({"avg": "p", "lte": 100}, [], False),
    ({"avg": "p", "not_equals": 100}, ["n/a"], False),
    ({"avg": "p", "exists": False}, [], True),
    ({"avg": "p", "exists": False}, ["n/a"], True),
    ({"avg": "p", "exists": True}, [0], True),
    ({"min": "p", "equals": -5}, [10, "-5", False], True),
    ({"max": "p", "equals": 10}, [9, "10", True], True),
    ({"max": "p", "lt": 10}, [], False),
    ({"max": "p", "as": "text", "equals": "9"}, [10, "9"], True),
    ({"max": "p", "as": "text", "equals": "b"}, ["B", "b"], True),
    ({"min": "p", "as": "text", "equals": "B"}, ["B", "b"], True),
    ({"max": "p", "as": "text", "equals": "true"}, ["a", True], True),
    ({"max": "p", "as": "time", "gte": date(2026, 3, 1)}, ["2026-02-01", "2026-03-01T00:00:00Z"], True),
    ({"max": "p", "as": "time", "within_last": "7 days"}, ["2026-02-01", "2026-03-03T12:00:00Z"], True),
    ({"max": "p", "as": "time", "within_last": "7 days"}, ["2026-02-01", "2026-03-03T11:59:59.999999Z"], False),
    ({"min": "p", "as": "time", "before": date(2026, 3, 1)}, ["n/a"], False),
    ({"unique": "p", "equals": 2}, ["a", "b", "a", None], True),
    ({"unique": "p", "equals": 2}, [10, "10", True], True),  # told apart by their texts, booleans too
    ({"unique": "p", "equals": 1}, [10, "10", 10.0], True),
    ({"unique": "p", "equals": 0}, [], True),
    ({"unique": "p", "exists": False}, [], False),
    ({"sum": "p.$", "equals": 6}, [[1, 2], 3, None, []], True),
    ({"sum": "p.$.x", "equals": 6}, [[{"x": 1}, {"y": 9}, {"x": "2"}], {"x": 3}], True),
    ({"unique": "p.$", "equals": 3}, [["a", "b"], ["b", "c"]], True),
    ({"max": "p.$", "equals": 2}, [[True, "2", None]], True),
    ({"avg": "p.$", "gte": 0}, [[], None], False),
    ({"sum": "p", "equals": 1, "within": "1 day"}, [1, 2, 4], True),
    # the newest is still to enter the window
    ({"sum": "p", "equals": 0, "between": ["30 days", "10 days"]}, [5], True),
    ({"sum": "p", "equals": 5, "between": ["3 days", "1 day"]}, [7, 5], True),
    ({"avg": "p", "lte": 9, "between": ["30 days", "10 days"]}, [5], False),
    ({"max": "p", "equals": 5, "between": ["3 days", "1 day"]}, [7, 5], True),
    ({"unique": "p", "equals": 1, "between": ["3 days", "1 day"]}, [7, 5], True),
    ({"sum": "p", "equals": 5, "where": {"property": "p", "gt": 1}}, [1, 2, 3], True),
]
"""Events stand a day apart, the newest half a day before as_of."""

BESIDE_TRAITS: list[Any] = [  # what is asked of A; the values of `p`, newest first; the trait `t`; is it in
    ({"sum": "p", "gte": {"trait": "t"}}, [2, 3], 5, True),
    ({"sum": "p", "gte": {"trait": "t"}}, [2, 2], "5", False),
    ({"sum": "p", "gte": {"trait": "t"}}, [], 0, True),  # 0 without events is compared too
    ({"sum": "p", "lt": {"trait": "t"}}, [], 1, True),
    ({"sum": "p", "lt": {"trait": "t"}}, [], None, False),
    ({"sum": "p", "not_equals": {"trait": "t"}}, [1], None, False),
    ({"sum": "p", "not_equals": {"trait": "t"}}, [], "n/a", False),
    ({"unique": "p", "equals": {"trait": "t"}}, ["a", "b"], 2, True),
    ({"unique": "p", "one_of": {"trait": "t"}}, [], [0, 7], True),
    ({"unique": "p", "none_of": {"trait": "t"}}, [], [0, 7], False),
    ({"avg": "p", "lte": {"trait": "t"}}, [], 5, False),
    ({"avg": "p", "lte": {"trait": "t"}}, [4, 6], 5, True),
    ({"min": "p", "as": "text", "equals": {"trait": "t"}}, ["b", "a"], "a", True),
    ({"max": "p", "as": "time", "before": {"trait": "t"}}, ["2026-01-01"], "2026-01-02", True),
    ({"max": "p", "gt": {"trait": "t"}, "lt": 9}, [8], 7, True),
    ({"max": "p", "gt": {"trait": "t"}, "lt": 9}, [9], 7, False),
    ({"sum": "p", "lte": {"trait": "t"}, "regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}}, [3], 3, True),
    ({"sum": "p", "lte": {"trait": "t"}, "regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}}, [3], 2, False),
    ({"sum": "p", "lte": {"trait": "t"}, "regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}}, [], 0, True),
    ({"sum": "p", "lte": {"trait": "t"}, "regularly": {"at_least": 1, "of_last": 1, "each": "1 day"}}, [], None, False),
    ({"performed": "A", "then": [{"performed": "B", "sum": "p", "gte": {"trait": "t"}}]}, [1], 0, True),
    ({"performed": "A", "then": [{"performed": "B", "sum": "p", "gte": {"trait": "t"}}]}, [1], None, False),
    ({"performed": "A", "then": [{"performed": "A", "max": "p", "gt": {"trait": "t"}}]}, [3, 2], 2, True),
    ({"performed": "A", "then": [{"performed": "A", "max": "p", "gt": {"trait": "t"}}]}, [3, 2], 3, False),
]
"""Aggregates that are compared with a trait of the same entity."""

HABITS: list[Any] = [  # what is asked of A; instants of A from as_of; is it in; when time may first change that
    ({"regularly": {"at_least": 3, "of_last": 4, "each": "1 week"}}, [-DAY, -8 * DAY, -15 * DAY], True, 6 * DAY),
    ({"regularly": {"at_least": 3, "of_last": 4, "each": "1 week"}}, [-DAY, -2 * DAY, -15 * DAY], False, 5 * DAY),
    ({"regularly": {"at_least": 4, "of_last": 4, "each": "1 week"}}, [-DAY, -8 * DAY, -15 * DAY, -22 * DAY], True, 6 * DAY),
    ({"regularly": {"at_least": 4, "of_last": 4, "each": "1 week"}}, [-DAY, -8 * DAY, -15 * DAY, -28 * DAY], False, 6 * DAY),
    ({"regularly": {"at_least": 1, "of_last": 1, "each": "1 week"}}, [-7 * DAY], False, None),
    ({"regularly": {"at_least": 1, "of_last": 1, "each": "1 week"}}, [TINY - 7 * DAY], True, TINY),
    ({"regularly": {"at_least": 1, "of_last": 1, "each": "1 week"}}, [0 * DAY], True, 7 * DAY),
    ({"regularly": {"at_least": 1, "of_last": 1, "each": "1 week"}}, [TINY], False, TINY),
    ({"regularly": {"at_least": 2, "of_last": 2, "each": "1 week"}}, [0 * DAY, -7 * DAY], True, 7 * DAY),
    ({"regularly": {"at_least": 2, "of_last": 2, "each": "1 week"}}, [0 * DAY, TINY - 7 * DAY], False, TINY),
    (
        {"regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}, "at_least": 2},
        [-DAY / 2] * 2 + [-DAY * 3 / 2],
        False,
        DAY / 2,
    ),
    ({"regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}, "at_most": 1}, [-DAY / 2] * 2, False, DAY / 2),
    ({"regularly": {"at_least": 1, "of_last": 2, "each": "1 day"}, "at_most": 1}, [-DAY / 2] * 2, True, DAY / 2),
    ({"regularly": {"at_least": 4, "of_last": 4, "each": "1 week"}, "at_most": 1}, [], True, None),
    ({"regularly": {"at_least": 4, "of_last": 4, "each": "1 week"}, "at_most": 1}, [-DAY], True, 6 * DAY),
    ({"regularly": {"at_least": 4, "of_last": 4, "each": "1 week"}, "at_most": 1}, [-DAY, -DAY * 2], False, 5 * DAY),
    ({"regularly": {"at_least": 2, "of_last": 3, "each": "1 day"}, "exactly": 0}, [-DAY / 2], True, DAY / 2),
    ({"regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}, "sum": "p", "gte": 1}, [-DAY / 2, -DAY], True, DAY / 2),
    ({"regularly": {"at_least": 2, "of_last": 2, "each": "1 day"}, "sum": "p", "lte": 0}, [], True, None),
    ({"regularly": {"at_least": 1, "of_last": 2, "each": "1 day"}, "avg": "p", "lte": 9}, [], False, None),
]

HELD: list[Any] = [  # a condition on `t`; instants, values and messages of `t`; is it in; when time changes that
    ({"equals": "a", "held_for": "7 days"}, [(-7 * DAY, "a")], True, None),
    ({"equals": "a", "held_for": "7 days"}, [(TINY - 7 * DAY, "a")], False, TINY),
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (-DAY, "a")], True, None),
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (-2 * DAY, "b"), (-DAY, "a")], False, 6 * DAY),
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (-2 * DAY, None), (-DAY, "a")], False, 6 * DAY),
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (-DAY, "b")], False, None),
    # the last of several breaks counts
    (
        {"equals": "a", "held_for": "7 days"},
        [(-30 * DAY, "b"), (-20 * DAY, "a"), (-5 * DAY, "b"), (-3 * DAY, "a")],
        False,
        4 * DAY,
    ),
    ({"equals": "a", "held_for": "2 days"}, [(-30 * DAY, "b"), (-20 * DAY, "a"), (-5 * DAY, "b"), (-3 * DAY, "a")], True, None),
    # of two values of one instant the first never was
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (-2 * DAY, "b", "m1"), (-2 * DAY, "a", "m2")], True, None),
    ({"equals": "a", "held_for": "7 days"}, [(-9 * DAY, "a"), (DAY, "b")], True, DAY),
    ({"equals": "a", "held_for": "7 days"}, [(DAY, "a")], False, DAY),
    ({"equals": "a", "held_for": "7 days"}, [], False, None),
    ({"one_of": ["a", "b"], "held_for": "7 days"}, [(-9 * DAY, "a"), (-DAY, "b")], True, None),
    ({"not_equals": "c", "held_for": "7 days"}, [(-9 * DAY, "a"), (-DAY, "b")], True, None),
    ({"not_equals": "c", "held_for": "7 days"}, [(-DAY, "b")], False, 6 * DAY),
    ({"not_equals": "c", "held_for": "7 days"}, [], False, None),
    ({"exists": False, "held_for": "7 days"}, [], True, None),
    ({"exists": False, "held_for": "7 days"}, [(-8 * DAY, "a"), (-7 * DAY, None)], True, None),
    ({"exists": False, "held_for": "7 days"}, [(-8 * DAY, "a"), (-6 * DAY, None)], False, DAY),
    (
        {"exists": False, "held_for": "7 days"},
        [(-30 * DAY, "a"), (-20 * DAY, None), (-5 * DAY, "a"), (-3 * DAY, None)],
        False,
        4 * DAY,
    ),
    ({"exists": False, "held_for": "7 days"}, [(-DAY, None)], True, None),  # it was missing before, too
    ({"exists": False, "held_for": "7 days"}, [(DAY, "a")], True, DAY),
    ({"exists": True, "held_for": "1 month"}, [(at("2026-02-10T12:00:00+00:00") - AS_OF, "a")], True, None),
    ({"exists": True, "held_for": "1 month"}, [(at("2026-02-10T12:00:01+00:00") - AS_OF, "a")], False, timedelta(seconds=1)),
    # 31 January + 1 month is 28 February
    ({"exists": True, "held_for": "1 month"}, [(at("2026-01-31T12:00:00+00:00") - AS_OF, "a")], True, None),
]

REACHES: list[Any] = [  # history; an instant of A from as_of; does it count
    ("all", -3000 * DAY, True),
    ("90 days", -90 * DAY, True),
    ("90 days", -90 * DAY - TINY, False),
    ("1 month", at("2026-02-10T12:00:00+00:00") - AS_OF, True),
    ("1 month", at("2026-02-10T11:59:59+00:00") - AS_OF, False),
    ("none", 0 * DAY, True),  # the first run is this one
    ("none", -TINY, False),
]
