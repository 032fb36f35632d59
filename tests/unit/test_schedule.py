"""When an `every` is due: by hand, and against clocks that are looked at each minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_audiences.spec.schedule import next_due


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "last", "zone", "due"),
    [
        ("4 hours", "2026-03-10T12:00:00.000001", "UTC", "2026-03-10T16:00:00.000001"),
        ("1 day", "2026-03-28T12:00:00", "Europe/Berlin", "2026-03-29T12:00:00"),  # 24 hours, whatever the clocks do
        ("1 month", "2026-01-31T08:00:00", "UTC", "2026-02-28T08:00:00"),
        ("11 months", "2026-01-31T08:00:00", "UTC", "2026-12-31T08:00:00"),
        ("1 year", "2024-02-29T08:00:00", "UTC", "2025-02-28T08:00:00"),
        ("0 6 * * *", "2026-03-10T06:00:00", "UTC", "2026-03-11T06:00:00"),
        ("0 6 * * *", "2026-03-10T05:59:59.999999", "UTC", "2026-03-10T06:00:00"),
        ("0 6 * * *", "2026-03-28T05:00:00", "Europe/Berlin", "2026-03-29T04:00:00"),  # summer time began
        ("30 2 * * *", "2026-03-28T01:30:00", "Europe/Berlin", "2026-03-29T01:30:00"),  # 02:30 is 03:30 that day
        ("30 2 * * *", "2026-10-25T00:30:00", "Europe/Berlin", "2026-10-26T01:30:00"),  # the second 02:30 does not count
        ("0 0 29 2 *", "2024-02-29T00:00:00", "UTC", "2028-02-29T00:00:00"),
        ("0 0 13 * fri", "2026-03-01T00:00:00", "UTC", "2026-03-06T00:00:00"),  # the 13th, and every Friday
        ("0 0 */2 * fri", "2026-03-01T00:00:00", "UTC", "2026-03-13T00:00:00"),  # odd days that are Fridays
    ],
)
def test_the_first_instant_after_the_last(every: str, last: str, zone: str, due: str) -> None:
    assert next_due(every, at(last), zone) == at(due)


def test_a_day_that_no_calendar_has_is_never_due() -> None:
    assert next_due("0 0 31 2 *", at("2026-03-01"), "UTC") is None


MINUTES = st.sampled_from(["*/15", "0", "7,37", "59"])
HOURS = st.sampled_from(["*", "2", "1-3", "*/6", "23"])
DAYS = st.sampled_from(["*", "1", "*/2", "25-31"])
WEEKDAYS = st.sampled_from(["*", "sun", "mon-fri", "0,6"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])


@given(MINUTES, HOURS, DAYS, WEEKDAYS, ZONES, st.integers(0, 60 * 24 * 365))
def test_it_is_what_a_clock_shows_that_is_looked_at_each_minute(
    minutes: str, hours: str, days: str, weekdays: str, zone: str, since: int
) -> None:
    last = at("2026-01-01") + timedelta(minutes=since)
    found = next_due(f"{minutes} {hours} {days} * {weekdays}", last, zone)
    assert found is not None and found > last
    shown = found.astimezone(ZoneInfo(zone))
    for instant in (last + timedelta(minutes=number) for number in range(1, 1_500)):
        local = instant.astimezone(ZoneInfo(zone))
        if local.fold == 0 and _shows(local, minutes, hours, days, weekdays):
            assert found <= instant
            break
    skipped = shown.utcoffset() != (found - timedelta(hours=3)).astimezone(ZoneInfo(zone)).utcoffset()
    assert skipped or _shows(shown, minutes, hours, days, weekdays)


def _shows(local: datetime, minutes: str, hours: str, days: str, weekdays: str) -> bool:
    day, weekday = local.day in _numbers(days, 1, 31), local.isoweekday() % 7 in _numbers(weekdays, 0, 6)
    either = not days.startswith("*") and not weekdays.startswith("*")
    is_day = day or weekday if either else day and weekday
    return is_day and local.hour in _numbers(hours, 0, 23) and local.minute in _numbers(minutes, 0, 59)


def _numbers(text: str, lowest: int, highest: int) -> set[int]:
    """Of the expressions above."""
    text = text.replace("sun", "0").replace("mon-fri", "1-5")
    if text.startswith("*"):
        return set(range(lowest, highest + 1, int(text.partition("/")[2] or 1)))
    first, _, last = text.partition("-")
    return set(range(int(first), int(last) + 1)) if last else {int(word) for word in text.split(",")}
