"""`then:`: the steps that are judged for each single event above."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import All, Any, Child, Not, Then, Without
from dbt_audiences.spec.events import read_performed
from dbt_audiences.spec.fields import Fields, text_of, unknown
from dbt_audiences.spec.nodes import ListNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of
from dbt_audiences.spec.where import read_where
from dbt_audiences.spec.windows import longest, shortest

_COMBINERS = ("all", "any", "none", "not")
_EVENTS = ("performed", "not_performed")


def read_then(node: Node, fields: Fields, root: Path, timezone: str, depth: int) -> Then | None:
    """The tree of steps that are judged for each single event above."""
    return _then(node, fields, root, timezone, depth)


def _then(node: Node, above: Fields, root: Path, timezone: str, depth: int) -> Then | None:
    if isinstance(node, ListNode):
        if not node.items:
            raise Wrong(node.place, "`then` is an empty list", "leave it out")
        children = above.problems.each(node, lambda item: _then(item, above, root, timezone, depth))
        found = tuple(child for child in children if child is not None)
        return found[0] if len(found) == 1 else All(found, node.place)
    fields = Fields(node, "a step of `then`", above.problems)
    combiners = [key for key in _COMBINERS if key in fields]
    events = [key for key in _EVENTS if key in fields]
    if combiners and events:
        hint = "make them items of one `all:` list"
        raise Wrong(fields.place_of(events[0]), f"`{combiners[0]}` and `{events[0]}` stand in one mapping", hint)
    if not combiners:
        if not events:
            first = next(iter(fields.node.entries), "")
            raise Wrong(
                fields.place_of(first), "a step of `then` is an event condition", unknown(first, (*_EVENTS, *_COMBINERS))
            )
        return _child(fields, root, timezone, depth)
    parts: list[Then] = []
    for key in combiners:
        inner = fields.need(key)
        place = fields.place_of(key)
        if key == "not":
            child = _then(inner, above, root, timezone, depth)
            parts += [Not(child, place)] if child is not None else []
            continue
        if not isinstance(inner, ListNode):
            raise Wrong(inner.place, f"`{key}` must be a list of steps", "begin each with `- `")
        if not inner.items:
            raise Wrong(inner.place, f"`{key}` is an empty list", "leave it out")
        children = above.problems.each(inner, lambda item: _then(item, above, root, timezone, depth))
        found = tuple(child for child in children if child is not None)
        either: Then = All(found, place) if key == "all" else Any(found, place)
        parts.append(Not(either, place) if key == "none" else either)
    fields.finish()
    return parts[0] if len(parts) == 1 else All(tuple(parts), node.place)


def _child(fields: Fields, root: Path, timezone: str, depth: int) -> Child:
    after_node = fields.take("after")
    if isinstance(after_node, Scalar) and _is_instant(after_node):
        raise Wrong(after_node.place, "`after` is a length of time in `then`", "`since:` takes a date; `gt` compares times")
    after = None if after_node is None else duration_of(after_node, "`after`", calendar=False)
    strictly, wait = fields.boolean("strictly", False), fields.boolean("wait", True)
    without_node = fields.take("without")
    without = () if without_node is None else _without(without_node, fields, root)
    step = read_performed(fields, root, timezone, depth)
    fields.finish()
    for name, upper in (("within", step.window.within), ("between", (step.window.between or (None,))[0])):
        if after is not None and upper is not None and shortest(after) > longest(upper):
            raise Wrong(fields.place_of("after"), f"`after` is longer than `{name}`", "nothing lies in both")
    return Child(step, after, strictly, wait, without, fields.place)


def _without(node: Node, fields: Fields, root: Path) -> tuple[Without, ...]:
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items:
        raise Wrong(node.place, "`without` is an empty list", "leave it out")
    found = []
    for item in items:
        if isinstance(item, Scalar):
            found.append(Without(_event_name(item), None))
            continue
        inner = Fields(item, "`without`", fields.problems)
        name = _event_name(inner.need("performed"))
        where_node = inner.take("where")
        where = None if where_node is None else read_where(where_node, root, fields.problems, parent=True)
        inner.finish()
        found.append(Without(name, where))
    return tuple(found)


def _event_name(node: Node) -> str:
    if isinstance(node, ListNode):
        raise Wrong(node.place, "`without` takes one event at a time", "make each an item of its list")
    name = text_of(node, "the event's name")
    if not name:
        raise Wrong(node.place, "an event needs a name", '"*" is any event')
    return name


def _is_instant(node: Scalar) -> bool:
    try:
        node.instant()
    except Wrong:
        return False
    return True
