"""What a deleted audience or trait leaves in the warehouse, and what brings it back when its file returns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.identity import UNCHANGED, Identity
from dbt_audiences.core.project import Project
from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, schema_and_table, text_literal

SOURCE = "dbt-audiences"
"""The source of the calls that keep last values as custom traits."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A key that the project no longer defines; `of` is users or accounts, `relation` its view or table, quoted."""

    key: str
    kind: str
    of: str
    relation: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """What stamps the rows that are written: as_of and id of the run, the present, the raw tables' schema, and who is who."""

    as_of: datetime
    run_id: str
    now: datetime
    raw_schema: str
    identity: Identity = UNCHANGED


def knows_deletions(warehouse: Warehouse, relations: Relations) -> bool:
    """Whether the state tables have the columns of this version; before their migration nothing can be deleted."""
    schema, table = schema_and_table(relations["keys"])
    found = warehouse.fetch(
        "select count(*) from information_schema.columns where column_name = 'farewell' "
        f"and table_schema = {text_literal(schema)} and table_name = {text_literal(table)}"
    )
    return bool(found[0][0])


def gone_keys(warehouse: Warehouse, relations: Relations, project: Project) -> list[Deletion]:
    """Keys with something left to take away whose files are gone, in the order of keys."""
    return [one for one in _left(warehouse, relations) if one.key not in project.audiences and one.key not in project.traits]


def known_key(warehouse: Warehouse, relations: Relations, key: str) -> Deletion | None:
    """The same for one key, whether its file is there or not."""
    return next((one for one in _left(warehouse, relations) if one.key == key), None)


def said_farewell(warehouse: Warehouse, relations: Relations, key: str, farewell: str) -> str | None:
    """The key where it was deleted before, with what its destinations are told from now on; None where it was not."""
    of_key = f"key = {text_literal(key)} and deleted_at is not null"
    if not warehouse.fetch(f"select key from {relations['keys']} where {of_key}"):
        return None
    warehouse.execute(f"update {relations['keys']} set farewell = {text_literal(farewell)} where {of_key}")
    return key


def _left(warehouse: Warehouse, relations: Relations) -> list[Deletion]:
    """Of a version that knew no deletions there may be members of keys that were deleted long ago."""
    keys = relations["keys"]
    is_left = "deleted_at is null"
    if warehouse.fetch(f"select key from {keys} where deleted_at is not null limit 1"):
        is_left += f" or key in (select audience from {relations['memberships']})"
    rows = warehouse.fetch(f"select key, kind, of, relation from {keys} where {is_left} order by key")
    return [
        Deletion(str(key), str(kind), str(of or "users"), None if relation is None else str(relation))
        for key, kind, of, relation in rows
    ]


def delete_keys(
    warehouse: Warehouse, relations: Relations, deletions: Sequence[Deletion], run: Run, *, farewell: str | None = None
) -> list[str]:
    """Keep last values as custom traits, let the members out, drop the audiences' views; what could not be dropped is said.

    The table of a trait stays as long as the views of all traits read it: `drop_trait_tables`.

    farewell  what destinations are told: `approved` every exit, `none` nothing, None what the guards let through
    """
    for one in deletions:
        with warehouse.transaction():
            _keep_values(warehouse, relations, one, run)
            if one.kind == "audience":
                _let_out(warehouse, relations, one.key, run)
            else:
                warehouse.execute(f"delete from {relations['cursors']} where model = {text_literal(one.key)}")
            said = "null" if farewell is None else text_literal(farewell)
            warehouse.execute(
                f"update {relations['keys']} set deleted_at = coalesce(deleted_at, {instant_literal(run.as_of)}), "
                f"farewell = {said} where key = {text_literal(one.key)}"
            )
    audiences = (one for one in deletions if one.kind == "audience")
    return [problem for one in audiences if (problem := _drop(warehouse, relations, one)) is not None]


