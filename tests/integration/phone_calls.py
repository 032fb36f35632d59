"""Calls whose traits are drawn phone numbers of several regions, and what staging must have made of each."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

from tests.reference import phones

EACH = 400
IDENTITY = "identifiers:\n" + "".join(
    f"  phone_{region.lower()}: {{trait: phone_{region.lower()}, normalize: phone, default_region: {region}}}\n"
    for region in phones.REGIONS
)
FOUND = (
    f"select message_id, {', '.join(f'custom_phone_{region.lower()}' for region in phones.REGIONS)} "
    "from audiences_build.stg_calls"
)


@cache
def texts() -> tuple[tuple[str, ...], ...]:
    """For each call what it says of the regions."""
    chance = Random(3)
    return tuple(zip(*(phones.drawn(region, EACH, chance) for region in phones.REGIONS), strict=True))


def calls() -> list[dict[str, Any]]:
    """Rows of `raw.calls`."""
    names = [f"phone_{region.lower()}" for region in phones.REGIONS]
    return [
        {
            "message_id": str(number),
            "type": "identify",
            "occurred_at": datetime(2026, 1, 1),
            "user_id": "u",
            "traits": json.dumps(dict(zip(names, row, strict=True))),
        }
        for number, row in enumerate(texts())
    ]


def wrong(rows: list[tuple[Any, ...]]) -> list[tuple[str, str, str | None, str]]:
    """Region, text, what was found and what is right, where they differ."""
    given = texts()
    return [
        (region, text, value, right)
        for number, *values in rows
        for region, text, value in zip(phones.REGIONS, given[int(number)], values, strict=True)
        if (value or "") != (right := phones.e164(text, region))
    ]
