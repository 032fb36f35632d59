"""`top:` as a CTE."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.items import Column
from dbt_audiences.compile.jinja import package_call, reference
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.core.definitions import Top


def top(condition: Top, scene: Scene) -> Leaf:
    """The first of the whole universe; who is not in it has no row."""
    tables = scene.tables
    of_accounts = scene.kind == "accounts"
    call = package_call(
        "top",
        reference(tables.trait_models[tables.trait_name(scene.kind, condition.path[0], condition.custom)]),
        tables.column_names[number_column(condition)],
        of="accounts" if of_accounts else None,
        identifiers=None if of_accounts else list(scene.identifiers),
        percent=None if condition.percent is None else f"{condition.percent:f}",
        count=condition.count,
    )
    return Leaf(scene.ctes.add(cte_name(f"top by {condition.path[0]}", condition.place), call, condition.place), default=False)


def number_column(condition: Top) -> Column:
    """The value of the trait that ranks."""
    return Column("trait", condition.path[1:], "number")
