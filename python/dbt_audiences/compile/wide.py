"""The wide tables of traits: one row for each profile or account, one column for each trait that the definitions know."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.compile.jinja import Expression
from dbt_audiences.compile.names import IDENTIFIER_LENGTH, digest
from dbt_audiences.compile.tables import Tables
from dbt_audiences.core.definitions import Entity
from dbt_audiences.core.project import Project

_NUMBERS = ("count", "sum", "avg", "unique_count")
_ID = "profile_id"


def wide_columns(project: Project, tables: Tables) -> list[Expression]:
    """Of users, then of accounts: the traits as `traits` names them, with column and type."""
    both: tuple[Entity, Entity] = ("users", "accounts")
    return [{"of": of, "columns": list(_columns(set(_traits(project, tables, of))))} for of in both]


def _traits(project: Project, tables: Tables, of: Entity) -> Iterator[tuple[str, str]]:
    """Name and type of every trait that is computed, read from a model, or asked for or sent by a definition."""
    for trait in project.traits.values():
        if trait.of == of:
            yield trait.key, "number" if trait.function in _NUMBERS else "text"
    for declared in project.sql_traits:
        if declared.of == of:
            yield from ((name, "text") for name, _ in declared.traits)
    for one in tables.traits:
        if one.of == of and one.origin == "custom":
            yield _as_told(project, one.name), "text"
    for sent in project.sendable:
        for name, _ in (pair for send in sent.send_to for pair in send.traits if sent.of == of):
            custom = name.removeprefix("custom.")
            if name != custom or (name not in project.traits and project.sql_trait(name) is None):
                yield _as_told(project, custom), "text"


def _as_told(project: Project, name: str) -> str:
    """A custom trait's name in `traits`: one that a definition hides stands there as `custom.<name>`."""
    is_hidden = name in project.traits or project.sql_trait(name) is not None
    return f"custom.{name}" if is_hidden or (name in project.audiences and project.audiences[name].enabled) else name


def _columns(traits: set[tuple[str, str]]) -> Iterator[Expression]:
    """Columns that differ whatever the engine makes of capitals, and that it does not cut; names without any go first."""
    taken = {_ID}
    for name, type_ in sorted(traits, key=lambda one: (one[0] != one[0].lower(), one)):
        column = name.replace('"', "_")
        if column.lower() in taken or len(column.encode()) > IDENTIFIER_LENGTH:
            column = f"{column.encode()[: IDENTIFIER_LENGTH - 9].decode(errors='ignore')}_{digest(name)}"
        taken.add(column.lower())
        yield {"trait": name, "column": column, "type": type_}
