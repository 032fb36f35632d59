"""What the Python side asks of a warehouse: a handful of calls, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

Row = tuple[object, ...]


class Warehouse(Protocol):
    """One open connection. SQL passed in is plain and portable; instants are naive and UTC in both directions.

    Errors of the engine come out as `WarehouseError` when the warehouse is unreachable, busy or full, else as `FailedError`.
    """

    @property
    def engine(self) -> str:
        """`duckdb` or `postgres`."""

    def fetch(self, sql: str) -> list[Row]:
        """All rows of a query."""

    def stream(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The rows of a query in lists of at most `size`, in constant memory; nothing else may run until it is exhausted."""

    def execute(self, sql: str) -> None:
        """Run one statement that returns nothing."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: commits at the end of the block, rolls back when it raises."""

    def insert(self, relation: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append rows; `relation` is already quoted."""

    def json_keys(self, column: str) -> str:
        """SQL that yields each key of a JSON object, as an expression of a select list that gives one row for each."""

    def sha256(self, text: str) -> str:
        """SQL of the SHA-256 of a text expression, as 64 lower-case hexadecimal digits."""

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Name and type of each column of a table or view, temporary ones included, in order; `relation` is already quoted."""

    def row_hash(self, columns: Sequence[str]) -> str:
        """SQL of a whole number of 64 bits that is the same for the same values; for keys and sums, not for secrets."""

    def make_findable(self, relation: str, column: str) -> None:
        """Let rows of a table be found by a column without reading all, where the table is in that column's order."""

    def content_mark(self, relation: str) -> str:
        """A text that is another one after any change of a table's rows, by what the engine keeps of them."""

    def close(self) -> None:
        """Release the connection and, for an embedded engine, the file."""


Relations = Mapping[str, str]
"""Name of a published or state table (`memberships`, `deliveries`, an audience's key) -> its quoted relation in the target."""


def naive(instant: datetime) -> datetime:
    """An aware instant as warehouses keep it: UTC, without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def instant_literal(instant: datetime) -> str:
    """The SQL literal of an aware instant."""
    return f"timestamp '{naive(instant).isoformat(' ')}'"


def schema_and_table(relation: str) -> tuple[str, str]:
    """The names in a quoted relation of two or three parts."""
    schema, table = (part.strip('"') for part in relation.split(".")[-2:])
    return schema, table


def text_literals(values: Iterable[str]) -> str:
    """String literals, listed: the inside of `in (...)`."""
    return ", ".join(text_literal(value) for value in values)


def text_literal(value: str) -> str:
    """A SQL string literal of `value`, for standard strings (a quote is doubled, a backslash is itself)."""
    if "\x00" in value:
        raise ValueError("a NUL character cannot be stored in a warehouse")
    return "'" + value.replace("'", "''") + "'"
