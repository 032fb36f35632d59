"""A person's rows in the raw tables and in those computed from them: found, deleted, or blanked where they are another's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dbt_audiences.core.identity import Identity
from dbt_audiences.core.suppression import Identifier
from dbt_audiences.core.warehouse import Relations, Warehouse, schema_and_table, text_literal, text_literals

FORGOTTEN = "audiences_forgotten"
"""The temporary table of the identifiers (type, value) that are erased."""
_OBJECTS = ("properties", "traits", "context")
_SHORTEST_FOUND = 12
_PAIRS = (
    ("identifier_type", "identifier_value"),
    ("identifier_type", "identifier"),
    ("type", "value"),
    ("owner_type", "owner"),
)
_PROFILES = ("profile_id", "from_profile_id", "to_profile_id")


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rows: the identifiers, and the ids of the profile and of those that became part of it."""

    identifiers: tuple[Identifier, ...]
    profile_ids: tuple[str, ...]

    @property
    def found_by(self) -> tuple[str, ...]:
        """The values that nobody else's text holds by chance: emails, and what has twelve characters or more."""
        return tuple(value for _, value in self.identifiers if _is_found(value))


def _is_found(value: str) -> bool:
    return "@" in value or len(value) >= _SHORTEST_FOUND


def list_identifiers(warehouse: Warehouse, person: Person) -> None:
    """Fill `FORGOTTEN`."""
    warehouse.execute(f"drop table if exists {FORGOTTEN}")
    warehouse.execute(f"create temporary table {FORGOTTEN} (type text, value text)")
    warehouse.insert(FORGOTTEN, ("type", "value"), person.identifiers)


def erase_calls(
    warehouse: Warehouse, relations: Relations, schema: str, identity: Identity, person: Person, *, whole: bool
) -> dict[str, int]:
    """Delete the calls of a person from the raw tables, blank the identifiers in calls of others; rows by what was done.

    schema  of the raw tables
    whole   the person's own calls go; else they stay, without these identifiers, and those go that name nothing else
    """
    raw = f'"{schema}"'
    named = _named(identity)
    ours = f"select message_id from {relations['stg_calls']} where ({' or '.join(named.values())})"
    alone = f"select message_id from {relations['stg_calls']} where {_all_among(identity)}"
    own = (
        f"select message_id from {relations['stg_calls']} where (identifier_type, identifier_value) in "
        f"(select type, value from {FORGOTTEN})"
    )
    done = {"calls": _delete(warehouse, f"{raw}.calls", f"message_id in ({own if whole else alone})")}
    done["calls of others, blanked" if whole else "calls, blanked"] = _count(
        warehouse, f"{raw}.calls", f"message_id in ({ours})"
    )
    for column in ("user_id", "anonymous_id", "previous_id"):
        type_ = "user_id" if column == "user_id" else "anonymous_id"
        listed = [value for kind, value in person.identifiers if kind == type_]
        if listed:
            warehouse.execute(f"update {raw}.calls set {column} = null where {column} in ({text_literals(listed)})")
    places = [value for kind, value in person.identifiers if kind not in ("user_id", "anonymous_id")]
    spelled = _spelled(warehouse, relations, raw, identity)
    _blank(warehouse, f"{raw}.calls", [*places, *spelled], f"message_id in ({ours})")
    _blank(warehouse, f"{raw}.calls", person.found_by, "true")
    _blank_texts(warehouse, f"{raw}.calls", person.found_by)
    done["rejected lines"] = _delete(warehouse, f"{raw}.rejected", " or ".join(_told(person)))
    done["list rows"] = _delete(warehouse, f"{raw}.list_members", f"(type, value) in (select type, value from {FORGOTTEN})")
    return {name: count for name, count in done.items() if count}


def _named(identity: Identity) -> Mapping[str, str]:
    """Type -> SQL of whether a staged call names an erased identifier of it."""
    return {
        type_: " or ".join(
            f"{column} in (select value from {FORGOTTEN} where type = {text_literal(type_)})"
            for column in (
                (_column(identity, type_), "previous_id") if type_ == "anonymous_id" else (_column(identity, type_),)
            )
        )
        for type_ in identity.types
    }


def _spelled(warehouse: Warehouse, relations: Relations, raw: str, identity: Identity) -> list[str]:
    """How calls write erased identifiers that are read into another form: phone numbers with spaces, or without a country."""
    named = _named(identity)
    found: set[str] = set()
    for type_, custom in identity.custom.items():
        if identity.normalize.get(type_) is None or custom.source == "external_id":
            continue
        objects = ("properties",) if custom.source == "property" else ("traits", "(context -> 'traits')")
        for place in (f"{json_} ->> {text_literal(key)}" for json_ in objects for key in custom.keys):
            message_ids = f"select message_id from {relations['stg_calls']} where {named[type_]}"
            rows = warehouse.fetch(f"select distinct {place} from {raw}.calls where message_id in ({message_ids})")
            found |= {str(row[0]) for row in rows if row[0]}
    return sorted(found)


def _all_among(identity: Identity) -> str:
    """SQL of whether a staged call names erased identifiers and nothing else."""
    named = _named(identity)
    only = (f"({_column(identity, type_)} is null or {named[type_]})" for type_ in identity.types)
    return f"identifier_type is not null and {' and '.join(only)}"


def _column(identity: Identity, type_: str) -> str:
    return f"custom_{type_}" if type_ in identity.custom else type_.replace(".", "_")


