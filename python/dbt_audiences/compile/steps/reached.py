"""When trees of bounds of one sign turn, by the instants at which each bound is reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.steps.tree import Counted, Test, Tree, counted_of, is_all, parts_of
from dbt_audiences.core.definitions import Any


def reached_at(tree: Tree, instant: Callable[[Test], Expression]) -> Expression:
    """When a tree turns, null for never: of lower bounds as soon as one of an `any`, or all that must, are reached; of upper
    ones as soon as one that must hold, or all of an `any`, are exceeded."""
    if isinstance(tree, Test):
        return instant(tree)
    found: list[Expression] = [reached_at(child, instant) for child in tree.children]
    return package_call("earliest" if isinstance(tree, Any) == is_all(tree, ">=") else "when_all", found)


def completed_at(tree: Tree, number: Mapping[Counted, int]) -> list[Expression]:
    """When each part of what must follow is complete, where all of them are there; `number` is that of each count's columns."""

    def instant(test: Test) -> Expression:
        n = number[counted_of(test)]
        return package_call("instant_if", f"count_{n} >= {test.number}", f"completed_{n}")

    return [
        f"completed_{number[counted_of(part)]}" if isinstance(part, Test) else reached_at(part, instant)
        for part in parts_of(tree)
    ]
