"""`folder`: one file of changes for each sync and audience, whole or not at all, and a manifest that lists them in order."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import TextIO

from dbt_audiences.sync.calls import said_of
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Request, Setting, Side, Spec, Unit
from dbt_audiences.sync.json_text import dumped, parsed_object

COLUMNS = ("audience", "op", "profile_id", *IDENTIFIER_COLUMNS, "traits")
FORMATS = ("csv", "jsonl", "parquet")
MANIFEST = "_manifest.jsonl"
_OPS: Mapping[Side, str] = {"add": "set", "remove": "unset"}
"""What the rows of a trait do with its value."""


class Folder:
    """Writes the file beside its place while the request is drafted; delivering is giving it its name."""

    content_type = "application/vnd.dbt-audiences.file+json"
    batch_size: int | None = None

    def __init__(self, opening: Opening) -> None:
        self._envelope = opening.envelope
        self._clock = opening.effects.clock
        self._folder = opening.root / str(opening.settings["path"])
        self._format = str(opening.settings.get("format", "csv"))
        self._shown_path = str(opening.shown_settings["path"])

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """Write the file as `.part`, and say in the body what it will be called: its content is fixed from here on."""
        part = self._folder / self._envelope.audience / f"{self._envelope.destination}-{request_id}.part"
        part.parent.mkdir(parents=True, exist_ok=True)
        try:
            rows = self._write(part, units)
            digest = _digest(part)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        name = f"{self._envelope.sync_id}-{digest[:12]}.{self._format}"
        return dumped({"file": f"{self._envelope.audience}/{name}", "part": part.name, "rows": rows, "sha256": digest})

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The folder and the rows of the file."""
        place = f"{self._shown_path}/{self._envelope.audience}/{self._envelope.sync_id}-<sha256>.{self._format}"
        return {"file": place, "rows": list(self._rows(units))}

    def shown_again(self, request: Request) -> dict[str, object]:
        """A file that was prepared and is still to be named."""
        content = parsed_object(request.body)
        return {"file": f"{self._shown_path}/{content['file']}", "row_count": content["rows"], "sha256": content["sha256"]}

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Name the files and list them."""
        return [self._deliver(request) for request in requests]

    def try_out(self) -> Outcome:
        """Make the folder and a file in it, and remove the file."""
        place = self._folder / f".{self._envelope.destination}.test"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            place.touch()
            place.unlink()
        except OSError as error:
            return Outcome("pending", f"{self._shown_path}: {error.strerror or error}")
        return Outcome("delivered", "files can be written there")

    def tidy(self, kept: Sequence[str]) -> None:
        """Remove what earlier syncs prepared and will not name."""
        awaited = {self._place(body, "part").name for body in kept}
        for part in (self._folder / self._envelope.audience).glob(f"{self._envelope.destination}-*.part"):
            if part.name not in awaited:
                part.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held."""

    def _deliver(self, request: Request) -> Outcome:
        content = parsed_object(request.body)
        part, file = self._place(request.body, "part"), self._place(request.body, "file")
        try:
            if not file.exists():
                if not part.exists() or _digest(part) != content["sha256"]:
                    # The file was never named, so nobody has read it: it may be made anew.
                    return Outcome("unsent", f"the prepared file {part.name} is gone")
                os.replace(part, file)
                _sync_folder(file.parent)
            part.unlink(missing_ok=True)
            self._list(content)
        except OSError as error:
            return Outcome("pending", f"{self._shown_path}: {error.strerror or error}", stops=True)
        return Outcome("delivered")

    def _place(self, body: str, which: str) -> Path:
        content = parsed_object(body)
        file = self._folder / str(content["file"])
        return file if which == "file" else file.with_name(str(content["part"]))

    def _write(self, part: Path, units: Iterable[Unit]) -> int:
        writers = {"csv": _csv_writer, "jsonl": _json_writer, "parquet": _plain_writer}
        count = 0
        with part.open("w", encoding="utf-8", newline="") as file:
            write = writers[self._format](file)
            for row in self._rows(units):
                write(row)
                count += 1
        if self._format == "parquet":
            _to_parquet(part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        return count

    def _rows(self, units: Iterable[Unit]) -> Iterator[dict[str, object]]:
        for unit in units:
            found = {column: unit.identifiers.get(column) for column in IDENTIFIER_COLUMNS}
            traits = dumped(said_of(self._envelope, unit))
            yield {
                "audience": self._envelope.audience,
                "op": _OPS[unit.side] if self._envelope.values else unit.side,
                "profile_id": unit.profile_id,
                **found,
                "traits": traits,
            }

    def _list(self, content: Mapping[str, object]) -> None:
        manifest = self._folder / MANIFEST
        with manifest.open("ab+") as file:
            _drop_torn_line(file.fileno())
            file.seek(0)
            if any(_names(line, content["file"]) for line in file):
                return
            line = {
                "file": content["file"],
                "audience": self._envelope.audience,
                "rows": content["rows"],
                "sha256": content["sha256"],
                "sync_id": Path(str(content["file"])).stem.rpartition("-")[0],
                "written_at": f"{self._clock().astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z",
            }
            file.write(dumped(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _names(line: bytes, file: object) -> bool:
    try:
        return bool(json.loads(line)["file"] == file)
    except (ValueError, KeyError, TypeError):  # somebody else's line is not ours to judge
        return False


def _drop_torn_line(descriptor: int) -> None:
    """A crash or a full disk may have left half a line at the end; it was never read as one."""
    size = os.fstat(descriptor).st_size
    end = size
    while end and (tail := os.pread(descriptor, min(end, 4096), max(0, end - 4096))):
        cut = tail.rfind(b"\n")
        end = max(0, end - 4096) + cut + 1 if cut >= 0 else max(0, end - 4096)
        if cut >= 0:
            break
    if end < size:
        os.ftruncate(descriptor, end)


def _csv_writer(file: TextIO) -> Callable[[Mapping[str, object]], None]:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    return writer.writerow


def _json_writer(file: TextIO) -> Callable[[Mapping[str, object]], None]:
    def write(row: Mapping[str, object]) -> None:
        file.write(dumped({**row, "traits": parsed_object(str(row["traits"]))}) + "\n")

    return write


def _plain_writer(file: TextIO) -> Callable[[Mapping[str, object]], None]:
    def write(row: Mapping[str, object]) -> None:
        file.write(dumped(row) + "\n")

    return write


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


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


SPEC = Spec(
    type="folder",
    settings=(
        Setting("path", "text", is_required=True),
        Setting("format", "text", choices=FORMATS),
    ),
    secrets=(),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=True,
    open=Folder,
    value_forms=("list",),
    name="Folder",
    description="Files of changes, CSV, JSON Lines or Parquet, whole or not at all, and a manifest that lists them in order.",
    proven_by="real server",
)
