"""`where`: trees of tests of one event, or of one element of an array."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import All, Any, ItemTest, Not, PropertyTest, Where
from dbt_audiences.spec.comparisons import read_comparisons, read_ignore_case
from dbt_audiences.spec.fields import Fields, Problems
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Wrong
from dbt_audiences.spec.values import path_of

_COMBINERS = ("all", "any", "none", "not")
_ITEMS = ("any_item", "all_items", "no_item")


def read_where(node: Node, root: Path, problems: Problems, *, parent: bool) -> Where | None:
    """The tree, or None where something in it is wrong; `parent` tells whether there is an event above."""
    if isinstance(node, ListNode):
        return _several(node, root, problems, parent, "`where`")
    fields = Fields(node, "`where`", problems)
    assert isinstance(node, MapNode)
    present = [key for key in _COMBINERS if key in fields]
    if present:
        parts = [_combined(key, fields, root, problems, parent) for key in present]
        fields.taken.update(_COMBINERS)
        fields.finish()
        found = [part for part in parts if part is not None]
        return found[0] if len(found) == 1 else All(tuple(found), node.place)
    return _test(fields, root, problems, parent)


def _several(node: ListNode, root: Path, problems: Problems, parent: bool, what: str) -> Where | None:
    if not node.items:
        raise Wrong(node.place, f"{what} is an empty list", "leave it out")
    children = problems.each(node, lambda item: read_where(item, root, problems, parent=parent))
    found = tuple(child for child in children if child is not None)
    return found[0] if len(found) == 1 else All(found, node.place)


def _combined(key: str, fields: Fields, root: Path, problems: Problems, parent: bool) -> Where | None:
    node = fields.need(key)
    place = fields.place_of(key)
    if key == "not":
        child = read_where(node, root, problems, parent=parent)
        return None if child is None else Not(child, place)
    if not isinstance(node, ListNode) or not node.items:
        raise Wrong(node.place, f"`{key}` must be a list, and not an empty one")
    children = problems.each(node, lambda item: read_where(item, root, problems, parent=parent))
    found = tuple(child for child in children if child is not None)
    if key == "all":
        return All(found, place)
    either: Where = Any(found, place)
    return either if key == "any" else Not(either, place)


def _test(fields: Fields, root: Path, problems: Problems, parent: bool) -> Where | None:
    fields.refuse_together("property", "context", *_ITEMS)
    for which in _ITEMS:
        if which in fields:
            path = path_of(fields.need(which), f"`{which}`")
            where = read_where(fields.need("where"), root, problems, parent=True)
            fields.finish()
            return None if where is None else ItemTest(which, path, where, fields.place)  # type: ignore[arg-type]
    origin = next((key for key in ("property", "context") if key in fields), None)
    if origin is None:
        fields.taken.update(("property", "context", *_ITEMS, *_COMBINERS))
        fields.finish()
        raise Wrong(fields.place, "a test needs `property:`, `context:`, `any_item:` or one of all, any, none, not")
    fields.what = f"a test of `{origin}`"
    path = path_of(fields.need(origin), f"`{origin}`")
    comparisons = read_comparisons(fields, root, needed=not _has_unknown(fields), parent=parent)
    ignore_case = read_ignore_case(fields, comparisons)
    fields.finish()
    return PropertyTest(origin, path, comparisons, ignore_case, fields.place)  # type: ignore[arg-type]


def _has_unknown(fields: Fields) -> bool:
    """Whether a misspelled operator may be why none was found; its own message says more than a second one."""
    return len(fields.node.entries) > 1
