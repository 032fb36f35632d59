"""What macros ask of dbt's adapter, answered by the open connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dbt_audiences.core.warehouse import Row as _Row
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.direct.relation import Relation

_KINDS = {"BASE TABLE": "table", "LOCAL TEMPORARY": "table", "VIEW": "view"}


class Row(tuple[Any, ...]):
    """A row of an answer."""

    __slots__ = ()

    def values(self) -> tuple[Any, ...]:
        """All of it."""
        return tuple(self)


@dataclass(frozen=True, slots=True)
class Table:
    """An answer."""

    rows: Sequence[Row]

    @property
    def columns(self) -> list[Row]:
        """The same by columns; none where there are no rows."""
        return [Row(column) for column in zip(*self.rows, strict=True)] or [Row()]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, and its type as the engine writes it."""

    name: str
    dtype: str


class Adapter:
    """Over one connection; what is there is asked once, and kept up to date by what is built."""

    def __init__(self, warehouse: Warehouse, dispatch: Callable[..., Any]) -> None:
        self._warehouse = warehouse
        self.dispatch = dispatch
        self._present: dict[tuple[str, str], str] | None = None

    def query(self, sql: str) -> Table:
        """The rows of a query; none of any other statement."""
        if sql.lstrip(" \n(").partition(" ")[0].partition("\n")[0].lower() not in ("select", "with"):
            self._warehouse.execute(sql)
            return Table([])
        rows: list[_Row] = self._warehouse.fetch(sql)
        return Table([Row(row) for row in rows])

    def execute(self, sql: str) -> None:
        """Run statements."""
        self._warehouse.execute(sql)

    def quote(self, name: str) -> str:
        """A name, quoted."""
        return '"' + name.replace('"', '""') + '"'

    def commit(self) -> None:
        """What is built is committed as a whole, when all of it is done."""

    def get_relation(self, database: str, schema: str, identifier: str) -> Relation | None:
        """A table or view; None where there is none."""
        kind = self._known().get((schema, identifier))
        return None if kind is None else Relation(database, schema, identifier, _KINDS.get(kind, "table"))

    def get_columns_in_relation(self, relation: Relation) -> list[Column]:
        """In their order."""
        return [Column(name, kind) for name, kind in self._warehouse.columns(str(relation))]

    def drop_relation(self, relation: Relation) -> None:
        """A table or view, with what hangs on it."""
        self._warehouse.execute(f"drop {relation.type} if exists {relation} cascade")
        self._known().pop((relation.schema or "", relation.identifier or ""), None)

    def built(self, relation: Relation) -> None:
        """It is there now."""
        self._known()[relation.schema or "", relation.identifier or ""] = "VIEW" if relation.is_view else "BASE TABLE"

    def forget(self) -> None:
        """What is there must be asked again."""
        self._present = None

    def _known(self) -> dict[tuple[str, str], str]:
        if self._present is None:
            rows = self._warehouse.fetch("select table_schema, table_name, table_type from information_schema.tables")
            self._present = {(str(schema), str(name)): str(kind) for schema, name, kind in rows}
        return self._present
