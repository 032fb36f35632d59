"""When a connection may be brought up to date: the least interval between syncs, and quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dbt_audiences.core.definitions import Duration
from dbt_audiences.core.project import Destination, QuietHours
from dbt_audiences.sync.channel import Spec

_SECONDS = {
    "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800, "months": 30 * 86_400, "years": 365 * 86_400,
}  # fmt: skip
GRACE = 0.05
"""The part of an interval that may be missing: a schedule of the same length begins a little earlier or later each time."""


def interval_of(destination: Destination, spec: Spec, form: str) -> Duration | None:
    """What its file says, else what lists of its type are preset to."""
    return destination.every or (spec.list_every if form == "list" else None)


def next_sync_at(last: datetime | None, every: Duration | None, now: datetime) -> datetime | None:
    """When the next sync may begin, or None: at once."""
    if last is None or every is None:
        return None
    least = timedelta(seconds=every.count * _SECONDS[every.unit] * (1 - GRACE))
    return last + least if now < last + least else None


def quiet_until(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours end that it is in now, aware and UTC; None outside of them."""
    if quiet is None:
        return None
    here = now.astimezone(ZoneInfo(quiet.timezone))
    clock, is_over_midnight = here.time(), quiet.end < quiet.start
    has_begun, has_not_ended = clock >= quiet.start, clock < quiet.end
    is_quiet = (has_begun or has_not_ended) if is_over_midnight else (has_begun and has_not_ended)
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1 if is_over_midnight and clock >= quiet.start else 0)
    return datetime.combine(day, quiet.end, ZoneInfo(quiet.timezone)).astimezone(UTC)


def length_of(every: Duration) -> str:
    """A length of time in words."""
    return f"{every.count} {every.unit if every.count != 1 else every.unit[:-1]}"
