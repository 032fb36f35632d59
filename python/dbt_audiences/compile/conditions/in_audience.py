"""`in_audience:` as a CTE."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.jinja import package_call
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.core.definitions import InAudience


def in_audience(condition: InAudience, scene: Scene) -> Leaf:
    """Members of the other audience, which is of the same kind of entity."""
    call = package_call("in_audience", scene.members(condition.key, condition.place))
    return Leaf(scene.ctes.add(cte_name(f"in {condition.key}", condition.place), call, condition.place), default=False)
