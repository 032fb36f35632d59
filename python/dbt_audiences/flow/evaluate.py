"""Definitions evaluated on given people in an in-memory DuckDB, through the very SQL that production runs.

`audiences test` runs examples on it; the tests of this package compare it with the reference interpreter.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.identity import UNCHANGED, Identity
from dbt_audiences.core.project import Example, ExampleEvent, ExamplePerson
from dbt_audiences.core.warehouse import instant_literal, naive
from dbt_audiences.flow.given_related import declared_table, laid_rows
from dbt_audiences.flow.given_sql_traits import declared_rows, sql_trait_rows
from dbt_audiences.run.compiled import ANY_AS_OF
from dbt_audiences.run.dbt import in_memory
from dbt_audiences.run.warehouses.duckdb import DuckDB
from dbt_audiences.run.warehouses.duckdb import connect as connect_duckdb

_IDENTITY = (
    "profile_identifiers", "profile_merges", "sql_trait_identifiers", "identity_violations", "identifier_components",
    "identity_seen",
)  # fmt: skip
_CALL_COLUMNS = (
    "message_id", "type", "occurred_at", "received_at", "user_id", "anonymous_id", "event", "name", "group_id", "properties",
    "traits", "context", "source", "loaded_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a person, as `raw.calls` keeps it; instants are aware, objects may be given as their JSON text."""

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
    name: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A profile: its id, identifiers of each type, when it was first seen, its calls, and where it is said to be in.

    Without identifiers it is nobody: an account by its id, whose group calls name no user. SQL traits are given; `seen_later`
    has identifiers, by type and value, that were not there from the beginning; of an account, when SQL traits named it.
    """

    profile_id: str
    identifiers: Mapping[str, Sequence[str]]
    first_seen_at: datetime
    calls: Sequence[Call]
    memberships: Sequence[str] = ()
    sql_traits: Mapping[str, object] = field(default_factory=dict)
    related: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    lists: Sequence[str] = ()
    seen_later: Mapping[tuple[str, str], datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an audience's model says of a profile; `changes_at` is aware, None where time alone changes nothing."""

    is_member: bool
    changes_at: datetime | None


Answers = Mapping[str, Mapping[str, Answer]]
"""Audience -> profile id -> answer, for every profile of the audience's universe."""


class Evaluator:
    """The compiled models of a project; `members` runs them on people, as often as wanted.

    first_runs  when audiences were first run, for `history: none`; others are at the instant that they are asked about
    target      a folder in which what dbt parsed stays for the next time
    identity    what the project says of identifiers
    """

    def __init__(
        self,
        root: Path,
        keys: Sequence[str],
        first_runs: Mapping[str, datetime] | None = None,
        target: Path | None = None,
        identity: Identity = UNCHANGED,
    ) -> None:
        self.identity = identity
        self.first_runs = first_runs or {}
        with tempfile.TemporaryDirectory(prefix="audiences_") as folder:
            dbt = in_memory(root, Path(folder), target)
            dbt.parse()
            self.relations = dbt.relations()
            self.sql_traits = {name: declared_rows(meta) for name, meta in dbt.graph.metas("sql_trait").items()}
            views = dbt.graph.metas("view").items()
            self.related = {name: declared_table(meta) for name, meta in views if "related_rows" in meta}
            laid = {*_IDENTITY, "touched_calls", *self.sql_traits, *self.related}
            wanted = dbt.graph.ancestors(keys, given=laid)
            compiled = dbt.compile({"as_of": naive(ANY_AS_OF).isoformat(), "run_id": "evaluation"}, wanted - laid)
            self.models = {name: compiled[name] for name in dbt.graph.order() if name in wanted - laid and name in compiled}
            self.audiences = frozenset(dbt.graph.materialized("audience") & wanted)
            self.reads = {key: frozenset(dbt.graph.ancestors([key], given=laid)) for key in self.audiences}
            dbt.release()

    def members(
        self,
        people: Iterable[Person],
        as_of: datetime,
        keys: Collection[str] | None = None,
        first_runs: Mapping[str, datetime] | None = None,
    ) -> dict[str, set[str]]:
        """Audience -> profile ids of its members, for these audiences (all without keys) and those that they read."""
        with self.load(people, first_runs) as loaded:
            answers = loaded.answers(as_of, keys)
        members = {key: {one for one, answer in of_key.items() if answer.is_member} for key, of_key in answers.items()}
        for person in loaded.people:
            for key in set(person.memberships) & set(members):
                members[key].add(person.profile_id)
        return members

    @contextmanager
    def load(self, people: Iterable[Person], first_runs: Mapping[str, datetime] | None = None) -> Iterator[Loaded]:
        """These people in a warehouse of their own, to be asked about at many instants."""
        warehouse = connect_duckdb(
            {"path": ":memory:", "config_options": {"threads": 1}}
        )  # few rows: two would wait for each other
        try:
            yield Loaded(self, warehouse, list(people), {**self.first_runs, **(first_runs or {})})
        finally:
            warehouse.close()


