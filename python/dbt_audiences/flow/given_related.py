"""Related rows of people who are given: laid in place of those that models would have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_audiences.flow.given_sql_traits import json_text

if TYPE_CHECKING:
    from dbt_audiences.flow.evaluate import Person

OWN_COLUMNS = ("row_id", "owner_type", "owner", "account_id", "row_json")


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table of related rows: the columns that tie them, and for each table below [the column here, the column there]."""

    name: str
    links: tuple[str, ...]
    ties: Mapping[str, tuple[str, str]]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the model that has all its rows."""
        return (*OWN_COLUMNS, *(f"link_{number}" for number in range(1, len(self.links) + 1)))


def declared_table(meta: Mapping[str, Any]) -> DeclaredTable:
    """What the `config.meta` of such a model says."""
    ties = {below: (here, there) for below, (here, there) in meta["ties"].items()}
    return DeclaredTable(meta["related_rows"], tuple(meta["links"]), ties)


Laid = tuple[str, tuple[object, ...]]
"""The name of a table, and a row of it."""


def laid_rows(people: Iterable[Person], tables: Mapping[str, DeclaredTable]) -> list[Laid]:
    """Every row that people are given; rows of a table below stand in a list of that name in the row above."""
    found: list[Laid] = []
    for person in people:
        identifiers = [(kind, value) for kind, values in person.identifiers.items() for value in values]
        owner = (*identifiers[0], None) if identifiers else (None, None, person.profile_id)
        for name, rows in person.related.items():
            for number, row in enumerate(rows if name in tables else ()):
                found += _laid(tables, name, row, f"{person.profile_id}/{name}/{number}", owner, {})
    return found


def _laid(
    tables: Mapping[str, DeclaredTable],
    name: str,
    row: Mapping[str, object],
    row_id: str,
    owner: tuple[object, ...],
    tied: Mapping[str, str],
) -> Iterator[Laid]:
    table = tables[name]
    links = {column: _text(row.get(column)) for column in table.links} | dict(tied)
    for below, (here, there) in table.ties.items():
        rows = row.get(below)
        if not isinstance(rows, list):
            continue
        links[here] = links.get(here) or row_id
        for number, inner in enumerate(rows):
            below_id = f"{row_id}/{below}/{number}"
            yield from _laid(tables, below, inner, below_id, (None, None, None), {there: str(links[here])})
    values = {column: value for column, value in row.items() if value is not None and column not in table.ties}
    yield name, (row_id, *owner, json_text(values), *(links[column] for column in table.links))


def _text(value: object) -> str | None:
    return None if value is None else value if isinstance(value, str) else json_text(value)
