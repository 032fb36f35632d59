"""A profile that cannot be used, a database that is busy, broken or gone, a full disk: clear words, and nothing lost."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.integration.processes import ended, files, started
from tests.integration.projects import Project, at, shop_with_ten_buyers, state, track

from dbt_audiences.run.warehouses.duckdb import connect

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Read only, or put back as it was."""
    return shop_with_ten_buyers(tmp_path_factory.mktemp("bad_warehouse") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


@contextmanager
def held(project: Project) -> Iterator[subprocess.Popen[str]]:
    """Another process has the database open; it lets go when its standard input is closed."""
    gc.collect()  # a command that ran in this process may have left cursors of dbt's behind, which its end would have closed
    command = [sys.executable, "-c", HOLD, str(project.root / "warehouse.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.stdin.close()


# --- profiles and databases --------------------------------------------------------------------------------------------------

OUTPUT = "shop:\n  target: dev\n  outputs: {%s}\n"


@pytest.mark.parametrize(
    ("profiles", "exit_code", "message", "hint"),
    [
        (
            "",
            2,
            "{profiles} cannot be used: dbt encountered an error while trying to read your profiles.yml file. "
            "The profiles.yml file at {profiles} is empty",
            "see `dbt debug`",
        ),
        (
            "other: {}\n",
            2,
            "{profiles} cannot be used: Could not find profile named 'shop'",
            "see `dbt debug`",
        ),
        (
            "shop:\n  target: dev\n  outputs: {prod: {type: duckdb}}\n",
            2,
            "{profiles} cannot be used: The profile 'shop' does not have a target named 'dev'. "
            "The valid target names for this profile are: - prod",
            "see `dbt debug`",
        ),
        (
            "shop:\n  target: dev\n  outputs: {dev: {type: oracle}}\n",
            2,
            '{profiles} cannot be used: Credentials in profile "shop", target "dev" invalid: '
            "Could not find adapter type oracle!",
            "see `dbt debug`",
        ),
        (
            "shop:\n  target: dev\n  outputs: {dev: {type: duckdb, path: gone/w.duckdb}}\n",
            4,
            "the folder of the database `gone/w.duckdb` does not exist",
            "create it, or correct `path` in profiles.yml",
        ),
        (
            "shop:\n  target: dev\n  outputs: {dev: {type: duckdb, path: README.md}}\n",
            4,
            'The file "{root}/README.md" exists, but it is not a valid DuckDB database file!',
            "correct `path` in profiles.yml, or restore the file from a copy",
        ),
    ],
)
def test_a_profile_that_cannot_be_used_is_said_alike_by_every_command(
    shop: Project, profiles: str, exit_code: int, message: str, hint: str
) -> None:
    path = shop.root / "profiles.yml"
    before = files(shop)
    good = path.read_text()
    path.write_text(profiles)
    try:
        for command in (["run"], ["members", "buyers"], ["sync"], ["status"], ["load", "events.jsonl"]):
            result = shop.audiences(*command, expect=exit_code)
            expected = message.replace("{profiles}", str(path)).replace("{root}", str(shop.root))
            assert result.out == "" and result.err == f"error: {expected}\n  {hint}\n"
    finally:
        path.write_text(good)
    assert files(shop) == before


def test_without_a_profile_or_with_an_unknown_target_the_message_says_so(shop: Project, tmp_path: Path) -> None:
    for command in (["run"], ["members", "buyers"], ["compile", "--check"]):
        result = shop.audiences(*command, "--profiles-dir", str(tmp_path), expect=0 if command[0] == "compile" else 2)
        missing = f"error: there is no profiles.yml in {tmp_path}\n  write one, or say with --profiles-dir where it lies\n"
        assert result.err == ("" if command[0] == "compile" else missing)
        result = shop.audiences(*command, "--target", "prd", expect=0 if command[0] == "compile" else 2)
        assert ("does not have a target named 'prd'. The valid target names" in result.err) == (command[0] != "compile")


def test_a_busy_database_names_the_process_that_holds_it_and_nothing_is_changed(shop: Project) -> None:
    before = files(shop)
    with held(shop) as holder:
        for command in (["run"], ["members", "buyers"], ["diff", "buyers"], ["sync"], ["status"], ["load", "events.jsonl"]):
            result = shop.audiences(*command, "--json", expect=4)
            assert result.json["error"].startswith(f"the database is busy: process {holder.pid} (")
            assert result.json["error"].endswith(") has it open for writing")
            assert result.json["hint"] == "wait for it to end; `load`, `run` and `sync` do so with --wait"
        assert shop.audiences("compile", "--check").out == "every model is up to date\n"
    assert files(shop) == before


def test_with_wait_a_command_goes_on_as_soon_as_the_database_is_free(project: Project) -> None:
    project.write("late.jsonl", json.dumps(track("v1", "Bought", -1)) + "\n")
    for command in (["load", str(project.root / "late.jsonl")], ["run", "--as-of", at(0)], ["sync"]):
        with held(project) as holder:
            assert holder.stdin is not None
            begun = time.monotonic()
            threading.Timer(1.2, holder.stdin.close).start()
            project.audiences(*command, "--wait")
            assert time.monotonic() - begun >= 1.2
    assert "v1" in project.members("buyers")


FILLING = """
import resource, sys
from dbt_audiences.core.errors import WarehouseError
from dbt_audiences.run.warehouses.duckdb import connect
warehouse = connect({"path": sys.argv[1]})
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))
for number in range(12):
    try:
        with warehouse.transaction():
            warehouse.execute(f"create table t{number} as select hash(range) as h from range(100000)")
        warehouse.execute("checkpoint")
        print("written")
    except WarehouseError as error:
        print(error.message)
"""


def test_a_long_query_prints_no_progress_among_the_output(tmp_path: Path) -> None:
    with closing(connect({"path": str(tmp_path / "d.duckdb")})) as warehouse:
        assert warehouse.fetch("select current_setting('enable_progress_bar')") == [(False,)]


def test_after_a_checkpoint_that_found_the_disk_full_every_statement_says_so(tmp_path: Path) -> None:
    """DuckDB refuses all that follows, a rollback included."""
    done = subprocess.run(
        [sys.executable, "-c", FILLING, str(tmp_path / "d.duckdb")], capture_output=True, text=True, check=True
    )
    said = done.stdout.splitlines()
    assert said[0] == "written" and said[-1] == "the disk is full: the database could not be written" and len(said) == 12


def test_a_full_disk_leaves_the_last_good_state_and_the_next_run_goes_on(project: Project) -> None:
    calls = [track(f"n{n}", "Bought", -1, properties={"note": os.urandom(300).hex()}) for n in range(8000)]
    lines = "".join(json.dumps(call) + "\n" for call in calls)
    project.write("calls.jsonl", lines)
    database = project.root / "warehouse.duckdb"
    before = state(project, "runs", "profile_identifiers")
    failed = ended(started(project, "load", str(project.root / "calls.jsonl"), limit=1_000_000))
    assert failed.exit_code in (1, 4) and failed.err.startswith("error: ") and "Traceback" not in failed.err
    assert project.sql("select count(*) from raw.calls") == [(16,)]
    project.audiences("load", str(project.root / "calls.jsonl"))

    failed = ended(started(project, "run", "--as-of", at(0), "--json", limit=database.stat().st_size + 500_000))
    assert failed.exit_code == 1 and "File too large" in failed.json["failures"][0]["message"]
    assert state(project, "runs", "profile_identifiers") == before
    assert project.sql("select status from audiences.runs order by started_at desc limit 1") == [("failed",)]
    report = project.run(sync=True)
    assert {one["audience"]: one["members"] for one in report["audiences"]}["buyers"] == 8010
    assert [(one["status"], one["delivered"]) for one in report["connections"]] == [("synced", 8000)]