class Loaded:
    """People in an in-memory warehouse; what does not depend on as_of is built once."""

    def __init__(
        self, evaluator: Evaluator, warehouse: DuckDB, people: Sequence[Person], first_runs: Mapping[str, datetime]
    ) -> None:
        self.people = people
        self._first_runs = first_runs
        self._evaluator = evaluator
        self._warehouse = warehouse
        self._built: set[str] = set()
        self._lay()

    def answers(self, as_of: datetime, keys: Collection[str] | None = None) -> Answers:
        """What these audiences (all without keys), and those that they read, say at as_of."""
        evaluator = self._evaluator
        chosen = evaluator.audiences if keys is None else evaluator.audiences.intersection(keys)
        needed = frozenset().union(*(evaluator.reads[key] for key in chosen))
        read = frozenset().union(*(evaluator.reads[key] - {key} for key in chosen))
        found: dict[str, dict[str, Answer]] = {}
        for name, template in evaluator.models.items():
            if name not in needed or name in self._built:
                continue
            sql = template.replace(instant_literal(ANY_AS_OF), instant_literal(as_of))
            relation = evaluator.relations[name]
            if name in evaluator.audiences:
                rows = self._warehouse.fetch(f"select profile_id, is_member, changes_at from ({sql}) as evaluated")
                if any(is_member is None for _, is_member, _ in rows):
                    raise FailedError(f"the model of `{name}` leaves open whether somebody is a member")
                found[name] = {str(one): Answer(bool(is_member), _aware(changes_at)) for one, is_member, changes_at in rows}
                if name in read:
                    self._store(name, found[name], as_of)
                continue
            self._warehouse.execute(f"create or replace table {relation} as {sql}")
            if sql == template:
                self._built.add(name)
        return found

    def values(self, trait: str) -> dict[str, str]:
        """Profile id -> JSON text of a computed trait, as of the last instant asked about; who has none is not in it."""
        rows = self._warehouse.fetch(f"select profile_id, value from {self._evaluator.relations[trait]}")
        return {str(profile_id): str(value) for profile_id, value in rows if value is not None}

    @contextmanager
    def replaced(self, name: str, sql: str) -> Iterator[None]:
        """The model has another query meanwhile: what it is worth to know whether a fault in one would be noticed."""
        template = self._evaluator.models[name]
        self._evaluator.models[name] = sql
        self._built.discard(name)
        try:
            yield
        finally:
            self._evaluator.models[name] = template
            self._built.discard(name)

    def _store(self, name: str, answers: Mapping[str, Answer], as_of: datetime) -> None:
        relation = self._evaluator.relations[name]
        members = {profile_id for profile_id, answer in answers.items() if answer.is_member}
        members |= {person.profile_id for person in self.people if name in person.memberships}
        self._warehouse.execute(f"create or replace table {relation} (profile_id text, entered_at timestamp)")
        self._warehouse.insert(relation, ("profile_id", "entered_at"), [(one, naive(as_of)) for one in sorted(members)])

    def _lay(self) -> None:
        warehouse, relations = self._warehouse, self._evaluator.relations
        for schema in sorted({relation.rsplit(".", 1)[0] for relation in relations.values()}):
            warehouse.execute(f"create schema if not exists {schema}")
        warehouse.execute("create schema if not exists raw")
        types = dict.fromkeys(("occurred_at", "received_at", "loaded_at"), "timestamp")
        types |= dict.fromkeys(("properties", "traits", "context"), "json")
        columns = [f"{name} {types.get(name, 'text')}" for name in (*_CALL_COLUMNS, "previous_id")]
        warehouse.execute(f"create table raw.calls ({', '.join(columns)})")
        identifiers = relations["profile_identifiers"]
        warehouse.execute(f"create table {identifiers} (profile_id text, type text, value text, first_seen_at timestamp)")
        warehouse.insert(
            identifiers,
            ("profile_id", "type", "value", "first_seen_at"),
            [
                (person.profile_id, kind, value, naive(person.seen_later.get((kind, value), person.first_seen_at)))
                for person in self.people
                for kind, values in person.identifiers.items()
                for value in values
            ],
        )
        known_by_sql = relations["sql_trait_identifiers"]
        warehouse.execute(f"create table {known_by_sql} (type text, value text, first_seen_at timestamp)")
        accounts = [
            (kind, person.profile_id, naive(at))
            for person in self.people
            if not person.identifiers
            for (kind, _), at in person.seen_later.items()
        ]
        warehouse.insert(known_by_sql, ("type", "value", "first_seen_at"), accounts)
        for name, rows in self._evaluator.sql_traits.items():
            warehouse.execute(
                f"create table {relations[name]} (identifier_type text, identifier text, traits text, updated_at timestamp)"
            )
            warehouse.insert(relations[name], ("identifier_type", "identifier", "traits"), sql_trait_rows(self.people, rows))
        tables = {table.name: table for table in self._evaluator.related.values()}
        rows_of_tables = laid_rows(self.people, tables)
        for model, table in self._evaluator.related.items():
            warehouse.execute(f"create table {relations[model]} ({', '.join(f'{column} text' for column in table.columns)})")
            warehouse.insert(relations[model], table.columns, [row for name, row in rows_of_tables if name == table.name])
        warehouse.execute(f"create table {relations['keys']} (key text, first_run_at timestamp)")
        started = [(key, naive(at)) for key, at in self._first_runs.items()]
        warehouse.insert(relations["keys"], ("key", "first_run_at"), started)
        warehouse.execute("create table raw.list_members (list text, type text, value text, loaded_at timestamp)")
        warehouse.insert(
            "raw.list_members", ("list", "type", "value"), [row for person in self.people for row in _listed(person)]
        )
        warehouse.insert(
            "raw.calls",
            _CALL_COLUMNS,
            [_row(person, call, self._evaluator.identity) for person in self.people for call in person.calls],
        )


