"""What the warehouse holds of a profile or an account beside its calls: values of SQL traits, related rows, and lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from dbt_audiences.core.definitions import Entity
from dbt_audiences.core.warehouse import Relations, Warehouse, text_literal
from dbt_audiences.flow.evaluate import Evaluator, Person
from dbt_audiences.flow.given_related import DeclaredTable


def with_given(warehouse: Warehouse, relations: Relations, asked: Evaluator, person: Person) -> Person:
    """The person with all of it that the questions read; who has no identifier is an account, by its id."""
    of: Entity = "users" if person.identifiers else "accounts"
    names = sorted({name for rows in asked.sql_traits.values() if rows.of == of for name in rows.traits})
    values: dict[str, object] = {}
    if names:
        listed = ", ".join(text_literal(name) for name in names)
        own = f"profile_id = {text_literal(person.profile_id)} and trait in ({listed})"
        found = warehouse.fetch(f"select trait, value from {relations['traits']} where {own}")
        values = {str(name): json.loads(str(value)) for name, value in found}
    tables = {table.name: (relations[model], table) for model, table in asked.related.items()}
    account = text_literal(person.profile_id)
    owned = f"account_id = {account}" if of == "accounts" else _named(person, "owner_type", "owner")
    related = {name: _rows(warehouse, tables, name, owned) for name in tables}
    listed_as = f"type = 'group_id' and value = {account}" if of == "accounts" else _named(person, "type", "value")
    lists = (
        [
            str(row[0])
            for row in warehouse.fetch(f"select distinct list from {relations['list_rows']} where {listed_as} order by 1")
        ]
        if "list_rows" in asked.models
        else []
    )
    return replace(person, sql_traits=values, related=related, lists=lists)


def _named(person: Person, type_: str, value: str) -> str:
    """The test that two columns are one of the person's identifiers."""
    pairs = [(kind, one) for kind, some in person.identifiers.items() for one in some]
    tests = (f"({type_} = {text_literal(kind)} and {value} = {text_literal(one)})" for kind, one in pairs)
    return f"({' or '.join(tests)})"


def _rows(
    warehouse: Warehouse, tables: Mapping[str, tuple[str, DeclaredTable]], name: str, where: str
) -> list[dict[str, object]]:
    """The rows of a table that a test holds for, with those below each in lists."""
    relation, table = tables[name]
    links = [f"link_{number}" for number in range(1, len(table.links) + 1)]
    found = []
    for row_json, *ties in warehouse.fetch(
        f"select {', '.join(['row_json', *links])} from {relation} where {where} order by row_id"
    ):
        row: dict[str, object] = json.loads(str(row_json))
        for below, (here, there) in table.ties.items():
            value = ties[table.links.index(here)]
            link = f"link_{tables[below][1].links.index(there) + 1}"
            row[below] = [] if value is None else _rows(warehouse, tables, below, f"{link} = {text_literal(str(value))}")
        found.append(row)
    return found
