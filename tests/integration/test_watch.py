"""`audiences watch` in a process of its own: what changes is followed, whatever else happens."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.integration.projects import Project, new_project

LONG = 120.0
AUDIENCES = Path(sys.executable).parent / "audiences"


class Watching:
    """A running watch and the documents that it printed."""

    def __init__(self, project: Project) -> None:
        command = [AUDIENCES, "watch", "--json", "--interval", "0.1", "--project-dir", project.root]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next document that is wanted; others are passed over."""
        while True:
            found = self._lines.get(timeout=LONG)
            if wanted(found):
                return found

    def size(self, audience: str, members: int) -> dict[str, Any]:
        """The next run after which an audience has so many members."""
        return self.until(lambda one: {"audience": audience, "members": members}.items() <= _of(one, audience).items())

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))


def _of(document: dict[str, Any], audience: str) -> dict[str, Any]:
    return next((one for one in document["audiences"] if one["audience"] == audience), {})


@contextmanager
def watching(project: Project) -> Iterator[Watching]:
    found = Watching(project)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = new_project(tmp_path / "shop")
    project.define("buyers", "{performed: Bought, within: 30 days}", send_to=[{"destination": "crm_files"}])
    bought(project, "a", timedelta(hours=1))
    return project


def bought(project: Project, user: str, ago: timedelta) -> None:
    """A purchase that is loaded now, by another process's command as it were: the warehouse may be busy."""
    at = datetime.now(UTC) - ago
    call = {"type": "track", "event": "Bought", "userId": user, "messageId": f"{user}-{at}", "timestamp": at.isoformat()}
    path = project.root / "call.jsonl"
    path.write_text(json.dumps(call) + "\n")
    command = [AUDIENCES, "load", path, "--wait", "--project-dir", project.root]
    subprocess.run(command, check=True, capture_output=True)


def delivered(project: Project) -> int:
    files = (project.root / "deliveries").rglob("*.csv")
    return sum(len(path.read_text().splitlines()) - 1 for path in files)


def test_calls_time_and_edits_are_followed_and_a_broken_edit_stops_nothing(project: Project) -> None:
    with watching(project) as watch:
        assert watch.size("buyers", 1)["reason"] == "started"
        bought(project, "b", timedelta(hours=1))
        assert watch.size("buyers", 2)["reason"] == "calls"
        bought(project, "c", timedelta(days=30) - timedelta(seconds=12))
        assert watch.size("buyers", 3)["reason"] == "calls"
        assert watch.size("buyers", 2)["reason"] == "time"

        project.define("buyers", "{performd: Bought}")
        assert "did you mean" in watch.until(lambda one: one["error"] is not None)["error"]
        bought(project, "d", timedelta(hours=1))
        assert watch.size("buyers", 3)["error"] is None
        project.define("buyers", "{performed: Bought, within: 30 days, at_least: 2}", send_to=[{"destination": "crm_files"}])
        assert watch.size("buyers", 0)["reason"] == "definitions"

        watch.process.send_signal(signal.SIGTERM)
        assert watch.process.wait(timeout=LONG) == 0
    assert delivered(project) == 8  # a, b, c in; c out; d in; a, b, d out


def test_a_busy_warehouse_and_a_model_that_fails_are_no_end(project: Project) -> None:
    project.write("models/mine.sql", "{{ config(materialized='table') }}\nselect 1 as a from nowhere\n")
    holding = duckdb.connect(str(project.root / "warehouse.duckdb"))
    with watching(project) as watch:
        with pytest.raises(queue.Empty):
            watch._lines.get(timeout=4)
        holding.close()
        assert watch.size("buyers", 1)["exit_code"] == 1
        project.write("models/mine.sql", "{{ config(materialized='table') }}\nselect 1 as a\n")
        assert watch.until(lambda one: one["exit_code"] == 0)["reason"] == "definitions"
        project.sql("delete from raw.calls")
        assert watch.until(lambda one: one["exit_code"] == 3)["reason"] == "calls"
        with pytest.raises(queue.Empty):
            watch._lines.get(timeout=3)


def test_nothing_is_run_while_nothing_changes(project: Project) -> None:
    with watching(project) as watch:
        watch.size("buyers", 1)
        with pytest.raises(queue.Empty):
            watch._lines.get(timeout=3)


def test_a_killed_watch_goes_on_where_it_was(project: Project) -> None:
    with watching(project) as watch:
        watch.size("buyers", 1)
        bought(project, "b", timedelta(hours=1))
        os.kill(watch.process.pid, signal.SIGKILL)
        watch.process.wait()
    with watching(project) as watch:
        watch.size("buyers", 2)
        bought(project, "c", timedelta(hours=1))
        watch.size("buyers", 3)
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(timeout=LONG) == 0
    assert delivered(project) == 3
    assert project.sql("select count(*) from audiences.runs where status = 'running'") == [(0,)]
