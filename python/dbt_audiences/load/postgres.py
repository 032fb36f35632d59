"""Batches into Postgres: each file is streamed into a temporary table, and from there what is new is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dbt_audiences.core.errors import FailedError, WarehouseError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.staging import FOUND_COLUMNS, Batch
from dbt_audiences.load.tables import CALL_COLUMNS, REJECTED_COLUMNS, Columns, names, new_violations, relation

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection


class PostgresWriter:
    """Writes to the raw tables of a Postgres database."""

    options = "format csv, header false, force_quote *, nullstr ''"

    def __init__(self, warehouse: Warehouse, schema: str) -> None:
        self._warehouse = warehouse
        self._calls = relation(schema, "calls")
        self._rejected = relation(schema, "rejected")
        self._violations = relation(schema, "plan_violations")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a second load waits, readers do not."""
        with self._warehouse.transaction():
            self._warehouse.execute(f"lock table {self._calls} in share row exclusive mode")
            yield

    def add_calls(self, batch: Batch) -> int:
        """Add the new calls."""
        self._stream(batch.calls, CALL_COLUMNS, "incoming_calls")
        return self._insert(self._calls, CALL_COLUMNS, "incoming_calls", "known.message_id = batch.message_id")

    def add_violations(self, found: Path) -> None:
        """Count the new violations."""
        self._stream(found, FOUND_COLUMNS, "incoming_violations")
        self._warehouse.execute(new_violations(self._violations, "pg_temp.incoming_violations", self._calls, self._rejected))

    def add_rejected(self, batch: Batch) -> None:
        """Add the new rejected lines."""
        order = (*REJECTED_COLUMNS[1:4], REJECTED_COLUMNS[0], *REJECTED_COLUMNS[4:])
        self._stream(batch.rejected, order, "incoming_rejected")
        same = "known.file = batch.file and known.line = batch.line and known.content = batch.content"
        self._insert(self._rejected, REJECTED_COLUMNS, "incoming_rejected", same)

    def _insert(self, target: str, columns: Columns, table: str, same: str) -> int:
        sql = (
            f"with added as (insert into {target} ({names(columns)}) "
            f"select {names(columns, 'batch')} from pg_temp.{table} as batch "
            f"where not exists (select 1 from {target} as known where {same}) returning 1) select count(*) from added"
        )
        return int(str(self._warehouse.fetch(sql)[0][0]))

    def _stream(self, path: Path, columns: Columns, table: str) -> None:
        import psycopg2

        listed = ", ".join(f"{name} {type}" for name, type in columns)
        self._warehouse.execute(f"create temp table if not exists {table} ({listed}) on commit drop")
        self._warehouse.execute(f"truncate pg_temp.{table}")
        # The one thing that the face of a warehouse has no word for.
        connection = cast("Connection", getattr(self._warehouse, "connection"))  # noqa: B009
        try:
            with connection.cursor() as cursor, path.open("rb") as file:
                cursor.copy_expert(f"copy pg_temp.{table} ({names(columns)}) from stdin (format csv)", file)
        except psycopg2.OperationalError as error:
            raise WarehouseError(f"Postgres went away: {str(error).strip().splitlines()[0]}") from error
        except psycopg2.Error as error:
            raise FailedError(f"the warehouse refused a batch: {str(error).strip()}") from error
        self._warehouse.execute(f"analyze pg_temp.{table}")
