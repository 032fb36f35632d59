"""Event conditions: names, counts, aggregates, windows; and the steps below an event."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import (
    Aggregate,
    All,
    Any,
    Child,
    Count,
    Duration,
    Not,
    Performed,
    Regularly,
    Sources,
    Then,
    Where,
    Window,
    Without,
)
from dbt_audiences.spec.fields import Fields, text_of, texts_of, unknown
from dbt_audiences.spec.measures import AGGREGATES, read_measure
from dbt_audiences.spec.nodes import ListNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of
from dbt_audiences.spec.where import read_where
from dbt_audiences.spec.windows import longest, read_window, shortest

DEEPEST_CHAIN = 10


def read_performed(fields: Fields, root: Path, timezone: str, depth: int) -> Performed:
    """An event condition; `depth` is 0 for one that stands by itself, more for a step below another."""
    fields.refuse_together("performed", "not_performed")
    negated = "not_performed" in fields
    events = read_events(fields.need("not_performed" if negated else "performed"))
    if negated:
        measure: Count | Aggregate = Count(at_most=0)
        for key in ("at_least", "at_most", "exactly", *AGGREGATES):
            if key in fields:
                raise Wrong(fields.place_of(key), f"`not_performed` counts to 0 and takes no `{key}`", "write `performed:`")
    else:
        measure = read_measure(fields, root, parent=depth > 0)
    window = read_window(fields, timezone, in_then=depth > 0)
    where_node = fields.take("where")
    where: Where | None = None
    if where_node is not None:
        where = fields.problems.attempt(
            lambda: read_where(where_node, root, fields.problems, parent=depth > 0)
        )
    sources = _sources(fields)
    regularly = _regularly(fields, window, depth)
    complete = fields.take("complete_within")
    if complete is not None and depth > 0:
        raise Wrong(fields.place_of("complete_within"), "`complete_within` belongs to the first step")
    complete_within = None if complete is None else duration_of(complete, "`complete_within`", calendar=False)
    then_node = fields.take("then")
    if complete is not None and then_node is None:
        raise Wrong(fields.place_of("complete_within"), "`complete_within` needs a `then:`")
    then = None if then_node is None else read_then(then_node, fields, root, timezone, depth + 1)
    if depth == 0:
        fields.finish()
    performed = Performed(events, measure, window, where, sources, regularly, then, complete_within, negated, fields.place)
    if depth == 0 and then is not None:
        _refuse_endless_wait(performed)
    return performed


def read_events(node: Node) -> tuple[str, ...]:
    """One exact name, or a list of names that count together."""
    names = (text_of(node, "the event's name"),) if isinstance(node, Scalar) else texts_of(node, "the list of events")
    if not names or "" in names:
        raise Wrong(node.place, "an event needs a name", '"*" is any event')
    if "*" in names and len(names) > 1:
        raise Wrong(node.place, '"*" is every event already', "leave the others out")
    if len(set(names)) < len(names):
        raise Wrong(node.place, "the same event stands in the list twice")
    return names


def _sources(fields: Fields) -> Sources | None:
    node = fields.take("sources")
    if node is None:
        return None
    inner = Fields(node, "`sources`", fields.problems)
    inner.refuse_together("only", "exclude")
    only, exclude = inner.texts("only"), inner.texts("exclude")
    inner.finish()
    if not only and not exclude:
        raise Wrong(node.place, "`sources` needs `only: [...]` or `exclude: [...]`")
    return Sources(only, exclude)


def _regularly(fields: Fields, window: Window, depth: int) -> Regularly | None:
    node = fields.take("regularly")
    if node is None:
        return None
    place = fields.place_of("regularly")
    if depth > 0:
        raise Wrong(place, "`regularly` does not go inside `then`")
    if window != Window():
        raise Wrong(place, "`regularly` brings its own windows", "leave within, between, since and until out")
    inner = Fields(node, "`regularly`", fields.problems)
    each = duration_of(inner.need("each"), "`each`", calendar=False)
    at_least, of_last = inner.whole("at_least", 1), inner.whole("of_last", 1)
    inner.finish()
    if each.unit in ("months", "years"):
        raise Wrong(inner.place_of("each"), "`each` cannot be in months or years", "30 days")
    if at_least is None or of_last is None or at_least > of_last:
        raise Wrong(node.place, "`regularly` needs `at_least` of as many or more in `of_last`", "{at_least: 3, of_last: 4, each: 1 week}")
    return Regularly(at_least, of_last, each)


# --- steps below an event ----------------------------------------------------------------------------------------------------


def read_then(node: Node, fields: Fields, root: Path, timezone: str, depth: int) -> Then | None:
    """The tree of steps that are judged for each single event above."""
    if depth > DEEPEST_CHAIN:
        raise Wrong(node.place, f"a chain of more than {DEEPEST_CHAIN} steps")
    return _then(node, fields, root, timezone, depth)


def _then(node: Node, above: Fields, root: Path, timezone: str, depth: int) -> Then | None:
    if isinstance(node, ListNode):
        if not node.items:
            raise Wrong(node.place, "`then` is an empty list", "leave it out")
        children = above.problems.each(node, lambda item: _then(item, above, root, timezone, depth))
        found = tuple(child for child in children if child is not None)
        return found[0] if len(found) == 1 else All(found, node.place)
    fields = Fields(node, "a step of `then`", above.problems)
    combiners = [key for key in ("all", "any", "none", "not") if key in fields]
    if not combiners:
        if "performed" not in fields and "not_performed" not in fields:
            first = next(iter(fields.node.entries), "")
            raise Wrong(fields.place_of(first), "a step of `then` is an event condition", unknown(first, ("performed", "not_performed", "all", "any", "none", "not")))
        return _child(fields, root, timezone, depth)
    parts: list[Then] = []
    for key in combiners:
        inner = fields.need(key)
        place = fields.place_of(key)
        if key == "not":
            child = _then(inner, above, root, timezone, depth)
            parts += [Not(child, place)] if child is not None else []
            continue
        if not isinstance(inner, ListNode) or not inner.items:
            raise Wrong(inner.place, f"`{key}` must be a list, and not an empty one")
        children = above.problems.each(inner, lambda item: _then(item, above, root, timezone, depth))
        found = tuple(child for child in children if child is not None)
        either: Then = All(found, place) if key == "all" else Any(found, place)
        parts.append(Not(either, place) if key == "none" else either)
    fields.finish()
    return parts[0] if len(parts) == 1 else All(tuple(parts), node.place)


def _child(fields: Fields, root: Path, timezone: str, depth: int) -> Child:
    after_node = fields.take("after")
    after = None if after_node is None else duration_of(after_node, "`after`", calendar=False)
    strictly, wait = fields.boolean("strictly", False), fields.boolean("wait", True)
    without_node = fields.take("without")
    without = () if without_node is None else _without(without_node, fields, root)
    step = read_performed(fields, root, timezone, depth)
    fields.finish()
    if after is not None and step.window.between is not None:
        raise Wrong(fields.place_of("after"), "`after` and `between` do not go together", "between: [10 minutes, 1 day]")
    if after is not None and step.window.within is not None and longest(after) > longest(step.window.within):
        raise Wrong(fields.place_of("after"), "`after` is longer than `within`")
    return Child(step, after, strictly, wait, without, fields.place)


def _without(node: Node, fields: Fields, root: Path) -> tuple[Without, ...]:
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items:
        raise Wrong(node.place, "`without` is an empty list", "leave it out")
    found = []
    for item in items:
        if isinstance(item, Scalar):
            found.append(Without(text_of(item, "`without`"), None))
            continue
        inner = Fields(item, "`without`", fields.problems)
        name = text_of(inner.need("performed"), "`performed`")
        where_node = inner.take("where")
        where = None if where_node is None else read_where(where_node, root, fields.problems, parent=True)
        inner.finish()
        found.append(Without(name, where))
    return tuple(found)


def _refuse_endless_wait(parent: Performed) -> None:
    """A parent that must wait as long as its own window can never be counted."""
    window = parent.window.within
    if window is None or window.unit == "calendar_days" or parent.then is None:
        return
    waited, child = max(_waits(parent.then, parent.complete_within), key=lambda one: one[0], default=(0, None))
    if child is not None and waited >= longest(window):
        raise Wrong(
            child.place,
            f"this step waits as long as the window of the event above ({window.count} {window.unit}) or longer: it could never hold",
            "shorten its window, or add `wait: false`",
        )


def _waits(then: Then, complete_within: Duration | None) -> list[tuple[int, Child]]:
    """Least seconds that each step waits for what could still undo it."""
    if isinstance(then, Not):
        return _waits(then.child, complete_within)
    if isinstance(then, All | Any):
        return [wait for child in then.children for wait in _waits(child, complete_within)]
    step = then.step
    upper = step.window.within or (step.window.between or (None, None))[0] or (complete_within if step.negated else None)
    if upper is None or not then.wait:
        return []
    below = max((wait for wait, _ in _waits(step.then, None)), default=0) if step.then is not None else 0
    measure = step.measure
    waits = isinstance(measure, Count) and (measure.at_most is not None or measure.exactly is not None)
    waits = waits or isinstance(measure, Aggregate) and any(one.operator not in ("gt", "gte") for one in measure.comparisons)
    return [(shortest(upper) + below, then)] if waits or below else []
