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
