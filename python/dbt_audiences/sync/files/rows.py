"""Rows of members as a file: CSV, JSON Lines or Parquet, the same bytes for the same rows."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO, cast

from dbt_audiences.sync.calls import said_of
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Envelope, Side, Unit
from dbt_audiences.sync.json_text import dumped, parsed_object

COLUMNS = ("audience", "op", "profile_id", *IDENTIFIER_COLUMNS, "traits")
FORMATS = ("csv", "jsonl", "parquet")
_OPS: Mapping[Side, str] = {"add": "set", "remove": "unset"}
"""What the rows of a trait do with its value."""

Row = Mapping[str, object]


def rows_of(envelope: Envelope, units: Iterable[Unit]) -> Iterator[dict[str, object]]:
    """A row for each unit: `COLUMNS`, missing identifiers None, `traits` a JSON object's text."""
    for unit in units:
        yield {
            "audience": envelope.audience,
            "op": _OPS[unit.side] if envelope.values else unit.side,
            "profile_id": unit.profile_id,
            **{column: unit.identifiers.get(column) for column in IDENTIFIER_COLUMNS},
            "traits": dumped(said_of(envelope, unit)),
        }


def write_rows(path: Path, rows: Iterable[Row], format_: str, *, is_zipped: bool = False) -> int:
    """Write the file and bring it to the disk; return the number of rows. Raises `OSError`."""
    writers = {"csv": _csv_writer, "jsonl": _json_writer, "parquet": _plain_writer}
    count = 0
    with _opened(path, is_zipped=is_zipped) as file:
        write = writers[format_](file)
        for row in rows:
            write(row)
            count += 1
    if format_ == "parquet":
        _to_parquet(path)
    with path.open("rb+") as written:
        os.fsync(written.fileno())
    return count


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """The same of plain lines."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        for line in lines:
            file.write(f"{line}\n")
            count += 1
    return count


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(path: Path, *, is_zipped: bool) -> Iterator[TextIO]:
    if not is_zipped:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    # Neither a name nor a time in it, so that the same rows are the same bytes.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped,
        TextIOWrapper(zipped, "utf-8", newline="") as text,
    ):
        yield cast(TextIO, text)


def _csv_writer(file: TextIO) -> Callable[[Row], object]:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    return writer.writerow


def _json_writer(file: TextIO) -> Callable[[Row], object]:
    return lambda row: file.write(dumped({**row, "traits": parsed_object(str(row["traits"]))}) + "\n")


def _plain_writer(file: TextIO) -> Callable[[Row], object]:
    return lambda row: file.write(dumped(row) + "\n")


def _to_parquet(part: Path) -> None:
    import duckdb

    types = ", ".join(f"{column}: 'VARCHAR'" for column in COLUMNS)
    done = part.with_suffix(".parquet.part")
    quoted = [str(path).replace("'", "''") for path in (part, done)]
    try:
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select * from read_json('{quoted[0]}', format='newline_delimited', columns={{{types}}})) "
                f"to '{quoted[1]}' (format parquet)"
            )
        os.replace(done, part)
    except duckdb.IOException as error:
        raise OSError(str(error).splitlines()[0]) from error
    finally:
        done.unlink(missing_ok=True)
