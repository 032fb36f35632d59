"""`folder`: one file of changes for each sync and audience, whole or not at all, and a manifest that lists them in order."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Request, Setting, Side, Spec, Unit
from dbt_audiences.sync.files.rows import FORMATS, digest_of, rows_of, write_rows
from dbt_audiences.sync.json_text import dumped, parsed_object
from dbt_audiences.sync.stated import one_by_one

MANIFEST = "_manifest.jsonl"


class Folder:
    """Writes the file beside its place while the request is drafted; delivering is giving it its name."""

    content_type = "application/vnd.dbt-audiences.file+json"
    batch_size: int | None = None
    is_whole = False

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
            rows = write_rows(part, rows_of(self._envelope, units), self._format)
            digest = digest_of(part)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        name = f"{self._envelope.sync_id}-{digest[:12]}.{self._format}"
        return dumped({"file": f"{self._envelope.audience}/{name}", "part": part.name, "rows": rows, "sha256": digest})

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The folder and the rows of the file."""
        place = f"{self._shown_path}/{self._envelope.audience}/{self._envelope.sync_id}-<sha256>.{self._format}"
        return {"file": place, "rows": list(rows_of(self._envelope, units))}

    def shown_again(self, request: Request) -> dict[str, object]:
        """A file that was prepared and is still to be named."""
        content = parsed_object(request.body)
        return {"file": f"{self._shown_path}/{content['file']}", "row_count": content["rows"], "sha256": content["sha256"]}

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Name the files and list them."""
        return one_by_one(requests, self._deliver)

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
                if not part.exists() or digest_of(part) != content["sha256"]:
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
