"""One file for each engine that the runner can open, and the choice among them by the profile's `type`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Warehouse

ENGINES = ("duckdb", "postgres")


def open_warehouse(credentials: Mapping[str, object]) -> Warehouse:
    """A connection made of dbt's own credentials (`type` and what the adapter's profile holds)."""
    warehouse: Warehouse = _module(credentials).connect(credentials)
    return warehouse


def reclaim(credentials: Mapping[str, object], relations: Sequence[str]) -> None:
    """Leave nothing of deleted rows in the files of the warehouse, of these tables at least; no connection may be open."""
    _module(credentials).reclaim(credentials, relations)


def _module(credentials: Mapping[str, object]) -> ModuleType:
    engine = str(credentials["type"])
    if engine not in ENGINES:
        raise UsageError(
            f"the target's type is `{engine}`, which the runner cannot open", hint=f"it opens {' and '.join(ENGINES)}"
        )
    return import_module(f"dbt_audiences.run.warehouses.{engine}")
