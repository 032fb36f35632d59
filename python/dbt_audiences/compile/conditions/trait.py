"""`trait:` as a CTE."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.jinja import Expression, Sum, package_call
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import joined_of
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.compile.where import comparisons_turns, trait_expression
from dbt_audiences.compile.windows import duration_argument
from dbt_audiences.core.definitions import ITEM, TraitTest


def trait(condition: TraitTest, scene: Scene) -> Leaf:
    """Entities by a trait's value; one that never had it has a missing value."""
    place, name = condition.place, scene.tables.trait_name(scene.kind, condition.path[0], condition.custom)
    joined = joined_of([(one, ITEM in condition.path) for one in condition.comparisons], scene, place)
    reader = Reader(scene.tables, scene.timezone, joined.traits, joined.lists)
    turning = comparisons_turns("trait", condition.path[1:], condition.comparisons, reader)
    if name.origin == "computed":
        turning.append(["changes_at"])
    values: Expression = scene.trait_values(condition.path[0], condition.custom, place)
    if joined.call_parts:
        columns: list[Expression] = list(scene.tables.columns_of_trait(name))
        widened = package_call("widened_rows", values, columns, **joined.call_parts)
        values = scene.ctes.add(cte_name(f"{condition.path[0]} compared", place), widened, place)
    test = trait_expression(condition, reader)
    cte = cte_name(".".join(condition.path), place)
    holds_without = all(one.operator == "exists" and one.operand is False for one in condition.comparisons)
    if condition.held_for is not None:
        missing = True if holds_without else None
        judged = scene.ctes.add(f"{cte}_values", package_call("held_values", values, test))
        since = scene.ctes.add(f"{cte}_since", package_call("held_since", judged, missing=missing))
        call = package_call("held", since, duration_argument(condition.held_for), missing=missing)
    else:
        call = package_call("trait", values=values, test=test, turns=Sum(tuple(turning)) if turning else None)
    return Leaf(scene.ctes.add(cte, call, place), holds_without, joined.turning)
