"""Segment calls that say what must hold: of a user or of an account, a membership or the value of a trait."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import lru_cache

from dbt_audiences.core.errors import FailedError
from dbt_audiences.sync.channel import ACCOUNT_IDENTIFIER, Envelope, Unit
from dbt_audiences.sync.json_text import dumped, parsed_object


def call(envelope: Envelope, unit: Unit) -> dict[str, object]:
    """A unit's call: a group for an account, else an identify or a track."""
    is_account = ACCOUNT_IDENTIFIER in unit.identifiers
    is_track = envelope.as_ == "events" and not is_account
    type_ = "group" if is_account else "track" if is_track else "identify"
    found: dict[str, object] = {"type": type_, "messageId": message_id(envelope, unit), **_addressee(unit)}
    context = _context(envelope, unit)
    email = {"email": unit.identifiers["email"]} if "email" in unit.identifiers else {}
    if is_track:
        found["event"] = event(envelope, unit)
        found["properties"] = properties(envelope, unit)
        if email:
            context["traits"] = email
    else:
        found["traits"] = {**email, **said_of(envelope, unit), **membership(envelope, unit)}
    found["context"] = context
    found["timestamp"] = _timestamp(envelope.as_of)
    return found


@lru_cache(maxsize=16)
def _timestamp(as_of: datetime) -> str:
    """The same for all calls of a sync."""
    return f"{as_of.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def said_of(envelope: Envelope, unit: Unit) -> dict[str, object]:
    """The traits that go along, and the values of a trait that is sent: null where it has none any more, which unsets it."""
    if envelope.values and unit.side == "remove":
        return dict.fromkeys(envelope.values)
    try:
        return dict(_parsed(unit.traits))
    except ValueError as error:
        raise FailedError(f"the traits to send with the profile {unit.profile_id} are not a JSON object ({error})") from None


@lru_cache(maxsize=1024)
def _parsed(traits: str) -> dict[str, object]:
    """Many people have the same, or none."""
    return parsed_object(traits)


def message_id(envelope: Envelope, unit: Unit) -> str:
    """The same for the same statement of the same sync, and for no other."""
    parts = [
        envelope.destination,
        envelope.audience,
        unit.profile_id,
        sorted(unit.identifiers.items()),
        unit.side,
        unit.traits,
        envelope.sync_id,
    ]
    return hashlib.sha256(dumped(parts).encode()).hexdigest()


def _addressee(unit: Unit) -> dict[str, object]:
    identifiers = unit.identifiers
    if ACCOUNT_IDENTIFIER in identifiers:
        return {"groupId": identifiers[ACCOUNT_IDENTIFIER]}
    if "user_id" in identifiers:
        return {"userId": identifiers["user_id"]}
    # A profile known by neither is addressed by its own id; its identifiers are in `externalIds`.
    return {"anonymousId": identifiers.get("anonymous_id", unit.profile_id)}


def _context(envelope: Envelope, unit: Unit) -> dict[str, object]:
    return {
        "personas": {
            "computation_class": "trait" if envelope.values else "audience",
            "computation_id": envelope.audience,
            "computation_key": envelope.audience,
            "namespace": envelope.project,
            "space_id": envelope.project,
        },
        "externalIds": [
            {
                "id": value,
                "type": type_,
                "collection": "accounts" if type_ == ACCOUNT_IDENTIFIER else "users",
                "encoding": "none",
            }
            for type_, value in unit.identifiers.items()
        ],
    }


def membership(envelope: Envelope, unit: Unit) -> dict[str, object]:
    """Whether it is a member, under the audience's key; nothing for a trait."""
    return {} if envelope.values else {envelope.audience: unit.side == "add"}


def event(envelope: Envelope, unit: Unit) -> str:
    """The name of its track."""
    if envelope.values:
        return envelope.computed_event
    return envelope.entered_event if unit.side == "add" else envelope.exited_event


def properties(envelope: Envelope, unit: Unit) -> dict[str, object]:
    """The properties of its track."""
    if envelope.values:
        return {"trait_key": envelope.audience, **said_of(envelope, unit)}
    return {**said_of(envelope, unit), "audience_key": envelope.audience, **membership(envelope, unit)}
