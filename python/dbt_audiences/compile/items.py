"""Arrays that conditions open: which columns of a narrow table hold their items, and which fields those have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dbt_audiences.core.definitions import ITEM

ITEM_ORIGIN = "item"


@dataclass(frozen=True, slots=True, order=True)
class Column:
    """A value of a narrow table: where it is found and what it is read as.

    path  keys; `ITEM` opens an array, and what comes after it is a field of its items
    type  a value type; `presence`; `numbers`, `texts`, `instants` (a list of these); `items`; `raw` and `json`
    """

    origin: str
    path: tuple[str, ...]
    type: str


def opened(column: Column) -> tuple[Column, Column] | None:
    """The column of the first array that a column's path opens, and the rest as a field of its items; None without any."""
    if ITEM not in column.path:
        return None
    place = column.path.index(ITEM)
    return replace(column, path=column.path[:place], type="items"), Column(ITEM_ORIGIN, column.path[place + 1 :], column.type)


def held(columns: Iterable[Column]) -> set[Column]:
    """The columns of a table as it has them: each array that is opened is one."""
    return {found[0] if (found := opened(column)) else column for column in columns}


def fields_of(array: Column, columns: Iterable[Column]) -> set[Column]:
    """What columns read of an array's items, arrays among them not opened yet."""
    pairs = [found for column in columns if (found := opened(column))]
    return {field for holder, field in pairs if holder == array}


def every_field(columns: Iterable[Column]) -> set[Column]:
    """Every field of items of any depth, as the items have them."""
    found: set[Column] = set()
    pairs = [pair for column in columns if (pair := opened(column))]
    while pairs:
        inner = {field for _, field in pairs}
        found |= held(inner)
        pairs = [pair for field in inner if (pair := opened(field))]
    return found
