"""What an alert finds in the warehouse: whether it is on, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from dbt_audiences.core.alerts import Alert
from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, naive, text_literal
from dbt_audiences.sync.reasons import code_of, step_of


@dataclass(frozen=True, slots=True)
class Moment:
    """When an alert is judged, aware: deliveries by the clock, audiences and calls by the as_of."""

    now: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an alert is on; `message` says why, or why not."""

    is_on: bool
    message: str


def find(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment) -> Finding:
    """Judge an alert that has a state; those that tell what happened have none."""
    match alert.on:
        case "success_rate":
            return _success_rate(alert, warehouse, relations, moment)
        case "delivery_volume":
            counts = [sum(counted) for counted in _delivered_and_failed(alert, warehouse, relations, moment.now)]
            return _compared(
                alert, counts, f"{{0}} rows were delivered{_to(alert)}, or failed, in the last {_words(alert.over)}"
            )
        case "audience_size":
            return _compared(alert, _sizes(alert, warehouse, relations, moment), f"`{alert.audience}` has {{0}} members")
        case "source_volume":
            of = "" if alert.source is None else f" of the source `{alert.source}`"
            counts = _calls(alert, warehouse, relations, moment)
            return _compared(alert, counts, f"{{0}} calls{of} are of the last {_words(alert.over)}")
        case "freshness":
            return _freshness(alert, warehouse, relations, moment)
        case "run_failed":
            return _run_failed(warehouse, relations)
    raise ValueError(f"{alert.on} has no state")


def _success_rate(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment) -> Finding:
    (delivered, failed), _ = _delivered_and_failed(alert, warehouse, relations, moment.now)
    total = delivered + failed
    if total < alert.minimum or alert.below is None:
        return Finding(False, f"{total:,} rows were delivered{_to(alert)}, or failed, in the last {_words(alert.over)}")
    said = (
        f"{_percent(Decimal(delivered) / total)} of {total:,} rows were delivered{_to(alert)} in the last {_words(alert.over)}"
    )
    is_on = Decimal(delivered) < alert.below * total
    return Finding(is_on, f"{said}, {'less than' if is_on else 'and not less than'} {_percent(alert.below)}")


def _delivered_and_failed(
    alert: Alert, warehouse: Warehouse, relations: Relations, now: datetime
) -> tuple[tuple[int, int], tuple[int, int]]:
    """In the window, and in the one before: rows whose fate was settled then. What was filtered or may still come is none."""
    where = [f"destination = {text_literal(alert.destination or '')}"]
    where += [] if alert.audience is None else [f"audience = {text_literal(alert.audience)}"]
    since, before = instant_literal(now - alert.over), instant_literal(now - 2 * alert.over)
    where += [f"settled_at > {before}", f"settled_at <= {instant_literal(now)}"]
    rows = warehouse.fetch(
        f"select is_now, step, count(*) from (select settled_at > {since} as is_now, {step_of('status', 'code')} as step from "
        f"(select settled_at, status, {code_of('reason')} as code from {relations['deliveries']} where {' and '.join(where)}) "
        "as coded) as settled where step in ('delivered', 'failed') group by is_now, step"
    )
    counts = {(bool(is_now), str(step)): int(str(count)) for is_now, step, count in rows}
    now_and_before = ((counts.get((at, "delivered"), 0), counts.get((at, "failed"), 0)) for at in (True, False))
    return next(now_and_before), next(now_and_before)


def _sizes(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment) -> list[int]:
    """Members now, and at the beginning of the window: every entry and exit since then taken back."""
    here = f"where audience = {text_literal(alert.audience or '')}"
    size = int(str(warehouse.fetch(f"select count(*) from {relations['memberships']} {here}")[0][0]))
    gained = warehouse.fetch(
        f"select coalesce(sum(case when change = 'entered' then 1 else -1 end), 0) from {relations['membership_changes']} "
        f"{here} and changed_at > {instant_literal(moment.as_of - alert.over)}"
    )
    return [size, size - int(str(gained[0][0]))]


def _calls(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment) -> list[int]:
    since, before = (instant_literal(moment.as_of - times * alert.over) for times in (1, 2))
    rows = warehouse.fetch(
        f"select occurred_at > {since} as is_now, count(*) from {relations['stg_calls']} where occurred_at > {before} "
        f"and occurred_at <= {instant_literal(moment.as_of)}{_of_source(alert)} group by 1"
    )
    counts = {bool(is_now): int(str(count)) for is_now, count in rows}
    return [counts.get(True, 0), counts.get(False, 0)]


