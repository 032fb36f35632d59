"""What the events of a step carry along: the columns that the steps around it, and its measure, read."""

from __future__ import annotations

from dbt_audiences.compile.needs import children_of, parent_column, parent_references, trait_reference
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import joined_names, right_sides
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.compile.steps.keyed import child_column
from dbt_audiences.compile.steps.links import mixed_reader
from dbt_audiences.compile.steps.references import Split, split
from dbt_audiences.compile.steps.values import value_column
from dbt_audiences.compile.tables import ANY_EVENT
from dbt_audiences.compile.where import where_expression
from dbt_audiences.core.definitions import Aggregate, Child, Comparison, Performed, Reference


def name_of(step: Performed) -> str:
    """What the CTEs of a step are called."""
    return cte_name(step.events[0] if len(step.events) == 1 else "one of several", step.place)


def has_names(step: Performed) -> bool:
    """Whether its events have several names, which are kept then."""
    return len(step.events) > 1 or step.events == (ANY_EVENT,)


def columns_above(step: Performed, scene: Scene) -> set[str]:
    """Columns of a step's events that its children refer to."""
    found = {
        scene.tables.column_names[parent_column(one)] for child in children_of(step.then) for one in parent_references(child)
    }
    traits = joined_names(compared_with(step), scene).traits
    return found | {traits[trait_reference(one)] for one in _aggregates_with_traits(step)}


def compared_with(step: Performed) -> list[tuple[Comparison, bool]]:
    """What the rows of a step are compared with, and the aggregates of its children with traits."""
    return [*right_sides(step.where), *((one, False) for one in _aggregates_with_traits(step))]


def _aggregates_with_traits(step: Performed) -> list[Comparison]:
    return [
        one
        for child in children_of(step.then)
        if isinstance(child.step.measure, Aggregate)
        for one in child.step.measure.comparisons
        if isinstance(one.operand, Reference) and one.operand.of == "trait"
    ]


def columns_below(child: Child, scene: Scene) -> set[str]:
    """Columns of a child's events that are compared with the event above, or that its aggregate reads."""
    found = columns_compared(split(child.step.where), scene)
    if isinstance(child.step.measure, Aggregate):
        found.add(value_column(child.step.measure, scene))
    return found


def columns_compared(parts: Split, scene: Scene) -> set[str]:
    """Columns of events that are compared with the event above, and what else their tests with it read."""
    reader = Reader(scene.tables, scene.timezone)
    for pair in parts.pairs:
        child_column(pair.test, pair.comparison, reader)
    found = {*reader.fields}
    for where in parts.mixed:
        mixed = mixed_reader(where, parts, scene)
        where_expression(where, mixed)
        found |= {*mixed.fields, *mixed.traits.values(), *mixed.lists.values()}
    return found
