"""Names of generated models, columns and conditions: readable, safe in every engine, and without collisions."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

IDENTIFIER_LENGTH = 63
"""Postgres cuts longer names without a word."""


def slug(text: str, length: int = 40) -> str:
    """Lower-case letters, digits and underscores of a text; `x` where nothing is left, so that a name always results."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:length].strip("_") or "x"


def bare(text: str, length: int = 40) -> str:
    """The slug as the beginning of a name that SQL takes without quotes: never a digit first."""
    name = slug(text, length)
    return f"x_{name}" if name[0].isdigit() else name


def digest(text: str) -> str:
    """Eight hex digits that tell one text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def assign(prefix: str, texts: Iterable[str], suffix: str = "") -> dict[str, str]:
    """One name for each text: its slug, with a digest where the slug was cut or two texts share it."""
    wanted = sorted(set(texts))
    slugs = {text: slug(text) for text in wanted}
    shared = [slugs[text] for text in wanted]
    names = {}
    for text in wanted:
        faithful = len(text) <= 40 and shared.count(slugs[text]) == 1
        names[text] = prefix + (slugs[text] if faithful else f"{slugs[text]}_{digest(text)}") + suffix
    return names


def send_model(destination: str, audience: str) -> str:
    """The model of what must hold at a destination for an audience."""
    name = f"send_{destination}_{audience}"
    return name if len(name) <= IDENTIFIER_LENGTH else f"{name[:54]}_{digest(name)}"


def naive_text(instant: datetime) -> str:
    """An aware UTC instant as `YYYY-MM-DD HH:MM:SS[.ffffff]`."""
    return instant.replace(tzinfo=None).isoformat(" ")
