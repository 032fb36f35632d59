"""Bodies of webhook requests: made of units, read back to find whom an answer speaks of, and halved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dbt_audiences.sync.calls import call, said_of
from dbt_audiences.sync.channel import Envelope, Side, Unit
from dbt_audiences.sync.json_text import dumped, parsed_object

Identifier = tuple[str, str]


def body(envelope: Envelope, side: Side, units: Iterable[Unit]) -> str:
    """One request: a batch of Segment calls, or members to add to or remove from a list."""
    if envelope.as_ == "list":
        members = [member(envelope, unit) for unit in units]
        return dumped({"audience": envelope.audience, "list": envelope.list_name, "op": side, "members": members})
    return dumped({"batch": [call(envelope, unit) for unit in units]})


def member(envelope: Envelope, unit: Unit) -> dict[str, object]:
    """Who is added to a list or removed from it."""
    return {"profile_id": unit.profile_id, "identifiers": dict(unit.identifiers), "traits": said_of(envelope, unit)}


# --- reading back ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A call or member of a body: the name that an outcome may use for it, and the identifiers that it carries."""

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
            found.append(Mention(item.get("id", item["profile_id"]), frozenset(item["identifiers"].items())))
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
