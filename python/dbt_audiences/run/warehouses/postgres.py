"""PostgreSQL 16 or newer, through the driver that dbt-postgres brings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dbt_audiences.core.errors import AudiencesError, FailedError, UsageError, WarehouseError
from dbt_audiences.core.warehouse import Row, text_literal

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection

_FULL_DISK = "53100"


def connect(credentials: Mapping[str, object]) -> Postgres:
    """Open the database of the profile, in UTC and with autocommit."""
    try:
        import psycopg2
    except ImportError as error:
        raise UsageError(
            "the target is Postgres, but its driver is not installed", hint="pip install 'dbt-audiences[postgres]'"
        ) from error
    try:
        opened = psycopg2.connect(
            host=credentials["host"],
            port=credentials.get("port") or 5432,
            user=credentials["user"],
            password=credentials.get("password") or credentials.get("pass") or None,
            dbname=credentials.get("dbname") or credentials.get("database"),
            sslmode=credentials.get("sslmode"),
            connect_timeout=credentials.get("connect_timeout") or 10,
            application_name=f"dbt-audiences {os.getpid()}",
            options="-c timezone=UTC",
        )
    except psycopg2.Error as error:
        raise WarehouseError(
            f"Postgres cannot be reached: {str(error).strip().splitlines()[0]}",
            hint="check host, port and user in profiles.yml",
        ) from error
    opened.autocommit = True
    return Postgres(opened)


def reclaim(credentials: Mapping[str, object], relations: Sequence[str]) -> None:
    """Write these tables anew: a plain vacuum leaves deleted rows readable in their pages."""
    warehouse = connect(credentials)
    try:
        for relation in relations:
            warehouse.execute(f"vacuum (full) {relation}")
    finally:
        warehouse.close()


class Postgres:
    """A connection to a Postgres database."""

    engine = "postgres"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def fetch(self, sql: str) -> list[Row]:
        """All rows of a query."""
        with _errors(), self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def stream(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The rows of a query in lists of at most `size`, through a cursor of the server."""
        with _errors(), self.connection.cursor(name="audiences_stream", withhold=True) as cursor:
            cursor.itersize = size
            cursor.execute(sql)
            while rows := cursor.fetchmany(size):
                yield rows

    def execute(self, sql: str) -> None:
        """Run one statement that returns nothing."""
        with _errors(), self.connection.cursor() as cursor:
            cursor.execute(sql)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.execute("begin")
        try:
            yield
        except BaseException:
            if not self.connection.closed:
                self.execute("rollback")
            raise
        self.execute("commit")

    def insert(self, relation: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append rows, many to a statement."""
        from psycopg2.extras import execute_values

        names = ", ".join(f'"{column}"' for column in columns)
        with _errors(), self.connection.cursor() as cursor:
            execute_values(cursor, f"insert into {relation} ({names}) values %s", rows, page_size=1_000)

    def json_keys(self, column: str) -> str:
        """SQL that yields each key of a JSON object."""
        return f"json_object_keys(cast({column} as json))"

    def sha256(self, text: str) -> str:
        """SQL of the SHA-256 of a text expression."""
        return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Name and type of each column, in order."""
        rows = self.fetch(
            "select attname, format_type(atttypid, null) from pg_attribute "
            f"where attrelid = cast({text_literal(relation)} as regclass) and attnum > 0 and not attisdropped order by attnum"
        )
        return [(str(name), str(kind)) for name, kind in rows]

    def row_hash(self, columns: Sequence[str]) -> str:
        """SQL of a whole number of 64 bits that is the same for the same values."""
        return f"hash_record_extended(row({', '.join(columns)}), 0)"

    def make_findable(self, relation: str, column: str) -> None:
        """An index, and statistics: nothing else looks at temporary tables."""
        self.execute(f"create index on {relation} ({column})")
        self.execute(f"analyze {relation}")

    def content_mark(self, relation: str) -> str:
        """The number of rows, and the newest transaction that wrote any of them."""
        (rows, newest), *_ = self.fetch(f"select count(*), max(cast(cast(xmin as text) as bigint)) from {relation}")
        return f"{rows} by {newest}"

    def close(self) -> None:
        """Release the connection."""
        self.connection.close()


@contextmanager
def _errors() -> Iterator[None]:
    import psycopg2

    try:
        yield
    except psycopg2.Error as error:
        raise _translated(error) from error


def _translated(error: Any) -> AudiencesError:
    import psycopg2

    text = str(error).strip()
    if error.pgcode == _FULL_DISK:
        return WarehouseError("the disk of the database server is full", hint="free space and run again")
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or (error.pgcode or "").startswith("57P"):
        return WarehouseError(f"Postgres went away: {text.splitlines()[0] if text else error!r}")
    return FailedError(f"the warehouse refused a statement: {text}")
