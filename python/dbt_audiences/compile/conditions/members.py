"""`users:` of an account and `account:` of a user as CTEs."""

from __future__ import annotations

from typing import Protocol

from dbt_audiences.compile.accounts import block_of
from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.jinja import package_call
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.core.definitions import Condition, InAudience, Members


class Judge(Protocol):
    """Adds a CTE of this name with the value of a tree of conditions for each of a universe, and gives its name."""

    def __call__(self, who: Condition, scene: Scene, universe: str, name: str, *, is_timed: bool) -> str:
        """`is_timed` where the universe has a `changes_at` of its own."""


def members(condition: Members, scene: Scene, judge: Judge) -> Leaf:
    """Entities by whether any, all or none of their members satisfy a tree of conditions, each as a whole."""
    block, place = block_of(condition.of, condition.who, scene, condition.place), condition.place
    one = "users" if condition.of == "users" else "accounts"
    name = cte_name(f"{one} judged", place)
    evaluated = judge(condition.who, block.scene, block.universe, name, is_timed=block.is_timed)
    call = package_call("members_who", block.links, block.of, block.member, evaluated, condition.quantifier)
    return Leaf(
        scene.ctes.add(cte_name(f"{condition.quantifier} of {one}", place), call, place), condition.quantifier == "none"
    )


def as_members(condition: Condition, scene: Scene) -> Members | None:
    """The block that a condition is; a user is in an audience of accounts where one of the user's accounts is."""
    if isinstance(condition, Members):
        return condition
    if not isinstance(condition, InAudience) or scene.kind == "accounts":
        return None
    is_of_accounts = scene.project.audiences[condition.key].of == "accounts"
    return Members("accounts", "any", condition, condition.place) if is_of_accounts else None
