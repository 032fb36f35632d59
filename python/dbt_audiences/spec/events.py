"""Event conditions: names, counts, aggregates, windows."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import Aggregate, Count, Performed, Regularly, Sources, Where, Window
from dbt_audiences.spec.fields import Fields, text_of, texts_of
from dbt_audiences.spec.measures import AGGREGATES, read_measure
from dbt_audiences.spec.misplaced import note_misplaced, refuse_out_of_reach
from dbt_audiences.spec.nodes import Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of
from dbt_audiences.spec.waits import refuse_endless_wait
from dbt_audiences.spec.where import read_where
from dbt_audiences.spec.windows import read_window


def read_performed(fields: Fields, root: Path, timezone: str, depth: int) -> Performed:
    """An event condition; `depth` is 0 for one that stands by itself, more for a step below another."""
    fields.refuse_together("performed", "not_performed")
    note_misplaced(fields, depth)
    negated = "not_performed" in fields
    events = read_events(fields.need("not_performed" if negated else "performed"))
    if negated:
        measure: Count | Aggregate = Count(at_most=0)
        for key in ("at_least", "at_most", "exactly", *AGGREGATES):
            if key in fields:
                message = f"`not_performed` is `at_most: 0`, and takes no `{key}`"
                raise Wrong(fields.place_of(key), message, "write `performed:`")
    else:
        measure = read_measure(fields, root, parent=depth > 0)
    window = read_window(fields, timezone, in_then=depth > 0)
    where_node = fields.take("where")
    where: Where | None = None
    if where_node is not None:
        where = fields.problems.attempt(lambda: read_where(where_node, root, fields.problems, parent=depth > 0))
    sources = _sources(fields)
    regularly = _regularly(fields, window, depth)
    complete = fields.take("complete_within")
    if complete is not None and depth > 0:
        raise Wrong(
            fields.place_of("complete_within"), "`complete_within` belongs to the first step", "move it beside the first event"
        )
    complete_within = None if complete is None else duration_of(complete, "`complete_within`", calendar=False)
    then_node = fields.take("then")
    if complete is not None and then_node is None:
        raise Wrong(fields.place_of("complete_within"), "`complete_within` needs a `then:`", "`within` bounds a single event")
    from dbt_audiences.spec.steps import read_then  # a step is an event condition too: the two read each other

    then = None if then_node is None else read_then(then_node, fields, root, timezone, depth + 1)
    if depth == 0:
        fields.finish()
    performed = Performed(events, measure, window, where, sources, regularly, then, complete_within, negated, fields.place)
    if depth == 0:
        refuse_endless_wait(performed)
        refuse_out_of_reach(performed)
    return performed


def read_events(node: Node) -> tuple[str, ...]:
    """One exact name, or a list of names that count together."""
    names = (text_of(node, "the event's name"),) if isinstance(node, Scalar) else texts_of(node, "the list of events")
    if not names or "" in names:
        raise Wrong(node.place, "an event needs a name", '"*" is any event')
    if "*" in names and len(names) > 1:
        raise Wrong(node.place, '"*" is every event already', "leave the others out")
    if len(set(names)) < len(names):
        raise Wrong(node.place, "the same event stands in the list twice", "name it once")
    return names


def _sources(fields: Fields) -> Sources | None:
    node = fields.take("sources")
    if node is None:
        return None
    inner = Fields(node, "`sources`", fields.problems)
    inner.refuse_together("only", "exclude")
    only, exclude = inner.distinct("only"), inner.distinct("exclude")
    inner.finish()
    if "only" not in inner and "exclude" not in inner:
        raise Wrong(node.place, "`sources` needs `only: [...]` or `exclude: [...]`", "such as {exclude: [ios]}")
    return Sources(only, exclude)


def _regularly(fields: Fields, window: Window, depth: int) -> Regularly | None:
    node = fields.take("regularly")
    if node is None:
        return None
    place = fields.place_of("regularly")
    if depth > 0:
        raise Wrong(place, "`regularly` does not go inside `then`", "it judges the first event")
    if window != Window():
        raise Wrong(place, "`regularly` brings its own windows", "leave within, between, since and until out")
    inner = Fields(node, "`regularly`", fields.problems)
    each = duration_of(inner.need("each"), "`each`", calendar=False)
    at_least, of_last = inner.whole("at_least", 1), inner.whole("of_last", 1)
    inner.finish()
    if each.unit in ("months", "years"):
        raise Wrong(inner.place_of("each"), "`each` cannot be in months or years", "such as 30 days")
    if "at_least" in inner and "of_last" in inner and (at_least is None or of_last is None):
        return None
    if at_least is None or of_last is None or at_least > of_last:
        hint = "{at_least: 3, of_last: 4, each: 1 week}"
        raise Wrong(node.place, "`regularly` needs `at_least` of as many or more in `of_last`", hint)
    return Regularly(at_least, of_last, each)
