"""Where calls are read and checked before they go to the warehouse: an engine of its own, in bounded memory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dbt_audiences.core.errors import FailedError, WarehouseError
from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.load.calls import (
    FIELDS,
    OBJECTS,
    POSTPONED,
    STAGED_COLUMNS,
    from_columns,
    from_lines,
    from_values,
)
from dbt_audiences.load.exact import exact_fields
from dbt_audiences.load.lines import Piece, storable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Each batch is looked up in all the calls of the warehouse, so a batch is large; it lies in a table that can go to the disk.
BATCH_ROWS = 500_000
_BATCH_BYTES = 512 << 20
_MEGABYTES_PER_THREAD = 384
# Whole row groups, which are what threads share among themselves.
_PART_ROWS = 2 * 122_880
_PART_BYTES = 128 << 20
_EXACT_ROWS = 20_000
_SAMPLES = 10
FOUND_COLUMNS = (
    ("message_id", "text"),
    ("line", "bigint"),
    ("content", "text"),
    ("event", "text"),
    ("violation", "text"),
    ("action", "text"),
    ("is_sample", "boolean"),
    ("file", "text"),
    ("source", "text"),
    ("loaded_at", "timestamp"),
    ("load_id", "text"),
)

_STAGED = (
    "line bigint, reason varchar, content varchar, message_id varchar, type varchar, occurred_at timestamp, "
    "received_at timestamp, user_id varchar, anonymous_id varchar, event varchar, name varchar, group_id varchar, "
    "previous_id varchar, properties varchar, traits varchar, context varchar"
)


Run = Callable[..., list[tuple[object, ...]]]
"""All rows of a statement of the staging engine; a second argument are the values of its parameters."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Checked rows as files: `calls` without repetitions among themselves, `rejected` with line, reason and content."""

    calls: Path
    rejected: Path
    read: int
    width: int
    """About the bytes of a row of `calls`, more where a few are much wider than the rest."""
    rejected_count: int
    reasons: tuple[tuple[int, str], ...]
    """Line and reason of the first rejected ones."""
    suppressed: int = 0
    """Calls that were left out because they are of people of whom nothing new is taken."""
    violations: Path | None = None
    """What did not keep to the tracking plan, if there is one: `FOUND_COLUMNS`, a row for each call and violation."""
    blocked: int = 0
    """Rejected calls that the tracking plan blocks."""
    flagged: int = 0
    """Calls that do not keep to it, and are loaded all the same."""


