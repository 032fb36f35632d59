"""Batches into DuckDB: it reads their Parquet files itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.load.staging import Batch
from dbt_audiences.load.tables import CALL_COLUMNS, REJECTED_COLUMNS, names, new_violations, relation

# Enough to write a table of the calls' width with each thread; more would only be filled with what was just written.
_MEGABYTES = 96
_MEGABYTES_PER_THREAD = 48
# How many rows of a wide table lie in memory at a time, in all copies together.
_ROWS_AT_ONCE = 1 << 16
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


class DuckDBWriter:
    """Writes to the raw tables of a DuckDB database."""

    options = "format parquet, compression snappy, row_group_size_bytes 33554432"

    def __init__(self, warehouse: Warehouse, schema: str) -> None:
        self._warehouse = warehouse
        self._calls = relation(schema, "calls")
        self._rejected = relation(schema, "rejected")
        self._violations = relation(schema, "plan_violations")
        self._memory = _Memory(warehouse)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the file's lock keeps other processes out."""
        with self._memory.limited():
            with self._warehouse.transaction():
                yield
            # Else it comes when the database is closed, in all the memory there is. Another transaction of this process forbids
            # it, and then the database does it later, as ever.
            with suppress(FailedError):
                self._warehouse.execute("checkpoint")

    def add_calls(self, batch: Batch) -> int:
        """Add the new calls; what is known is found by passing over the table once, with the batch in memory."""
        self._memory.make_room(batch.width)
        rows = f"read_parquet({text_literal(str(batch.calls))})"
        columns = ", ".join(f"cast({name} as {type}) as {name}" for name, type in CALL_COLUMNS)
        return self._count(
            f"insert into {self._calls} ({names(CALL_COLUMNS)}) "
            f"with known as materialized (select message_id from {self._calls} "
            f"where message_id in (select message_id from {rows})) "
            f"select {columns} from {rows} as batch "
            "where not exists (select 1 from known where known.message_id = batch.message_id)"
        )

    def add_violations(self, found: Path) -> None:
        """Count the new violations."""
        rows = f"read_parquet({text_literal(str(found))})"
        self._count(new_violations(self._violations, rows, self._calls, self._rejected))

    def add_rejected(self, batch: Batch) -> None:
        """Add the new rejected lines."""
        columns = names(REJECTED_COLUMNS)
        rows = f"read_parquet({text_literal(str(batch.rejected))})"
        self._count(
            f"insert into {self._rejected} ({columns}) select {columns} from {rows} as batch where not exists ("
            f"select 1 from {self._rejected} as known "
            "where known.file = batch.file and known.line = batch.line and known.content = batch.content)"
        )

    def _count(self, sql: str) -> int:
        return int(str(self._warehouse.fetch(sql)[0][0]))


class _Memory:
    """Keeps the database from filling all the memory that it may have with what was just written."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        before, threads = warehouse.fetch("select current_setting('memory_limit'), current_setting('threads')")[0]
        self._before = str(before)
        self._least = (_MEGABYTES + _MEGABYTES_PER_THREAD * int(str(threads))) << 20
        self._limit = 0.0

    @contextmanager
    def limited(self) -> Iterator[None]:
        """A low limit, and afterwards the one from before."""
        self._set(self._least)
        try:
            yield
        finally:
            self._warehouse.execute(f"set memory_limit = {text_literal(self._before)}")

    def make_room(self, width: int) -> None:
        """Raise the limit to what rows of so many bytes need."""
        wanted = self._least + width * _ROWS_AT_ONCE
        if wanted > self._limit:
            self._set(wanted)

    def _set(self, wanted: float) -> None:
        self._limit = min(wanted, _bytes(self._before))
        self._warehouse.execute(f"set memory_limit = '{int(self._limit) >> 20}MiB'")


def _bytes(size: str) -> float:
    match = re.fullmatch(r"([0-9.]+) (bytes|[KMGT]iB)", size)
    return float("inf") if match is None else float(match[1]) * _UNITS[match[2]]
