"""Where tests find their values: the columns of a row, of one of its items, and of what the row is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dbt_audiences.compile.items import ITEM_ORIGIN, Column
from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import parent_column, trait_reference
from dbt_audiences.compile.tables import Tables
from dbt_audiences.core.definitions import Comparison, ListFile, Reference

TraitKey = tuple[str, bool, Column]
"""A trait's name, whether it must be a custom one, and the column of its value."""


@dataclass(frozen=True, slots=True)
class Array:
    """The items of an array as macros take them: the column, the name of one item, and what is read of it."""

    column: str
    item: str
    reader: Reader


@dataclass(frozen=True, slots=True)
class Reader:
    """How the tests of one row are written.

    traits   the columns of the row that hold the entity's traits
    lists    the columns of the row that hold lists, which tests of items cannot look for elsewhere
    parents  the columns of the row that hold what `{parent: ...}` refers to
    prefix   stands before the columns of the row, where several rows are read together
    item     the name of the item that is judged; empty for the row itself
    above    what judges the row or item around it
    fields   what was read of the row or item, by name; filled while tests are written
    """

    tables: Tables
    timezone: str
    traits: Mapping[TraitKey, str] = field(default_factory=dict)
    lists: Mapping[ListFile, str] = field(default_factory=dict)
    parents: Mapping[Column, str] = field(default_factory=dict)
    prefix: str = ""
    item: str = ""
    above: Reader | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def column(self, origin: str, path: tuple[str, ...], type_: str) -> Expression:
        """The value of what is judged as SQL."""
        if origin == "local":
            return package_call("local_part", f"{self.prefix}occurred_at", path[0], self.timezone)
        if not self.item:
            name = self.tables.column_names[Column(origin, path, type_)]
            self.fields[name] = type_
            return f"{self.prefix}{name}"
        name = self.tables.field_names[Column(ITEM_ORIGIN, path, type_)]
        self.fields[name] = type_
        return f"{self.item}.{name}"

    def right(self, comparison: Comparison) -> str:
        """The column that a reference on the right is."""
        assert isinstance(comparison.operand, Reference)
        if comparison.operand.of == "trait":
            return self.traits[trait_reference(comparison)]
        column = parent_column(comparison)
        if self.above is None:
            return self.parents[column]
        found = self.above.column(column.origin, column.path, column.type)
        assert isinstance(found, str)
        return found

    def array(self, origin: str, path: tuple[str, ...], above: Reader | None) -> Array:
        """An array of what is judged; `above` is where `{parent: ...}` in a test of one of its items looks."""
        column = self.column(origin, path, "items")
        assert isinstance(column, str)
        item = f"item_{int(self.item.removeprefix('item_') or 0) + 1}"
        return Array(column, item, replace(self, item=item, above=above, fields={}))
