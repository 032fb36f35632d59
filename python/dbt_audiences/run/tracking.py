"""What was loaded and did not keep to the tracking plan."""

from __future__ import annotations

from dbt_audiences.core.warehouse import Row, Warehouse
from dbt_audiences.run.registry import relation_exists

_MOST = 20


def plan_violations(warehouse: Warehouse, raw_schema: str) -> list[Row]:
    """(event, violation, action, calls, last load, samples) of the 30 days before the last load, the most frequent first."""
    table = f'"{raw_schema}"."plan_violations"'
    if not relation_exists(warehouse, table):
        return []
    latest = "(select max(loaded_at) from " + table + ")"
    return warehouse.fetch(
        "select event, violation, action, cast(sum(calls) as bigint), max(loaded_at), max(samples) "
        f"from {table} where loaded_at > {latest} - interval '30 days' "
        f"group by event, violation, action order by 4 desc, event, violation limit {_MOST}"
    )
