"""Computed traits: the value that a function gives of the events of one user or one account."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from tests.reference.history import Event
from tests.reference.values import NINE_PLACES, compact_json, instant, is_number, number, path, text
from tests.reference.windows import Clock, duration, plus_months, plus_seconds

FUNCTIONS = ("count", "sum", "avg", "min", "max", "most_frequent", "first", "last", "unique", "unique_count")
OWN_KEYS = {"trait", "name", "description", "of", "timezone", "session", "at_least", "as", *FUNCTIONS}
EXACT = Context(prec=200)


def value(definition: dict[str, Any], matching: Sequence[Event], clock: Clock) -> Any:
    """The trait's value as JSON has it, numbers as decimals; None where it is missing.

    matching  the events that the trait is about, none of them later than as_of
    """
    (function,) = set(FUNCTIONS) & set(definition)
    events = sorted(matching, key=_order)
    if "session" in definition:
        events = current_session(events, definition["session"], clock.as_of)
    if function == "count":
        return Decimal(len(events))
    found = [one for event in events for one in values_at(event.properties, path(definition[function]))]
    if function in ("sum", "avg"):
        return _total(function, [one for one in map(number, found) if one is not None])
    if function in ("min", "max"):
        return _extreme(function, found, definition.get("as", "number"))
    if function in ("first", "last"):
        return (found[0] if function == "first" else found[-1]) if found else None
    if function == "most_frequent":
        return _most_frequent(found, definition.get("at_least", 2))
    if function == "unique":
        return [_smallest_form(found, one) for one in sorted({_text(one) for one in found})]
    return Decimal(len({_text(one) for one in found}))


def current_session(events: Sequence[Event], gap: str, as_of: datetime) -> list[Event]:
    """The last events of which none is further from the next than the gap, if the last is no further from as_of."""
    if not events or as_of > _later(events[-1].at, gap):
        return []
    start = len(events) - 1
    while start > 0 and events[start].at <= _later(events[start - 1].at, gap):
        start -= 1
    return list(events[start:])


def values_at(held: Any, keys: Sequence[str]) -> list[Any]:
    """What stands under the keys, but nothing for null; each `$` opens an array, and what is no array is one item."""
    for place, key in enumerate(keys):
        if key == "$":
            items = held if isinstance(held, list) else [held]
            return [one for item in items for one in values_at(item, keys[place + 1 :])]
        if not isinstance(held, dict) or key not in held:
            return []
        held = held[key]
    return [] if held is None else [held]


def json_form(held: Any) -> str:
    """The value as JSON writes it: numbers without exponent and trailing zeros."""
    return _text(held) if is_number(held) else compact_json(held)


def _order(event: Event) -> tuple[datetime, bool, datetime, str]:
    """The one order of events: by time, then by arrival, a missing one first, then by message_id."""
    arrived = event.received_at
    return event.at, arrived is not None, arrived or datetime.min.replace(tzinfo=UTC), event.message_id


def _later(at: datetime, gap: str) -> datetime:
    length = duration(gap)
    return plus_months(at, length.count) if length.kind == "months" else plus_seconds(at, length.count)


def _text(held: Any) -> str:
    written = text(held)
    assert written is not None, "null is no value"
    return written


def _total(function: str, numbers: Sequence[Decimal]) -> Decimal | None:
    total = Decimal(0)
    for one in numbers:
        total = EXACT.add(total, one)
    if function == "sum":
        return number(total)
    if not numbers:
        return None
    return EXACT.divide(total, Decimal(len(numbers))).quantize(NINE_PLACES, rounding=ROUND_HALF_UP, context=EXACT)


def _extreme(function: str, found: Sequence[Any], read_as: str) -> Any:
    pick = min if function == "min" else max
    if read_as == "time":
        instants = [at for at in map(instant, found) if at is not None]
        return _iso(pick(instants)) if instants else None
    if read_as == "text":
        return pick([_text(one) for one in found], default=None)
    return pick([one for one in map(number, found) if one is not None], default=None)


def _iso(at: datetime) -> str:
    """The instant in UTC as ISO 8601, with as much of a second as there is."""
    written = at.isoformat().removesuffix("+00:00")
    return (written.rstrip("0").rstrip(".") if "." in written else written) + "Z"


def _most_frequent(found: Sequence[Any], at_least: int) -> Any:
    counts = Counter(_text(one) for one in found)
    often = [written for written, times in counts.items() if times >= at_least]
    if not often:
        return None
    return _smallest_form(found, min(often, key=lambda written: (-counts[written], written)))


def _smallest_form(found: Sequence[Any], written: str) -> Any:
    """Of the values with this text the one whose JSON comes first by code point: `"10"` before `10`."""
    return min((one for one in found if _text(one) == written), key=json_form)
