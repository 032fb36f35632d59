"""Definitions evaluated on given people in an in-memory DuckDB, through the very SQL that production runs.

`audiences test` runs examples on it; the tests of this package compare it with the reference interpreter.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.core.definitions import ExamplePerson
from dbt_audiences.run.dbt import Dbt
from dbt_audiences.run.registry import instant_literal
from dbt_audiences.run.warehouses.duckdb import DuckDB
from dbt_audiences.run.warehouses.duckdb import connect as connect_duckdb

_ANY_AS_OF = datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC)
"""An instant that stands nowhere else: compiled SQL holds its literal wherever as_of belongs."""

_IDENTITY = ("profile_identifiers", "identifier_links", "profile_merges")
_CALL_COLUMNS = (
    "message_id", "type", "occurred_at", "received_at", "user_id", "anonymous_id", "event", "name", "group_id", "properties",
    "traits", "context", "source", "loaded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a person, as `raw.calls` keeps it; instants are aware."""

    message_id: str
    type: str
    at: datetime
    event: str | None = None
    properties: Mapping[str, object] | str | None = None
    traits: Mapping[str, object] | str | None = None
    context: Mapping[str, object] | str | None = None
    received_at: datetime | None = None
    loaded_at: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A profile: its id, identifiers of each type, when it was first seen, its calls, and audiences it is said to be in."""

    profile_id: str
    identifiers: Mapping[str, Sequence[str]]
    first_seen_at: datetime
    calls: Sequence[Call]
    memberships: Sequence[str] = ()


class Evaluator:
    """The compiled models of a project; `members` runs them on people, as often as wanted."""

    def __init__(self, root: Path, keys: Sequence[str]) -> None:
        with tempfile.TemporaryDirectory(prefix="audiences_") as folder:
            dbt = Dbt(root, Path(folder), "memory", Path(folder) / "target")
            memory = {"type": "duckdb", "path": ":memory:", "schema": "main"}
            profiles = {dbt.profile_name(): {"target": "memory", "outputs": {"memory": memory}}}
            (Path(folder) / "profiles.yml").write_text(json.dumps(profiles))
            dbt.parse()
            compiled = dbt.compile({"as_of": _ANY_AS_OF.replace(tzinfo=None).isoformat(), "run_id": "evaluation"})
            self.relations = dbt.relations()
            wanted = dbt.ancestors(keys)
            self.models = [(name, compiled[name]) for name in dbt.order() if name in wanted and name in compiled and name not in _IDENTITY]
            self.audiences = frozenset(dbt.materialized("audience") & wanted)
            dbt.release()

    def members(self, people: Iterable[Person], as_of: datetime) -> dict[str, set[str]]:
        """Audience -> profile ids of its members, for every audience asked for and those that it reads."""
        warehouse = connect_duckdb({"path": ":memory:"})
        try:
            given = list(people)
            self._lay(warehouse, given)
            for name, sql in self.models:
                self._build(warehouse, name, sql.replace(instant_literal(_ANY_AS_OF), instant_literal(as_of)), given, as_of)
            return {
                key: {str(row[0]) for row in warehouse.fetch(f"select profile_id from {self.relations[key]}")}
                for key in self.audiences
            }
        finally:
            warehouse.close()

    def _lay(self, warehouse: DuckDB, people: Sequence[Person]) -> None:
        for schema in sorted({relation.rsplit(".", 1)[0] for relation in self.relations.values()}):
            warehouse.execute(f"create schema if not exists {schema}")
        warehouse.execute("create schema raw")
        types = {"occurred_at": "timestamp", "received_at": "timestamp", "loaded_at": "timestamp"}
        json_columns = ("properties", "traits", "context")
        columns = [f"{name} {types.get(name, 'json' if name in json_columns else 'text')}" for name in (*_CALL_COLUMNS, "previous_id")]
        warehouse.execute(f"create table raw.calls ({', '.join(columns)})")
        identifiers = self.relations["profile_identifiers"]
        warehouse.execute(f"create table {identifiers} (profile_id text, type text, value text, first_seen_at timestamp)")
        warehouse.insert(
            identifiers,
            ("profile_id", "type", "value", "first_seen_at"),
            [
                (person.profile_id, kind, value, _naive(person.first_seen_at))
                for person in people
                for kind, values in person.identifiers.items()
                for value in values
            ],
        )
        warehouse.insert("raw.calls", _CALL_COLUMNS, [_row(person, call) for person in people for call in person.calls])

    def _build(self, warehouse: DuckDB, name: str, sql: str, people: Sequence[Person], as_of: datetime) -> None:
        relation = self.relations[name]
        if name not in self.audiences:
            warehouse.execute(f"create table {relation} as {sql}")
            return
        warehouse.execute(
            f"create table {relation} as select profile_id, {instant_literal(as_of)} as entered_at from ({sql}) as evaluated where is_member"
        )
        said = [person.profile_id for person in people if name in person.memberships]
        known = {str(row[0]) for row in warehouse.fetch(f"select profile_id from {relation}")}
        warehouse.insert(
            relation, ("profile_id", "entered_at"), [(one, _naive(as_of)) for one in said if one not in known]
        )


def person_of(example: ExamplePerson, as_of: datetime) -> Person:
    """A person of an example as a profile: `user_id` is its name where no identifiers are given."""
    given = example.identifiers or {"user_id": (example.name,)}
    identifiers = {kind: [_normal(kind, value) for value in values] for kind, values in given.items()}
    calls = [
        Call(
            message_id=f"{example.name}-{number}",
            type="track",
            at=event.at,
            event=event.name,
            properties=event.properties,
            context=event.context,
        )
        for number, event in enumerate(example.events)
    ]
    if example.traits:
        calls.append(Call(f"{example.name}-traits", "identify", as_of, traits=example.traits))
    first_seen_at = min((call.at for call in calls), default=as_of)
    return Person(example.name, identifiers, min(first_seen_at, as_of), calls, example.memberships)


def _normal(kind: str, value: str) -> str:
    """An identifier as staging would write it."""
    return value.strip().lower() if kind == "email" else value


def _row(person: Person, call: Call) -> tuple[object, ...]:
    kind, values = next(iter(person.identifiers.items()))
    user = values[0] if kind == "user_id" else None
    anonymous = values[0] if kind == "anonymous_id" else None
    traits = dict(call.traits) if isinstance(call.traits, Mapping) else call.traits
    context = dict(call.context) if isinstance(call.context, Mapping) else call.context
    if user is None and anonymous is None:
        context = {**(context if isinstance(context, dict) else {}), **_context_of(kind, values[0])}
    return (
        call.message_id, call.type, _naive(call.at), None if call.received_at is None else _naive(call.received_at), user, anonymous,
        call.event, None, None, _json(call.properties), _json(traits), _json(context), call.source,
        _naive(call.loaded_at or call.at),
    )  # fmt: skip


def _context_of(kind: str, value: str) -> dict[str, object]:
    if kind == "email":
        return {"traits": {"email": value}}
    return {"device": {"type": kind.split(".")[0], "advertisingId": value}}


def _json(value: Mapping[str, object] | str | None) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
