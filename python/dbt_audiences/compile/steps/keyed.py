"""What must be equal between a child's events and the spans of those above, so that comparisons of both hold.

Values are compared as they are; items of arrays and of lists, and texts that lie within others, get a row each, once for each
different value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import parent_column
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.items import ByItem, Key, children_by_item, items_of, spans_by_item
from dbt_audiences.compile.steps.references import TEXTS, Pair, Split
from dbt_audiences.core.definitions import Comparison, Operator, PropertyTest

OPPOSITE: dict[str, Operator] = {"not_equals": "equals", "none_of": "one_of", "not_contains": "contains"}


_KEYED = ("equals", "one_of", "contains_any", *TEXTS)
LISTS = ("one_of", "contains_any")
"""Those of which the events above get the rows."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """The CTEs of spans and children with a row for each value that may be equal, and which these are."""

    spans: str
    children: str
    keys: list[Key]


def opposite(pair: Pair) -> Pair:
    """The comparison that holds, of the values that are there, where this one does not."""
    return replace(pair, comparison=replace(pair.comparison, operator=OPPOSITE[pair.comparison.operator]))


def is_keyed(parts: Split) -> bool:
    """Whether equal keys find all that the child is compared with, each pair of events once."""
    return parts.mixed == tuple(items_of(parts)) and all(pair.comparison.operator in _KEYED for pair in parts.pairs)


def without_one(parts: Split) -> Split:
    """The same without what it says must differ, if that is one value or text and no list is beside it; else all of it."""
    differing = [pair for pair in parts.pairs if pair.comparison.operator in OPPOSITE]
    if len(differing) != 1 or any(pair.comparison.operator in ("none_of", *LISTS) for pair in parts.pairs):
        return parts
    return replace(parts, pairs=tuple(pair for pair in parts.pairs if pair not in differing))


def keyed(spans: str, children: str, pairs: list[Pair], items: list[PropertyTest], scene: Scene, name: str) -> Keyed:
    """Rows of both that go together exactly where these pairs pass: each child at most once with each span."""
    keys = [key_of(pair, scene) for pair in pairs if pair.comparison.operator == "equals"]
    lists = [pair for pair in pairs if pair.comparison.operator == "one_of"]
    of_texts = [pair for pair in pairs if pair.comparison.operator == "contains_any"]
    texts = [pair for pair in pairs if pair.comparison.operator in TEXTS]
    if items:
        by_item = children_by_item(children, items, scene, name)
        children, keys = by_item.rows, [*keys, *by_item.keys]
    if texts:
        by_match = _children_by_match(spans, children, texts, scene, name)
        children, keys = by_match.rows, [*keys, *by_match.keys]
    for number, pair in enumerate(of_texts, 1):
        by_text = _spans_by_match(spans, children, pair, scene, name, f"matching_{number}")
        spans, keys = by_text.rows, [*keys, *by_text.keys]
    if lists:
        by_value = spans_by_item(spans, lists, [sides(pair, scene)[0] for pair in lists], scene, name)
        spans, keys = by_value.rows, [*keys, *by_value.keys]
    return Keyed(spans, children, keys)


def _children_by_match(spans: str, children: str, pairs: list[Pair], scene: Scene, name: str) -> ByItem:
    """A child's events, one row for each different value above that they match: only different values are compared."""
    compared = [sides(pair, scene) for pair in pairs]
    below = list(dict.fromkeys(str(left) for left, _ in compared))
    above = list(dict.fromkeys(str(right) for _, right in compared))
    tests = [pair_test(pair.test, pair.comparison, scene) for pair in pairs]
    call = package_call("step_matches", spans, children, list(above), list(below), tests)
    matches = scene.ctes.add(f"{name}_matches", call)
    rows = scene.ctes.add(f"{name}_by_match", package_call("step_by_match", children, matches, list(above), list(below)))
    return ByItem(rows, [[f"matched_{number}", right] for number, right in enumerate(above, 1)])


def _spans_by_match(spans: str, children: str, pair: Pair, scene: Scene, name: str, matched: str) -> ByItem:
    """Spans of the events above, one row for each different value of the child in which a text of their list is."""
    left, _ = sides(pair, scene)
    by_value = spans_by_item(spans, [pair], [left], scene, name)
    item = by_value.keys[0][1]
    test = compared_sides(
        f"children.{left}", replace(pair.comparison, operator="contains"), f"spans.{item}", ignore_case=pair.test.ignore_case
    )
    matches = scene.ctes.add(f"{name}_matches", package_call("step_matches", by_value.rows, children, [item], [left], [test]))
    call = package_call("step_spans_by_match", spans, by_value.rows, matches, item, matched)
    return ByItem(scene.ctes.add(f"{name}_by_match", call), [[left, matched]])


def sides(pair: Pair, scene: Scene) -> list[Expression]:
    """The columns of the child and of the event above, as they are."""
    left = child_column(pair.test, pair.comparison, Reader(scene.tables, scene.timezone))
    return [left, scene.tables.column_names[parent_column(pair.comparison)]]


def key_of(pair: Pair, scene: Scene) -> list[Expression]:
    """Both sides of a pair, as the macros take what must be equal."""
    left, right = sides(pair, scene)
    if pair.test.ignore_case:
        return [package_call("case_ignored", left), package_call("case_ignored", right)]
    return [left, right]


def pair_test(test: PropertyTest, comparison: Comparison, scene: Scene) -> Expression:
    """The test of a pair of events by a comparison of theirs."""
    left = child_column(test, comparison, Reader(scene.tables, scene.timezone, prefix="children."))
    right = scene.tables.column_names[parent_column(comparison)]
    return compared_sides(left, comparison, f"spans.{right}", ignore_case=test.ignore_case)


def child_column(test: PropertyTest, comparison: Comparison, reader: Reader) -> Expression:
    """The value of a child that a comparison reads."""
    return reader.column(test.origin, test.path, comparison.type or "presence")


def compared_sides(left: Expression, comparison: Comparison, right: str, *, ignore_case: bool = False) -> Expression:
    """A comparison of two columns."""
    lowered = True if ignore_case else None
    return package_call("compared_columns", left, comparison.operator, right, comparison.type, ignore_case=lowered)
