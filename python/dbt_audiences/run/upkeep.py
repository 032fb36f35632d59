"""Tables that stay quick: sorted by time, so that a window reads little of them, and without what is too old to be kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, text_literal, text_literals

TAKEN_UP = "taken_up"
LEAST_ADDED = 100_000
"""Rows; fewer are not worth writing a table anew."""
MOST_SHARE = 0.2
"""Of a table's rows, those that may have been added since it was sorted."""


def out_of_order(warehouse: Warehouse, relations: Relations, names: Collection[str]) -> list[str]:
    """Of these tables of events those to which so much was added since they were sorted that windows read too much."""
    added = {
        str(name): int(str(count))
        for name, count in warehouse.fetch(
            f"select model, added_count from {relations[TAKEN_UP]} where added_count >= {LEAST_ADDED} "
            f"and model in ({text_literals(sorted(names) or [''])})"
        )
    }
    return [name for name in sorted(added) if added[name] > MOST_SHARE * _count(warehouse, relations[name])]


def sort_by_time(warehouse: Warehouse, relations: Relations, name: str) -> int:
    """Write a table of events anew in the order of time; the number of its rows. Postgres brings its statistics up to date."""
    table = relations[name]
    if warehouse.engine == "duckdb":
        with warehouse.transaction():
            warehouse.execute(f"create or replace table {table} as select * from {table} order by occurred_at")
            warehouse.execute(f"update {relations[TAKEN_UP]} set added_count = 0 where model = {text_literal(name)}")
    else:
        warehouse.execute(f"vacuum analyze {table}")
    return _count(warehouse, table)


def drop_events_before(
    warehouse: Warehouse, relations: Relations, raw_schema: str, names: Collection[str], instant: datetime
) -> int:
    """Delete the events of before an instant out of the raw table, and what was settled with destinations; the events' number.

    What is said of people and accounts stays. The guards are told that the tables of events lose theirs.
    """
    before, raw = instant_literal(instant), f'"{raw_schema}".calls'
    old = f"occurred_at < {before} and type in ('track', 'page', 'screen')"
    (count,), *_ = warehouse.fetch(f"select count(*) from {raw} where {old}")
    with warehouse.transaction():
        for name in names:
            warehouse.execute(
                f"update {relations['source_counts']} set row_count = row_count - "
                f"(select count(*) from {relations[name]} where occurred_at < {before}) where model = {text_literal(name)}"
            )
        warehouse.execute(f"delete from {raw} where {old}")
        warehouse.execute(f"delete from {relations['deliveries']} where settled_at < {before}")
        warehouse.execute(f"delete from {relations['requests']} where settled_at < {before}")
    return int(str(count))


def _count(warehouse: Warehouse, table: str) -> int:
    return int(str(warehouse.fetch(f"select count(*) from {table}")[0][0]))
