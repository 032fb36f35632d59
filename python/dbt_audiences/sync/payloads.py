"""Bodies of webhook requests: made of units, read back to find whom an answer speaks of, and halved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC

from dbt_audiences.core.errors import FailedError
from dbt_audiences.sync.channel import Envelope, Side, Unit
from dbt_audiences.sync.json_text import dumped, parsed_object

Identifier = tuple[str, str]


def body(envelope: Envelope, side: Side, units: Iterable[Unit]) -> str:
    """One request: a batch of Segment calls, or members to add to or remove from a list."""
    if envelope.as_ == "list":
        members = [_member(unit) for unit in units]
        return dumped({"audience": envelope.audience, "list": envelope.list_name, "op": side, "members": members})
    return dumped({"batch": [_call(envelope, unit) for unit in units]})


def traits_of(unit: Unit) -> dict[str, object]:
    """The traits that go along."""
    try:
        return parsed_object(unit.traits)
    except ValueError as error:
        raise FailedError(f"the traits to send with the profile {unit.profile_id} are not a JSON object ({error})") from None


def _member(unit: Unit) -> dict[str, object]:
    return {
        "profile_id": unit.profile_id,
        "identifiers": dict(unit.identifiers),
        "traits": traits_of(unit),
    }


def _call(envelope: Envelope, unit: Unit) -> dict[str, object]:
    key, identifiers = envelope.audience, unit.identifiers
    is_member = unit.side == "add"
    type_ = "track" if envelope.as_ == "events" else "identify"
    call: dict[str, object] = {"type": type_, "messageId": message_id(envelope, unit)}
    if "user_id" in identifiers:
        call["userId"] = identifiers["user_id"]
    else:
        # A profile known by neither is addressed by its own id; its identifiers are in `externalIds`.
        call["anonymousId"] = identifiers.get("anonymous_id", unit.profile_id)
    context: dict[str, object] = {
        "personas": {
            "computation_class": "audience",
            "computation_id": key,
            "computation_key": key,
            "namespace": envelope.project,
            "space_id": envelope.project,
        },
        "externalIds": [
            {"id": value, "type": type_, "collection": "users", "encoding": "none"} for type_, value in identifiers.items()
        ],
    }
    email = {"email": identifiers["email"]} if "email" in identifiers else {}
    sent = traits_of(unit)
    if envelope.as_ == "events":
        call["event"] = envelope.entered_event if is_member else envelope.exited_event
        call["properties"] = {**sent, "audience_key": key, key: is_member}
        if email:
            context["traits"] = email
    else:
        call["traits"] = {**email, **sent, key: is_member}
    call["context"] = context
    call["timestamp"] = f"{envelope.as_of.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return call


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


# --- reading back ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A call or member of a body: the name that an answer may use for it, and the identifiers that it carries."""

    name: str
    identifiers: frozenset[Identifier]


def mentions(text: str) -> list[Mention]:
    """The calls or members of a body, in order."""
    content = parsed_object(text)
    found = []
    for item in _items(content):
        if "messageId" in item:
            external = item["context"]["externalIds"]
            found.append(Mention(item["messageId"], frozenset((each["type"], each["id"]) for each in external)))
        else:
            found.append(Mention(item["profile_id"], frozenset(item["identifiers"].items())))
    return found


def halves(text: str) -> tuple[str, str]:
    """Two bodies that together say what one said."""
    content = parsed_object(text)
    name = "members" if "members" in content else "batch"
    items = _items(content)
    middle = len(items) // 2
    return dumped({**content, name: items[:middle]}), dumped({**content, name: items[middle:]})


def _items(content: dict[str, object]) -> list:  # type: ignore[type-arg]  # our own bodies, whose shape is above
    items = content.get("members", content.get("batch"))
    return items if isinstance(items, list) else []
