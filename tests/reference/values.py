"""What a JSON value is as a number, boolean, instant or text; None stands for missing everywhere."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

DIGITS_BEFORE = 29
NINE_PLACES = Decimal("0.000000001")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ASCII_SPACE = " \t\n\r\f\v"
NUMBER_TEXT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
INSTANT_TEXT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def is_number(value: Any) -> bool:
    """Whether the value is a JSON number; a boolean is none, though Python says so."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _decimal(value: Any) -> Decimal:
    """The decimal that the number is written as; a float stands for its shortest text."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def number(value: Any) -> Decimal | None:
    """The value as an exact decimal of 29 digits before and 9 after the point, rounded half away from zero."""
    if isinstance(value, str):
        trimmed = value.strip(ASCII_SPACE)
        if NUMBER_TEXT.fullmatch(trimmed) is None:
            return None
        written = Decimal(trimmed)
    elif is_number(value):
        written = _decimal(value)
    else:
        return None
    if not written.is_finite() or (written != 0 and written.adjusted() >= DIGITS_BEFORE):
        return None
    rounded = written.quantize(NINE_PLACES, rounding=ROUND_HALF_UP, context=Context(prec=100))
    return None if rounded != 0 and rounded.adjusted() >= DIGITS_BEFORE else rounded


def boolean(value: Any) -> bool | None:
    """JSON booleans and the texts true and false in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch("true|false", value, re.ASCII | re.IGNORECASE):
        return value.lower() == "true"
    return None


def instant(value: Any) -> datetime | None:
    """The value as an instant in UTC, cut to microseconds; texts of digits are no epochs."""
    if isinstance(value, str):
        return _instant_of_text(value)
    if is_number(value):
        return _instant_of_epoch(_decimal(value))
    return None


def _instant_of_text(value: str) -> datetime | None:
    found = INSTANT_TEXT.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microsecond, tzinfo=UTC
        )
        return local - _offset(offset)
    except (ValueError, OverflowError):
        return None


def _offset(written: str | None) -> timedelta:
    if written is None or written == "Z":
        return timedelta(0)
    hours, minutes = int(written[1:3]), int(written[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    return timedelta(hours=hours, minutes=minutes) * (-1 if written[0] == "-" else 1)


def _instant_of_epoch(value: Decimal) -> datetime | None:
    """Seconds below 1e11, milliseconds below 1e14, by magnitude, so that years before 1970 read alike."""
    if not value.is_finite() or abs(value) >= Decimal("1e14"):
        return None
    per_unit = 1_000_000 if abs(value) < Decimal("1e11") else 1_000
    exact = Context(prec=1000)
    microseconds = int(exact.multiply(value, Decimal(per_unit)).to_integral_value(rounding="ROUND_FLOOR"))
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def text(value: Any) -> str | None:
    """The value as text: a number to nine places without trailing zeros, an array or object as its compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        exact = number(value)
        if exact is None and not isinstance(value, int):
            return None
        plain = format(_decimal(value) if exact is None else exact, "f")
        short = plain.rstrip("0").rstrip(".") if "." in plain else plain
        return "0" if short in ("-0", "") else short
    return compact_json(value)


def compact_json(value: Any) -> str:
    """JSON without spaces, keys as sent, every number as it is written in Python."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{compact_json(value[key])}" for key in value) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(compact_json, value)) + "]"
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def lowered(value: str) -> str:
    """Lower case code point by code point, so that no text changes its length."""
    special = {"\u0130": "i", "\u03c2": "\u03c3"}
    return "".join(special.get(letter, letter.lower()) for letter in value)


def literal_instant(value: Any) -> datetime:
    """An instant as a definition writes it: a YAML date or time, or a text in the same form; without an offset UTC."""
    found: datetime | None
    if isinstance(value, datetime):
        found = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    elif isinstance(value, date):
        found = datetime(value.year, value.month, value.day, tzinfo=UTC)
    else:
        found = instant(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no instant")
    return found


def typed_literal(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A definition's literal, and the conversion that it asks of the values it is compared with."""
    if isinstance(value, bool):
        return value, boolean
    if isinstance(value, date):  # a datetime is a date too
        return literal_instant(value), instant
    if isinstance(value, str):
        return value, text
    if is_number(value):
        return number(value), number
    raise NotImplementedError(f"literal {value!r}")


def path(written: str) -> list[str]:
    r"""The keys of a dotted path; `\.` is a dot inside a key, any other backslash is itself."""
    return [key.replace("\0", ".") for key in written.replace("\\.", "\0").split(".")]


def at_path(value: Any, keys: list[str]) -> Any:
    """What stands under the keys; None where one is absent, or where the value is no object (arrays have no keys)."""
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value
