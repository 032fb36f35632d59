"""What is made of events in place of counting them: sums, means, extremes, how many different values."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

from tests.reference.history import Event
from tests.reference.rows import Row, values_hold
from tests.reference.values import NINE_PLACES, instant, number, path, text
from tests.reference.windows import Clock

FUNCTIONS = {"sum", "avg", "min", "max", "unique"}
OPERATORS = {
    *("equals", "not_equals", "one_of", "none_of", "lt", "lte", "gt", "gte", "exists", "before", "after"),
    *("within_last", "within_next", "before_last", "after_next", "contains", "starts_with", "ends_with", "matches"),
}
KEYS = {*FUNCTIONS, *OPERATORS, "as"}
EXACT = Context(prec=200)


def holds(condition: dict[str, Any], events: Sequence[Event], traits: Mapping[str, Any], clock: Clock) -> bool:
    """Whether what these events make satisfies the condition's comparisons; references are read as the values are."""
    (function,) = FUNCTIONS & set(condition)
    operators = {name: literal for name, literal in condition.items() if name in OPERATORS}
    found = [one for event in events for one in values(event.properties, path(condition[function]))]
    kind = condition.get("as", "number")
    return values_hold({**operators, "as": kind}, [made(function, kind, found)], Row(None, traits), clock)


def made(function: str, kind: str, found: Sequence[Any]) -> Any:
    """The sum and so on of JSON values; None where there is none."""
    if function == "unique":
        return len({text(one) for one in found if text(one) is not None})
    convert = {"number": number, "time": instant, "text": text}[kind]
    known: list[Any] = [convert(one) for one in found if convert(one) is not None]
    if function == "sum":
        total = reduce(EXACT.add, known, Decimal(0))
        return total if EXACT.abs(total) < Decimal(10) ** 29 else None
    if not known:
        return None
    if function == "avg":
        mean = EXACT.divide(reduce(EXACT.add, known, Decimal(0)), Decimal(len(known)))
        return mean.quantize(NINE_PLACES, rounding=ROUND_HALF_UP, context=EXACT)
    extreme = min(known) if function == "min" else max(known)
    return extreme.isoformat() if kind == "time" else extreme


def values(value: Any, keys: list[str]) -> list[Any]:
    """What stands under a path, each `$` opening an array: what is none is one item, and null is none."""
    if not keys:
        return [value]
    if keys[0] == "$":
        items = value if isinstance(value, list) else [] if value is None else [value]
        return [found for item in items for found in values(item, keys[1:])]
    if not isinstance(value, dict) or keys[0] not in value:
        return []
    return values(value[keys[0]], keys[1:])
