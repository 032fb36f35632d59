"""`where`: trees of tests of one event, or of one element of an array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dbt_audiences.core.definitions import All, Any, ItemTest, Not, PropertyTest, Where
from dbt_audiences.spec.comparisons import read_comparisons, read_ignore_case
from dbt_audiences.spec.fields import Fields, Problems, unknown
from dbt_audiences.spec.local_time import read_local
from dbt_audiences.spec.nodes import ListNode, Node, Wrong
from dbt_audiences.spec.related import read_related
from dbt_audiences.spec.values import path_of

_COMBINERS = ("all", "any", "none", "not")
_SUBJECTS = ("property", "context", "local")
_ITEMS = ("any_item", "all_items", "no_item")


@dataclass(frozen=True, slots=True)
class _Around:
    """What a test stands in: `parent` tells whether there is an event above, `item` whether one element is judged."""

    root: Path
    problems: Problems
    parent: bool
    item: bool
    depth: int = 0
    """Of a related row: how many tables stand above what stands below it; 0 where events are tested."""


def read_where(node: Node, root: Path, problems: Problems, *, parent: bool) -> Where | None:
    """The tree, or None where something in it is wrong; `parent` tells whether there is an event above."""
    return _where(node, _Around(root, problems, parent, item=False))


def read_row_tests(node: Node, root: Path, problems: Problems, depth: int) -> Where | None:
    """The same for a related row, below which further ones may stand at this depth."""
    return _where(node, _Around(root, problems, parent=False, item=False, depth=depth))


def _where(node: Node, around: _Around) -> Where | None:
    if isinstance(node, ListNode):
        return _several(node, around)
    fields = Fields(node, "`where`", around.problems)
    present = [key for key in _COMBINERS if key in fields]
    tests = [key for key in (*_SUBJECTS, *_ITEMS, *(("has",) if around.depth else ())) if key in fields]
    if present and tests:
        hint = "make them items of one `all:` list"
        raise Wrong(fields.place_of(tests[0]), f"`{present[0]}` and `{tests[0]}` stand in one mapping", hint)
    if len(tests) > 1:
        hint = "begin the second with a `-` of its own"
        raise Wrong(fields.place_of(tests[1]), f"two tests in one mapping: `{tests[0]}` and `{tests[1]}`", hint)
    if present:
        parts = [_combined(key, fields, around) for key in present]
        fields.taken.update(_COMBINERS)
        fields.finish()
        found = [part for part in parts if part is not None]
        return found[0] if len(found) == 1 else All(tuple(found), node.place)
    return _test(fields, around)


def _several(node: ListNode, around: _Around) -> Where | None:
    if not node.items:
        raise Wrong(node.place, "`where` is an empty list", "leave it out")
    children = around.problems.each(node, lambda item: _where(item, around))
    found = tuple(child for child in children if child is not None)
    return found[0] if len(found) == 1 else All(found, node.place)


def _combined(key: str, fields: Fields, around: _Around) -> Where | None:
    node = fields.need(key)
    place = fields.place_of(key)
    if key == "not":
        child = _where(node, around)
        return None if child is None else Not(child, place)
    if not isinstance(node, ListNode):
        raise Wrong(node.place, f"`{key}` must be a list of tests", "begin each with `- `")
    if not node.items:
        raise Wrong(node.place, f"`{key}` is an empty list", "leave it out")
    children = around.problems.each(node, lambda item: _where(item, around))
    found = tuple(child for child in children if child is not None)
    if key == "all":
        return All(found, place)
    either: Where = Any(found, place)
    return either if key == "any" else Not(either, place)


def _test(fields: Fields, around: _Around) -> Where | None:
    if around.depth and "has" in fields:
        return read_related(fields, around.root, around.depth, lambda node, depth: _where(node, replace(around, depth=depth)))
    for which in _ITEMS:
        if which in fields:
            fields.what = f"`{which}`"
            path = path_of(fields.need(which), f"`{which}`")
            where = _where(fields.need("where"), replace(around, parent=True, item=True, depth=0))
            fields.finish()
            return None if where is None else ItemTest(which, path, where, fields.place)  # type: ignore[arg-type]
    origin = next((key for key in _SUBJECTS if key in fields), None)
    if origin is None:
        first = next(iter(fields.node.entries), None)
        if first is None:
            raise Wrong(fields.place, "an empty mapping tests nothing", "such as {property: price, gt: 50}")
        raise Wrong(fields.place_of(first), f"`{first}` begins no test", unknown(first, (*_SUBJECTS, *_ITEMS, *_COMBINERS)))
    if origin in ("context", "local") and around.depth:
        raise Wrong(fields.place_of(origin), f"a related row has no `{origin}`", "its columns are `property:`")
    if origin == "context" and around.item:
        raise Wrong(fields.place_of(origin), "one element of an array has no `context`", "test it beside the `any_item:`")
    fields.what = f"a test of `{origin}`"
    if origin == "local":
        return read_local(fields, around.root, item=around.item, parent=around.parent)
    path = path_of(fields.need(origin), f"`{origin}`")
    comparisons = read_comparisons(fields, around.root, parent=around.parent)
    ignore_case = read_ignore_case(fields, comparisons)
    fields.finish()
    return PropertyTest(origin, path, comparisons, ignore_case, fields.place)  # type: ignore[arg-type]
