"""Which values of which events and traits a project's definitions read, found by walking them once."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.compile.items import Column
from dbt_audiences.compile.lists import is_long
from dbt_audiences.compile.related import Chain, row_tests
from dbt_audiences.compile.tables import ANY_EVENT, Tables, read_as
from dbt_audiences.compile.trait_columns import made_of, made_of_aggregate
from dbt_audiences.core.definitions import (
    ITEM,
    Aggregate,
    All,
    Any,
    Child,
    Comparison,
    Condition,
    Entity,
    ItemTest,
    ListFile,
    Members,
    Not,
    Performed,
    PropertyTest,
    Reference,
    Related,
    Then,
    Top,
    TraitTest,
    Where,
)
from dbt_audiences.core.project import Audience, Project, Trait

EVENT_NAME = Column("call", ("event",), "text")
"""The name of an event in the table of events of any name."""
SOURCE = Column("call", ("source",), "text")


def collect_tables(project: Project) -> Tables:
    """The tables that the enabled audiences and computed traits of a project need."""
    tables = Tables(project)
    definitions: list[Audience | Trait] = [*project.audiences.values(), *project.traits.values()]
    for definition in definitions:
        if definition.enabled:
            note_definition(tables, definition)
    for destination in project.destinations.values():
        if destination.enabled and destination.requires is not None:
            tables.reads_groups = False
            note_condition(tables, destination.requires, "users")
    tables.name_all()
    return tables


def note_definition(tables: Tables, definition: Audience | Trait) -> None:
    """Notes what one definition reads."""
    own = isinstance(definition, Trait) or definition.account_events == "own"
    tables.reads_groups = own and definition.of == "accounts"
    if isinstance(definition, Audience):
        note_condition(tables, definition.who, definition.of, own_events=own)
        return
    made = made_of(definition)
    _note_performed(tables, definition.performed, definition.of, {*made.values, *made.order})


def note_condition(tables: Tables, node: Condition, of: Entity, *, own_events: bool = True) -> None:
    """Notes what a tree of conditions on entities of this kind reads.

    own_events  whether events that carry a group id belong to that account alone
    """
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                note_condition(tables, child, of, own_events=own_events)
        case Not(child=child):
            note_condition(tables, child, of, own_events=own_events)
        case Members():
            before, tables.reads_groups = tables.reads_groups, own_events
            note_condition(tables, node.who, node.of, own_events=own_events)
            tables.reads_groups = before
        case Performed():
            _note_performed(tables, node, of, set())
        case TraitTest():
            columns = {Column("trait", node.path[1:], read_as(one)) for one in node.comparisons}
            tables.need_trait(of, node.path[0], node.custom, columns)
            _note_right_sides(tables, node.comparisons, of)
        case Related():
            _note_rows(tables, node, (of,), of)
        case Top():
            tables.need_trait(of, node.path[0], node.custom, {Column("trait", node.path[1:], "number")})


def _note_rows(tables: Tables, rows: Related, above: Chain, of: Entity) -> None:
    """Notes related rows and those below them."""
    chain = (*above, rows.table)
    tables.related.need(chain, _columns_of(tables, rows.where, of))
    for test in row_tests(rows.where):
        if isinstance(test, Related):
            _note_rows(tables, test, chain, of)


def _note_performed(tables: Tables, step: Performed, of: Entity, also: set[Column], *, is_step: bool = False) -> None:
    """Notes a step, `also` what others read of its events, and its own children with what they read of it."""
    columns = also | _columns_of(tables, step.where, of) | source_columns(step)
    if (is_step or step.then is not None) and step.events == (ANY_EVENT,):
        columns.add(EVENT_NAME)
    if isinstance(step.measure, Aggregate):
        columns |= {*made_of_aggregate(step.measure).values}
        _note_right_sides(tables, step.measure.comparisons, of)
    for child in children_of(step.then):
        columns |= {parent_column(one) for one in parent_references(child)}
        _note_performed(tables, child.step, of, set(), is_step=True)
        for without in child.without:
            tables.need_events((without.event,), _columns_of(tables, without.where, of))
    tables.need_events(step.events, columns)


def children_of(then: Then | None) -> Iterator[Child]:
    """The children directly below a step, in the order written."""
    match then:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from children_of(child)
        case Not(child=inner):
            yield from children_of(inner)
        case Child():
            yield then


def parent_references(child: Child) -> Iterator[Comparison]:
    """The comparisons of a child with the event above, also of its `without`."""
    wheres = [child.step.where, *(without.where for without in child.without)]
    own = child.step.measure.comparisons if isinstance(child.step.measure, Aggregate) else ()
    for one in (*own, *(comparison for where in wheres if where is not None for comparison in own_comparisons(where))):
        if is_of_parent(one):
            yield one


def parent_column(comparison: Comparison, prefix: tuple[str, ...] = ()) -> Column:
    """The column that a `{parent: ...}` on the right refers to; below `prefix` where the parent is an item of an array."""
    assert isinstance(comparison.operand, Reference)
    return Column("property", prefix + comparison.operand.path, right_type(comparison))


def right_type(comparison: Comparison) -> str:
    """The type of the column that a reference on the right is: a list for the operators that take one."""
    assert isinstance(comparison.operand, Reference)
    is_list = comparison.operator in ("one_of", "none_of", "contains_any")
    return f"{comparison.operand.type}s" if is_list else comparison.operand.type


def trait_reference(comparison: Comparison) -> tuple[str, bool, Column]:
    """The trait that a `{trait: ...}` on the right names, whether it must be a custom one, and the column of its value."""
    assert isinstance(comparison.operand, Reference)
    path = comparison.operand.path
    custom = path[0] == "custom" and len(path) > 1
    path = path[1:] if custom else path
    return path[0], custom, Column("trait", path[1:], right_type(comparison))


def source_columns(step: Performed) -> set[Column]:
    """The column of the source that an event came from, where `sources` asks for it."""
    return set() if step.sources is None else {SOURCE}


def _columns_of(tables: Tables, where: Where | None, of: Entity, prefix: tuple[str, ...] = ()) -> set[Column]:
    """The columns of an event's own row that a `where` reads; traits that it refers to are noted on the way.

    prefix  leads to the items of the array that the `where` judges one of
    """
    columns: set[Column] = set()
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                columns |= _columns_of(tables, child, of, prefix)
        case Not(child=child):
            columns |= _columns_of(tables, child, of, prefix)
        case ItemTest():
            columns |= _columns_of(tables, where.where, of, (*prefix, *where.path, ITEM))
            columns |= {parent_column(one, prefix) for one in own_comparisons(where.where) if is_of_parent(one)}
        case PropertyTest(origin="local"):
            _note_right_sides(tables, where.comparisons, of)
        case PropertyTest():
            columns |= {Column(where.origin, prefix + where.path, read_as(one)) for one in where.comparisons}
            _note_right_sides(tables, where.comparisons, of)
    return columns


def own_comparisons(where: Where) -> Iterator[Comparison]:
    """The comparisons of a `where` without those of items that it judges further down."""
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from own_comparisons(child)
        case Not(child=child):
            yield from own_comparisons(child)
        case PropertyTest():
            yield from where.comparisons


def is_of_parent(comparison: Comparison) -> bool:
    """Whether the right side is `{parent: ...}`."""
    return isinstance(comparison.operand, Reference) and comparison.operand.of == "parent"


def _note_right_sides(tables: Tables, comparisons: tuple[Comparison, ...], of: Entity) -> None:
    for one in comparisons:
        if isinstance(one.operand, Reference) and one.operand.of == "trait":
            name, custom, column = trait_reference(one)
            tables.need_trait(of, name, custom, {column})
        elif isinstance(one.operand, ListFile) and is_long(one.operand):
            tables.lists.setdefault(one.operand, "")
