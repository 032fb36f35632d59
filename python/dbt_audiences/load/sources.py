"""Which files a load reads, and how each kind of file is fed into the staging engine."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dbt_audiences.core.errors import FailedError, UsageError
from dbt_audiences.core.identity import Identity
from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.load.calls import FIELDS
from dbt_audiences.load.lines import Piece, header, json_pieces, opened, row_pieces, storable
from dbt_audiences.load.rows import call_line, field_of, identifier_column, person_from_json, person_from_row
from dbt_audiences.load.staging import Staging
from dbt_audiences.load.tables import quoted

_JSON = (".jsonl", ".ndjson", ".json")
_KINDS = {ending: "json" for ending in _JSON} | {".csv": "csv", ".tsv": "csv", ".parquet": "parquet"}
ENDINGS = tuple(_KINDS)
_ROWS_AT_ONCE = 250_000
_PEOPLE_AT_ONCE = 20_000

Advance = Callable[[int, int], None]
"""Called with how much of the file is read and its size: bytes on the disk, or rows of a Parquet file."""


def kind(path: Path) -> str | None:
    """`json`, `csv` or `parquet` by the ending, and None for any other."""
    suffixes = path.suffixes
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    ending = (suffixes[-2] if packed and len(suffixes) > 1 else suffixes[-1] if suffixes else "").lower()
    found = _KINDS.get(ending)
    return None if packed and found == "parquet" else found


def files(paths: Sequence[str]) -> list[Path]:
    """The files behind files, folders and patterns, each once, folders in the order of their names."""
    found: dict[Path, None] = {}
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and kind(p) and not p.name.startswith("."))
            if not inside:
                raise UsageError(f"the folder `{given}` holds no file to load", hint=_hint())
        elif path.exists():
            inside = [path]
        else:
            inside = _matches(given)
            if not inside:
                raise UsageError(
                    f"there is no file `{given}`", hint="name a file, a folder or a pattern such as 'events/*.jsonl'"
                )
        for file in inside:
            if kind(file) is None:
                raise UsageError(f"`{file}` has no known ending", hint=_hint())
            found[file] = None
    return list(found)


def _matches(pattern: str) -> list[Path]:
    # `Path.glob` takes no absolute pattern.
    return sorted(Path(match) for match in glob.glob(pattern, recursive=True) if Path(match).is_file())  # noqa: PTH207


def _hint() -> str:
    return f"a file to load ends in {', '.join(ENDINGS)}, all but Parquet also with .gz"


def stage_calls(staging: Staging, path: Path, advance: Advance) -> Iterator[None]:
    """Stage a file of calls; yields after each part, when a batch can be taken."""
    if kind(path) == "parquet":
        yield from _stage_columns(staging, path, advance)
        return
    if kind(path) == "json":
        pieces = json_pieces(path)
    else:
        delimiter = _delimiter(path)
        _known_columns(path, header(path, delimiter))
        pieces = row_pieces(path, delimiter, call_line)
    yield from _stage_pieces(staging, path, pieces, advance)


def stage_people(staging: Staging, path: Path, identifier: str, identity: Identity, advance: Advance) -> Iterator[None]:
    """Stage a file of people as identify calls."""
    if kind(path) == "csv":
        delimiter = _delimiter(path)
        column = identifier_column(str(path), header(path, delimiter), identifier)
        pieces = row_pieces(path, delimiter, person_from_row(identifier, column, identity))
    elif kind(path) == "json":
        pieces = (_people(piece, identifier, identity) for piece in json_pieces(path))
    else:
        pieces = _people_of_parquet(staging, path, identifier, identity)
    yield from _stage_pieces(staging, path, pieces, advance)


def _stage_pieces(staging: Staging, path: Path, pieces: Iterator[Piece], advance: Advance) -> Iterator[None]:
    size = path.stat().st_size
    for piece in pieces:
        staging.add_lines(piece)
        advance(piece.position, size)
        yield


def _people(piece: Piece, identifier: str, identity: Identity) -> Piece:
    lines = piece.data.decode().split("\n")
    for index, line in enumerate(lines):
        if line.strip():
            lines[index] = _person(piece, piece.first + index, line, person_from_json(identifier, line, identity))
    return Piece(piece.first, piece.count, "\n".join(lines).encode(), piece.faults, piece.position)


def _person(piece: Piece, number: int, line: str, person: str | None) -> str:
    if person is None:
        piece.faults.append((number, "not a JSON object", storable(line)))
    return person or ""


def _people_of_parquet(staging: Staging, path: Path, identifier: str, identity: Identity) -> Iterator[Piece]:
    columns = list(_columns(staging, path))
    column = identifier_column(str(path), columns, identifier)
    packed = ", ".join(f"{text_literal(name)}: {quoted(name)}" for name in columns)
    total, _ = _row_groups(staging, path)
    whole = path.stat().st_size
    for start in range(0, total, _PEOPLE_AT_ONCE):
        rows = staging.query(
            f"select file_row_number + 1, to_json({{{packed}}}) from {_parquet(path)}"
            f" where file_row_number >= {start} and file_row_number < {start + _PEOPLE_AT_ONCE} order by 1"
        )
        piece = Piece(start + 1, len(rows), b"", [], min(whole, whole * (start + len(rows)) // max(total, 1)))
        lines = [
            _person(piece, int(str(number)), str(text), person_from_json(identifier, str(text), identity, column))
            for number, text in rows
        ]
        piece.data = "\n".join(lines).encode()
        yield piece


def _stage_columns(staging: Staging, path: Path, advance: Advance) -> Iterator[None]:
    columns = _columns(staging, path)
    _known_columns(path, list(columns))
    listed: list[str] = []
    types: dict[str, str] = {}
    for name, type in columns.items():
        field = field_of(name)
        if field is not None and field not in types:
            types[field] = type
            listed.append(f"{quoted(name)} as f_{field}")
    total, groups = _row_groups(staging, path)
    for start, end in _ranges(groups):
        rows = (
            f"select file_row_number + 1 as line, {', '.join(listed)} from {_parquet(path)}"
            f" where file_row_number >= {start} and file_row_number < {end}"
        )
        staging.add_columns(rows, types)
        advance(end, total)
        yield


def _ranges(groups: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Rows from and to of each part: whole row groups together, and a huge one in parts."""
    start = end = 0
    for rows in groups:
        end += rows
        while end - start >= _ROWS_AT_ONCE:
            until = end if end - start < 2 * _ROWS_AT_ONCE else start + _ROWS_AT_ONCE
            yield start, until
            start = until
    if end > start:
        yield start, end


