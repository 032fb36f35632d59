"""The raw tables: `calls` has the columns that the dbt package makes it with, whichever of the two comes first."""

from __future__ import annotations

from collections.abc import Sequence

from dbt_audiences.core.warehouse import Warehouse

CALL_COLUMNS = (
    ("message_id", "text"),
    ("type", "text"),
    ("occurred_at", "timestamp"),
    ("received_at", "timestamp"),
    ("user_id", "text"),
    ("anonymous_id", "text"),
    ("event", "text"),
    ("name", "text"),
    ("group_id", "text"),
    ("previous_id", "text"),
    ("properties", "json"),
    ("traits", "json"),
    ("context", "json"),
    ("source", "text"),
    ("loaded_at", "timestamp"),
    ("load_id", "text"),
)

REJECTED_COLUMNS = (
    ("file", "text"),
    ("line", "bigint"),
    ("reason", "text"),
    ("content", "text"),
    ("source", "text"),
    ("loaded_at", "timestamp"),
    ("load_id", "text"),
)

VIOLATION_COLUMNS = (
    ("event", "text"),
    ("violation", "text"),
    ("action", "text"),
    ("calls", "bigint"),
    ("samples", "text"),
    ("file", "text"),
    ("source", "text"),
    ("loaded_at", "timestamp"),
    ("load_id", "text"),
)
"""What did not keep to the tracking plan, counted for each load; samples are ids of messages."""

LOAD_COLUMNS = (
    ("load_id", "text"),
    ("file", "text"),
    ("source", "text"),
    ("accepted", "bigint"),
    ("duplicates", "bigint"),
    ("rejected", "bigint"),
    ("started_at", "timestamp"),
    ("finished_at", "timestamp"),
)

LIST_COLUMNS = (
    ("list", "text"),
    ("type", "text"),
    ("value", "text"),
    ("loaded_at", "timestamp"),
)

Columns = Sequence[tuple[str, str]]
_TABLES: dict[str, Columns] = {
    "calls": CALL_COLUMNS,
    "rejected": REJECTED_COLUMNS,
    "loads": LOAD_COLUMNS,
    "plan_violations": VIOLATION_COLUMNS,
    "list_members": LIST_COLUMNS,
}


def quoted(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def relation(schema: str, table: str) -> str:
    """A raw table, quoted."""
    return f"{quoted(schema)}.{quoted(table)}"


def names(columns: Columns, alias: str | None = None) -> str:
    """The columns, listed for a statement."""
    return ", ".join(name if alias is None else f"{alias}.{name}" for name, _ in columns)


def make_tables(warehouse: Warehouse, schema: str) -> None:
    """The schema and those of its tables that are not there yet."""
    found = f"select table_name from information_schema.tables where table_schema = '{schema.replace(chr(39), chr(39) * 2)}'"
    there = {str(row[0]) for row in warehouse.fetch(found)}
    if not there:
        warehouse.execute(f"create schema if not exists {quoted(schema)}")
    for table, columns in _TABLES.items():
        if table not in there:
            listed = ", ".join(f"{name} {type}" for name, type in columns)
            warehouse.execute(f"create table if not exists {relation(schema, table)} ({listed})")


def new_violations(violations: str, rows: str, calls: str, rejected: str) -> str:
    """SQL that counts found violations of calls that are in neither table, by event and violation."""
    groups = "event, violation, action, file, source, loaded_at, load_id"
    return (
        f"insert into {violations} ({names(VIOLATION_COLUMNS)}) with "
        f"known as materialized (select message_id from {calls} where message_id in (select message_id from {rows})) "
        "select event, violation, action, count(*), string_agg(case when is_sample then message_id end, ', '), file, source, "
        f"cast(loaded_at as timestamp), load_id from {rows} as found where "
        "(action = 'flag' and not exists (select 1 from known where known.message_id = found.message_id)) or (action = 'block' "
        f"and not exists (select 1 from {rejected} as kept where kept.file = found.file and kept.line = found.line "
        f"and kept.content = found.content)) group by {groups}"
    )
