"""Which narrow tables a project needs, and what their columns are called.

Walks every definition once and notes each property and trait with the type it is read as; the same registry then tells a
condition where its column is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dbt_audiences.compile.jinja import Expression, package_call, render
from dbt_audiences.compile.names import assign, bare, digest
from dbt_audiences.core.definitions import All, Any, Comparison, Condition, Not, Performed, PropertyTest, TraitTest, Where
from dbt_audiences.core.project import Project

ANY_EVENT = "*"


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """A value of a narrow table: where it is found and what it is read as (a value type, or `presence`)."""

    origin: str
    path: tuple[str, ...]
    type: str


@dataclass(slots=True)
class Tables:
    """The narrow tables of a project: event or trait name -> columns, and all their names."""

    events: dict[str, set[Column]] = field(default_factory=dict)
    traits: dict[str, set[Column]] = field(default_factory=dict)
    event_models: dict[str, str] = field(default_factory=dict)
    trait_models: dict[str, str] = field(default_factory=dict)
    column_names: dict[Column, str] = field(default_factory=dict)

    def event_column(self, test: PropertyTest, comparison: Comparison) -> str:
        """The column of an event's table that a comparison reads; the same in every table that has it."""
        return self.column_names[_property_column(test, comparison)]

    def trait_column(self, test: TraitTest, comparison: Comparison) -> str:
        """The column of a trait's table that a comparison reads."""
        return self.column_names[_trait_column(test, comparison)]


def collect_tables(project: Project) -> Tables:
    """The tables that the enabled audiences of a project need."""
    tables = Tables()
    for audience in project.audiences.values():
        if audience.enabled:
            for leaf in leaves(audience.who):
                _note(tables, leaf)
    tables.event_models = assign("events_", (name for name in tables.events if name != ANY_EVENT))
    if ANY_EVENT in tables.events:
        tables.event_models[ANY_EVENT] = "events_of_any_name"
    tables.trait_models = assign("trait_", tables.traits)
    every = [column for columns in (*tables.events.values(), *tables.traits.values()) for column in columns]
    tables.column_names = _column_names(set(every))
    return tables


def leaves(node: Condition) -> Iterator[Condition]:
    """The conditions of a tree that are no combination of others, in the order written."""
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from leaves(child)
        case Not(child=child):
            yield from leaves(child)
        case _:
            yield node


def tests_of(where: Where | None) -> Iterator[PropertyTest]:
    """The property tests of a `where`, in the order written."""
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from tests_of(child)
        case Not(child=child):
            yield from tests_of(child)
        case PropertyTest():
            yield where


def _note(tables: Tables, leaf: Condition) -> None:
    if isinstance(leaf, Performed):
        columns = {_property_column(test, comparison) for test in tests_of(leaf.where) for comparison in test.comparisons}
        for event in leaf.events:
            tables.events.setdefault(event, set()).update(columns)
    elif isinstance(leaf, TraitTest):
        columns = {_trait_column(leaf, comparison) for comparison in leaf.comparisons}
        tables.traits.setdefault(leaf.path[0], set()).update(columns)


def _property_column(test: PropertyTest, comparison: Comparison) -> Column:
    return Column(test.origin, test.path, comparison.type or "presence")


def _trait_column(test: TraitTest, comparison: Comparison) -> Column:
    return Column("trait", test.path[1:], comparison.type or "presence")


def _column_names(columns: Iterable[Column]) -> dict[Column, str]:
    ordered = sorted(columns)
    plain = {column: f"{bare('_'.join(column.path) or 'value')}_{column.type}" for column in ordered}
    taken = list(plain.values())
    return {
        column: name if taken.count(name) == 1 else f"{name}_{digest(repr((column.origin, column.path)))}"
        for column, name in plain.items()
    }


# --- their models ------------------------------------------------------------------------------------------------------------


def table_models(tables: Tables) -> dict[str, str]:
    """Path below `models/` -> text, for every narrow table."""
    texts = {}
    for event, model in tables.event_models.items():
        name = None if event == ANY_EVENT else event
        call = package_call("narrow_events", event=name, columns=_columns(tables, tables.events[event]))
        texts[f"events/{model}.sql"] = _model(call)
    for trait, model in tables.trait_models.items():
        call = package_call("custom_trait_values", name=trait, columns=_columns(tables, tables.traits[trait]))
        texts[f"traits/custom/{model}.sql"] = _model(call)
    return texts


def _columns(tables: Tables, columns: Iterable[Column]) -> list[Expression]:
    return [
        {"name": tables.column_names[column], "path": list(column.path), "type": column.type, "origin": column.origin}
        for column in sorted(columns)
    ]


def _model(call: Expression) -> str:
    return (
        "-- Generated by `audiences compile` from what the definitions use. Edit those.\n"
        "{{ config(materialized='guarded_table', schema='audiences_build') }}\n\n"
        f"{{{{ {render(call)} }}}}\n"
    )
