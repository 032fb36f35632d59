"""Durations, paths and literals: the small words of the language."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import get_args

from dbt_audiences.core.definitions import ITEM, Duration, Place, Unit, Value, ValueType
from dbt_audiences.spec.fields import text_of, unknown
from dbt_audiences.spec.nodes import ListNode, Node, Scalar, Wrong

UNITS: tuple[Unit, ...] = get_args(Unit)
_DURATION = re.compile(r"([+-]?[0-9]{1,18}(?:\.[0-9]+)?)\s+([a-zA-Z_]+)")
_LONGEST_SECONDS = 3_000 * 366 * 86_400
_SECONDS = {
    "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800, "months": 2_592_000,
    "years": 31_536_000, "calendar_days": 86_400,
}  # fmt: skip
_EXACT = Context(prec=60)


def duration_of(node: Node, what: str, *, zero: bool = False, calendar: bool = True) -> Duration:
    """`30 days`: a whole number of a known unit, singular or plural; `zero` allows 0, `calendar` allows calendar_days."""
    text = node.text if isinstance(node, Scalar) else ""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise Wrong(node.place, f"{what} must be a length of time", "such as `7 days`")
    number, word = found.groups()
    unit = next((unit for unit in UNITS if word in (unit, unit[:-1])), None)
    if unit is None:
        raise Wrong(node.place, f"`{word}` is no unit of time", unknown(word, UNITS))
    if not calendar and unit == "calendar_days":
        raise Wrong(node.place, f"{what} cannot be in calendar_days", "write days")
    if "." in number or number.startswith(("-", "+")):
        raise Wrong(
            node.place,
            f"{what} must be a whole number of {unit}",
            "use a smaller unit" if "." in number else "leave the sign out",
        )
    count = int(number)
    if count == 0 and not zero:
        raise Wrong(node.place, f"{what} must be longer than nothing", "a length of time is 1 or more of its unit")
    if count * _SECONDS[unit] > _LONGEST_SECONDS:
        raise Wrong(node.place, f"{what} is longer than any history", "leave the window out: default is ever")
    return Duration(count, unit)


def fixed_length(node: Node, what: str) -> timedelta:
    """The same in units that are always as long: no months, no years."""
    length = duration_of(node, what, calendar=False)
    if length.unit in ("months", "years"):
        raise Wrong(node.place, f"{what} cannot be in {length.unit}, which differ in length", "write days or weeks")
    return timedelta(seconds=length.count * _SECONDS[length.unit])


def path_of(node: Node, what: str) -> tuple[str, ...]:
    r"""Segments between dots; `\.` is a dot in a segment, `$` alone opens an array."""
    text = text_of(node, what)
    segments = [segment.replace("\\.", ".") for segment in re.split(r"(?<!\\)\.", text)]
    if any(segment == "" for segment in segments):
        raise Wrong(node.place, f"{what} has an empty part: `{text}`", "a dot inside a name is written `\\.`")
    if segments[0] == ITEM:
        raise Wrong(node.place, f"{what} begins with `$`, which opens an array: of which property?", "such as products.$.sku")
    return tuple(segments)


def literal_of(node: Node, what: str) -> Value:
    """A literal whose way of writing decides its type."""
    if not isinstance(node, Scalar):
        raise Wrong(
            node.place,
            f"{what} takes a single value",
            "`one_of` takes a list" if isinstance(node, ListNode) else "a text, a number, true or false, or a date",
        )
    value = node.value()
    if value is None:
        raise _null(node, what)
    if isinstance(value, bool):
        return Value(value, "boolean")
    if isinstance(value, datetime):
        return Value(value, "instant")
    if isinstance(value, Decimal):
        return Value(_number(value, node.place), "number")
    return Value(text_of(node, what), "text")


def _number(value: Decimal, place: Place) -> Decimal:
    rounded = value
    if value.copy_abs() < Decimal(10) ** 29:  # abs() would round to 28 digits
        rounded = value.quantize(Decimal("1e-9"), rounding=ROUND_HALF_UP, context=_EXACT)
    if rounded.copy_abs() >= Decimal(10) ** 29:
        raise Wrong(place, "the number is too large", "29 digits before the point are kept; quote it if it is text")
    return rounded.normalize(_EXACT) if rounded else Decimal(0)


def _null(node: Node, what: str) -> Wrong:
    return Wrong(node.place, f"{what} cannot compare with null", "write `exists: false`, or quote it if it is text")


def text_literal_of(node: Node, what: str) -> Value:
    """A text as it is written, quoted or not."""
    if not isinstance(node, Scalar):
        raise Wrong(node.place, f"{what} takes a text", "a single one; `contains_any` takes several")
    if node.value() is None:
        raise _null(node, what)
    return Value(node.text if not node.is_quoted else text_of(node, what), "text")


def instant_literal_of(node: Node, what: str) -> Value:
    """A date or time, quoted or not; without an offset it is UTC."""
    if not isinstance(node, Scalar):
        raise Wrong(node.place, f"{what} takes a date or time", "2026-03-10, or 2026-03-10T12:00:00Z")
    if not node.is_quoted and node.value() is None:
        raise _null(node, what)
    return Value(node.instant(), "instant")


def literals_of(node: Node, what: str) -> tuple[Value, ...]:
    """A list of literals of one type."""
    if not isinstance(node, ListNode):
        raise Wrong(node.place, f"{what} must be a list", "such as [a, b]")
    if not node.items:
        raise Wrong(node.place, f"{what} is an empty list, which nothing can be one of", "an empty file is allowed")
    values = tuple(literal_of(item, what) for item in node.items)
    types: set[ValueType] = {value.type for value in values}
    if len(types) > 1:
        odd = next(item for item, value in zip(node.items, values, strict=True) if value.type != values[0].type)
        raise Wrong(odd.place, f"{what} mixes {' and '.join(sorted(types))}", "a list has one type: quote all, or none")
    return values
