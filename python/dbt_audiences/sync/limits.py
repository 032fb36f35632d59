"""What was learned of how fast a destination may be asked, kept from one sync to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dbt_audiences.core.warehouse import Relations, Warehouse, naive, text_literal
from dbt_audiences.sync.pace import Learned

_COLUMNS = ("destination", "failure_count", "paused_until", "reason", "requests_per_hour", "slowed_at")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def recalled(warehouse: Warehouse, relations: Relations, destination: str) -> Learned:
    """What is written down; nothing where nothing is."""
    rows = warehouse.fetch(
        f"select {', '.join(_COLUMNS[1:])} from {relations['destination_limits']} "
        f"where destination = {text_literal(destination)}"
    )
    if not rows:
        return Learned()
    failures, until, reason, rate, slowed_at = rows[0]
    return Learned(
        int(str(failures or 0)),
        _seconds(until),
        str(reason or ""),
        None if rate is None else int(str(rate)) / 3_600,
        _seconds(slowed_at),
    )


def remember(warehouse: Warehouse, relations: Relations, destination: str, learned: Learned) -> None:
    """Write it down, where it is not what is written down already."""
    table, where = relations["destination_limits"], f"where destination = {text_literal(destination)}"
    rate = None if learned.per_second is None else max(1, round(learned.per_second * 3_600))
    row = (learned.failures, _instant(learned.paused_until), learned.reason or None, rate, _instant(learned.slowed_at))
    found = warehouse.fetch(f"select {', '.join(_COLUMNS[1:])} from {table} {where}")
    if found == [row] or (not found and learned == Learned()):
        return
    with warehouse.transaction():
        warehouse.execute(f"delete from {table} {where}")
        warehouse.insert(table, _COLUMNS, [(destination, *row)])


def _seconds(instant: object) -> float:
    return (instant.replace(tzinfo=UTC) - _EPOCH).total_seconds() if isinstance(instant, datetime) else 0.0


def _instant(seconds: float) -> datetime | None:
    return naive(_EPOCH + timedelta(seconds=seconds)) if seconds else None
