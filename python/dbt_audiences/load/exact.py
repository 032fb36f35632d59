"""Fields of a JSON object as the texts that stand in it: every digit is kept, and what is not JSON is refused.

It is slow beside the engine's reader, so only the lines come here that the engine would change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|[ \t\n\r]+')


def exact_fields(text: str, embedded: Collection[str] = ()) -> dict[str, str] | None:
    """Field -> its JSON text without spaces; None when the text is not one JSON object, or one nested too deep to read.

    embedded  fields that hold JSON as text, taken out of it where it is JSON
    """
    try:
        members = _members(text)
        if "\\ud" in text.lower():
            # Half of a surrogate pair is no text.
            json.dumps(_DECODER.decode(text), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    for field in embedded:
        value = members.get(field, "")
        if value.startswith('"'):
            inner = json.loads(value)
            if exact_fields(inner) is not None:
                members[field] = compact(inner)
    return members


def compact(text: str) -> str:
    """A JSON text without the spaces between its parts."""
    return _STRING_OR_SPACE.sub(lambda part: part[1] or "", text)


def _members(text: str) -> dict[str, str]:
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("not an object")
    found: dict[str, str] = {}
    at = _skip(text, at + 1)
    if text[at : at + 1] == "}":
        return _at_end(text, at + 1, found)
    while True:
        if text[at : at + 1] != '"':
            raise ValueError("no key")
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise ValueError("no colon")
        start = _skip(text, at + 1)
        _, at = _DECODER.raw_decode(text, start)
        # The first of two equal keys counts, as it does for the engine.
        found.setdefault(key, compact(text[start:at]))
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return _at_end(text, at + 1, found)
        if text[at : at + 1] != ",":
            raise ValueError("no comma")
        at = _skip(text, at + 1)


def _at_end(text: str, at: int, found: dict[str, str]) -> dict[str, str]:
    if _skip(text, at) != len(text):
        raise ValueError("more than an object")
    return found


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


# Numbers stay texts: Python refuses to make an int of thousands of digits.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse)
