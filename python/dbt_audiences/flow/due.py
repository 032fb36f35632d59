"""When each audience and computed trait is to be evaluated next, if nothing but time changes."""

from __future__ import annotations

from datetime import UTC, datetime

from dbt_audiences.core.project import Project
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.run.registry import relation_exists
from dbt_audiences.spec.schedule import schedules


def next_due(warehouse: Warehouse, relations: Relations, project: Project, *, leaves_batch: bool) -> dict[str, datetime]:
    """Key -> the next instant, aware, at which time alone may change it, or at which its `every` is due; else not in it.

    leaves_batch  what says `compute: batch` and no `every` is never due by itself
    """
    scheduled = schedules(project, leaves_batch=leaves_batch)
    rows = warehouse.fetch(f"select audience, min(changes_at) from {relations['evaluations']} group by audience")
    for trait in project.traits.values():
        if trait.enabled and trait.key in relations and relation_exists(warehouse, relations[trait.key]):
            rows += [(trait.key, at) for (at,) in warehouse.fetch(f"select min(changes_at) from {relations[trait.key]}")]
    enabled = {one.key for one in project.computed if one.enabled}
    found = {
        str(key): at.replace(tzinfo=UTC)
        for key, at in rows
        if isinstance(at, datetime) and key in enabled and key not in scheduled
    }
    for key, as_of in warehouse.fetch(f"select model, as_of from {relations['cursors']}"):
        if key in scheduled and isinstance(as_of, datetime):
            due = scheduled[str(key)].next_due(as_of.replace(tzinfo=UTC))
            if due is not None:
                found[str(key)] = due
    return found
