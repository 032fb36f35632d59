"""Definitions evaluated on what the last run staged, as temporary tables; nothing is written to the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from dbt_audiences.core.warehouse import Relations, Warehouse


@contextmanager
def fresh_tables(
    warehouse: Warehouse,
    relations: Relations,
    models: Iterable[tuple[str, str]],
    *,
    read: frozenset[str] = frozenset(),
    under: Mapping[str, str] | None = None,
) -> Iterator[dict[str, str]]:
    """Model name -> temporary table, for as long as the context lasts.

    models  names and their SQL, each after what it reads
    read    audiences of which other models read the members
    under   fresh tables that are there already; the result has them too
    """
    fresh = dict(under or {})
    made: list[str] = []
    try:
        for name, sql in models:
            query = _renamed(sql, relations, fresh)
            if name in read:
                query = f"select profile_id from ({query}) as judged where is_member"
            table = f"fresh_table_{len(fresh)}"
            warehouse.execute(f"create temporary table {table} as {query}")
            made.append(table)
            fresh[name] = table
        yield fresh
    finally:
        for table in made:
            warehouse.execute(f"drop table if exists {table}")


def _renamed(sql: str, relations: Relations, fresh: Mapping[str, str]) -> str:
    for name, table in fresh.items():
        sql = sql.replace(relations[name], table)
    return sql
