"""Truths about who is in, worked out by hand from the language's contract, as data for any engine."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.reference.history import TraitChange

AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
EARLIER = AS_OF - timedelta(days=1)
NOON = "2026-03-10T12:00:00+00:00"


def at(written: str) -> datetime:
    """An ISO text as an instant."""
    return datetime.fromisoformat(written)


WINDOWS: list[Any] = [  # window, timezone, as_of, event, is it in
    ({}, "UTC", NOON, "1970-01-01T00:00:00+00:00", True),
    ({}, "UTC", NOON, NOON, True),
    ({}, "UTC", NOON, "2026-03-10T12:00:00.000001+00:00", False),
    ({"within": "7 days"}, "UTC", NOON, "2026-03-03T12:00:00+00:00", True),
    ({"within": "7 days"}, "UTC", NOON, "2026-03-03T11:59:59.999999+00:00", False),
    ({"within": "7 days"}, "UTC", NOON, "2026-03-10T12:00:00.000001+00:00", False),
    ({"within": "90 minutes"}, "UTC", NOON, "2026-03-10T10:30:00+00:00", True),
    ({"within": "1 week"}, "UTC", NOON, "2026-03-03T12:00:00+00:00", True),
    ({"within": "30 seconds"}, "UTC", NOON, "2026-03-10T11:59:29.999999+00:00", False),
    # a day is 24 hours, also on the day on which Berlin's clocks change
    ({"within": "1 day"}, "Europe/Berlin", "2026-03-29T12:00:00+00:00", "2026-03-28T12:00:00+00:00", True),
    ({"within": "1 day"}, "Europe/Berlin", "2026-03-29T12:00:00+00:00", "2026-03-28T11:59:59+00:00", False),
    ({"between": ["90 days", "30 days"]}, "UTC", NOON, "2026-02-08T12:00:00+00:00", True),
    ({"between": ["90 days", "30 days"]}, "UTC", NOON, "2026-02-08T12:00:00.000001+00:00", False),
    ({"between": ["30 days", "90 days"]}, "UTC", NOON, "2025-12-10T12:00:00+00:00", True),
    ({"between": ["30 days", "90 days"]}, "UTC", NOON, "2025-12-10T11:59:59.999999+00:00", False),
    ({"between": ["30 days", "ever"]}, "UTC", NOON, "1999-01-01T00:00:00+00:00", True),
    ({"between": ["ever", "30 days"]}, "UTC", NOON, "2026-02-08T12:00:00.000001+00:00", False),
    ({"since": date(2026, 3, 1)}, "UTC", NOON, "2026-03-01T00:00:00+00:00", True),
    ({"since": date(2026, 3, 1)}, "UTC", NOON, "2026-02-28T23:59:59.999999+00:00", False),
    ({"until": date(2026, 3, 1)}, "UTC", NOON, "2026-02-28T23:59:59.999999+00:00", True),
    ({"until": date(2026, 3, 1)}, "UTC", NOON, "2026-03-01T00:00:00+00:00", False),
    ({"since": date(2026, 3, 1)}, "Asia/Kolkata", NOON, "2026-02-28T18:30:00+00:00", True),
    ({"since": "2026-03-01"}, "Asia/Kolkata", NOON, "2026-02-28T18:29:59.999999+00:00", False),
    ({"since": at("2026-03-01T00:00:00")}, "Asia/Kolkata", NOON, "2026-02-28T18:30:00+00:00", False),
    ({"until": date(2030, 1, 1)}, "UTC", NOON, "2026-03-10T12:00:00.000001+00:00", False),
    ({"within": "7 days", "since": date(2026, 3, 5)}, "UTC", NOON, "2026-03-04T00:00:00+00:00", False),
    ({"within": "7 days", "between": ["9 days", "5 days"]}, "UTC", NOON, "2026-03-04T12:00:00+00:00", True),
    ({"within": "7 days", "between": ["9 days", "5 days"]}, "UTC", NOON, "2026-03-02T12:00:00+00:00", False),
    # Sao Paulo skipped its midnight on 2018-11-04: that day began at 01:00 local, 03:00 UTC
    ({"since": date(2018, 11, 4)}, "America/Sao_Paulo", "2018-11-10T00:00:00+00:00", "2018-11-04T03:00:00+00:00", True),
    ({"since": date(2018, 11, 4)}, "America/Sao_Paulo", "2018-11-10T00:00:00+00:00", "2018-11-04T02:59:59+00:00", False),
    # months step forward from the event: 31 January + 1 month = 28 February
    ({"within": "1 month"}, "UTC", "2026-02-28T12:00:00+00:00", "2026-01-31T12:00:00+00:00", True),
    ({"within": "1 month"}, "UTC", "2026-02-28T12:00:00.000001+00:00", "2026-01-31T12:00:00+00:00", False),
    ({"within": "1 month"}, "UTC", "2026-03-01T00:00:00+00:00", "2026-01-31T12:00:00+00:00", False),
    ({"within": "1 month"}, "UTC", "2026-03-31T12:00:00+00:00", "2026-02-28T12:00:00+00:00", False),
    ({"within": "1 month"}, "UTC", "2026-03-31T12:00:00+00:00", "2026-03-01T00:00:00+00:00", True),
    ({"within": "1 year"}, "UTC", "2025-02-28T09:00:00+00:00", "2024-02-29T09:00:00+00:00", True),
    ({"within": "1 year"}, "UTC", "2025-03-01T00:00:00+00:00", "2024-02-29T09:00:00+00:00", False),
    ({"between": ["3 months", "1 month"]}, "UTC", NOON, "2026-02-10T12:00:00+00:00", True),
    ({"between": ["3 months", "1 month"]}, "UTC", NOON, "2026-02-10T12:00:00.000001+00:00", False),
    ({"between": ["1 month", "3 months"]}, "UTC", NOON, "2025-12-10T11:59:59+00:00", False),
    # 00:30 on 1 March in Berlin is still February in UTC, where the calendar steps
    ({"within": "1 month"}, "Europe/Berlin", "2026-03-28T23:30:00+00:00", "2026-02-28T23:30:00+00:00", True),
    ({"within": "1 month"}, "Europe/Berlin", "2026-03-29T00:00:00+00:00", "2026-02-28T23:30:00+00:00", False),
    ({"within": "1 calendar_days"}, "UTC", NOON, "2026-03-10T00:00:00+00:00", True),
    ({"within": "1 calendar_days"}, "UTC", NOON, "2026-03-09T23:59:59.999999+00:00", False),
    ({"within": "7 calendar_days"}, "UTC", NOON, "2026-03-04T00:00:00+00:00", True),
    ({"within": "7 calendar_days"}, "UTC", NOON, "2026-03-10T12:00:00.000001+00:00", False),
    ({"between": ["7 calendar_days", "1 calendar_days"]}, "UTC", NOON, "2026-03-04T00:00:00+00:00", True),
    ({"between": ["7 calendar_days", "1 calendar_days"]}, "UTC", NOON, "2026-03-09T23:59:59.999999+00:00", True),
    ({"between": ["7 calendar_days", "1 calendar_days"]}, "UTC", NOON, "2026-03-10T00:00:00+00:00", False),
    ({"between": ["ever", "2 calendar_days"]}, "UTC", NOON, "2026-03-09T00:00:00+00:00", False),
    ({"within": "1 calendar_days"}, "Asia/Kolkata", "2026-03-10T18:30:00+00:00", "2026-03-10T18:29:59+00:00", False),
    ({"within": "1 calendar_days"}, "Asia/Kolkata", "2026-03-10T18:29:59+00:00", "2026-03-09T18:30:00+00:00", True),
    # Berlin, 29 March 2026: a day of 23 hours, from 23:00 UTC to 22:00 UTC
    ({"within": "1 calendar_days"}, "Europe/Berlin", "2026-03-29T21:59:59+00:00", "2026-03-28T23:00:00+00:00", True),
    ({"within": "1 calendar_days"}, "Europe/Berlin", "2026-03-29T22:00:00+00:00", "2026-03-29T21:59:59+00:00", False),
    ({"within": "2 calendar_days"}, "Europe/Berlin", "2026-03-30T12:00:00+00:00", "2026-03-28T22:59:59+00:00", False),
    ({"within": "1 calendar_days"}, "America/Sao_Paulo", "2018-11-04T15:00:00+00:00", "2018-11-04T03:00:00+00:00", True),
    ({"within": "1 calendar_days"}, "America/Sao_Paulo", "2018-11-04T15:00:00+00:00", "2018-11-04T02:59:59+00:00", False),
]

COUNTS: list[Any] = [  # condition, for how many events A of 0, 1, 2, 3 it holds
    ({"performed": "A"}, [1, 2, 3]),
    ({"not_performed": "A"}, [0]),
    ({"performed": "A", "at_least": 2}, [2, 3]),
    ({"performed": "A", "at_most": 1}, [0, 1]),
    ({"performed": "A", "at_least": 1, "at_most": 2}, [1, 2]),
    ({"performed": "A", "exactly": 0}, [0]),
    ({"performed": "A", "exactly": 2}, [2]),
    ({"performed": ["A", "B"], "exactly": 3}, [2]),
    ({"performed": "*", "at_least": 4}, [3]),
    ({"performed": "a"}, []),
    ({"none": [{"performed": "A"}, {"performed": "B"}]}, []),
    ({"not": [{"performed": "A"}, {"performed": "B"}]}, [0]),
    ({"any": [{"performed": "A", "exactly": 1}, {"performed": "A", "exactly": 3}]}, [1, 3]),
    ({"any": [{"performed": "A"}], "not": {"performed": "A", "at_least": 3}}, [1, 2]),
    ([{"performed": "A"}, [{"performed": "B"}, {"not_performed": "C"}]], [1, 2, 3]),
    ("everyone", [0, 1, 2, 3]),
]

PATHS: list[Any] = [
    ("deep.x", {"deep": {"x": "a"}}, True),
    (r"deep\.x", {"deep.x": "a"}, True),
    ("deep.x", {"deep.x": "a"}, False),
    ("odd key", {"odd key": "a"}, True),
    ("list.0", {"list": ["a"]}, False),
    ("deep.x", {"deep": "a"}, False),
    ("Kind", {"kind": "a"}, False),
]

ELIGIBLE: list[Any] = [
    ({}, {"user_id": ["1"]}, True),
    ({}, {"android.idfa": ["1"]}, True),
    ({}, {"anonymous_id": ["1"]}, False),
    ({}, {"email": []}, False),
    ({"include_anonymous": True}, {"anonymous_id": ["1"]}, True),
    ({"include_anonymous": False}, {"anonymous_id": ["1"]}, False),
    ({"include_anonymous": True}, {"phone": ["1"]}, False),
    ({"identifiers": ["email"]}, {"user_id": ["1"]}, False),
    ({"identifiers": ["email", "anonymous_id"]}, {"anonymous_id": ["1"]}, True),
]

TRAITS: list[Any] = [  # changes, value at as_of
    ([TraitChange("p", "old", EARLIER), TraitChange("p", "new", AS_OF)], "new"),
    ([TraitChange("p", "new", AS_OF), TraitChange("p", "old", EARLIER)], "new"),
    ([TraitChange("p", "now", AS_OF), TraitChange("p", "later", AS_OF + timedelta(microseconds=1))], "now"),
    ([TraitChange("p", "arrived", AS_OF, EARLIER), TraitChange("p", "unknown", AS_OF, None)], "arrived"),
    ([TraitChange("p", "late", AS_OF, AS_OF), TraitChange("p", "early", AS_OF, EARLIER)], "late"),
    ([TraitChange("p", "late", AS_OF, AS_OF, "a"), TraitChange("p", "early", AS_OF, EARLIER, "b")], "late"),
    ([TraitChange("p", "b", AS_OF, AS_OF, "m2"), TraitChange("p", "a", AS_OF, AS_OF, "m10")], "b"),
    ([TraitChange("p", "copied", EARLIER, None, "m"), TraitChange("p", "copy", AS_OF, None, "m")], "copied"),
    ([TraitChange("p", "old", EARLIER), TraitChange("p", None, AS_OF)], None),
    ([TraitChange("p", None, EARLIER), TraitChange("p", "", AS_OF)], ""),
    ([TraitChange("q", "x", AS_OF)], None),
]

REFUSED: list[Any] = [
    {"performed": "A", "then": [{"performed": "B", "complete_within": "7 days"}]},
    {"performed": "A", "then": []},
    {"performed": "A", "where": {"any_item": "products"}},
    {"performed": "A", "where": {"property": "p", "equals": {"parent": "q"}}},
    {"performed": "A", "exactly": 1, "at_least": 1},
    {"performed": "A", "within": "0 days"},
    {"trait": "p"},
    {"performed": "A", "sum": "p"},
    {"performed": "A", "gte": 1},
    {"trait": "p", "held_for": "7 calendar_days", "equals": 1},
    {"performed": "A", "regularly": {"at_least": 3, "of_last": 2, "each": "1 week"}},
    {"trait": "p", "one_of": []},
    {"trait": "p", "one_of": [1, "1"]},
    {"trait": "k", "equals": True},
    {"in_audience": "k"},
    {"all": []},
    {"all": [{"performed": "A"}], "performed": "B"},
]

DAYS: list[Any] = [
    ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00+00:00"),
    ("2026-03-30", "Europe/Berlin", "2026-03-29T22:00:00+00:00"),
    ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00+00:00"),
    ("2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00:00+00:00"),
    ("2026-11-01", "America/Havana", "2026-11-01T04:00:00+00:00"),  # midnight happens twice
    ("1919-03-31", "America/Toronto", "1919-03-31T04:30:00+00:00"),  # 23:30 was followed by 00:30
    ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00+00:00"),  # the day that was left out
]
