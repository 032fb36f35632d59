"""A tracking plan: which events and properties are expected, and what becomes of calls that do not keep to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["allow", "flag", "block"]
Kind = Literal["text", "number", "integer", "boolean", "time", "list", "object", "any"]
FILE = "tracking_plan.yml"
BLOCKED = "tracking plan: "
"""How the reason of a blocked call begins in `raw.rejected`; the event's name follows, between backticks."""


@dataclass(frozen=True, slots=True)
class PlannedProperty:
    """A property of an event by its path; a `null` is as if it were missing."""

    path: tuple[str, ...]
    kind: Kind
    is_required: bool


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event by its exact name; `action` is what becomes of a call whose properties are not as planned."""

    name: str
    properties: tuple[PlannedProperty, ...]
    action: Action


@dataclass(frozen=True, slots=True)
class TrackingPlan:
    """`tracking_plan.yml`; `unplanned_*` is what becomes of calls of other events, or with other properties."""

    events: tuple[PlannedEvent, ...]
    unplanned_events: Action
    unplanned_properties: Action
