"""Files of text as pieces of JSON lines, each line with its number; what is no line at all is a fault."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from dbt_audiences.core.errors import FailedError

PIECE_BYTES = 1 << 20
_LONGEST_LINE = 64 << 20
_MOST_LINES = 50_000
_BOM = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Piece:
    """Lines of a file that follow each other, empty where there is nothing to load.

    A fault is a line's number, its reason and its content.
    """

    first: int
    count: int
    data: bytes
    faults: list[tuple[int, str, str]]
    position: int
    """Bytes of the file, as it lies on the disk, read so far."""


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """The bytes of a file, unpacked when it ends in .gz, and where on the disk reading has come to."""
    try:
        with path.open("rb") as raw:
            if path.suffix == ".gz":
                with gzip.open(raw) as unpacked:
                    yield cast("IO[bytes]", unpacked), raw.tell
            else:
                yield raw, raw.tell
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FailedError(
            f"`{path}` is damaged or cut short: it could not be unpacked ({error})", hint="nothing of it was loaded"
        ) from error
    except OSError as error:
        raise FailedError(f"`{path}` could not be read: {error.strerror or error}", hint="nothing of it was loaded") from error


def json_pieces(path: Path) -> Iterator[Piece]:
    """The lines of a file of JSON Lines, as they stand there."""
    with opened(path) as (file, position):
        number, kept = 1, io.BytesIO()
        while block := file.read(PIECE_BYTES):
            if number == 1 and not kept.tell():
                block = block.removeprefix(_BOM)
            end = block.rfind(b"\n")
            if end < 0:
                kept.write(block)
                if kept.tell() > _LONGEST_LINE:
                    raise FailedError(f"{path}:{number}: the line is longer than 64 MB", hint="write one call on each line")
                continue
            kept.write(block[:end])
            piece = _piece(kept.getvalue(), number, position())
            yield piece
            number += piece.count
            kept = io.BytesIO()
            kept.write(block[end + 1 :])
        if kept.tell():
            yield _piece(kept.getvalue(), number, position())


def row_pieces(path: Path, delimiter: str, line: Callable[[Sequence[str], Sequence[str]], str]) -> Iterator[Piece]:
    """The rows of a CSV file below its header; `line` makes the JSON line of a row from the header and the values."""
    with opened(path) as (file, position):
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        # Also what ends a file whose quote is never closed, before it has filled the memory.
        csv.field_size_limit(_LONGEST_LINE)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        header = next(reader, [])
        first = reader.line_num + 1
        lines: list[bytes] = []
        faults: list[tuple[int, str, str]] = []
        size = 0
        while True:
            number = reader.line_num + 1
            # A row may be several lines long; its number is that of the first.
            lines += [b""] * (number - first - len(lines))
            if size > PIECE_BYTES or len(lines) > _MOST_LINES:
                yield Piece(first, len(lines), b"\n".join(lines), faults, position())
                first, lines, faults, size = number, [], [], 0
            try:
                row = next(reader, None)
            except csv.Error as error:
                faults.append((number, f"not CSV: {error}", ""))
                continue
            if row is None:
                break
            fault = _row_fault(row, len(header)) if row else None
            if fault is not None:
                faults.append((number, fault, _written(row, delimiter)))
            elif row:
                lines.append(line(header, row).encode())
                size += len(lines[-1])
        yield Piece(first, len(lines), b"\n".join(lines), faults, position())


def header(path: Path, delimiter: str) -> list[str]:
    """The names in the first row of a CSV file."""
    with opened(path) as (file, _):
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
        return next(csv.reader(text, delimiter=delimiter), [])


def _piece(data: bytes, first: int, position: int) -> Piece:
    """Lines that are not UTF-8 become faults."""
    count = data.count(b"\n") + 1
    try:
        # Plain ASCII, which most files are, need not be decoded to know that it can be.
        if not data.isascii():
            data.decode()
        return Piece(first, count, data, [], position)
    except UnicodeDecodeError:
        lines = data.split(b"\n")
        faults: list[tuple[int, str, str]] = []
        for index, line in enumerate(lines):
            try:
                line.decode()
            except UnicodeDecodeError:
                faults.append((first + index, "not UTF-8", storable(line.decode(errors="replace"))))
                lines[index] = b""
        return Piece(first, count, b"\n".join(lines), faults, position)


def _row_fault(row: Sequence[str], width: int) -> str | None:
    if len(row) != width:
        return f"{len(row)} values instead of {width}"
    if any(not value.isascii() and _has_surrogate(value) for value in row):
        return "not UTF-8"
    return None


def _has_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _written(row: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="").writerow(row)
    return storable(text.getvalue().encode(errors="surrogateescape").decode(errors="replace"))


def storable(text: str) -> str:
    """A text as `raw.rejected` keeps it."""
    return text[:10_000].replace("\x00", "\ufffd")


def quoted_json(text: str) -> str:
    """A JSON string."""
    return json.dumps(text, ensure_ascii=False)
