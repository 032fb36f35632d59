"""A run on Postgres that is killed while it writes an audience."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.postgres import Database, Server
from tests.integration.sides import Rows, at, make_side, naive, state, track


def test_a_run_killed_in_the_middle_of_an_audience_leaves_it_as_it_was(server: Server, tmp_path: Path) -> None:
    database = server.database("killed")
    audience = "audience: recent\nwho: {performed: Bought, within: 7 days}\n"
    side = make_side(tmp_path / "project", database.credentials(), {"recent": audience})
    side.load([track(f"u{day}", "Bought", f"2026-01-0{day}T00:00:00Z", "1") for day in range(1, 10)])
    side.run(at("2026-01-08T00:00:00Z"))
    before = state(side)
    assert len(before["memberships"]) == 8

    later = "2026-01-14T00:00:00Z"
    command: list[str | Path] = [
        Path(sys.executable).parent / "audiences",
        "run",
        "--as-of",
        later,
        "--project-dir",
        side.workspace.root,
    ]
    with held_evaluations(database):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            statement = wait_until_blocked(database)
        finally:
            running.kill()
            running.wait()
    # Who left was written by then, and taken from the members.
    assert "create temporary table crossing" in statement
    wait_until_alone(database)
    assert state(side) == before

    side.run(at(later))
    assert side.members("recent") == {"u7", "u8", "u9"}
    changes = [(change, changed_at) for _, _, change, changed_at, _, _ in state(side)["changes"]]
    assert changes.count(("exited", naive(later))) == 6


@contextmanager
def held_evaluations(database: Database) -> Iterator[None]:
    """Hold the rows that an audience's last statements delete."""
    holder = database.connect()
    try:
        with holder.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select 1 from audiences.evaluations for update")
            yield
            cursor.execute("rollback")
    finally:
        holder.close()


def wait_until_blocked(database: Database, seconds: float = 30) -> str:
    """The statement that waits for the rows held."""
    sql = "select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return str(poll(database, sql, lambda rows: bool(rows), seconds)[0][0])


def wait_until_alone(database: Database, seconds: float = 30) -> None:
    """Until the server has noticed that the other side of every connection is gone."""
    sql = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    poll(database, sql, lambda rows: not rows, seconds)


def poll(database: Database, sql: str, is_enough: Callable[[Rows], bool], seconds: float) -> Rows:
    connection = database.connect()
    deadline = time.monotonic() + seconds
    try:
        with connection.cursor() as cursor:
            while True:
                cursor.execute(sql)
                rows: Rows = cursor.fetchall()
                if is_enough(rows):
                    return rows
                assert time.monotonic() < deadline, rows
                time.sleep(0.05)
    finally:
        connection.close()
