"""Calls as rows of tables in the shape of Segment's warehouse schema: identifies, users, and a table for each event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Unit
from dbt_audiences.sync.declared.statement import Row, Statement, rows_of
from dbt_audiences.sync.json_text import dumped, plain_numbers

_OWN = {
    "id": "text",
    "user_id": "text",
    "anonymous_id": "text",
    "email": "text",
    "event": "text",
    "event_text": "text",
    "context_personas_computation_key": "text",
    "received_at": "timestamptz",
}
_LONGEST_NAME = 63
_LATEST = "users"
"""Holds the latest of each user; the other tables hold every call."""

_Fitted = tuple[dict[str, object], dict[str, str]]


@dataclass(slots=True)
class Table:
    """Rows with a value for each of `columns` (name -> SQL type); the key is `id`.

    keeps_latest  a row of the same key replaces an older one; else the first stays
    """

    name: str
    keeps_latest: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A call of which a value does not fit the column that is there."""

    message_id: str
    reason: str


def tables_of(statement: Statement, known: Mapping[str, Mapping[str, str]]) -> tuple[list[Table], list[Unfit]]:
    """The rows that a statement comes to, and the calls that fit no column.

    known  table -> column -> the type that it has already
    """
    found: dict[str, Table] = {}
    unfit: list[Unfit] = []
    rows, _ = rows_of(statement, (), any_identifier=True)
    for row, unit in zip(rows, statement.units, strict=True):
        fitted: list[tuple[str, _Fitted]] = []
        for name, values in _placed(statement, row, unit):
            there = {**_types(known.get(name, {})), **(found[name].columns if name in found else {})}
            made = _fitted(values, there)
            if isinstance(made, str):
                unfit.append(Unfit(row["message_id"], made))
                break
            fitted.append((name, made))
        else:
            for name, (one, types) in fitted:
                table = found.setdefault(name, Table(name, keeps_latest=name == _LATEST))
                table.columns |= types
                table.rows.append(one)
    for table in found.values():
        table.rows = _completed(table)
    return list(found.values()), unfit


def _placed(statement: Statement, row: Row, unit: Unit) -> list[tuple[str, dict[str, Any]]]:
    """The tables that a call goes into, with its values there."""
    said = _said(statement, row)
    head = {name: unit.identifiers.get(name) for name in IDENTIFIER_COLUMNS}
    at = statement.envelope.as_of
    call = {"id": row["message_id"], **head, **said, "received_at": at}
    if statement.envelope.as_ == "events":
        return [(column_name(row["event"]), call)]
    if head["user_id"] is None:
        return [("identifies", call)]
    return [("identifies", call), (_LATEST, {**said, "id": head["user_id"], "email": head["email"], "received_at": at})]


def list_members(statement: Statement) -> list[dict[str, object]]:
    """A row for each identifier of the members."""
    envelope = statement.envelope
    return [
        {
            "audience_key": envelope.audience,
            "list": envelope.list_name,
            "profile_id": unit.profile_id,
            "identifier_type": type_,
            "identifier_value": value,
            "traits": unit.traits,
            "added_at": envelope.as_of,
        }
        for unit in statement.units
        for type_, value in unit.identifiers.items()
    ]


def column_name(name: str) -> str:
    """The name in lower case, with `_` for what is no letter or digit."""
    made = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "_"
    return (f"_{made}" if made[0].isdigit() else made)[:_LONGEST_NAME]


def _said(statement: Statement, row: Row) -> dict[str, Any]:
    is_event = statement.envelope.as_ == "events"
    named = {"event": column_name(row["event"]), "event_text": row["event"]} if is_event else {}
    said = row["properties"] if is_event else row["attributes"]
    columns = {}
    for name, value in said.items():
        column = column_name(name)
        columns[f"{column}_" if column in _OWN else column] = value
    return {**named, "context_personas_computation_key": statement.envelope.audience, **columns}


def _types(known: Mapping[str, str]) -> dict[str, str]:
    words = {"timestamp with time zone": "timestamptz", "character varying": "text"}
    return {name: words.get(type_, type_) for name, type_ in known.items()}


def _fitted(values: Mapping[str, Any], known: Mapping[str, str]) -> _Fitted | str:
    """The row and the types of its columns, or why it does not fit."""
    row: dict[str, object] = {}
    types: dict[str, str] = {}
    for name, value in values.items():
        type_ = _OWN.get(name) or known.get(name) or _type_of(value)
        if type_ is None:
            continue
        types[name] = type_
        if value is None or name in _OWN:
            row[name] = value
        elif type_ == "text" and not isinstance(value, str):
            row[name] = dumped(value)
        elif type_ == _type_of(value):
            row[name] = dumped(value) if type_ == "jsonb" else Decimal(dumped(value)) if type_ == "numeric" else value
        else:
            return f"the column `{name}` holds {type_}, and its value is {_type_of(value)}"
    return row, types


def _type_of(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, str) and plain_numbers(value) != value):
        return "numeric"
    return "jsonb" if isinstance(value, list | dict) else "text"


def _completed(table: Table) -> list[dict[str, object]]:
    """Rows with all columns; of those with the same key the last, where the latest is kept."""
    rows = [{column: row.get(column) for column in table.columns} for row in table.rows]
    return list({row["id"]: row for row in rows}.values()) if table.keeps_latest else rows
