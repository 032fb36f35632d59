"""All that the warehouse holds about one person, and what was sent about them: what the right of access asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbt_audiences.core.warehouse import Relations, Row, Warehouse, text_literal
from dbt_audiences.flow.explaining.person import profile_id_of
from dbt_audiences.flow.workspace import Workspace

_OWN = "profile_id = {id}"
_EVER = "profile_id in (select {id} union select from_profile_id from {merged})"
_NAMED = "(type, value) in (select type, value from {identifiers} where profile_id = {id})"
_CALLED = "(identifier_type, identifier_value) in (select type, value from {identifiers} where profile_id = {id})"


@dataclass(frozen=True, slots=True)
class Part:
    """A table that may hold something about a person: whose rows, which columns, in which order."""

    relation: str
    where: str
    columns: tuple[str, ...]
    sorted_by: tuple[str, ...]


_SENT = ("destination", "audience", "identifier_type", "identifier_value")
PARTS: Mapping[str, Part] = {
    "identifiers": Part("profile_identifiers", _OWN, ("type", "value", "first_seen_at"), ("first_seen_at", "type", "value")),
    "merged_from": Part(
        "profile_merges",
        "from_profile_id in (select from_profile_id from {merged})",
        ("from_profile_id", "to_profile_id", "merged_at"),
        ("merged_at", "from_profile_id"),
    ),
    "identity_violations": Part(
        "identity_violations",
        _OWN,
        ("type", "value", "reason", "exceeded_type", "first_seen_at", "call_count"),
        ("first_seen_at", "type", "value"),
    ),
    "traits": Part("traits", _OWN, ("trait", "value", "updated_at"), ("trait",)),
    "accounts": Part("account_members", _OWN, ("account_id", "first_seen_at"), ("account_id",)),
    "lists": Part("list_rows", _NAMED, ("list", "type", "value"), ("list", "type", "value")),
    "memberships": Part("memberships", _OWN, ("audience", "entered_at"), ("audience",)),
    "membership_changes": Part(
        "membership_changes", _EVER, ("audience", "change", "changed_at", "cause"), ("changed_at", "audience", "change")
    ),
    "acknowledged": Part("acknowledged", _EVER, (*_SENT, "is_member", "traits", "acknowledged_at"), _SENT),
    "deliveries": Part(
        "deliveries",
        _EVER,
        (*_SENT, "op", "traits", "status", "reason", "created_at", "settled_at"),
        ("created_at", *_SENT),
    ),
    "holdouts": Part("holdouts", _EVER, ("destination", "audience", "held_out_at"), ("destination", "audience")),
    "calls": Part(
        "stg_calls",
        _CALLED,
        ("message_id", "type", "occurred_at", "event", "name", "group_id", "properties", "traits", "context", "source"),
        ("occurred_at", "message_id"),
    ),
}
"""What is looked through, in the order in which it is printed."""


@dataclass(frozen=True, slots=True)
class Person:
    """A profile and the rows of each of `PARTS`, as mappings of columns."""

    profile_id: str
    parts: Mapping[str, tuple[Mapping[str, object], ...]]


def person(workspace: Workspace, identifier: str) -> Person:
    """Everything about the profile that an identifier names, `type:value`, a profile id or a bare value.

    Raises where it names none or several.
    """
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        profile_id = profile_id_of(warehouse, relations, identifier, workspace.project.identity)
        found = {name: _rows(warehouse, relations, part, profile_id) for name, part in PARTS.items()}
    return Person(profile_id, found)


def merged_into(relations: Relations, profile_id: str) -> str:
    """SQL of a relation with the `from_profile_id` of every profile that became part of this one, through others too."""
    merges = relations["profile_merges"]
    return (
        f"(with recursive merged as (select from_profile_id from {merges} where to_profile_id = {text_literal(profile_id)} "
        f"union select m.from_profile_id from {merges} as m inner join merged as t on m.to_profile_id = t.from_profile_id) "
        "select from_profile_id from merged) as merged"
    )


def _rows(warehouse: Warehouse, relations: Relations, part: Part, profile_id: str) -> tuple[Mapping[str, object], ...]:
    merged = merged_into(relations, profile_id)
    where = part.where.format(id=text_literal(profile_id), merged=merged, identifiers=relations["profile_identifiers"])
    rows: list[Row] = warehouse.fetch(
        f"select {', '.join(part.columns)} from {relations[part.relation]} where {where} order by {', '.join(part.sorted_by)}"
    )
    return tuple(dict(zip(part.columns, row, strict=True)) for row in rows)
