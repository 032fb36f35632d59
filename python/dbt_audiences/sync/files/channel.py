"""A channel that puts files into a store: one for each sync that changed something, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal, Protocol

from dbt_audiences.sync.addresses import private_in
from dbt_audiences.sync.channel import Channel, Opening, Outcome, Request, Setting, Side, Unit
from dbt_audiences.sync.files.rows import FORMATS, digest_of, rows_of, write_lines, write_rows
from dbt_audiences.sync.json_text import dumped, parsed_object
from dbt_audiences.sync.stated import first_line, one_by_one, without

SETTINGS = (
    Setting("path", "text"),
    Setting("content", "text", choices=("changes", "members")),
    Setting("format", "text", choices=FORMATS),
    Setting("compression", "text", choices=("none", "gzip")),
)
"""What every store of files lets a project choose."""


class Store(Protocol):
    """Where files are kept; names have `/` between their parts. All but `close` may raise anything."""

    place: str
    """For people, with settings as written."""

    def check(self) -> None:
        """Ask for something that needs the credentials; changes nothing."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def put(self, local: Path, name: str) -> None:
        """Make this the file of the name, also where there was one; a reader sees the old one, or none, or all of it."""

    def tidy(self, kept: Sequence[str]) -> None:
        """Told the names of files that are still to come: what was prepared for others may go."""

    def close(self) -> None:
        """Release connections."""


Judge = Callable[[Exception], Literal["held"] | None]


def filed(
    made: Callable[[Opening], Store], *, kind: str, judge: Judge, line: Callable[[Unit], str | None] | None = None
) -> Callable[[Opening], Channel]:
    """How channels of a type are opened.

    kind   of the bodies in the outbox
    judge  whether a person must act on an error
    line   of a file of all members, one for each, with None for who cannot stand in it; without it rows, as settings say
    """

    def opened(opening: Opening) -> Channel:
        if opening.settings.get("format") == "parquet" and opening.settings.get("compression") == "gzip":
            raise ValueError("`compression: gzip` is for csv and jsonl; a parquet file is compressed inside")
        return Files(opening, made(opening), f"application/vnd.dbt-audiences.{kind}+json", judge, line)

    return opened


class Files:
    """The outbox keeps a file's name and digest. The file itself waits in a folder of this process: one that is gone before it
    was put is made anew, from the state of then.
    """

    batch_size: int | None = None

    def __init__(
        self, opening: Opening, store: Store, content_type: str, judge: Judge, line: Callable[[Unit], str | None] | None
    ) -> None:
        self._envelope, self._store, self._judge = opening.envelope, store, judge
        self._secrets, self._line = opening.secrets, line
        self.content_type = content_type
        self.is_whole = line is not None or opening.settings.get("content") == "members"
        self._format = str(opening.settings.get("format", "csv"))
        self._is_zipped = opening.settings.get("compression") == "gzip"
        self._folder: Path | None = None

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """Write the file beside, and say in the body what it will be called."""
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="dbt_audiences_"))
        prepared = self._folder / request_id
        if self._line is not None:
            rows = write_lines(prepared, self._lines(units))
        else:
            rows = write_rows(prepared, rows_of(self._envelope, self._said(units)), self._format, is_zipped=self._is_zipped)
        digest = digest_of(prepared)
        return dumped({"file": self._name(digest), "rows": rows, "sha256": digest})

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The file and its rows."""
        rows = list(self._lines(units) if self._line is not None else rows_of(self._envelope, self._said(units)))
        return {"file": f"{self._store.place}/{self._name('<sha256>')}", "rows": rows}

    def shown_again(self, request: Request) -> dict[str, object]:
        """A file that may be there."""
        content = parsed_object(request.body)
        return {"file": f"{self._store.place}/{content['file']}", "row_count": content["rows"], "sha256": content["sha256"]}

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Put each."""
        return one_by_one(requests, self._put)

    def try_out(self) -> Outcome:
        """Whether the store answers to the credentials."""
        try:
            self._store.check()
        except Exception as error:  # the libraries of stores have many
            return self._failed(error)
        return Outcome("delivered", "it takes the credentials; nothing was written")

    def tidy(self, kept: Sequence[str]) -> None:
        """Tell the store."""
        self._store.tidy([str(parsed_object(body)["file"]) for body in kept])

    def close(self) -> None:
        """Release connections, and forget what was prepared."""
        self._store.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _said(self, units: Iterable[Unit]) -> Iterator[Unit]:
        return (unit for unit in units if unit.side == "add" or not self.is_whole)

    def _lines(self, units: Iterable[Unit]) -> Iterator[str]:
        assert self._line is not None
        return (line for unit in self._said(units) if (line := self._line(unit)) is not None)

    def _name(self, digest: str) -> str:
        ending = "txt" if self._line is not None else f"{self._format}.gz" if self._is_zipped else self._format
        envelope = self._envelope
        if self.is_whole:
            return f"{envelope.audience}.{ending}"
        return f"{envelope.audience}/{envelope.sync_id}-{digest[:12]}.{ending}"

    def _put(self, request: Request) -> Outcome:
        content = parsed_object(request.body)
        name = str(content["file"])
        prepared = None if self._folder is None else self._folder / request.id
        try:
            # A file of changes is named by its content: one that is there is the one that was put.
            if request.attempts and not self.is_whole and self._store.has(name):
                return Outcome("delivered")
            if prepared is None or not prepared.exists():
                return Outcome("unsent", f"the prepared file {name} is gone")
            self._store.put(prepared, name)
        except Exception as error:  # the libraries of stores have many
            return self._failed(error)
        prepared.unlink(missing_ok=True)
        return Outcome("delivered")

    def _failed(self, error: Exception) -> Outcome:
        private = private_in(error)
        if private is not None:
            return Outcome("unsent", str(private), stops=True)
        said = first_line(getattr(error, "strerror", None) or error)
        if isinstance(error, FileNotFoundError):
            said = f"there is no such place ({said})"
        said = without(f"{self._store.place}: {said}", self._secrets)
        if self._judge(error) == "held":
            return Outcome("held", f"{said}; a person must act", stops=True)
        return Outcome("pending", said, stops=True)