def _columns(staging: Staging, path: Path) -> dict[str, str]:
    # Read as it is: a file cut short has lost its end, where the columns stand.
    with opened(path):
        pass
    try:
        rows = staging.query(f"describe select * exclude file_row_number from {_parquet(path)}")
    except FailedError as error:
        raise FailedError(
            f"`{path}` is damaged or cut short, or is no Parquet file: {error.message}", hint=error.hint
        ) from error
    return {str(row[0]): str(row[1]) for row in rows}


def _row_groups(staging: Staging, path: Path) -> tuple[int, list[int]]:
    rows = staging.query(
        f"select row_group_id, max(row_group_num_rows) from parquet_metadata({text_literal(str(path))}) group by 1 order by 1"
    )
    groups = [int(str(row[1])) for row in rows]
    return sum(groups), groups


def _parquet(path: Path) -> str:
    return f"read_parquet({text_literal(glob.escape(str(path)))}, file_row_number = true, binary_as_string = true)"


def _known_columns(path: Path, columns: Sequence[str]) -> None:
    if not any(field_of(column) == "type" for column in columns):
        raise UsageError(
            f"`{path}` has no column `type`",
            hint=f"its columns are {', '.join(columns) or 'none'}; a call's are {', '.join(FIELDS)}",
        )


def _delimiter(path: Path) -> str:
    return "\t" if ".tsv" in (suffix.lower() for suffix in path.suffixes) else ","
