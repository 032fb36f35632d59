"""Times of examples: ISO, or counted back from `as_of`."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta

from dbt_audiences.core.definitions import Unit
from dbt_audiences.spec.fields import instant_of, unknown
from dbt_audiences.spec.nodes import Node, Scalar, Wrong
from dbt_audiences.spec.values import UNITS
from dbt_audiences.spec.windows import FIXED_SECONDS

_SHIFT = r"(?:\s*([+-])\s*([0-9]{1,12})\s+([a-z_]+))?"
_AGO = re.compile(r"([0-9]{1,12})\s+([a-z_]+)\s+ago" + _SHIFT)
_NOW = re.compile("now" + _SHIFT)


def time_of(node: Node, what: str, as_of: datetime) -> datetime:
    """ISO, `now`, or `3 days ago`, the last two also with `+` or `- 10 minutes`."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    try:
        now = _NOW.fullmatch(text)
        if now is not None:
            return as_of + _signed(now[1], now[2], now[3], node)
        ago = _AGO.fullmatch(text)
        if ago is not None:
            return _back(as_of, int(ago[1]), _unit(ago[2], node)) + _signed(ago[3], ago[4], ago[5], node)
    except (OverflowError, ValueError) as error:
        raise Wrong(node.place, f"there is no such time as `{text}`", "years go from 1 to 9999") from error
    if isinstance(node, Scalar) and not node.text[:4].isdigit():
        raise Wrong(node.place, f"{what} must be a time", "2026-03-10T12:00:00Z, now, 3 days ago, or 3 days ago + 10 minutes")
    return instant_of(node, what)


def _signed(sign: str | None, count: str | None, word: str | None, node: Node) -> timedelta:
    if sign is None or count is None or word is None:
        return timedelta()
    unit = _unit(word, node)
    if unit not in FIXED_SECONDS:
        raise Wrong(node.place, f"`{word}` cannot be added here", unknown(word, FIXED_SECONDS))
    return timedelta(seconds=int(count) * FIXED_SECONDS[unit]) * (1 if sign == "+" else -1)


def _unit(word: str, node: Node) -> Unit:
    unit = next((unit for unit in UNITS if word in (unit, unit[:-1]) and unit != "calendar_days"), None)
    if unit is None:
        raise Wrong(node.place, f"`{word}` is no unit of time here", unknown(word, set(UNITS) - {"calendar_days"}))
    return unit


def _back(at: datetime, count: int, unit: Unit) -> datetime:
    """So long before; months and years step the calendar and stop at the month's last day."""
    if unit in FIXED_SECONDS:
        return at - timedelta(seconds=count * FIXED_SECONDS[unit])
    year, month = divmod(at.year * 12 + at.month - 1 - count * (12 if unit == "years" else 1), 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
