"""Singer targets from the package index: rows in Postgres, lines in a file. Each is run as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.postgres import Database, Server
from tests.integration.worlds import ODD, World, destination, running_world, users

from dbt_audiences.sync.trying import tried

LOCK = Path(__file__).parents[1] / "targets" / "jsonl.lock"


@pytest.fixture(scope="session")
def jsonl() -> Path:
    """`target-jsonl`. It pins a library that others need in another version, so it has an environment of its own."""
    folder = Path(sys.prefix) / "targets" / "jsonl"
    program = folder / "bin" / "target-jsonl"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
        pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "--disable-pip-version-check", "-q")
        subprocess.run([*pip, "install", "--no-deps", "-r", str(LOCK)], check=True)
    return program


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


def to_target(world: World, program: Path | str, config: object, monkeypatch: pytest.MonkeyPatch, **settings: object) -> None:
    monkeypatch.setenv("TARGET_CONFIG", json.dumps(config))
    secrets = {"config": "{{ env_var('TARGET_CONFIG') }}"}
    world.destination = destination(type="singer", settings={"command": str(program), **settings}, secrets=secrets)


def test_a_target_of_files_gets_a_row_for_each_identifier(world: World, jsonl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to_target(world, jsonl, {"destination_path": str(world.root), "do_timestamp_file": False}, monkeypatch)
    world.want([(f"p{n}", "user_id", text, json.dumps({"t": text})) for n, text in enumerate(ODD)])
    assert "RECORD" in str(world.sync(dry_run=True).requests)
    assert tried(world.destination, world.root).verdict == "delivered"
    file = world.root / "audience_members.jsonl"
    assert not file.exists()
    assert world.sync().delivered == len(ODD)
    world.want([("p0", "user_id", ODD[0], json.dumps({"t": ODD[0]}))])
    assert world.sync().status == "synced"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    entered, left = rows[: len(ODD)], rows[len(ODD) :]
    assert [row["identifier_value"] for row in entered] == ODD
    assert [json.loads(row["traits"])["t"] for row in entered] == ODD
    assert {(row["is_member"], row["_sdc_deleted_at"]) for row in left} == {(False, "2026-02-01T12:00:00Z")}
    assert sorted(row["identifier_value"] for row in left) == sorted(ODD[1:])


@pytest.fixture
def database(server: Server, tmp_path: Path) -> Database:
    return server.database(f"singer_{tmp_path.name.replace('-', '_')[:50]}")


def test_a_target_of_postgres_updates_rows_and_one_that_it_cannot_take_holds_nobody_back(
    world: World, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Path(sys.executable).with_name("target-postgres")
    url = f"postgresql+psycopg://{database.user}:s3cret-word@/{database.name}?host={database.host}"
    to_target(world, program, {"sqlalchemy_url": url, "default_target_schema": "out"}, monkeypatch)
    world.want([*users("ann", "bob"), ("p-bob", "email", "bob@x.y")])
    assert world.sync().delivered == 2, world.fetch("select reason from requests")
    connection = database.connect()
    query = "select identifier_value, is_member, traits from out.audience_members order by 1"

    def rows() -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    assert rows() == [("ann", True, "{}"), ("bob", True, "{}"), ("bob@x.y", True, "{}")]
    with connection.cursor() as cursor:
        cursor.execute("alter table out.audience_members add check (identifier_value <> 'nobody')")
    world.want(users("ann", "nobody"))
    result = world.sync()
    assert (result.delivered, result.rejected) == (1, 1), result.message
    assert [row[:2] for row in rows()] == [("ann", True), ("bob", False), ("bob@x.y", False)]
    assert "s3cret-word" not in result.message
    connection.close()


def test_a_target_sees_no_other_secret_is_ended_in_time_and_fails_for_one_row_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = world.root / "target-sh"
    program.write_text(
        '#!/bin/sh\nenv > "$0.env"\nstat -c %a "$2" > "$0.mode"\ncat > "$0.got"\necho "oops t0ken-value" >&2\n'
        '[ -e slow ] && sleep 60\n[ -e broken ] && exit 3\ngrep -q bad-one "$0.got" && exit 4\nexit 0\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("OTHER_SECRET", "do-not-tell")
    to_target(world, "./target-sh", {"deep": [{"token": "t0ken-value"}]}, monkeypatch, timeout_seconds=1)
    world.want(users("ann"))
    (world.root / "broken").touch()
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1) and "it ended with 3: oops ***" in result.message
    (world.root / "broken").unlink()
    (world.root / "slow").touch()
    assert "did not end within 1 seconds" in world.sync().message
    (world.root / "slow").unlink()
    world.want(users("ann", "bad-one", "bob"))
    result = world.sync()
    assert (result.delivered, result.rejected) == (2, 1) and "it ended with 4" in result.message
    assert (world.root / "target-sh.mode").read_text() == "600\n"
    seen = (world.root / "target-sh.env").read_text()
    assert "do-not-tell" not in seen and "t0ken-value" not in seen
    kinds = [json.loads(line)["type"] for line in (world.root / "target-sh.got").read_text().splitlines()]
    assert kinds[0] == "SCHEMA" and set(kinds) <= {"SCHEMA", "RECORD", "STATE"}
    to_target(world, "target-nowhere", {}, monkeypatch)
    outcome = tried(world.destination, world.root)
    assert outcome.verdict == "pending" and "there is no program target-nowhere" in str(outcome.reason)
