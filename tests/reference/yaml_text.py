"""A definition as the YAML 1.2 text of its file: texts always in double quotes, dates and times never."""

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

PLAIN_KEY = re.compile(r"[a-z][a-z0-9_]*")
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def to_yaml(definition: dict[str, Any]) -> str:
    """One audience file, keys in their order; reading it back gives the same dictionary."""
    return "\n".join(_lines(definition)) + "\n"


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for key, under in value.items() for line in _entry(key, under)]
    if isinstance(value, list) and value:
        return [line for item in value for line in _item(_lines(item))]
    return [_scalar(value)]


def _entry(key: str, value: Any) -> list[str]:
    written = key if PLAIN_KEY.fullmatch(key) else _quoted(key)
    lines = _lines(value)
    if isinstance(value, dict | list) and value:
        return [f"{written}:", *(f"  {line}" for line in lines)]
    return [f"{written}: {lines[0]}"]


def _item(lines: list[str]) -> list[str]:
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if value in ([], {}):
        return "[]" if value == [] else "{}"
    raise TypeError(f"no literal of a definition: {value!r}")


def _quoted(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", written)