def drop_trait_tables(warehouse: Warehouse, relations: Relations) -> list[str]:
    """Drop the tables of deleted traits, once no view of this package reads them; what could not be dropped is said."""
    rows = warehouse.fetch(
        f"select key, kind, of, relation from {relations['keys']} "
        "where kind = 'trait' and deleted_at is not null and relation is not null order by key"
    )
    problems = []
    for key, kind, of, relation in rows:
        problem = _drop(warehouse, relations, Deletion(str(key), str(kind), str(of or "users"), str(relation)))
        if problem is not None:
            problems.append(problem)
            continue
        warehouse.execute(f"update {relations['keys']} set relation = null where key = {text_literal(str(key))}")
    return problems


def _keep_values(warehouse: Warehouse, relations: Relations, one: Deletion, run: Run) -> None:
    """An identify call for each member, or a group call for each account, in the raw table: a custom trait like any other."""
    if one.kind == "audience":
        values = f"select profile_id, 'true' as value from {relations['memberships']} where audience = {text_literal(one.key)}"
    else:
        values = f"select profile_id, value from {relations['traits']} where trait = {text_literal(one.key)}"
    traits = f"cast({text_literal('{' + json.dumps(one.key) + ':')} || kept.value || '}}' as json)"
    stamp = instant_literal(run.as_of)
    load_id = text_literal(_load_id(one.key))
    message_id = f"{text_literal(f'kept-{one.key}-{run.run_id}-')} || kept.profile_id"
    if one.of == "accounts":
        columns = "cast(null as text), cast(null as text), kept.profile_id, cast(null as json), cast(null as json)"
        source = f"({values}) as kept"
        kind = "group"
    else:
        columns = ", ".join(
            (
                "case when known.type = 'user_id' then known.value end",
                "case when known.type = 'anonymous_id' then known.value end",
                "cast(null as text)",
                _named_in("properties", run.identity),
                _named_in("context", run.identity),
            )
        )
        order = " ".join(f"when '{name}' then {number}" for number, name in enumerate(run.identity.types))
        source = (
            f"({values}) as kept inner join (select profile_id, type, value, row_number() over (partition by profile_id "
            f"order by case type {order} end, first_seen_at, value) as nth from {relations['profile_identifiers']} "
            f"where type in ({', '.join(text_literal(name) for name in run.identity.types)})) as known "
            "on known.profile_id = kept.profile_id and known.nth = 1"
        )
        kind = "identify"
    warehouse.execute(
        f"insert into {_calls(run)} (message_id, type, occurred_at, user_id, anonymous_id, group_id, properties, context, "
        f"traits, source, loaded_at, load_id) select {message_id}, '{kind}', {stamp}, {columns}, {traits}, "
        f"{text_literal(SOURCE)}, {instant_literal(run.now)}, {load_id} from {source}"
    )


def _named_in(column: str, identity: Identity) -> str:
    """What a column of JSON of a call holds that is by `known`, an identifier; null where its type stands elsewhere."""
    places = ((type_, *identity.place(type_)) for type_ in identity.types)
    cases = " ".join(
        f"when known.type = {text_literal(type_)} then {text_literal(before)} || cast(to_json(known.value) as text) || "
        f"{text_literal(after)}"
        for type_, there, before, after in places
        if there == column
    )
    return f"cast({f'case {cases} end' if cases else 'null'} as json)"


def _let_out(warehouse: Warehouse, relations: Relations, key: str, run: Run) -> None:
    of_key = f"audience = {text_literal(key)}"
    warehouse.execute(
        f"insert into {relations['membership_changes']} (audience, profile_id, change, changed_at, run_id, definition_hash, "
        f"cause) select m.audience, m.profile_id, 'exited', {instant_literal(run.as_of)}, {text_literal(run.run_id)}, "
        f"k.definition_hash, 'deleted' from {relations['memberships']} as m inner join {relations['keys']} as k "
        f"on k.key = m.audience where m.{of_key}"
    )
    warehouse.execute(f"delete from {relations['memberships']} where {of_key}")
    warehouse.execute(f"delete from {relations['evaluations']} where {of_key}")
    # A frozen membership comes back as it was, and is not evaluated again.
    warehouse.execute(f"delete from {relations['cursors']} where model = {text_literal(key)} and fingerprint <> 'static'")


