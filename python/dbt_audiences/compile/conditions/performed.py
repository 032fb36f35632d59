"""`performed:` and `not_performed:` as a CTE."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.conditions.measured import holds_for_none, measured
from dbt_audiences.compile.conditions.rows import events_name, rows_of
from dbt_audiences.compile.jinja import Sum, package_call
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.windows import window_argument
from dbt_audiences.core.definitions import Aggregate, Performed


def performed(condition: Performed, scene: Scene) -> Leaf:
    """Entities by how often they performed events, or what is made of these; one without any has performed them zero times."""
    if condition.regularly is not None or isinstance(condition.measure, Aggregate):
        return measured(condition, scene)
    count = condition.measure
    rows = rows_of(condition, scene)
    at_least = count.exactly if count.exactly is not None else count.at_least
    at_most = count.exactly if count.exactly is not None else count.at_most
    call = package_call(
        "performed",
        events=list(rows.relations),
        columns=list(rows.columns) if len(rows.relations) > 1 and rows.columns else None,
        at_least=at_least or None,
        at_most=at_most,
        window=window_argument(condition.window, scene),
        where=rows.where,
        turns=Sum(rows.turns) if rows.turns else None,
    )
    return Leaf(scene.ctes.add(events_name(condition), call, condition.place), holds_for_none(count), rows.turning)
