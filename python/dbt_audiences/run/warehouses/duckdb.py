"""DuckDB, embedded: one file, one writing process at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_audiences.core.errors import AudiencesError, FailedError, WarehouseError
from dbt_audiences.core.warehouse import Row, text_literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_INSERT_ROWS = 2_000


def connect(credentials: Mapping[str, object]) -> DuckDB:
    """Open the file named by the profile's `path`; its folder must exist."""
    import duckdb

    path = str(credentials["path"])
    if path != ":memory:" and not Path(path).parent.is_dir():
        raise WarehouseError(
            f"the folder of the database `{path}` does not exist", hint="create it, or correct `path` in profiles.yml"
        )
    try:
        # The same options as dbt-duckdb's own connection, or DuckDB refuses to share the file within this process.
        options = credentials.get("config_options") or {}
        connection = duckdb.connect(path, config=dict(options) if isinstance(options, Mapping) else {})
    except duckdb.Error as error:
        raise _translated(error) from error
    settings = credentials.get("settings")
    for name, value in settings.items() if isinstance(settings, Mapping) else ():
        # As dbt-duckdb has them; one of an extension that is not loaded here is for the user's models, which dbt builds.
        with suppress(duckdb.Error):
            connection.execute(f"set {name} = {text_literal(str(value))}")
    return DuckDB(connection)


class DuckDB:
    """A connection to a DuckDB database; other connections of this process share the file with it."""

    engine = "duckdb"

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection = connection
        self._run("set TimeZone = 'UTC'")
        self._run("set enable_progress_bar = false")  # it goes to standard output, where --json writes its document

    def fetch(self, sql: str) -> list[Row]:
        """All rows of a query."""
        rows: list[Row] = self._run(sql).fetchall()
        return rows

    def stream(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The rows of a query in lists of at most `size`, in constant memory."""
        cursor = self._run(sql)
        while rows := cursor.fetchmany(size):
            yield rows

    def execute(self, sql: str) -> None:
        """Run one statement that returns nothing."""
        self._run(sql)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        import duckdb

        self._run("begin transaction")
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # a commit that failed left nothing to roll back
                self.connection.rollback()
            raise
        self._run("commit")

    def insert(self, relation: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append rows, many to a statement: `executemany` runs one statement for each row here."""
        names = ", ".join(f'"{column}"' for column in columns)
        one = "(" + ", ".join("?" for _ in columns) + ")"
        for chunk in _chunks(rows, max(1, _INSERT_ROWS // len(columns))):
            values = [value for row in chunk for value in row]
            self._run(f"insert into {relation} ({names}) values {', '.join([one] * len(chunk))}", values)

    def json_keys(self, column: str) -> str:
        """SQL that yields each key of a JSON object."""
        return f"unnest(json_keys({column}))"

    def sha256(self, text: str) -> str:
        """SQL of the SHA-256 of a text expression."""
        return f"sha256({text})"

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Name and type of each column, in order."""
        rows = self.fetch(f"select name, type from pragma_table_info({text_literal(relation)}) order by cid")
        return [(str(name), str(kind)) for name, kind in rows]

    def row_hash(self, columns: Sequence[str]) -> str:
        """SQL of a whole number of 64 bits that is the same for the same values."""
        return f"hash({', '.join(columns)})"

    def make_findable(self, relation: str, column: str) -> None:
        """Nothing: the least and the greatest value of each stretch of rows are known."""

    def content_mark(self, relation: str) -> str:
        """Where each segment of the table's columns lies in the file, with its number of rows and its statistics.

        Changed rows are written elsewhere; what is not yet in the file is marked as such. Only a second change in place of the
        same rows before the first is in the file is not seen.
        """
        place = text_literal(relation)
        columns = "segment_type, start, count, stats, has_updates, persistent, block_id, block_offset, additional_block_ids"
        (segments, digest), *_ = self.fetch(
            f"select count(*), sum(hash(row_group_id, column_path, segment_id, {columns})) from pragma_storage_info({place})"
        )
        (rows,), *_ = self.fetch(f"select count(*) from {relation}")
        return f"{rows} in {segments}: {digest}"

    def close(self) -> None:
        """Release the file."""
        self.connection.close()

    def _run(self, sql: str, values: Sequence[object] | None = None) -> DuckDBPyConnection:
        import duckdb

        try:
            return self.connection.execute(sql, values) if values is not None else self.connection.execute(sql)
        except duckdb.Error as error:
            raise _translated(error) from error


def reclaim(credentials: Mapping[str, object], relations: Sequence[str]) -> None:
    """Write the file of the database anew, whichever of its tables had rows deleted; no connection may be open.

    Needs as much room beside the file as it has; killed at any moment, the file is the old one or the new one.
    """
    import duckdb

    path = Path(str(credentials["path"]))
    if str(path) == ":memory:":
        return
    fresh = path.with_name(f"{path.name}.rewritten")
    options = credentials.get("config_options") or {}
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect(config=dict(options) if isinstance(options, Mapping) else {}) as connection:
            # Views name the database they are in, and so the old one has its name here.
            connection.execute(f"attach {text_literal(str(path))} as {_quoted(path.stem)} (read_only)")
            connection.execute(f"attach {text_literal(str(fresh))} as rewritten")
            connection.execute(f"copy from database {_quoted(path.stem)} to rewritten")
            connection.execute("checkpoint rewritten")
    except duckdb.Error as error:
        fresh.unlink(missing_ok=True)
        raise _translated(error) from error
    os.replace(fresh, path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _chunks(rows: Iterable[Sequence[object]], size: int) -> Iterator[list[Sequence[object]]]:
    chunk: list[Sequence[object]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def busy_error(text: str) -> WarehouseError | None:
    """The error for DuckDB's complaint that another process holds the file, or None for any other text."""
    holder = re.search(r"Conflicting lock is held in (.+?) \(PID (\d+)\)", text)
    if holder is None:
        return None
    return WarehouseError(
        f"the database is busy: process {holder[2]} ({holder[1]}) has it open for writing",
        hint="wait for it to end; `load`, `run` and `sync` do so with --wait",
        is_busy=True,
    )


def _translated(error: Any) -> AudiencesError:
    import duckdb

    text = str(error)
    # After a fatal error every statement gives the first one's reason, further down.
    reason = text if isinstance(error, duckdb.FatalException) else text.splitlines()[0]
    if any(said in reason for said in ("No space left", "File too large")):
        return WarehouseError("the disk is full: the database could not be written", hint="free space and run again")
    if isinstance(error, duckdb.IOException):
        busy = busy_error(text)
        if busy is not None:
            return busy
        if "not a valid DuckDB database file" in text:
            return WarehouseError(
                text.splitlines()[0].removeprefix("IO Error: "),
                hint="correct `path` in profiles.yml, or restore the file from a copy",
            )
        return WarehouseError(f"the database could not be read or written: {text.splitlines()[0]}")
    if isinstance(error, duckdb.ConnectionException):
        return WarehouseError(f"the database could not be opened: {text.splitlines()[0]}")
    return FailedError(f"the warehouse refused a statement: {text}")