def _of_source(alert: Alert) -> str:
    return "" if alert.source is None else f" and source = {text_literal(alert.source)}"


def _compared(alert: Alert, counts: list[int], said: str) -> Finding:
    """A count against its limits, and against what it was; `said` has a place for the number."""
    count, before = counts
    found = []
    if alert.above is not None and count > alert.above:
        found.append(f"more than {alert.above:,}")
    if alert.below is not None and count < alert.below:
        found.append(f"less than {alert.below:,}")
    text = said.replace("{0}", f"{count:,}", 1)
    if alert.change is not None and before >= alert.minimum:
        share = Decimal(count - before) / before
        text = f"{text}, {before:,} {_words(alert.over)} before: {'+' if share >= 0 else '-'}{_percent(abs(share))}"
        if abs(count - before) > alert.change * before:
            found.append(f"a change of more than {_percent(alert.change)}")
    return Finding(bool(found), f"{text}; {' and '.join(found)}" if found else text)


def _freshness(alert: Alert, warehouse: Warehouse, relations: Relations, moment: Moment) -> Finding:
    nothing = ""
    if alert.destination is not None:
        audience = "" if alert.audience is None else f" and audience = {text_literal(alert.audience)}"
        sql = (
            f"select min(created_at) from {relations['deliveries']} where status = 'pending' "
            f"and destination = {text_literal(alert.destination)}{audience}"
        )
        what, now = f"the oldest change that waits for `{alert.destination}` is", moment.now
    elif alert.audience is not None:
        sql = f"select max(as_of) from {relations['cursors']} where model = {text_literal(alert.audience)}"
        what, now, nothing = (
            f"what `{alert.audience}` was computed from is",
            moment.as_of,
            f"`{alert.audience}` was never computed",
        )
    else:
        sql = (
            f"select max(occurred_at) from {relations['stg_calls']} where occurred_at <= {instant_literal(moment.as_of)}"
            f"{_of_source(alert)}"
        )
        of = "" if alert.source is None else f" of the source `{alert.source}`"
        what, now = f"the newest call{of} is", moment.as_of
        nothing = f"no call{of} has come yet"
    at = warehouse.fetch(sql)[0][0]
    if not isinstance(at, datetime):
        return Finding(bool(nothing), nothing or f"nothing waits for `{alert.destination}`")
    age = naive(now) - at
    is_on = alert.above is not None and Decimal(int(age.total_seconds())) > alert.above
    said = f"{what} of {at:%Y-%m-%d %H:%M} UTC, {_words(age, is_exact=False)} ago"
    return Finding(is_on, f"{said}; more than {_words(_seconds(alert.above))}" if is_on else said)


def _run_failed(warehouse: Warehouse, relations: Relations) -> Finding:
    """The last run that ended; a guard that refused something is told too, as a person must decide."""
    rows = warehouse.fetch(
        f"select run_id, status from {relations['runs']} where status <> 'running' order by started_at desc limit 1"
    )
    if not rows or rows[0][1] == "succeeded":
        return Finding(False, f"the run {rows[0][0]} succeeded" if rows else "no run has ended yet")
    run_id, status = rows[0]
    words = {"refused": "was stopped by a guard", "interrupted": "never said how it ended"}.get(str(status), "failed")
    # Not the reason: a warehouse's words may hold a person's values.
    return Finding(True, f"the run {run_id} {words}; `audiences status` says why")


def _to(alert: Alert) -> str:
    of = "" if alert.audience is None else f" of `{alert.audience}`"
    return f"{of} to `{alert.destination}`"


def _percent(share: Decimal) -> str:
    """A share in percent, to two places where it has them."""
    return f"{(share * 100).quantize(Decimal('0.01')).normalize():f}%"


def _seconds(count: Decimal | None) -> timedelta:
    return timedelta(seconds=int(count or 0))


def _words(length: timedelta, *, is_exact: bool = True) -> str:
    """A length of time in the largest unit of which it has two or more, and for an exact one a whole number."""
    seconds = int(length.total_seconds())
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size and (seconds % size == 0 or not is_exact):
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} second{'' if seconds == 1 else 's'}"
