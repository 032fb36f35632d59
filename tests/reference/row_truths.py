"""Truths about tests of one row, worked out by hand: arrays, items, references, lists, sources, local times, anniversaries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.reference.truths import AS_OF

VIPS = [f"vip {number}" for number in range(30)]
LISTS = {"lists/vips.csv": VIPS, "lists/few.csv": ["a", "b"], "lists/none.csv": []}
TWO = [{"sku": "a", "price": 5, "at": "2026-03-09"}, {"sku": "B", "price": "20", "tags": ["x", "y"]}]
ORDERS = [{"id": 1, "lines": [{"sku": "a", "order": 1}, {"sku": "b", "order": 2}]}, {"id": 2, "lines": []}, {"id": 3}]

PROPERTIES: list[Any] = [  # where, properties, does it hold
    # any element, also for what a single value would deny
    ({"property": "p.$.sku", "equals": "a"}, {"p": TWO}, True),
    ({"property": "p.$.sku", "equals": "z"}, {"p": TWO}, False),
    ({"property": "p.$.sku", "not_equals": "a"}, {"p": TWO}, True),
    ({"property": "p.$.sku", "not_equals": "a"}, {"p": TWO[:1]}, False),
    ({"property": "p.$.sku", "none_of": ["a"]}, {"p": TWO}, True),
    ({"property": "p.$.sku", "one_of": ["z", "B"]}, {"p": TWO}, True),
    ({"property": "p.$.sku", "equals": "b", "ignore_case": True}, {"p": TWO}, True),
    ({"property": "p.$.sku", "contains_any": ["z", "a"]}, {"p": TWO}, True),
    ({"property": "p.$.sku", "not_contains": "a"}, {"p": TWO}, True),
    ({"property": "p.$.sku", "starts_with": "B"}, {"p": TWO}, True),
    ({"property": "p.$.sku", "ends_with": "a"}, {"p": TWO}, True),
    ({"property": "p.$.sku", "matches": "^[A-Z]$"}, {"p": TWO}, True),
    ({"property": "p.$.price", "gt": 19}, {"p": TWO}, True),
    ({"property": "p.$.price", "gte": 20}, {"p": TWO}, True),
    ({"property": "p.$.price", "lt": 5}, {"p": TWO}, False),
    ({"property": "p.$.price", "lte": 5}, {"p": TWO}, True),
    ({"property": "p.$.at", "before": "2026-03-10"}, {"p": TWO}, True),
    ({"property": "p.$.at", "after": "2026-03-09"}, {"p": TWO}, False),
    ({"property": "p.$.at", "within_last": "2 days"}, {"p": TWO}, True),
    ({"property": "p.$.at", "before_last": "2 days"}, {"p": TWO}, False),
    ({"property": "p.$.price", "gt": 5, "lt": 20}, {"p": TWO}, False),  # one element must satisfy both
    ({"property": "p.$.price", "gte": 5, "lt": 20}, {"p": TWO}, True),
    # exists: false is about all of them
    ({"property": "p.$.at", "exists": True}, {"p": TWO}, True),
    ({"property": "p.$.at", "exists": False}, {"p": TWO}, False),
    ({"property": "p.$.at", "exists": False}, {"p": TWO[1:]}, True),
    ({"property": "p.$.at", "exists": False}, {"p": []}, True),
    ({"property": "p.$.at", "exists": False}, {}, True),
    ({"property": "p.$.at", "exists": False}, {"p": [{"at": None}]}, True),
    ({"property": "p.$.at", "exists": True}, {"p": [{"at": ""}]}, True),
    # what is no array is one item, null is none
    ({"property": "p.$.sku", "equals": "a"}, {"p": {"sku": "a"}}, True),
    ({"property": "p.$", "equals": "a"}, {"p": "a"}, True),
    ({"property": "p.$", "equals": "a"}, {"p": ["b", "a"]}, True),
    ({"property": "p.$", "exists": True}, {"p": None}, False),
    ({"property": "p.$", "exists": True}, {"p": [None]}, False),
    ({"property": "p.$", "gt": 1}, {"p": [1, "2"]}, True),
    ({"property": "p.$", "equals": True}, {"p": [False, "TRUE"]}, True),
    ({"property": "p.$", "equals": '{"x":1}'}, {"p": [{"x": 1}]}, True),
    ({"property": "p.$.sku", "equals": "a"}, {"p": ["a", 1, None, ["a"]]}, False),
    # several arrays
    ({"property": "o.$.lines.$.sku", "equals": "b"}, {"o": ORDERS}, True),
    ({"property": "o.$.lines.$.sku", "equals": "c"}, {"o": ORDERS}, False),
    ({"property": "o.$.lines.$.sku", "exists": False}, {"o": ORDERS[1:]}, True),
    ({"property": "o.$.$", "equals": 2}, {"o": [[1], [2, 3], 4]}, True),
    ({"property": "deep.p.$.sku.x", "equals": 1}, {"deep": {"p": [{"sku": {"x": 1}}]}}, True),
    # one element with several conditions
    ({"any_item": "p", "where": [{"property": "sku", "equals": "a"}, {"property": "price", "gt": 10}]}, {"p": TWO}, False),
    ({"any_item": "p", "where": [{"property": "sku", "equals": "B"}, {"property": "price", "gt": 10}]}, {"p": TWO}, True),
    ({"any_item": "p", "where": {"property": "at", "exists": False}}, {"p": TWO}, True),
    ({"any_item": "p", "where": {"not": {"property": "sku", "equals": "a"}}}, {"p": TWO[:1]}, False),
    ({"any_item": "p", "where": {"property": "tags.$", "equals": "y"}}, {"p": TWO}, True),
    (
        {"any_item": "p", "where": {"any": [{"property": "sku", "equals": "z"}, {"property": "at", "exists": True}]}},
        {"p": TWO},
        True,
    ),
    ({"any_item": "p", "where": {"property": "sku", "exists": False}}, {"p": []}, False),
    ({"all_items": "p", "where": {"property": "price", "gte": 5}}, {"p": TWO}, True),
    ({"all_items": "p", "where": {"property": "price", "gt": 5}}, {"p": TWO}, False),
    ({"all_items": "p", "where": {"property": "at", "exists": True}}, {"p": TWO}, False),
    ({"all_items": "p", "where": {"property": "price", "gte": 5}}, {"p": []}, False),
    ({"all_items": "p", "where": {"property": "price", "gte": 5}}, {}, False),
    ({"all_items": "p", "where": {"property": "price", "gte": 5}}, {"p": [{"price": "n/a"}]}, False),
    ({"no_item": "p", "where": {"property": "price", "gt": 20}}, {"p": TWO}, True),
    ({"no_item": "p", "where": {"property": "price", "gte": 20}}, {"p": TWO}, False),
    ({"no_item": "p", "where": {"property": "price", "gt": 20}}, {"p": []}, True),
    ({"no_item": "p", "where": {"property": "price", "gt": 20}}, {}, True),
    ({"not": {"any_item": "p", "where": {"property": "price", "gt": 20}}}, {"p": None}, True),
    ({"any_item": "o.$.lines", "where": {"property": "sku", "equals": "b"}}, {"o": ORDERS}, True),
    ({"all_items": "o.$.lines", "where": {"property": "sku", "exists": True}}, {"o": ORDERS}, True),
    ({"all_items": "o.$.lines", "where": {"property": "sku", "equals": "a"}}, {"o": ORDERS}, False),
    ({"no_item": "o.$.lines", "where": {"property": "sku", "equals": "c"}}, {"o": ORDERS}, True),
    # the parent of an item is what holds the array
    ({"any_item": "p", "where": {"property": "sku", "equals": {"parent": "want"}}}, {"p": TWO, "want": "B"}, True),
    ({"any_item": "p", "where": {"property": "sku", "equals": {"parent": "want"}}}, {"p": TWO}, False),
    ({"any_item": "p", "where": {"property": "price", "gt": {"parent": "least"}}}, {"p": TWO, "least": "19.5"}, True),
    ({"any_item": "p", "where": {"property": "sku", "one_of": {"parent": "want"}}}, {"p": TWO, "want": ["z", "B"]}, True),
    ({"all_items": "p", "where": {"property": "sku", "none_of": {"parent": "want"}}}, {"p": TWO, "want": ["z", "B"]}, False),
    (
        {"any_item": "o", "where": {"all_items": "lines", "where": {"property": "order", "gte": {"parent": "id"}}}},
        {"o": ORDERS, "id": 100},
        True,
    ),
    (
        {"any_item": "o", "where": {"no_item": "lines", "where": {"property": "order", "gt": {"parent": "id"}}}},
        {"o": ORDERS[:1], "id": 100},
        False,
    ),
    # lists in files, short and long
    ({"property": "p", "one_of": {"file": "lists/vips.csv"}}, {"p": "vip 29"}, True),
    ({"property": "p", "one_of": {"file": "lists/vips.csv"}}, {"p": "Vip 29"}, False),
    ({"property": "p", "one_of": {"file": "lists/vips.csv"}, "ignore_case": True}, {"p": "ViP 29"}, True),
    ({"property": "p", "none_of": {"file": "lists/vips.csv"}}, {"p": "nobody"}, True),
    ({"property": "p", "none_of": {"file": "lists/vips.csv"}}, {"p": "vip 3"}, False),
    ({"property": "p", "none_of": {"file": "lists/vips.csv"}}, {}, False),
    ({"property": "p", "contains_any": {"file": "lists/vips.csv"}}, {"p": "a vip 7 b"}, True),
    ({"property": "p", "contains_any": {"file": "lists/vips.csv"}}, {"p": "a vip"}, False),
    ({"property": "p", "one_of": {"file": "lists/few.csv"}}, {"p": "b"}, True),
    ({"property": "p", "contains_any": {"file": "lists/few.csv"}, "ignore_case": True}, {"p": "xBx"}, True),
    ({"property": "p", "one_of": {"file": "lists/none.csv"}}, {"p": "b"}, False),
    ({"property": "p", "none_of": {"file": "lists/none.csv"}}, {"p": "b"}, True),
    ({"property": "p", "none_of": {"file": "lists/none.csv"}}, {}, False),
    ({"property": "p", "contains_any": {"file": "lists/none.csv"}}, {"p": "b"}, False),
    ({"property": "p.$", "one_of": {"file": "lists/vips.csv"}}, {"p": ["x", "vip 1"]}, True),
    ({"property": "p.$", "one_of": {"file": "lists/vips.csv"}, "ignore_case": True}, {"p": ["x", "VIP 1"]}, True),
    ({"any_item": "p", "where": {"property": "sku", "none_of": {"file": "lists/vips.csv"}}}, {"p": [{"sku": "vip 1"}]}, False),
    (
        {"any_item": "p", "where": {"property": "sku", "contains_any": {"file": "lists/vips.csv"}}},
        {"p": {"sku": "vip 11"}},
        True,
    ),
]

REFERENCES: list[Any] = [  # comparison with {trait: r}, left value, value of the trait r, does it hold
    ({"equals": {"trait": "r"}}, 10, "10", True),
    ({"equals": {"trait": "r"}}, "10.0", 10, False),  # read as text
    ({"equals": {"trait": "r"}, "as": "number"}, "10.0", 10, True),
    ({"equals": {"trait": "r"}}, None, None, False),
    ({"not_equals": {"trait": "r"}}, "a", "b", True),
    ({"not_equals": {"trait": "r"}}, "a", None, False),
    ({"not_equals": {"trait": "r"}}, None, "a", False),
    ({"equals": {"trait": "r"}, "ignore_case": True}, "ΣΑΣ", "σας", True),
    ({"gt": {"trait": "r"}}, 10, "9", True),
    ({"gt": {"trait": "r"}}, 9, 9, False),
    ({"gte": {"trait": "r"}}, 9, 9.0, True),
    ({"gt": {"trait": "r"}}, 10, "n/a", False),
    ({"lt": {"trait": "r"}}, "8", 9, True),
    ({"lte": {"trait": "r"}}, 9, 8.999999999, False),
    ({"gt": {"trait": "r"}, "as": "text"}, "b", "B", True),
    ({"lt": {"trait": "r"}, "as": "time"}, "2026-03-01", 1_773_144_000, True),
    ({"before": {"trait": "r"}}, "2026-03-01", "2026-03-01T00:00:00.000001Z", True),
    ({"after": {"trait": "r"}}, "2026-03-01", "2026-03-01", False),
    ({"contains": {"trait": "r"}}, "a%b", "%", True),
    ({"contains": {"trait": "r"}}, "ab", "", True),
    ({"not_contains": {"trait": "r"}}, "ab", "c", True),
    ({"not_contains": {"trait": "r"}}, "ab", None, False),
    ({"starts_with": {"trait": "r"}}, "abc", "ab", True),
    ({"starts_with": {"trait": "r"}}, "a", "ab", False),
    ({"ends_with": {"trait": "r"}}, "abc", "bc", True),
    ({"ends_with": {"trait": "r"}, "ignore_case": True}, "abC", "Bc", True),
    ({"one_of": {"trait": "r"}}, 2, ["1", 2], True),
    ({"one_of": {"trait": "r"}}, 3, ["1", 2], False),
    ({"one_of": {"trait": "r"}}, "a", "a", True),
    ({"one_of": {"trait": "r"}}, "a", [], False),
    ({"one_of": {"trait": "r"}}, "a", None, False),
    ({"one_of": {"trait": "r"}, "as": "number"}, "2.0", ["x", None, 2], True),
    ({"one_of": {"trait": "r"}, "as": "time"}, "2026-03-10", ["2026-03-10T00:00Z"], True),
    ({"one_of": {"trait": "r"}, "ignore_case": True}, "A", ["b", "a"], True),
    ({"none_of": {"trait": "r"}}, "a", ["b"], True),
    ({"none_of": {"trait": "r"}}, "a", [], True),
    ({"none_of": {"trait": "r"}}, "a", ["a"], False),
    ({"none_of": {"trait": "r"}}, "a", None, False),
    ({"none_of": {"trait": "r"}}, None, ["b"], False),
    ({"none_of": {"trait": "r"}, "as": "number"}, 1, "n/a", False),
    ({"none_of": {"trait": "r"}, "as": "number"}, 1, ["n/a"], True),
    ({"none_of": {"trait": "r"}, "ignore_case": True}, "A", ["a"], False),
    ({"contains_any": {"trait": "r"}}, "abc", ["x", "b"], True),
    ({"contains_any": {"trait": "r"}, "ignore_case": True}, "aBc", ["x", "b"], True),
    ({"contains_any": {"trait": "r"}}, "abc", ["x"], False),
    ({"contains_any": {"trait": "r"}}, "abc", "b", True),
    ({"equals": {"trait": "r.x"}}, "a", {"x": "a"}, True),
    ({"equals": {"trait": "custom.r"}}, "a", "a", True),
    ({"equals": {"trait": "r"}}, "[1]", [1], True),
]

LOCAL: list[Any] = [  # test, timezone, instant, does it hold
    ({"local": "hour", "gte": 9, "lt": 18}, "UTC", "2026-03-10T09:00:00+00:00", True),
    ({"local": "hour", "gte": 9, "lt": 18}, "UTC", "2026-03-10T08:59:59.999999+00:00", False),
    ({"local": "hour", "lt": 18}, "UTC", "2026-03-10T18:00:00+00:00", False),
    ({"local": "hour", "equals": 1}, "Europe/Berlin", "2026-03-29T00:59:00+00:00", True),
    ({"local": "hour", "equals": 3}, "Europe/Berlin", "2026-03-29T01:00:00+00:00", True),  # 2 o'clock was skipped
    ({"local": "hour", "equals": 2}, "Europe/Berlin", "2025-10-26T01:30:00+00:00", True),  # 2 o'clock came twice
    ({"local": "hour", "one_of": [0, 5]}, "Asia/Kolkata", "2026-03-09T18:30:00+00:00", True),
    ({"local": "hour", "none_of": [0, 5]}, "Asia/Kolkata", "2026-03-09T18:29:59+00:00", True),
    ({"local": "hour", "not_equals": 23}, "Asia/Kolkata", "2026-03-09T18:29:59+00:00", False),
    ({"local": "weekday", "equals": "tuesday"}, "UTC", "2026-03-10T00:00:00+00:00", True),
    ({"local": "weekday", "equals": "monday"}, "America/New_York", "2026-03-10T03:59:59+00:00", True),
    ({"local": "weekday", "one_of": ["saturday", "sunday"]}, "UTC", "2026-03-08T23:59:59+00:00", True),
    ({"local": "weekday", "none_of": ["saturday", "sunday"]}, "Asia/Kolkata", "2026-03-08T18:30:00+00:00", True),
    ({"local": "weekday", "not_equals": "sunday"}, "UTC", "2026-03-08T12:00:00+00:00", False),
]

ANNIVERSARIES: list[Any] = [  # length, timezone, as_of, value, is it in, when that changes
    ("7 days", "UTC", "2026-03-10T12:00:00+00:00", "1990-03-17", True, "2026-03-18T00:00:00+00:00"),
    ("7 days", "UTC", "2026-03-10T12:00:00+00:00", "1990-03-18", False, "2026-03-11T00:00:00+00:00"),
    ("7 calendar_days", "UTC", "2026-03-10T12:00:00+00:00", "1990-03-16", True, "2026-03-17T00:00:00+00:00"),
    ("7 calendar_days", "UTC", "2026-03-10T12:00:00+00:00", "1990-03-17", False, "2026-03-11T00:00:00+00:00"),
    ("1 week", "UTC", "2026-03-10T12:00:00+00:00", "1990-03-17", True, "2026-03-18T00:00:00+00:00"),
    ("1 calendar_days", "UTC", "2026-03-10T23:59:59.999999+00:00", "1990-03-10", True, "2026-03-11T00:00:00+00:00"),
    ("1 calendar_days", "UTC", "2026-03-11T00:00:00+00:00", "1990-03-10", False, "2027-03-10T00:00:00+00:00"),
    ("7 days", "UTC", "2026-12-28T00:00:00+00:00", "1990-01-04", True, "2027-01-05T00:00:00+00:00"),
    ("7 days", "UTC", "2026-12-27T23:59:59+00:00", "1990-01-04", False, "2026-12-28T00:00:00+00:00"),
    ("7 days", "UTC", "2026-03-10T12:00:00+00:00", "2030-03-12", True, "2026-03-13T00:00:00+00:00"),
    # the day is the value's own, today is the audience's
    ("1 calendar_days", "America/New_York", "2026-03-10T03:59:00+00:00", "1990-03-09", True, "2026-03-10T04:00:00+00:00"),
    ("1 calendar_days", "America/New_York", "2026-03-10T04:00:00+00:00", "1990-03-10", True, "2026-03-11T04:00:00+00:00"),
    ("1 calendar_days", "Asia/Kolkata", "2026-03-10T18:30:00+00:00", "1990-03-11T23:00:00Z", True, "2026-03-11T18:30:00+00:00"),
    ("1 calendar_days", "Europe/Berlin", "2026-03-28T23:00:00+00:00", "1990-03-29", True, "2026-03-29T22:00:00+00:00"),
    # 29 February comes on the 28th where there is none
    ("1 calendar_days", "UTC", "2026-02-28T12:00:00+00:00", "2000-02-29", True, "2026-03-01T00:00:00+00:00"),
    ("1 calendar_days", "UTC", "2028-02-28T12:00:00+00:00", "2000-02-29", False, "2028-02-29T00:00:00+00:00"),
    ("1 calendar_days", "UTC", "2028-02-29T12:00:00+00:00", "2000-02-29", True, "2028-03-01T00:00:00+00:00"),
    ("2 calendar_days", "UTC", "2028-02-27T12:00:00+00:00", "2000-02-29", False, "2028-02-28T00:00:00+00:00"),
    ("1 calendar_days", "UTC", "2028-02-28T12:00:00+00:00", "2001-02-28", True, "2028-02-29T00:00:00+00:00"),
    # what is no date
    ("365 days", "UTC", "2026-03-10T12:00:00+00:00", "n/a", False, None),
    ("365 days", "UTC", "2026-03-10T12:00:00+00:00", None, False, None),
    ("365 days", "UTC", "2026-03-10T12:00:00+00:00", 0, True, "2027-01-02T00:00:00+00:00"),
]

SOURCES: list[Any] = [  # sources, context, what `load --source` said, does the event count
    ({"only": ["ios"]}, {"source": "ios"}, None, True),
    ({"only": ["ios"]}, {"source": "ios"}, "web", True),
    ({"only": ["ios"]}, {"source": "web"}, "ios", False),
    ({"only": ["ios"]}, {}, "ios", True),
    ({"only": ["ios"]}, {"source": None}, "ios", True),
    ({"only": ["ios", "web"]}, {}, None, False),
    ({"only": ["ios"]}, {"source": "IOS"}, None, False),
    ({"exclude": ["ios"]}, {"source": "ios"}, None, False),
    ({"exclude": ["ios"]}, {"source": "web"}, "ios", True),
    ({"exclude": ["ios"]}, {}, None, True),
    ({"exclude": ["ios", "web"]}, {}, "web", False),
]

# What changes by time alone because the trait that others are compared with does: a value that begins tomorrow.
TOMORROW = AS_OF + timedelta(days=1)
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
