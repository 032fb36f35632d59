"""What is known about people before anything is asked: events, trait values, identifiers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Event:
    """One track, page or screen call; `at` is its timestamp (aware), `properties` and `context` are JSON objects."""

    name: str
    at: datetime
    properties: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    message_id: str = ""
    received_at: datetime | None = None
    group_id: str | None = None
    source: str | None = None
    """What `load --source` said of it."""


@dataclass(frozen=True, slots=True)
class TraitChange:
    """One key of an identify call; a value of None removes the trait."""

    name: str
    value: Any
    at: datetime
    received_at: datetime | None = None
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupCall:
    """One group call: who makes it belongs to the account, and its traits are the account's."""

    account: str
    at: datetime
    traits: dict[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None
    message_id: str = ""


Call = TypeVar("Call", Event, GroupCall)


@dataclass(frozen=True, slots=True)
class Person:
    """One profile after all merges; events, traits and group calls stand in the order in which they were loaded."""

    name: str
    identifiers: dict[str, list[str]]
    events: list[Event]
    traits: list[TraitChange]
    first_seen_at: datetime
    groups: list[GroupCall] = field(default_factory=list)
    sql_traits: dict[str, Any] = field(default_factory=dict)
    related: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    seen_later: dict[str, datetime] = field(default_factory=dict)
    """When identifiers of a type were first seen, where that is not the first of all."""


def check(people: Sequence[Person]) -> None:
    """Refuses a history whose meaning depends on a load order that it cannot express."""
    if len({person.name for person in people}) != len(people):
        raise ValueError("two people have one name")
    owners: dict[str, tuple[str, str]] = {}
    for person in people:
        calls = [("event", call.message_id) for call in person.events]
        calls += [("trait", call.message_id) for call in person.traits]
        calls += [("group", call.message_id) for call in person.groups]
        for kind, message_id in calls:
            if message_id and owners.setdefault(message_id, (person.name, kind)) != (person.name, kind):
                raise ValueError(f"message_id {message_id!r} belongs to two people, or to calls of two kinds")


def counted_events(person: Person, as_of: datetime) -> list[Event]:
    """The events that count at as_of: the first loaded copy of each message_id, if it is not later than as_of.

    The copy is chosen first: a first copy after as_of hides a second copy before it. An event without message_id
    is known by all of its content.
    """
    return [event for event in first_copies(person.events) if event.at <= as_of]


def first_copies(calls: Sequence[Call]) -> list[Call]:
    """Of the calls that share a message_id the one that was loaded first."""
    kept: dict[str, Call] = {}
    for call in calls:
        kept.setdefault(call.message_id or repr(call), call)
    return list(kept.values())


def current_traits(person: Person, as_of: datetime) -> dict[str, Any]:
    """The value of each trait at as_of: the latest by at, then received_at (missing first), then message_id."""
    latest: dict[str, TraitChange] = {}
    for change in _first_copies(person.traits):
        if change.at > as_of:
            continue
        known = latest.get(change.name)
        if known is None or _order(change) > _order(known):
            latest[change.name] = change
    return {name: change.value for name, change in latest.items() if change.value is not None}


def _first_copies(changes: Sequence[TraitChange]) -> list[TraitChange]:
    """One message_id is one identify call: a change of another time, or of a name seen before, is of a later copy."""
    calls: dict[str, tuple[datetime, datetime | None]] = {}
    names: set[tuple[str, str]] = set()
    kept = []
    for change in changes:
        if change.message_id:
            times = (change.at, change.received_at)
            is_copy = calls.setdefault(change.message_id, times) != times or (change.message_id, change.name) in names
            names.add((change.message_id, change.name))
            if is_copy:
                continue
        kept.append(change)
    return kept


def _order(change: TraitChange) -> tuple[datetime, bool, datetime, str]:
    has_arrival = change.received_at is not None
    return change.at, has_arrival, change.received_at or datetime.min.replace(tzinfo=UTC), change.message_id
