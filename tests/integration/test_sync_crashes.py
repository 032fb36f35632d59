"""A sync that dies says the same again under the same ids, and settles all of a request or nothing."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from tests.integration.receiver import Answer
from tests.integration.worlds import ROOT, Crash, World, users

from dbt_audiences.run.warehouses.duckdb import DuckDB, connect
from dbt_audiences.sync import outbox


def test_a_crash_between_sending_and_settling_repeats_the_same_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.want(users("a", "b"))

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", die)
        with pytest.raises(Crash):
            world.sync()
    assert world.held == set()
    assert world.sync().delivered == 2
    first, second = world.receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    assert world.sync().delivered == 0


def test_a_killed_process_repeats_what_was_in_flight_under_the_same_ids(world: World) -> None:
    world.want(users("a", "b", "c"))
    world.warehouse.close()
    script = (
        "import sys; from pathlib import Path; from tests.integration.worlds import *\n"
        "root, url = Path(sys.argv[1]), sys.argv[2]\n"
        "warehouse = connect({'path': str(root / 'warehouse.duckdb')})\n"
        "hook = destination(settings={'url': url, 'batch_size': 1})\n"
        "World(warehouse, None, root, destination=hook).sync()\n"
    )
    world.receiver.answers.extend([Answer(), Answer(delay=30)])
    process = subprocess.Popen([sys.executable, "-c", script, str(world.root), world.receiver.url], cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(world.receiver.requests) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = {request.id: request.body for request in world.receiver.requests}
    assert len(before) == 3
    world.warehouse = connect({"path": str(world.root / "warehouse.duckdb")})
    result = world.sync()
    assert (result.delivered, result.pending) == (2, 0)
    assert {request.id: request.body for request in world.receiver.requests} == before
    assert world.held == {("user_id", "a"), ("user_id", "b"), ("user_id", "c")}


def test_a_crash_in_the_middle_of_settling_settles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.want(users("a", "b"))
    execute = DuckDB.execute

    def dying(self: DuckDB, sql: str) -> None:
        if sql.startswith('insert into "acknowledged"'):
            raise Crash
        execute(self, sql)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDB, "execute", dying)
        with pytest.raises(Crash):
            world.sync()
    assert world.fetch("select status from deliveries") == [("pending",), ("pending",)]
    world.sync()
    assert len({(request.id, request.body) for request in world.receiver.requests}) == 1