def _listed(person: Person) -> Iterator[tuple[str, str, str]]:
    """The person's rows on lists: by its first identifier, or as an account."""
    first = next(((kind, values[0]) for kind, values in person.identifiers.items() if values), ("group_id", person.profile_id))
    return ((name, *first) for name in person.lists)


def people_of(example: Example, identity: Identity = UNCHANGED) -> list[Person]:
    """Whom an example gives. A user whom several accounts name is one person, and belongs to all of them."""
    people: dict[str, Person] = {}
    for given in example.given:
        if given.of == "users":
            people[given.name] = _person(given, example.as_of, identity)
    accounts = [given for given in example.given if given.of == "accounts"]
    for user in {user.name: None for account in accounts for user in account.users}:
        everywhere = [(account.name, one) for account in accounts for one in account.users if one.name == user]
        people[user] = _person(
            _merged([one for _, one in everywhere]), example.as_of, identity, [name for name, _ in everywhere]
        )
    nobodies = [one for account in accounts for one in _account(account, example.as_of)]
    return [*people.values(), *nobodies]


def _merged(given: Sequence[ExamplePerson]) -> ExamplePerson:
    """One user from what each account says of it."""
    traits = {name: value for one in given for name, value in one.traits.items()}
    identifiers: dict[str, tuple[str, ...]] = {}
    for one in given:
        for kind, values in one.identifiers.items():
            identifiers[kind] = tuple(dict.fromkeys((*identifiers.get(kind, ()), *values)))
    events = tuple(event for one in given for event in one.events)
    memberships = tuple(dict.fromkeys(key for one in given for key in one.memberships))
    lists = tuple(dict.fromkeys(key for one in given for key in one.lists))
    return replace(given[0], traits=traits, events=events, identifiers=identifiers, memberships=memberships, lists=lists)


