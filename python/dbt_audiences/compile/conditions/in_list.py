"""`in_list:` as a CTE."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.jinja import package_call
from dbt_audiences.compile.loaded_lists import list_model
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.core.definitions import InList


def in_list(condition: InList, scene: Scene) -> Leaf:
    """Those on a list, which is read as the members of an audience are."""
    call = package_call("in_audience", scene.members(list_model(condition.key, scene.kind), condition.place))
    return Leaf(scene.ctes.add(cte_name(f"on list {condition.key}", condition.place), call, condition.place), default=False)
