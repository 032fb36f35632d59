"""JSON as text, in and out, without a number losing a digit on the way."""

from __future__ import annotations

import json
import re

# A number that a float cannot hold travels as a text between two NULs, which warehouse texts lack, and is unwrapped at the end.
_WRAPPED = re.compile(r'"\\u0000n(-?[0-9][0-9.eE+-]*)\\u0000"')
_WRAPPED_PLAINLY = re.compile(r"\x00n(-?[0-9][0-9.eE+-]*)\x00")
_SAFE_DIGITS = 18


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_as_ascii = json.JSONEncoder(separators=(",", ":")).encode


def parsed(text: str) -> object:
    """The value of a JSON text; numbers keep their own digits when dumped again. Raises `ValueError`."""
    try:
        return _decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def parsed_object(text: str) -> dict[str, object]:
    """The same of a text that must be an object."""
    value = parsed(text)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def dumped(value: object) -> str:
    """Compact JSON on one line, always encodable as UTF-8."""
    text = _encode(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and UTF-8 cannot
            text = _encode_as_ascii(value)
    return _WRAPPED.sub(r"\1", text) if "\\u0000n" in text else text


def plain_numbers(text: str) -> str:
    """A text into which parsed values went, with their numbers as they were written."""
    return _WRAPPED_PLAINLY.sub(r"\1", text) if "\x00" in text else text


def _wrapped(digits: str) -> str:
    return f"\x00n{digits}\x00"


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _SAFE_DIGITS else _wrapped(digits)


_decode = json.JSONDecoder(parse_float=_wrapped, parse_int=_integer, parse_constant=lambda _: None).decode