def _drop(warehouse: Warehouse, relations: Relations, one: Deletion) -> str | None:
    """The view of an audience, the table of a trait; something of the user's own may stand on it."""
    kind = "view" if one.kind == "audience" else "table"
    relation = one.relation
    if relation is None:
        if one.kind != "audience":
            return None
        relation = f'{relations["memberships"].rsplit(".", 1)[0]}."{one.key}"'
    try:
        warehouse.execute(f"drop {kind} if exists {relation}")
    except FailedError as error:
        return f"the {kind} {relation} stays: {error.message.splitlines()[0]}"
    return None


def restore_keys(warehouse: Warehouse, relations: Relations, project: Project, run: Run) -> None:
    """Undo the deletion of keys that are back with the definition last seen: who was let out is in, since when they were."""
    rows = warehouse.fetch(f"select key, kind, definition_hash from {relations['keys']} where deleted_at is not null")
    for key, kind, definition_hash in ((str(row[0]), str(row[1]), row[2]) for row in rows):
        if project.hashes.get(key) != definition_hash:
            continue
        with warehouse.transaction():
            warehouse.execute(f"delete from {_calls(run)} where load_id = {text_literal(_load_id(key))}")
            if kind == "audience":
                _let_in(warehouse, relations, key, run)
            warehouse.execute(
                f"update {relations['keys']} set deleted_at = null, farewell = null where key = {text_literal(key)}"
            )


def _let_in(warehouse: Warehouse, relations: Relations, key: str, run: Run) -> None:
    """Members of the day of the deletion that are not in yet, and whose profiles are still there."""
    changes, name = relations["membership_changes"], text_literal(key)
    of_key = f"audience = {name}"
    was_in = (
        f"select x.profile_id, max(e.changed_at) as entered_at from {changes} as x inner join {changes} as e "
        "on e.audience = x.audience and e.profile_id = x.profile_id and e.change = 'entered' "
        f"and coalesce(e.cause, 'run') <> 'restored' where x.{of_key} and x.cause = 'deleted' and x.changed_at = "
        f"(select max(changed_at) from {changes} where {of_key} and cause = 'deleted') "
        f"and not exists (select 1 from {relations['memberships']} as m where m.{of_key} and m.profile_id = x.profile_id) "
        "group by x.profile_id"
    )
    entities = f"select profile_id from {relations['profile_identifiers']} union select account_id from {relations['accounts']}"
    returning = f"select w.profile_id, w.entered_at from ({was_in}) as w where w.profile_id in ({entities})"
    warehouse.execute(
        f"insert into {changes} (audience, profile_id, change, changed_at, run_id, definition_hash, cause) "
        f"select {name}, r.profile_id, 'entered', {instant_literal(run.as_of)}, {text_literal(run.run_id)}, "
        f"(select k.definition_hash from {relations['keys']} as k where k.key = {name}), 'restored' from ({returning}) as r"
    )
    warehouse.execute(
        f"insert into {relations['memberships']} (audience, profile_id, entered_at) "
        f"select {name}, b.profile_id, max(e.changed_at) from {changes} as b inner join {changes} as e "
        "on e.audience = b.audience and e.profile_id = b.profile_id and e.change = 'entered' "
        f"and coalesce(e.cause, 'run') <> 'restored' where b.{of_key} and b.cause = 'restored' "
        f"and b.run_id = {text_literal(run.run_id)} group by b.profile_id"
    )


def _calls(run: Run) -> str:
    return f'"{run.raw_schema}"."calls"'


def _load_id(key: str) -> str:
    return f"kept-{key}"