class Staging:
    """Takes pieces of one file after another and gives batches; `options` writes their files (`format csv`, ...).

    elsewhere  SQL of whether a call without `userId` and `anonymousId` names somebody
    leave_out  drops of the staged calls those that must not be kept, and returns how many
    hold       notes in a table `violations` what the staged calls violate, rejects what is blocked, and returns how many
    """

    def __init__(
        self,
        connection: DuckDBPyConnection,
        folder: Path,
        options: str,
        elsewhere: str,
        leave_out: Callable[[Run], int],
        hold: Callable[[Run], int] | None = None,
    ) -> None:
        self._hold = hold
        self._connection = connection
        self._leave_out = leave_out
        self._folder = folder
        self._options = options
        self._elsewhere = elsewhere
        self._rows = self._bytes = self._first = self._waiting = self._waiting_bytes = 0

    def clear(self, otherwise: datetime | None = None) -> None:
        """Forget what is staged; `otherwise` is when the lines to come happened that do not say it."""
        self._otherwise = "null" if otherwise is None else f"timestamp '{otherwise.isoformat(sep=' ')}'"
        self._run("create or replace temp table lines (text varchar)")
        self._waiting = self._waiting_bytes = 0
        self._empty()

    @property
    def full(self) -> bool:
        """Whether it is time for a batch."""
        return self._rows + self._waiting >= BATCH_ROWS or self._bytes >= _BATCH_BYTES

    def add_lines(self, piece: Piece) -> None:
        """Take the lines that follow those taken before; they are read and checked in parts, many threads at once."""
        if self._waiting == 0:
            self._first = piece.first
        if piece.count:
            # Nothing but the texts: the place of a row in this table is what numbers the line.
            self._run("insert into lines select unnest(string_split(decode(?), chr(10)))", [piece.data])
            self._waiting += piece.count
            self._waiting_bytes += len(piece.data)
            self._bytes += len(piece.data)
        self._refuse(piece.faults)
        if self._waiting >= _PART_ROWS or self._waiting_bytes >= _PART_BYTES:
            self.read_lines()

    def read_lines(self) -> None:
        """Read and check the lines that still wait for it."""
        if self._waiting:
            self._add(from_lines(f"select rowid + {self._first} as line, text from lines", self._otherwise, self._elsewhere))
        self._run("create or replace temp table lines (text varchar)")
        self._waiting = self._waiting_bytes = 0

    def add_columns(self, rows: str, types: dict[str, str]) -> None:
        """Read and check rows of columns; see `from_columns`."""
        self._add(from_columns(rows, types, self._elsewhere))

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """All rows of a query."""
        return self._run(sql)

    def batch(self, stamp: str, file: str) -> Batch:
        """What has been staged since the last batch; `stamp` are further columns of each row, as a select list."""
        self.read_lines()
        self._read_exactly()
        suppressed = self._leave_out(self._run)
        blocked = 0 if self._hold is None else self._hold(self._run)
        calls, rejected = self._folder / "calls", self._folder / "rejected"
        self._run(
            "create or replace temp table repeated as select message_id, min(line) as line from staged "
            "where reason is null group by message_id having count(*) > 1"
        )
        columns = STAGED_COLUMNS.removeprefix("line, reason, content, ")
        again = "exists (select 1 from repeated as r where r.message_id = s.message_id and r.line < s.line)"
        any_repeated = self._run("select count(*) from repeated")[0][0]
        kept = "reason is null" + (f" and not {again}" if any_repeated else "")
        self._copy(f"select {columns}, {stamp} from staged as s where {kept}", calls)
        bytes = " + ".join(f"coalesce(strlen({field}), 0)" for field in OBJECTS)
        row = self._run(f"select count(*), avg({bytes}), max({bytes}) from staged where reason is null")[0]
        read = int(str(row[0]))
        width = int(max(float(str(row[1])), float(str(row[2])) / 16)) if read else 0
        refused = self._copy(
            f"select line, reason, content, {text_literal(file)} as file, {stamp} from staged where reason is not null",
            rejected,
        )
        first = self._run("select line, reason from staged where reason is not null order by line limit 3") if refused else []
        violations, flagged = None, 0
        if self._hold is not None:
            violations, flagged = self._violations(stamp, file, again if any_repeated else "false")
        self._empty()
        reasons = tuple((int(str(line)), str(reason)) for line, reason in first)
        return Batch(calls, rejected, read, width, refused, reasons, suppressed, violations, blocked, flagged)

    def _violations(self, stamp: str, file: str, again: str) -> tuple[Path | None, int]:
        """What is flagged among the calls that are kept, and what is blocked, and how many calls are flagged."""
        path = self._folder / "violations"
        flagged = f"s.reason is null and v.action = 'flag' and not ({again})"
        joined = "from violations as v inner join staged as s on s.line = v.line"
        found = self._copy(
            "select s.message_id, s.line, s.content, v.event, v.violation, v.action, "
            f"row_number() over (partition by v.event, v.violation, v.action order by s.line) <= {_SAMPLES} as is_sample, "
            f"{text_literal(file)} as file, {stamp} {joined} "
            f"where (s.reason is not null and v.action = 'block') or ({flagged})",
            path,
        )
        if not found:
            return None, 0
        return path, int(str(self._run(f"select count(distinct s.line) {joined} where {flagged}")[0][0]))

    def _read_exactly(self) -> None:
        postponed = f"reason = '{POSTPONED}'"
        while rows := self._run(f"select line, content from staged where {postponed} order by line limit {_EXACT_ROWS}"):
            last = rows[-1][0]
            given: list[tuple[object, str, str]] = []
            refused: list[tuple[object, str]] = []
            for line, content in rows:
                fields = exact_fields(str(content), embedded=OBJECTS)
                if fields is None:
                    refused.append((line, storable(str(content))))
                else:
                    given.append((line, str(content), json.dumps([fields.get(field) for field in FIELDS])))
            self._run(f"delete from staged where {postponed} and line <= {last}")
            self._rows -= len(rows)
            if given:
                lists = [list(column) for column in zip(*given, strict=True)]
                select = "select unnest(?::bigint[]) as line, unnest(?::varchar[]) as text, unnest(?::varchar[]) as given"
                self._add(from_values(select, self._otherwise, self._elsewhere), lists)
            if refused:
                self._refuse([(int(str(line)), "not JSON", content) for line, content in refused])

    def _refuse(self, faults: Sequence[tuple[int, str, str]]) -> None:
        if faults:
            lists = [list(column) for column in zip(*faults, strict=True)]
            self._run(
                "insert into staged (line, reason, content) "
                "select unnest(?::bigint[]), unnest(?::varchar[]), unnest(?::varchar[])",
                lists,
            )
            self._rows += len(faults)

    def _empty(self) -> None:
        self._run(f"create or replace temp table staged ({_STAGED})")
        self._rows = self._bytes = 0

    def _add(self, select: str, values: Sequence[object] = ()) -> None:
        self._rows += int(str(self._run(f"insert into staged ({STAGED_COLUMNS}) {select}", values)[0][0]))

    def _copy(self, select: str, path: Path) -> int:
        return int(str(self._run(f"copy ({select}) to {text_literal(str(path))} ({self._options})")[0][0]))

    def _run(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        import duckdb

        try:
            return list(self._connection.execute(sql, values).fetchall())
        except duckdb.Error as error:
            text = str(error)
            if "No space left" in text or "failed to offload" in text:
                raise WarehouseError(
                    f"the disk is full: `{self._folder}` holds what is being loaded",
                    hint="free space, or set TMPDIR to a folder with more",
                ) from error
            raise FailedError(f"the file could not be read: {text.splitlines()[0]}", hint="nothing of it was loaded") from error


@contextmanager
def staging(
    options: str, elsewhere: str, leave_out: Callable[[Run], int], hold: Callable[[Run], int] | None = None
) -> Iterator[Staging]:
    """An empty engine in a temporary folder; both are gone afterwards."""
    import duckdb

    threads = max(1, min(os.cpu_count() or 1, 4))
    with tempfile.TemporaryDirectory(prefix="audiences_load_") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": str(threads),
            "memory_limit": f"{_MEGABYTES_PER_THREAD * threads}MB",
            "temp_directory": str(Path(folder) / "spilled"),
            "preserve_insertion_order": "false",
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            connection.execute("set TimeZone = 'UTC'").fetchall()
            opened = Staging(connection, Path(folder), options, elsewhere, leave_out, hold)
            opened.clear()
            yield opened
        finally:
            connection.close()
