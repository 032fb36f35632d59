"""Alerts: what is watched, when it is too much or too little, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.project import Destination

Watched = Literal[
    "delivery_volume", "success_rate", "audience_size", "source_volume", "freshness", "run_failed", "audience_changed",
    "export_done",
]  # fmt: skip
IN_APP = "in_app"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: by `inline`, a destination that stands in the alert, by that of the project with a `key`, or in the table.

    name  what notifications call it: `in_app`, the type, or the key; a second of that name ends in 2
    """

    name: str
    inline: Destination | None
    key: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Alert:
    """`alerts/<key>.yml`.

    above, below  a count, a share from 0 to 1 of `success_rate`, seconds of `freshness`
    change        a share of what was before: more than that, up or down
    over          the length of the window that is looked at, and of the one before it
    minimum       below that much there is nothing to judge
    """

    key: str
    name: str
    description: str
    on: Watched
    audience: str | None
    destination: str | None
    source: str | None
    above: Decimal | None
    below: Decimal | None
    change: Decimal | None
    over: timedelta
    minimum: int
    recipients: tuple[Recipient, ...]
    owner: str | None
    enabled: bool
    targets: tuple[str, ...] | None
    place: Place
    audience_place: Place
    destination_place: Place
