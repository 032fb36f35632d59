"""The narrow tables that a project needs, and what their columns are called; conditions ask here where their column is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from dbt_audiences.compile.items import ITEM_ORIGIN, Column, every_field, fields_of, held
from dbt_audiences.compile.jinja import Expression, package_call, render
from dbt_audiences.compile.lists import list_models
from dbt_audiences.compile.names import assign, bare, digest
from dbt_audiences.compile.related import Chain, RelatedTables
from dbt_audiences.compile.sql_traits import FOLDER, values_call
from dbt_audiences.core.definitions import All, Any, Comparison, Condition, Entity, ListFile, Not
from dbt_audiences.core.project import Project

ANY_EVENT = "*"


@dataclass(frozen=True, slots=True, order=True)
class TraitName:
    """A trait that conditions read: whose, its name, and where it comes from."""

    of: Entity
    name: str
    origin: Literal["custom", "computed", "sql"]


@dataclass(slots=True)
class Tables:
    """The narrow tables of a project: event or trait -> columns, and all their names."""

    project: Project
    events: dict[str, set[Column]] = field(default_factory=dict)
    traits: dict[TraitName, set[Column]] = field(default_factory=dict)
    event_models: dict[str, str] = field(default_factory=dict)
    trait_models: dict[TraitName, str] = field(default_factory=dict)
    column_names: dict[Column, str] = field(default_factory=dict)
    field_names: dict[Column, str] = field(default_factory=dict)
    """Of the items of arrays, of any depth."""
    lists: dict[ListFile, str] = field(default_factory=dict)
    """The models of lists that are too long to stand in a condition."""
    of_groups: set[str] = field(default_factory=set)
    related: RelatedTables = field(init=False)
    reads_groups: bool = False
    """Whether events noted now are read by the account that they belong to, too."""

    def __post_init__(self) -> None:
        self.related = RelatedTables(self.project)

    def need_events(self, events: Iterable[str], columns: Iterable[Column]) -> None:
        """Notes columns of events that are read together."""
        for event in events:
            self.events.setdefault(event, set()).update(columns)
            if self.reads_groups:
                self.of_groups.add(event)

    def need_trait(self, of: Entity, name: str, custom: bool, columns: Iterable[Column]) -> None:
        """Notes columns of a trait; `custom` forces a custom one where the project defines its own of that name."""
        self.traits.setdefault(self.trait_name(of, name, custom), set()).update(columns)

    def trait_name(self, of: Entity, name: str, custom: bool) -> TraitName:
        """Which trait a name means for this kind of entity."""
        if not custom and name in self.project.traits:
            return TraitName(of, name, "computed")
        if not custom and self.project.sql_trait(name) is not None:
            return TraitName(of, name, "sql")
        return TraitName(of, name, "custom")

    def name_all(self) -> None:
        """Gives every table and column its name, once all needs are noted."""
        self.event_models = assign("events_", (name for name in self.events if name != ANY_EVENT))
        if ANY_EVENT in self.events:
            self.event_models[ANY_EVENT] = "events_of_any_name"
        for of, prefix in (("users", "trait_"), ("accounts", "account_trait_")):
            names = assign(prefix, (one.name for one in self.traits if one.of == of and one.origin == "custom"))
            custom = [one for one in self.traits if one.of == of and one.origin == "custom"]
            self.trait_models |= {one: names[one.name] for one in custom}
        self.trait_models |= {one: one.name for one in self.traits if one.origin == "computed"}
        of_sql = assign("sql_value_", (one.name for one in self.traits if one.origin == "sql"))
        self.trait_models |= {one: of_sql[one.name] for one in self.traits if one.origin == "sql"}
        every = [column for columns in self._all_columns() for column in columns]
        self.column_names = _column_names(held(every))
        self.field_names = _column_names(every_field(every))
        self.lists = list_models(self.lists)

    def _all_columns(self) -> Iterator[set[Column]]:
        yield from (*self.events.values(), *self.traits.values(), *self.related.columns.values())

    def columns_of_rows(self, chain: Chain) -> list[str]:
        """The typed columns of related rows."""
        return [self.column_names[column] for column in sorted(held(self.related.columns[chain]))]

    def columns_of_event(self, event: str) -> list[str]:
        """The typed columns of an event's table."""
        return [self.column_names[column] for column in sorted(held(self.events[event]))]

    def columns_of_trait(self, trait: TraitName) -> list[str]:
        """Every column of a trait's table but `profile_id`."""
        timed = ["changes_at"] if trait.origin == "computed" else []
        return ["valid_from", "valid_to", *timed, *(self.column_names[column] for column in sorted(held(self.traits[trait])))]


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


def read_as(comparison: Comparison) -> str:
    """The type of the column that a comparison reads on its left."""
    return comparison.type or "presence"


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
        grouped = True if event in tables.of_groups else None
        columns = _columns(tables, tables.events[event], _of_events(tables))
        call = package_call("narrow_events", event=name, columns=columns, with_group_id=grouped)
        texts[f"events/{model}.sql"] = _model(call)
    for trait, model in tables.trait_models.items():
        declared = tables.project.sql_trait(trait.name) if trait.origin == "sql" else None
        if declared is not None:
            call = values_call(declared, trait.name, _columns(tables, tables.traits[trait]))
            of = "accounts" if trait.of == "accounts" else None
            texts[f"{FOLDER}/{model}.sql"] = _model(call, of, "tracked_table")
        if trait.origin == "custom":
            of = "accounts" if trait.of == "accounts" else None
            call = package_call("custom_trait_values", name=trait.name, columns=_columns(tables, tables.traits[trait]), of=of)
            texts[f"traits/custom/{model}.sql"] = _model(call, of)
    texts |= dict(tables.related.models(lambda columns: _columns(tables, columns)))
    return texts


def _of_events(tables: Tables) -> set[Column]:
    """All columns of events: items of one array have the same fields in every table, so that tables can be read together."""
    return {column for columns in tables.events.values() for column in columns}


def _columns(tables: Tables, columns: Iterable[Column], read: Iterable[Column] | None = None) -> list[Expression]:
    """Columns as macros take them; `read` are those whose fields the items of arrays have, without it the same."""
    columns = set(columns)
    return column_mappings(tables, columns, columns if read is None else read)


def column_mappings(tables: Tables, columns: Iterable[Column], read: Iterable[Column]) -> list[Expression]:
    """The columns of a table, arrays with the fields of their items."""
    known = list(read)
    mappings: list[Expression] = []
    for column in sorted(held(columns)):
        of_item = column.origin == ITEM_ORIGIN
        names = tables.field_names if of_item else tables.column_names
        mapping: dict[str, Expression] = {"name": names[column], "path": list(column.path), "type": column.type}
        if not of_item:
            mapping["origin"] = column.origin
        if column.type == "items":
            inner = fields_of(column, known)
            mapping["fields"] = column_mappings(tables, inner, inner)
        mappings.append(mapping)
    return mappings


def _model(call: Expression, of: str | None = None, materialized: str = "guarded_table") -> str:
    meta = f", meta={{'of': '{of}'}}" if of else ""
    return (
        "-- Generated by `audiences compile` from what the definitions use. Edit those.\n"
        f"{{{{ config(materialized='{materialized}', schema='audiences_build'{meta}) }}}}\n\n"
        f"{{{{ {render(call)} }}}}\n"
    )