def _blank(warehouse: Warehouse, table: str, values: Sequence[str], where: str) -> None:
    """Take values out of the JSON of calls: null in the place of a value, nothing within a longer text."""
    if not values:
        return
    found = _any_of(_spellings(values))
    patterns = [(f':[ ]*"{found}"', ":null"), (f":[ ]*{found}([,}}\\]])", ":null\\2")]
    longest = [value for value in values if _is_found(value)]
    if longest:
        patterns.append((_any_of(_spellings(longest)), ""))
    for column in _OBJECTS:
        text = f"cast({column} as text)"
        blanked = text
        for pattern, instead in patterns:
            blanked = f"regexp_replace({blanked}, {text_literal(pattern)}, {text_literal(instead)}, 'gi')"
        warehouse.execute(
            f"update {table} set {column} = cast({blanked} as json) where {_matches(warehouse, text, found)} and {where}"
        )


def _blank_texts(warehouse: Warehouse, table: str, values: Sequence[str]) -> None:
    """Take values out of the other texts of calls; a message id that has one is known by its hash from now on."""
    if not values:
        return
    inside = _any_of({_escaped(value) for value in values})
    for column in ("event", "name", "group_id", "source"):
        instead = f"regexp_replace({column}, {text_literal(inside)}, '', 'gi')"
        warehouse.execute(f"update {table} set {column} = {instead} where {_matches(warehouse, column, inside)}")
    warehouse.execute(
        f"update {table} set message_id = 'blanked-' || md5(message_id) where {_matches(warehouse, 'message_id', inside)}"
    )


def _matches(warehouse: Warehouse, text: str, pattern: str) -> str:
    if warehouse.engine == "postgres":
        return f"{text} ~* {text_literal(pattern)}"
    return f"regexp_matches({text}, {text_literal(pattern)}, 'i')"


def _spellings(values: Iterable[str]) -> set[str]:
    """Patterns of how JSON writes these texts."""
    return {_escaped(json.dumps(value, ensure_ascii=ascii_)[1:-1]) for value in values for ascii_ in (True, False)}


def _any_of(patterns: Iterable[str]) -> str:
    return f"({'|'.join(sorted(patterns, key=len, reverse=True))})"


def _escaped(text: str) -> str:
    return re.sub(r"([^0-9A-Za-z_@\u0080-\U0010ffff])", r"\\\1", text)


def _told(person: Person) -> Iterator[str]:
    """SQL of whether a rejected line tells of a person."""
    yield "false"
    for value in person.found_by:
        yield f"position({text_literal(value.lower())} in lower(content)) > 0"
    keys = {"user_id": ("userId", "user_id"), "anonymous_id": ("anonymousId", "anonymous_id")}
    for type_, value in person.identifiers:
        for key in keys.get(type_, ()):
            for said in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
                for colon in (":", ": "):
                    yield f"position({text_literal(json.dumps(key) + colon + said)} in content) > 0"


def erase_rows(warehouse: Warehouse, tables: Mapping[str, str], person: Person) -> dict[str, int]:
    """Delete the rows of a person from tables (name -> quoted relation), found by the names of columns; rows by table."""
    done = {}
    for name, relation, where in _own_rows(warehouse, tables, person):
        count = _delete(warehouse, relation, where)
        if count:
            done[name] = count
    return done


def _own_rows(warehouse: Warehouse, tables: Mapping[str, str], person: Person) -> Iterator[tuple[str, str, str]]:
    columns: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in warehouse.fetch(
        "select c.table_schema, c.table_name, c.column_name from information_schema.columns as c "
        "inner join information_schema.tables as t on t.table_schema = c.table_schema and t.table_name = c.table_name "
        "where t.table_type = 'BASE TABLE'"
    ):
        columns.setdefault((str(schema), str(table)), set()).add(str(column))
    ids = text_literals(person.profile_ids)
    for name, relation in sorted(tables.items()):
        there = columns.get(schema_and_table(relation), set())
        tests = [f"{column} in ({ids})" for column in _PROFILES if column in there and person.profile_ids]
        tests += [
            f"({kind}, {value}) in (select type, value from {FORGOTTEN})"
            for kind, value in _PAIRS
            if kind in there and value in there
        ]
        if {"of", "id"} <= there and person.profile_ids:
            tests.append(f"(of = 'users' and id in ({ids}))")
        if tests:
            yield name, relation, " or ".join(tests)


def search(warehouse: Warehouse, values: Sequence[str]) -> dict[str, int]:
    """`schema.table.column` -> rows, of every text and JSON column of the database that holds one of these, in any case."""
    if not values:
        return {}
    pattern = _any_of({_escaped(value) for value in values})
    found = {}
    for schema, table, column in warehouse.fetch(
        "select c.table_schema, c.table_name, c.column_name from information_schema.columns as c "
        "inner join information_schema.tables as t on t.table_schema = c.table_schema and t.table_name = c.table_name "
        "where t.table_type = 'BASE TABLE' and c.table_schema not in ('information_schema', 'pg_catalog') "
        "and lower(c.data_type) in ('text', 'varchar', 'character varying', 'json', 'jsonb') "
        f"and t.table_schema not like 'pg_temp%' and t.table_name <> '{FORGOTTEN}' order by 1, 2, 3"
    ):
        count = _count(warehouse, f'"{schema}"."{table}"', _matches(warehouse, f'cast("{column}" as text)', pattern))
        if count:
            found[f"{schema}.{table}.{column}"] = count
    return found


def _delete(warehouse: Warehouse, relation: str, where: str) -> int:
    count = _count(warehouse, relation, where)
    if count:
        warehouse.execute(f"delete from {relation} where {where}")
    return count


def _count(warehouse: Warehouse, relation: str, where: str) -> int:
    return int(str(warehouse.fetch(f"select count(*) from {relation} where {where}")[0][0]))
