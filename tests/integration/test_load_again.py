"""`audiences load`: what is left when a file is loaded twice, refused or stopped, on DuckDB and Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.loads import AT, call, calls, load, reasons, written

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load import staging
from dbt_audiences.load.files import Loaded, load_calls
from dbt_audiences.run.warehouses import duckdb as duckdb_warehouse


def test_loading_twice_changes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    lines: list[object] = [call(), call(messageId=...), call(messageId=...), "nonsense", call(messageId="m1", event="Later")]
    file = written(tmp_path / "calls.jsonl", lines)
    assert load(warehouse, file) == [Loaded(file, 2, 2, 1)]
    before = calls(warehouse, "message_id, event, loaded_at"), reasons(warehouse)
    assert load(warehouse, file) == [Loaded(file, 0, 4, 1)]
    assert (calls(warehouse, "message_id, event, loaded_at"), reasons(warehouse)) == before
    assert {event for _, event, _ in before[0]} == {"Order Completed"}


def test_repetitions_across_batches_are_found(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 10)
    monkeypatch.setattr("dbt_audiences.load.lines.PIECE_BYTES", 500)
    file = written(tmp_path / "calls.jsonl", [*(call(messageId=str(n % 70)) for n in range(100)), "{"])
    assert load(warehouse, file) == [Loaded(file, 70, 30, 1)]
    assert reasons(warehouse) == [(101, "not JSON")]


def test_too_many_rejected_lines_fail_after_all_is_kept(warehouse: Warehouse, tmp_path: Path) -> None:
    file = written(tmp_path / "calls.jsonl", ["{", call(), "[]"])
    with pytest.raises(FailedError) as error:
        load(warehouse, file, max_rejected=1)
    assert "2 lines were rejected, more than 1" in error.value.message
    assert f"{file}:1: not JSON" in error.value.message
    assert f"{file}:3: not a JSON object" in error.value.message
    assert calls(warehouse, "message_id") == [("m1",)]
    assert len(reasons(warehouse)) == 2
    assert load(warehouse, file, max_rejected=2)[0].rejected == 2


def test_a_load_that_is_stopped_leaves_nothing_of_its_file(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 10)
    monkeypatch.setattr("dbt_audiences.load.lines.PIECE_BYTES", 500)
    file = written(tmp_path / "calls.jsonl", [call(messageId=n) for n in range(100)])

    def stop(_: str, position: int, size: int) -> None:
        if position > size // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_calls(warehouse, [file], source=None, max_rejected=None, loaded_at=AT, progress=stop)
    assert calls(warehouse, "message_id") == []
    assert load(warehouse, file)[0].accepted == 100


def test_the_memory_limit_of_the_database_is_as_before(tmp_path: Path) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:", "config_options": {"memory_limit": "3GiB"}})
    load(warehouse, written(tmp_path / "calls.jsonl", [call()]))
    assert warehouse.fetch("select current_setting('memory_limit')") == [("3.0 GiB",)]
