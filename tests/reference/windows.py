"""Durations, and the windows they make around as_of."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference.values import literal_instant

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
MONTHS = {"month": 1, "year": 12}
WRITTEN = re.compile(r"([1-9][0-9]*) (second|minute|hour|day|week|month|year|calendar_day)s?")


@dataclass(frozen=True, slots=True)
class Clock:
    """The one instant of a run, and the zone in which an audience reads bare dates and calendar days."""

    as_of: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Duration:
    """So many of `seconds`, `months` or `calendar_days`."""

    count: int
    kind: str


def duration(written: str) -> Duration:
    """A length as a definition writes it: a whole positive count and a unit."""
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no duration")
    count, unit = int(found.group(1)), found.group(2)
    if unit in SECONDS:
        return Duration(count * SECONDS[unit], "seconds")
    if unit in MONTHS:
        return Duration(count * MONTHS[unit], "months")
    return Duration(count, "calendar_days")


def plus_seconds(instant: datetime, seconds: int) -> datetime:
    """So many seconds later, or earlier if negative; clamped to the years 1 to 9999."""
    try:
        return instant + timedelta(seconds=seconds)
    except OverflowError:
        return LATEST if seconds > 0 else EARLIEST


def plus_months(instant: datetime, months: int) -> datetime:
    """The same day and time of day in UTC so many months later, or the last day of that month if it is shorter."""
    start = instant.astimezone(UTC)
    year, month_index = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return LATEST if months > 0 else EARLIEST
    last_day = calendar.monthrange(year, month_index + 1)[1]
    return start.replace(year=year, month=month_index + 1, day=min(start.day, last_day))


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day in UTC, also if its midnight is skipped or happens twice."""
    midnight = datetime.combine(day, time(0), tzinfo=zone)  # fold=0: of two midnights the first
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    before, after = start - timedelta(days=1), start + timedelta(days=1)
    while after - before > timedelta(microseconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).date() >= day:
            after = middle
        else:
            before = middle
    return after


def day_start(clock: Clock, days: int) -> datetime:
    """The first instant of the local day so many days after today, or before it if negative."""
    today = clock.as_of.astimezone(clock.zone).date()
    try:
        return first_instant(today + timedelta(days=days), clock.zone)
    except OverflowError:
        return LATEST if days > 0 else EARLIEST


def is_at_or_after_start(at: datetime, length: Duration, clock: Clock) -> bool:
    """Whether an event is no longer ago than the length: the far end of its window, inclusive."""
    if length.kind == "seconds":
        return plus_seconds(clock.as_of, -length.count) <= at
    if length.kind == "months":
        return clock.as_of <= plus_months(at, length.count)
    return day_start(clock, 1 - length.count) <= at


def is_at_or_before_end(at: datetime, length: Duration, clock: Clock) -> bool:
    """Whether an event is at least so long ago: the near end, inclusive, but for whole days the next day's start."""
    if length.kind == "seconds":
        return at <= plus_seconds(clock.as_of, -length.count)
    if length.kind == "months":
        return plus_months(at, length.count) <= clock.as_of
    return at < day_start(clock, 1 - length.count)


def is_in_windows(at: datetime, condition: dict[str, Any], clock: Clock) -> bool:
    """Whether an event at this time is in every window that the event condition names, and not after as_of."""
    holds = [at <= clock.as_of]
    if "within" in condition:
        holds.append(is_at_or_after_start(at, duration(condition["within"]), clock))
    if "between" in condition:
        holds.append(_is_between(at, condition["between"], clock))
    if "since" in condition:
        holds.append(literal_bound(condition["since"], clock) <= at)
    if "until" in condition:
        holds.append(at < literal_bound(condition["until"], clock))
    return all(holds)


def _is_between(at: datetime, ends: list[str], clock: Clock) -> bool:
    lengths = [duration(end) for end in ends if end != "ever"]
    if len(ends) != 2 or not lengths or len({length.kind for length in lengths}) != 1:
        raise ValueError(f"between {ends!r}: two lengths of one kind, or one and `ever`")
    near = min(lengths, key=lambda length: length.count)
    far = max(lengths, key=lambda length: length.count)
    return is_at_or_before_end(at, near, clock) and ("ever" in ends or is_at_or_after_start(at, far, clock))


def literal_bound(written: Any, clock: Clock) -> datetime:
    """The instant of `since` or `until`: a bare date is the first instant of that day in the audience's zone."""
    if isinstance(written, str) and len(written) == 10:
        written = date.fromisoformat(written)
    if isinstance(written, date) and not isinstance(written, datetime):
        return first_instant(written, clock.zone)
    return literal_instant(written)


def is_within_last(value: datetime, length: Duration, clock: Clock) -> bool:
    """From so long ago until as_of, both inclusive; whole days: until today's end."""
    if length.kind == "calendar_days":
        return day_start(clock, 1 - length.count) <= value < day_start(clock, 1)
    return is_at_or_after_start(value, length, clock) and value <= clock.as_of


def is_before_last(value: datetime, length: Duration, clock: Clock) -> bool:
    """At least so long ago, inclusive; whole days: before the first of the days that `within_last` takes."""
    return is_at_or_before_end(value, length, clock)


def is_within_next(value: datetime, length: Duration, clock: Clock) -> bool:
    """From as_of until so much later, both inclusive; whole days: from today's start."""
    if length.kind == "seconds":
        return clock.as_of <= value <= plus_seconds(clock.as_of, length.count)
    if length.kind == "months":
        return plus_months(value, -length.count) <= clock.as_of <= value
    return day_start(clock, 0) <= value < day_start(clock, length.count)


def is_after_next(value: datetime, length: Duration, clock: Clock) -> bool:
    """At least so much later, inclusive; whole days: after the last of the days that `within_next` takes."""
    if length.kind == "seconds":
        return plus_seconds(clock.as_of, length.count) <= value
    if length.kind == "months":
        return clock.as_of <= plus_months(value, -length.count)
    return day_start(clock, length.count) <= value
