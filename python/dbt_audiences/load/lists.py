"""Files of identifiers: CSV and TSV with or without a header, and JSON Lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.identity import ACCOUNT, Identity
from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.load.tables import make_tables, relation
from dbt_audiences.spec.fields import unknown


@dataclass(frozen=True, slots=True)
class ListRows:
    """The different (type, value) pairs of files, and how many rows hold none."""

    pairs: tuple[tuple[str, str], ...]
    blank: int


def read_lists(paths: Sequence[str], identifier: str | None, identity: Identity) -> ListRows:
    """Every identifier of the files, trimmed and written as those of calls are, once each.

    identifier  what the only column holds that bears no name of an identifier; with names, the only one that is read
    identity    the types that there are; `group_id` is an account's
    """
    known = (*identity.types, ACCOUNT)
    if identifier is not None and identifier not in known:
        raise UsageError(f"`{identifier}` is no type of identifier", hint=unknown(identifier, known))
    found: dict[tuple[str, str], None] = {}
    blank = 0
    for path in map(Path, paths):
        if not path.is_file():
            raise UsageError(f"there is no file `{path.name}`")
        for row in _rows(path, identifier, known):
            read = [(type_, identity.normal(type_, value.strip())) for type_, value in row]
            pairs = [(type_, value) for type_, value in read if value]
            found.update(dict.fromkeys(pairs))
            blank += not pairs
    return ListRows(tuple(found), blank)


def _rows(path: Path, identifier: str | None, known: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    ending = path.suffix.lower()
    try:
        if ending in (".csv", ".tsv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _columns(path, csv.reader(file, delimiter="\t" if ending == ".tsv" else ","), identifier, known)
        elif ending in (".jsonl", ".ndjson"):
            with path.open(encoding="utf-8-sig") as file:
                yield from _lines(path, file, identifier, known)
        else:
            raise UsageError(f"`{path.name}` is no list", hint="a list ends in .csv, .tsv or .jsonl")
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"`{path.name}` cannot be read: {error}") from error


def _columns(
    path: Path, rows: Iterable[list[str]], identifier: str | None, known: Sequence[str]
) -> Iterator[list[tuple[str, str]]]:
    rows = (row for row in rows if row)
    header = next(iter(rows), None)
    if header is None:
        return
    names = [name.strip().lower() for name in header]
    picks = [(name, place) for place, name in enumerate(names) if name in (known if identifier is None else (identifier,))]
    if not picks:
        if identifier is None or len(header) != 1:
            hint = (
                "name what the only column holds with --identifier" if len(header) == 1 else f"name one of {', '.join(known)}"
            )
            raise UsageError(f"no column of `{path.name}` is called like an identifier", hint=hint)
        picks = [(identifier, 0)]
        yield [(identifier, header[0])]
    for row in rows:
        yield [(name, row[place]) for name, place in picks if place < len(row)]


def _lines(path: Path, lines: Iterable[str], identifier: str | None, known: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    wanted = known if identifier is None else (identifier,)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            raise UsageError(f"{path.name}:{number}: this is no JSON") from None
        if isinstance(value, dict):
            yield [(name, str(value[name])) for name in wanted if isinstance(value.get(name), str | int)]
        elif identifier is not None and isinstance(value, str | int) and not isinstance(value, bool):
            yield [(identifier, str(value))]
        else:
            hint = 'an object such as {"email": "ann@example.com"}, or with --identifier a text'
            raise UsageError(f"{path.name}:{number}: this names nobody", hint=hint)


def replace_list(warehouse: Warehouse, schema: str, key: str, rows: ListRows, loaded_at: datetime) -> None:
    """Put the identifiers in the place of those that the list had, whole or not at all."""
    make_tables(warehouse, schema)
    table = relation(schema, "list_members")
    stamp = loaded_at.replace(tzinfo=None)
    with warehouse.transaction():
        warehouse.execute(f"delete from {table} where list = {text_literal(key)}")
        values = ((key, type_, value, stamp) for type_, value in rows.pairs)
        warehouse.insert(table, ("list", "type", "value", "loaded_at"), values)
