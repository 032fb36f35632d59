"""SQL traits of people who are given: their values are laid in place of the rows that models would have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt_audiences.core.definitions import Entity
    from dbt_audiences.flow.evaluate import Person


@dataclass(frozen=True, slots=True)
class DeclaredRows:
    """A copy of the rows of a SQL trait: whose they are, and the traits in them."""

    of: Entity
    traits: tuple[str, ...]


def declared_rows(meta: Mapping[str, Any]) -> DeclaredRows:
    """What the `config.meta` of such a copy says."""
    return DeclaredRows("accounts" if meta["of"] == "accounts" else "users", tuple(meta["traits"]))


def sql_trait_rows(people: Iterable[Person], rows: DeclaredRows) -> list[tuple[str, str, str]]:
    """Type and value of an identifier, and the traits as JSON, of everybody who has one of these; accounts are nobody."""
    found = []
    for person in people:
        identifiers = [(kind, value) for kind, values in person.identifiers.items() for value in values]
        if rows.of == "accounts":
            identifiers = [] if identifiers else [("group_id", person.profile_id)]
        values = {name: person.sql_traits[name] for name in rows.traits if person.sql_traits.get(name) is not None}
        if identifiers and values:
            found.append((*identifiers[0], json_text(values)))
    return found


def json_text(value: object) -> str:
    """JSON as `load` writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def with_sql_traits(people: Sequence[Person], declared: Iterable[DeclaredRows]) -> list[Person]:
    """The same people; what their calls say of traits that SQL gives is given by SQL."""
    names = {"identify": {"users"}, "group": {"accounts"}}
    of = {kind: {name for rows in declared if rows.of in whose for name in rows.traits} for kind, whose in names.items()}
    found = []
    for person in people:
        given: dict[str, object] = {}
        calls = []
        for call in person.calls:
            if call.type in of and isinstance(call.traits, Mapping):
                given |= {name: value for name, value in call.traits.items() if name in of[call.type]}
                call = replace(call, traits={name: value for name, value in call.traits.items() if name not in of[call.type]})
            calls.append(call)
        found.append(replace(person, calls=calls, sql_traits={**person.sql_traits, **given}))
    return found
