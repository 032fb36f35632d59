"""Cron expressions of five fields: minute, hour, day of the month, month, day of the week."""

from __future__ import annotations

import re

from dbt_audiences.core.definitions import Place
from dbt_audiences.spec.nodes import Wrong

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(\*|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:/([0-9]{1,3}))?")


def check_cron(text: str, place: Place) -> None:
    """Raise `Wrong` unless each field is made of `*`, numbers, ranges `a-b` and steps `/n` within its bounds."""
    for field, (what, lowest, highest) in zip(text.lower().split(), _FIELDS, strict=True):
        for part in field.split(","):
            found = _PART.fullmatch(part)
            bounds = [] if found is None else [_number(word, what) for word in (found[2], found[3]) if word is not None]
            is_in = all(lowest <= bound <= highest for bound in bounds) and bounds == sorted(bounds)
            if found is None or not is_in or found[4] in ("0", "00", "000"):
                hint = "minute hour day month weekday, such as `0 6 * * *`; or a length of time such as `4 hours`"
                raise Wrong(place, f"`{part}` is no {what} of `every`: {lowest} to {highest}", hint)


def cron_numbers(text: str) -> dict[str, tuple[int, ...]]:
    """The minutes, hours, days, months and weekdays (0 is Sunday) that a checked expression allows."""
    found = {}
    for field, (what, lowest, highest) in zip(text.lower().split(), _FIELDS, strict=True):
        numbers: set[int] = set()
        for part in field.split(","):
            match = _PART.fullmatch(part)
            assert match is not None
            first = lowest if match[2] is None else _number(match[2], what)
            last = _number(match[3], what) if match[3] else first if match[2] and not match[4] else highest
            numbers.update(range(first, last + 1, int(match[4] or 1)))
        found[f"{what}s"] = tuple(sorted({number % 7 for number in numbers} if what == "weekday" else numbers))
    return found


def either_day_suffices(text: str) -> bool:
    """Where days and weekdays are both narrowed, one of them is enough, as cron has it; else a day must be among both."""
    _, _, days, _, weekdays = text.split()
    return not days.startswith("*") and not weekdays.startswith("*")


def _number(word: str, what: str) -> int:
    if word.isdigit() and len(word) < 4:
        return int(word)
    names = {"month": ("", *_MONTHS), "weekday": _WEEKDAYS}.get(what, ())
    return names.index(word) if word and word in names else -1
