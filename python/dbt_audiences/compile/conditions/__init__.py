"""One condition -> CTEs that yield its value: a file for each kind of condition, chosen by its type."""

from __future__ import annotations

from dbt_audiences.compile.conditions.in_audience import in_audience
from dbt_audiences.compile.conditions.in_list import in_list
from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.conditions.performed import performed
from dbt_audiences.compile.conditions.related import related
from dbt_audiences.compile.conditions.top import top
from dbt_audiences.compile.conditions.trait import trait
from dbt_audiences.compile.scene import Scene
from dbt_audiences.core.definitions import Condition, InAudience, InList, Performed, Related, Top, TraitTest

__all__ = ["Leaf", "leaf"]


def leaf(condition: Condition, scene: Scene) -> Leaf:
    """Adds the CTEs of a condition that is no combination of others; `Everyone` needs none, blocks of members the fold adds."""
    match condition:
        case Performed():
            return performed(condition, scene)
        case TraitTest():
            return trait(condition, scene)
        case InAudience():
            return in_audience(condition, scene)
        case Related():
            return related(condition, scene)
        case Top():
            return top(condition, scene)
        case InList():
            return in_list(condition, scene)
    raise AssertionError(f"{type(condition).__name__} was not refused")
