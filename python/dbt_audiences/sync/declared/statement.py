"""What a request of a declared type states: written into the outbox as JSON, and read back to be rendered.

The body that the outbox keeps says who is added or removed, and everything else that the templates use but looked-up ids:
rendered again it gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from dbt_audiences.core.destination_type import Field
from dbt_audiences.sync import calls
from dbt_audiences.sync.channel import ACCOUNT_IDENTIFIER, Envelope, Side, Unit
from dbt_audiences.sync.declared.fields import sent_value
from dbt_audiences.sync.json_text import dumped, parsed_object

_TEXTS = (
    "destination",
    "audience",
    "as_",
    "list_name",
    "entered_event",
    "exited_event",
    "project",
    "sync_id",
    "computed_event",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of whom.

    side         None: a summary, which names nobody and counts `entered` and `left`
    message_ids  of the units, in their order
    """

    envelope: Envelope
    side: Side | None
    units: tuple[Unit, ...]
    message_ids: tuple[str, ...]
    entered: int = 0
    left: int = 0


def body_of(envelope: Envelope, side: Side, units: Iterable[Unit]) -> str:
    """The text that the outbox keeps."""
    members = [
        {
            "id": calls.message_id(envelope, unit),
            "profile_id": unit.profile_id,
            "identifiers": dict(unit.identifiers),
            "traits": unit.traits,
        }
        for unit in units
    ]
    return dumped({**_head(envelope), "op": side, "members": members})


def summary_of(envelope: Envelope, units: Iterable[Unit]) -> str:
    """The same of a destination that is told how many enter and leave."""
    entered, left = 0, 0
    # Units come in the order of profiles; who is both added and removed only changed an identifier.
    for _, of_profile in groupby(units, key=lambda unit: unit.profile_id):
        sides = {unit.side for unit in of_profile}
        entered += sides == {"add"}
        left += sides == {"remove"}
    return dumped({**_head(envelope), "op": None, "entered": entered, "left": left, "members": []})


def _head(envelope: Envelope) -> dict[str, object]:
    texts = {name: getattr(envelope, name) for name in _TEXTS}
    return {**texts, "values": list(envelope.values), "as_of": envelope.as_of.astimezone(UTC).isoformat()}


def statement_of(body: str) -> Statement:
    """What a kept body states."""
    content: Any = parsed_object(body)
    texts = {name: content[name] for name in _TEXTS}
    envelope = Envelope(**texts, as_of=datetime.fromisoformat(content["as_of"]), values=tuple(content["values"]))
    members = content["members"]
    return Statement(
        envelope,
        content["op"],
        tuple(Unit(one["profile_id"], content["op"], one["identifiers"], one["traits"]) for one in members),
        tuple(one["id"] for one in members),
        content.get("entered", 0),
        content.get("left", 0),
    )


class Row(dict[str, Any]):
    """One unit as templates see it: its fields, and what follows from the whole statement, made when it is asked for."""

    def __init__(self, statement: Statement, index: int, fields: dict[str, str]) -> None:
        super().__init__(fields)
        self._statement, self._unit = statement, statement.units[index]
        self["index"], self["message_id"], self["op"] = index, statement.message_ids[index], self._unit.side
        self["profile_id"], self["is_member"] = self._unit.profile_id, self._unit.side == "add"
        if ACCOUNT_IDENTIFIER in self._unit.identifiers:
            self[ACCOUNT_IDENTIFIER] = self._unit.identifiers[ACCOUNT_IDENTIFIER]

    def __missing__(self, key: str) -> object:
        made = _MADE.get(key)
        if made is None:
            raise KeyError(key)
        self[key] = found = made(self._statement.envelope, self._unit)
        return found


def _attributes(envelope: Envelope, unit: Unit) -> dict[str, object]:
    return {**calls.said_of(envelope, unit), **calls.membership(envelope, unit)}


_MADE: dict[str, Callable[[Envelope, Unit], object]] = {
    "attributes": _attributes,
    "traits": calls.said_of,
    "event": calls.event,
    "properties": calls.properties,
    "call": calls.call,
}


def rows_of(statement: Statement, fields: Sequence[Field], *, any_identifier: bool) -> tuple[list[Row], list[tuple[str, str]]]:
    """The rows that can be sent, and (id, reason) of those that have no identifier which could be one there."""
    rows, unusable = [], []
    for index, unit in enumerate(statement.units):
        sent = {
            field.name: value
            for field in fields
            if field.of in unit.identifiers and (value := sent_value(field, unit.identifiers[field.of])) is not None
        }
        if sent or any_identifier or ACCOUNT_IDENTIFIER in unit.identifiers:
            rows.append(Row(statement, index, sent))
        else:
            names = " or ".join(f"`{name}`" for name in unit.identifiers)
            unusable.append((statement.message_ids[index], f"its {names} has no form that can be sent there"))
    for place, row in enumerate(rows):
        row["index"] = place
    return rows, unusable
