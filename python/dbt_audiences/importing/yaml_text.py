"""A definition as the YAML text of its file: read back by our own reader it holds the same values of the same types."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from dbt_audiences.core.definitions import Place
from dbt_audiences.spec.nodes import Scalar, Wrong

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _./@$*-]*[A-Za-z0-9_/$*-])?")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_WIDE = 100
_BLOCKS = frozenset(("performed", "not_performed", "all", "any", "none", "who", "where", "then"))
"""Keys whose mapping is written over several lines, however short."""

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def yaml_text(definition: dict[str, Any], comment: str = "") -> str:
    """The file: a comment, and the keys in their order; short mappings and lists of single values stand on one line."""
    lines = [f"# {_printable(line)}".rstrip() for line in comment.splitlines()]
    for key, value in definition.items():
        if key == "who" and len(definition) > 1:
            lines.append("")
        lines += _entry(key, value)
    return "\n".join(lines) + "\n"


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict) and value:
        short = _on_one_line(value)
        return [short] if short else [line for key, under in value.items() for line in _entry(key, under)]
    if isinstance(value, list) and value:
        short = _on_one_line(value)
        return [short] if short else [line for item in value for line in _item(_lines(item))]
    return [_scalar(value)]


def _entry(key: str, value: Any) -> list[str]:
    lines = _lines(value)
    if len(lines) == 1 and not lines[0].startswith("- ") and not _is_entry(value, lines[0]):
        return [f"{_key(key)}: {lines[0]}"]
    return [f"{_key(key)}:", *(f"  {line}" for line in lines)]


def _is_entry(value: Any, line: str) -> bool:
    """Whether the one line is an entry of a mapping, which cannot stand behind another key."""
    return isinstance(value, dict) and not line.startswith("{")


def _item(lines: list[str]) -> list[str]:
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def _on_one_line(value: Any) -> str | None:
    """`{property: price, gt: 50}` and `[a, b]`, where everything in it is a single value or a reference."""
    if isinstance(value, list):
        inner = [_flow(one) for one in value]
        text = f"[{', '.join(one or '' for one in inner)}]"
        return text if all(one is not None and not one.startswith("{") for one in inner) and len(text) <= _WIDE else None
    if _BLOCKS & set(value):
        return None
    inner = [_flow(one) for one in value.values()]
    if any(one is None for one in inner):
        return None
    text = "{" + ", ".join(f"{_key(key)}: {one}" for key, one in zip(value, inner, strict=True)) + "}"
    return text if len(text) <= _WIDE else None


def _flow(value: Any) -> str | None:
    if isinstance(value, list | dict):
        return _on_one_line(value)
    return _scalar(value)


def _key(key: str) -> str:
    return key if _KEY.fullmatch(key) else _quoted(key)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _reads_as_itself(value) else _quoted(value)
    if isinstance(value, datetime):
        is_midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return f"{value:%Y-%m-%d}" if is_midnight and value.year >= 1000 else value.isoformat().replace("+00:00", "Z")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 60 else str(value)
    raise TypeError(f"no value of a definition: {value!r}")


def _reads_as_itself(text: str) -> bool:
    if not _PLAIN.fullmatch(text):
        return False
    try:
        return Scalar(Place("", 1, 1), text, is_quoted=False).value() == text
    except Wrong:
        return False


def _quoted(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(text, ensure_ascii=False))


def _printable(text: str) -> str:
    """A line of a comment without what YAML does not take."""
    return "".join(character if character.isprintable() else " " for character in text)
