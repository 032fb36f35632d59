"""An audience as a file: CSV, JSON Lines or Parquet by the file's ending."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TextIO

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.diff.members import MEMBER_COLUMNS, members_query

FORMATS = ("formatted", "unformatted")
_ROWS = 10_000


def export(warehouse: Warehouse, relations: Relations, key: str, path: Path, *, format: str, columns: Sequence[str]) -> int:
    """Write the members and return how many; the file appears whole or not at all.

    format   `formatted` writes instants for people (`2026-02-01 00:00:00 UTC`), `unformatted` as ISO 8601
    columns  some of `MEMBER_COLUMNS`, in the order wanted; none means all
    """
    chosen = list(columns or MEMBER_COLUMNS)
    for column in chosen:
        if column not in MEMBER_COLUMNS:
            raise UsageError(f"unknown column `{column}`", hint=f"there are {', '.join(MEMBER_COLUMNS)}")
    writers: dict[str, Callable[[TextIO, Sequence[str]], Callable[[Sequence[object]], None]]] = {
        ".csv": _csv_writer,
        ".jsonl": _json_writer,
    }
    ending = path.suffix.lower()
    if ending not in (*writers, ".parquet"):
        raise UsageError(f"`{path.name}` has no known ending", hint="use .csv, .jsonl or .parquet")
    if not path.parent.is_dir():
        raise UsageError(f"the folder `{path.parent}` does not exist")
    picks = [MEMBER_COLUMNS.index(column) for column in chosen]
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            write = writers.get(ending, _json_writer)(file, chosen)
            count = 0
            for rows in warehouse.stream(members_query(relations, key), _ROWS):
                for row in rows:
                    write([_shown(row[pick], format) for pick in picks])
                count += len(rows)
        if ending == ".parquet":
            _to_parquet(beside, chosen)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _shown(value: object, format: str) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC" if format == "formatted" else value.isoformat() + "Z"
    return value


def _csv_writer(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[object]], None]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    return writer.writerow


def _json_writer(file: TextIO, columns: Sequence[str]) -> Callable[[Sequence[object]], None]:
    def write(row: Sequence[object]) -> None:
        file.write(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n")

    return write


def _to_parquet(lines: Path, columns: Sequence[str]) -> None:
    import duckdb

    types = ", ".join(f"{column}: 'VARCHAR'" for column in columns)
    done = lines.with_suffix(".parquet")
    source = str(lines).replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * from read_json('{source}', format='newline_delimited', columns={{{types}}})) "
            f"to '{str(done).replace(chr(39), chr(39) * 2)}' (format parquet)"
        )
    os.replace(done, lines)