def _account(example: ExamplePerson, as_of: datetime) -> Iterator[Person]:
    """An account by its group call, and whoever did what the example says of the account itself: none of its users."""
    call = Call(f"{example.name}-account", "group", as_of, traits=example.traits or None, group_id=example.name)
    yield Person(example.name, {}, as_of, [call], example.memberships, lists=example.lists, related=example.related)
    if example.events:
        name = f"somebody of {example.name}"
        calls = [replace(call, group_id=example.name) for call in _tracks(name, example.events)]
        yield Person(name, {"anonymous_id": (name,)}, min(call.at for call in calls), calls)


def _person(example: ExamplePerson, as_of: datetime, identity: Identity, accounts: Sequence[str] = ()) -> Person:
    """A person of an example as a profile: `user_id` is its name where no identifiers are given."""
    given = example.identifiers or {"user_id": (example.name,)}
    identifiers = {kind: [identity.normal(kind, value) for value in values] for kind, values in given.items()}
    calls = _tracks(example.name, example.events)
    if example.traits:
        calls.append(Call(f"{example.name}-traits", "identify", as_of, traits=example.traits))
    for email in _said_emails(example, identity):
        emails = identifiers.setdefault("email", [])
        if email not in emails:
            emails.append(email)
    first_seen_at = min((call.at for call in calls), default=as_of)
    calls += [Call(f"{example.name}-of-{account}", "group", as_of, group_id=account) for account in accounts]
    first_seen_at = min(first_seen_at, as_of)
    return Person(
        example.name, identifiers, first_seen_at, calls, example.memberships, lists=example.lists, related=example.related
    )


def _tracks(name: str, events: Iterable[ExampleEvent]) -> list[Call]:
    return [
        Call(f"{name}-{number}", "track", event.at, event.name, event.properties, context=event.context)
        for number, event in enumerate(events)
    ]


def _said_emails(example: ExamplePerson, identity: Identity) -> Iterator[str]:
    """Emails that the person's calls name: they identify it too, as in production."""
    contexts = [event.context.get("traits") for event in example.events]
    for traits in (example.traits, *(found for found in contexts if isinstance(found, Mapping))):
        email = traits.get("email")
        if isinstance(email, str) and identity.normal("email", email):
            yield identity.normal("email", email)


def _row(person: Person, call: Call, identity: Identity) -> tuple[object, ...]:
    """A row of `raw.calls`, identified by `user_id` where the person has one, which goes before all, or by the first given."""
    first = {kind: values[0] for kind, values in person.identifiers.items() if values}
    user = first.get("user_id")
    kind = "user_id" if user is not None else next(iter(first), "user_id")
    said = {"properties": call.properties, "context": call.context}
    column, before, after = identity.place(kind)
    if column in said:
        known = said[column]
        known = json.loads(known) if isinstance(known, str) else dict(known or {})
        said[column] = {**known, **json.loads(before + json.dumps(first[kind]) + after)}
    return (
        call.message_id, call.type, naive(call.at), None if call.received_at is None else naive(call.received_at), user,
        first["anonymous_id"] if kind == "anonymous_id" else None, call.event, call.name, call.group_id,
        _json(said["properties"]),
        _json(call.traits), _json(said["context"]), call.source, naive(call.loaded_at or call.at),
    )  # fmt: skip


def _json(value: Mapping[str, object] | str | None) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"))


def _aware(instant: object) -> datetime | None:
    return instant.replace(tzinfo=UTC) if isinstance(instant, datetime) else None
