"""Comparisons with one item of an array: each different item is a row of its own, so that the sorts for plain values serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import is_of_parent, parent_column
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.references import Pair, Split
from dbt_audiences.core.definitions import ITEM, PropertyTest

Key = list[Expression]
"""What must be equal: of the child, of the event above."""


@dataclass(frozen=True, slots=True)
class ByItem:
    """Rows with a row for each different item, and what must be equal then."""

    rows: str
    keys: list[Key]


def items_of(split: Split) -> list[PropertyTest]:
    """The tests that ask for one item of an array of the child that equals a value of the event above."""
    return [where for where in split.mixed if isinstance(where, PropertyTest) and _is_of_item(where)]


def _is_of_item(test: PropertyTest) -> bool:
    if test.path.count(ITEM) != 1 or len(test.comparisons) != 1:
        return False
    (comparison,) = test.comparisons
    return comparison.operator == "equals" and is_of_parent(comparison)


def children_by_item(events: str, tests: Sequence[PropertyTest], scene: Scene, name: str) -> ByItem:
    """A child's events, one row for each different item."""
    reader = Reader(scene.tables, scene.timezone)
    arrays: list[Expression] = []
    keys: list[Key] = []
    for number, test in enumerate(tests, 1):
        (comparison,) = test.comparisons
        place = test.path.index(ITEM)
        array = reader.array(test.origin, test.path[:place], None)
        left = array.reader.column("item", test.path[place + 1 :], comparison.type or "presence")
        right: Expression = scene.tables.column_names[parent_column(comparison)]
        if test.ignore_case:
            left, right = package_call("case_ignored", left), package_call("case_ignored", right)
        fields = [[field, type_] for field, type_ in array.reader.fields.items()]
        arrays.append(package_call("different_items", f"events.{array.column}", array.item, fields, left))
        keys.append([f"item_{number}", right])
    return ByItem(scene.ctes.add(f"{name}_by_item", package_call("step_items", events, arrays)), keys)


def spans_by_item(spans: str, pairs: Sequence[Pair], lefts: Sequence[Expression], scene: Scene, name: str) -> ByItem:
    """Spans of the events above, one row for each different value of their lists; `lefts` are the children's values."""
    arrays: list[Expression] = []
    keys: list[Key] = []
    for number, (pair, left) in enumerate(zip(pairs, lefts, strict=True), 1):
        value: Expression = "listed_value"
        if pair.test.ignore_case:
            left, value = package_call("case_ignored", left), package_call("case_ignored", value)
        column = scene.tables.column_names[parent_column(pair.comparison)]
        arrays.append(package_call("different_values", f"events.{column}", value))
        keys.append([left, f"item_{number}"])
    return ByItem(scene.ctes.add(f"{name}_by_value", package_call("step_items", spans, arrays)), keys)
