"""Files of calls and people, loaded into the raw tables."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import duckdb

from dbt_audiences.core.identity import UNCHANGED, Identity
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.files import Loaded, load_calls, load_people

AT = datetime(2026, 2, 1, 12, 30)


def call(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "type": "track",
        "messageId": "m1",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "userId": "u1",
        "event": "Order Completed",
        "properties": {"revenue": 12.5},
    }
    return {key: value for key, value in (base | changes).items() if value is not ...}


def written(path: Path, lines: list[object]) -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return str(path)


def load(warehouse: Warehouse, *paths: str, source: str | None = None, max_rejected: int | None = None) -> list[Loaded]:
    return load_calls(warehouse, paths, source=source, max_rejected=max_rejected, loaded_at=AT, progress=None)


def people(warehouse: Warehouse, path: str, identifier: str, at: datetime = AT, identity: Identity = UNCHANGED) -> Loaded:
    return load_people(
        warehouse, path, schema="raw", identifier=identifier, source=None, max_rejected=None, loaded_at=at, progress=None,
        identity=identity,
    )  # fmt: skip


def calls(warehouse: Warehouse, columns: str) -> list[tuple[object, ...]]:
    return sorted(warehouse.fetch(f"select {columns} from raw.calls"), key=repr)


def reasons(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.fetch("select line, reason from raw.rejected order by line")


def parquet(path: Path, select: str) -> str:
    duckdb.connect().execute(f"copy ({select}) to '{path}' (format parquet)").fetchall()
    return str(path)
