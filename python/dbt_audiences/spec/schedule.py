"""When what has an `every` is due again: a length of time after the last time, or a cron expression on local clocks."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dbt_audiences.core.project import Audience, Project
from dbt_audiences.spec.cron import cron_numbers, either_day_suffices

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "year": 12}
_MOST_DAYS = 366 * 8 + 1
"""From one 29 February to the next there are eight years at most."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The `every` of a definition and its time zone; without an `every` it is left to `audiences run`."""

    every: str | None
    timezone: str

    def next_due(self, last: datetime) -> datetime | None:
        """The first instant after `last` at which it is due; None: never by itself."""
        return None if self.every is None else next_due(self.every, last, self.timezone)


def schedules(project: Project, *, leaves_batch: bool) -> dict[str, Schedule]:
    """Key -> when each enabled audience and computed trait is due that is not evaluated in every run.

    leaves_batch  what says `compute: batch` and no `every` is left to others
    """
    found = {}
    for one in project.computed:
        is_left = leaves_batch and isinstance(one, Audience) and one.compute == "batch"
        if one.enabled and (one.every is not None or is_left):
            found[one.key] = Schedule(one.every, one.timezone)
    return found


def next_due(every: str, last: datetime, timezone: str) -> datetime | None:
    """The first instant after `last`, aware; None where the calendar has no such day.

    A local time that the clocks skip is as much later as they were put forward; one that comes twice counts the first time.
    """
    words = every.split()
    if len(words) == 2:
        count, unit = int(words[0]), words[1].rstrip("s")
        if unit in _MONTHS:
            return months_later(last, count * _MONTHS[unit])
        return last + timedelta(seconds=count * _SECONDS[unit])
    numbers, zone = cron_numbers(every), ZoneInfo(timezone)
    first, is_either = last.astimezone(zone).date(), either_day_suffices(every)
    for day in (first + timedelta(days=number) for number in range(_MOST_DAYS)):
        if not _is_in(day, numbers, is_either=is_either):
            continue
        found = [
            at
            for hour in numbers["hours"]
            for minute in numbers["minutes"]
            if (at := datetime.combine(day, time(hour, minute), zone).astimezone(UTC)) > last
        ]
        if found:
            return min(found)
    return None


def months_later(at: datetime, months: int) -> datetime:
    """The same day and time in UTC; the last of a month that has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def _is_in(day: date, numbers: dict[str, tuple[int, ...]], *, is_either: bool) -> bool:
    of_month, of_week = day.day in numbers["days"], day.isoweekday() % 7 in numbers["weekdays"]
    return day.month in numbers["months"] and (of_month or of_week if is_either else of_month and of_week)
