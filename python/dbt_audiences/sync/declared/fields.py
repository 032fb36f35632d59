"""Identifiers as a destination wants them: normalized, hashed, and left out where they can be nothing there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

from dbt_audiences.core.destination_type import Field, Hash, Normalization

_DIGESTS: Mapping[Hash, Callable[[bytes], object]] = {"sha256": hashlib.sha256, "md5": hashlib.md5}
_HASHED: Mapping[Hash, re.Pattern[str]] = {
    "sha256": re.compile(r"[0-9a-f]{64}", re.IGNORECASE),
    "md5": re.compile(r"[0-9a-f]{32}", re.IGNORECASE),
}


def hashed(text: str, way: Hash) -> str:
    """Lower-case hex of the digest of the UTF-8 text; what is one already goes as it is, in lower case."""
    if _HASHED[way].fullmatch(text):
        return text.lower()
    digest = hashlib.sha256(text.encode()) if way == "sha256" else hashlib.md5(text.encode())
    return digest.hexdigest()


def _e164(text: str) -> str:
    digits = "".join(character for character in text if character in "0123456789")
    return f"+{digits}" if text.strip().startswith("+") and re.fullmatch(r"[1-9][0-9]{6,14}", digits) else ""


def _gmail_without_dots(text: str) -> str:
    return _name_without_dots(text) if text.rpartition("@")[2] in ("gmail.com", "googlemail.com") else text


def _without_tag(text: str) -> str:
    return _name_without_tag(text) if text.rpartition("@")[2] in ("gmail.com", "googlemail.com") else text


def _name_without_dots(text: str) -> str:
    name, at, domain = text.rpartition("@")
    return f"{name.replace('.', '')}{at}{domain}"


def _name_without_tag(text: str) -> str:
    name, at, domain = text.rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


_WAYS: Mapping[Normalization, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "digits": lambda text: "".join(character for character in text if character in "0123456789"),
    "e164": _e164,
    "no_plus": lambda text: text.removeprefix("+"),
    "no_leading_zeros": lambda text: text.lstrip("0"),
    "no_spaces": lambda text: "".join(text.split()),
    "gmail_without_dots": _gmail_without_dots,
    "without_tag": _without_tag,
    "name_without_dots": _name_without_dots,
    "name_without_tag": _name_without_tag,
}


def sent_value(field: Field, value: str) -> str | None:
    """What is sent of an identifier's value; None where it can be none there."""
    is_hash = field.hash is not None and _HASHED[field.hash].fullmatch(value.strip()) is not None
    if is_hash:
        text = value.strip().lower()
    else:
        text = value
        for way in field.normalize:
            text = _WAYS[way](text)
        if not text.strip() or (field.pattern is not None and re.fullmatch(field.pattern, text) is None):
            return None
    return text if field.hash is None else hashed(text, field.hash)
