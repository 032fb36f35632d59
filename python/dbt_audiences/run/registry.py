"""What a run writes down about itself and about the keys it has seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from dbt_audiences.core.errors import DefinitionError, Problem, UsageError
from dbt_audiences.core.project import Project
from dbt_audiences.core.warehouse import Relations, Row, Warehouse, instant_literal, schema_and_table, text_literal


def state_exists(warehouse: Warehouse, relations: Relations) -> bool:
    """Whether a run has ever prepared this warehouse: whether its table of keys is there."""
    return relation_exists(warehouse, relations["keys"])


def refuse_older_state(warehouse: Warehouse, relations: Relations) -> None:
    """Raise where the tables of deliveries lack what this version writes into them: a run adds it."""
    if not has_column(warehouse, relations["connections"], "lag_seconds"):
        raise UsageError("the tables in this warehouse are of an older version", hint="run `audiences run` first")


def has_column(warehouse: Warehouse, relation: str, column: str) -> bool:
    """Whether a table or a view of this quoted name has the column."""
    schema, table = schema_and_table(relation)
    found = warehouse.fetch(
        f"select count(*) from information_schema.columns where column_name = {text_literal(column)} "
        f"and table_schema = {text_literal(schema)} and table_name = {text_literal(table)}"
    )
    return bool(found[0][0])


def relation_exists(warehouse: Warehouse, relation: str) -> bool:
    """Whether a table or a view of this quoted name is there."""
    schema, table = schema_and_table(relation)
    found = warehouse.fetch(
        "select count(*) from information_schema.tables "
        f"where table_schema = {text_literal(schema)} and table_name = {text_literal(table)}"
    )
    return bool(found[0][0])


def relations_called(warehouse: Warehouse, names: Iterable[str]) -> dict[str, list[str]]:
    """Name -> the quoted tables and views of that name in all schemas."""
    found: dict[str, list[str]] = {name: [] for name in names}
    tables = ", ".join(text_literal(name) for name in found)
    sql = f"select distinct table_schema, table_name from information_schema.tables where table_name in ({tables})"
    for schema, table in warehouse.fetch(sql):
        found[str(table)].append(f'"{schema}"."{table}"')
    return found


def refuse_reused_keys(warehouse: Warehouse, relations: Relations, project: Project, *, reuse: frozenset[str]) -> None:
    """Raise when a key that was deleted comes back with another definition than the one last seen."""
    rows = warehouse.fetch(f"select key, deleted_at, definition_hash from {relations['keys']} where deleted_at is not null")
    problems = []
    for key, deleted_at, definition_hash in rows:
        found = project.audiences.get(str(key)) or project.traits.get(str(key))
        if found is None or key in reuse or project.hashes.get(str(key)) == definition_hash:
            continue
        problems.append(
            Problem(
                found.place,
                f"the key `{key}` was used before, and deleted on {deleted_at:%Y-%m-%d}",
                hint=f"tools that got the old one would mix the two: take another key, or add --reuse-key {key}",
            )
        )
    if problems:
        raise DefinitionError(problems)


def refuse_changed_static(warehouse: Warehouse, relations: Relations, project: Project) -> None:
    """Raise when the definition of an audience whose membership is frozen was edited."""
    rows = warehouse.fetch(
        f"select k.key, k.definition_hash, c.as_of from {relations['keys']} as k inner join {relations['cursors']} as c "
        "on c.model = k.key and c.fingerprint = 'static' where k.deleted_at is null"
    )
    problems = []
    for key, definition_hash, as_of in rows:
        audience = project.audiences.get(str(key))
        if audience is not None and audience.static and project.hashes[audience.key] != definition_hash:
            message = f"`{key}` is static and was computed as of {as_of:%Y-%m-%d}: its definition cannot change any more"
            problems.append(Problem(audience.place, message, hint="take another key, or take `static: true` out"))
    if problems:
        raise DefinitionError(problems)


def record_keys(warehouse: Warehouse, relations: Relations, project: Project, at: datetime) -> None:
    """Write down which keys exist now, under which definition, and where what is computed of them lies."""
    keys = relations["keys"]
    columns = "key, deleted_at, definition_hash, of, relation"
    known = {str(row[0]): row[1:] for row in warehouse.fetch(f"select {columns} from {keys}")}
    kinds = {key: "audience" for key in project.audiences} | {key: "trait" for key in project.traits}
    now = instant_literal(at)
    with warehouse.transaction():
        for key, kind in kinds.items():
            of = (project.audiences.get(key) or project.traits[key]).of
            digest, was = project.hashes[key], known.get(key)
            relation = relations.get(key) or (None if was is None else was[3])
            place = "null" if relation is None else text_literal(str(relation))
            if was is None:
                warehouse.execute(
                    f"insert into {keys} (key, kind, created_at, definition_hash, last_seen_at, of, relation) values ("
                    f"{text_literal(key)}, {text_literal(kind)}, {now}, {text_literal(digest)}, {now}, '{of}', {place})"
                )
            elif was != (None, digest, of, relation):
                warehouse.execute(
                    f"update {keys} set deleted_at = null, kind = {text_literal(kind)}, "
                    f"definition_hash = {text_literal(digest)}, last_seen_at = {now}, of = '{of}', relation = {place}, "
                    f"farewell = null where key = {text_literal(key)}"
                )


def start_run(warehouse: Warehouse, relations: Relations, run_id: str, as_of: datetime, started_at: datetime) -> None:
    """Note that a run has begun, and that those which never said how they ended were interrupted."""
    warehouse.execute(f"update {relations['runs']} set status = 'interrupted' where status = 'running'")
    warehouse.execute(
        f"insert into {relations['runs']} (run_id, as_of, status, started_at) values ({text_literal(run_id)}, "
        f"{instant_literal(as_of)}, 'running', {instant_literal(started_at)})"
    )


def finish_run(
    warehouse: Warehouse, relations: Relations, run_id: str, status: str, finished_at: datetime, message: str
) -> None:
    """Note how a run ended: `succeeded`, `failed` or `refused`; also of one that was taken for interrupted."""
    warehouse.execute(
        f"update {relations['runs']} set status = {text_literal(status)}, finished_at = {instant_literal(finished_at)}, "
        f"message = {text_literal(message[:4000])} where run_id = {text_literal(run_id)}"
    )


def has_run(warehouse: Warehouse, relations: Relations, run_id: str) -> bool:
    """Whether a run has noted itself."""
    rows = warehouse.fetch(f"select count(*) from {relations['runs']} where run_id = {text_literal(run_id)}")
    return bool(rows[0][0])


def run_count(warehouse: Warehouse, relations: Relations) -> int:
    """How many runs there have been, this one included."""
    return int(str(warehouse.fetch(f"select count(*) from {relations['runs']}")[0][0]))


def audience_sizes(warehouse: Warehouse, relations: Relations, run_id: str) -> Mapping[str, tuple[int, int, int]]:
    """Audience -> (members now, entered in this run, exited in it)."""
    sizes = {
        str(key): (int(str(count)), 0, 0)
        for key, count in warehouse.fetch(f"select audience, count(*) from {relations['memberships']} group by audience")
    }
    changes = warehouse.fetch(
        f"select audience, change, count(*) from {relations['membership_changes']} "
        f"where run_id = {text_literal(run_id)} and cause <> 'merge' group by audience, change"
    )
    for key, change, count in changes:
        members, entered, exited = sizes.get(str(key), (0, 0, 0))
        number = int(str(count))
        sizes[str(key)] = (members, number, exited) if change == "entered" else (members, entered, number)
    return sizes


def computed_sizes(warehouse: Warehouse, relations: Relations, project: Project) -> dict[str, int]:
    """Key -> members of an audience, or how many have a value of a computed trait that was built."""
    sizes = f"select audience, count(*) from {relations['memberships']} group by audience"
    found = {str(key): int(str(count)) for key, count in warehouse.fetch(sizes)}
    present = relations_called(warehouse, project.traits) if project.traits else {}
    there = [
        f"select {text_literal(key)}, count(value) from {relations[key]}"
        for key, tables in present.items()
        if tables and key in relations
    ]
    return found | {str(key): int(str(count)) for key, count in (warehouse.fetch(" union all ".join(there)) if there else ())}


def note_approval(warehouse: Warehouse, relations: Relations, key: str, at: datetime) -> None:
    """Write down that a person lets one change of an audience or an event table through."""
    warehouse.execute(
        f"insert into {relations['approvals']} (key, approved_at) values ({text_literal(key)}, {instant_literal(at)})"
    )


def use_approval(warehouse: Warehouse, relations: Relations, key: str, used_by: str, at: datetime) -> None:
    """Write down that the approvals of a key were used, so that the next change needs one of its own."""
    warehouse.execute(
        f"update {relations['approvals']} set used_at = {instant_literal(at)}, used_by = {text_literal(used_by)} "
        f"where key = {text_literal(key)} and used_at is null"
    )


def status_rows(warehouse: Warehouse, relations: Relations) -> list[tuple[str, str, datetime | None, int, datetime | None]]:
    """(key, kind, deleted_at, members, last change) of every key that was ever used, in the order of keys."""
    rows = warehouse.fetch(
        "select k.key, k.kind, k.deleted_at, coalesce(m.n, 0), c.at from "
        f"{relations['keys']} as k left join "
        f"(select audience, count(*) as n from {relations['memberships']} group by audience) as m "
        f"on m.audience = k.key left join (select audience, max(changed_at) as at from {relations['membership_changes']} "
        "group by audience) as c on c.audience = k.key order by k.key"
    )
    return [(str(key), str(kind), deleted, int(str(n)), at) for key, kind, deleted, n, at in rows]  # type: ignore[misc]


def last_runs(warehouse: Warehouse, relations: Relations) -> Mapping[str, Row]:
    """`last` and `succeeded` -> run_id, as_of, status, started_at, finished_at, message of that run, where there is one."""
    columns = "run_id, as_of, status, started_at, finished_at, message"
    found = {}
    for name, where in (("last", ""), ("succeeded", "where status = 'succeeded'")):
        rows = warehouse.fetch(f"select {columns} from {relations['runs']} {where} order by started_at desc limit 1")
        if rows:
            found[name] = rows[0]
    return found


def latest_change(warehouse: Warehouse, relations: Relations) -> datetime | None:
    """The as_of of the latest entry or exit, or None."""
    latest = warehouse.fetch(f"select max(changed_at) from {relations['membership_changes']}")[0][0]
    return latest if isinstance(latest, datetime) else None


def newest_event(warehouse: Warehouse, relations: Relations) -> datetime | None:
    """The time of the newest event that was staged, or None."""
    newest = warehouse.fetch(f"select max(occurred_at) from {relations['stg_events']}")[0][0]
    return newest if isinstance(newest, datetime) else None
