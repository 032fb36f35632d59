"""How soon `audiences watch` commits what an event changes, and what it does when calls come faster than it can evaluate."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import duckdb
from benchmarks.speed.steps import ROOT, environment

_ROW = (
    "insert into raw.calls (message_id, type, event, occurred_at, received_at, loaded_at, user_id, properties) "
    "select 'watched-' || gen_random_uuid(), 'track', event, here, here, here, user_id, properties from ("
    "select *, now() at time zone 'UTC' as here from raw.calls where type = 'track' and user_id is not null {which}) as calls"
)
_PATIENCE = 300.0


@dataclass
class Watcher:
    """A running `audiences watch`, and what it has said: seconds of the clock, and the document of each run."""

    process: subprocess.Popen[str]
    said: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def read(self) -> None:
        """Until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append((time.perf_counter(), json.loads(line)))

    def wait(self, since: float, *, moves: bool) -> float:
        """When the first run ended after this moment that took up calls; one that moved somebody, if asked so."""
        end = time.perf_counter() + _PATIENCE
        while time.perf_counter() < end:
            for at, run in list(self.said):
                moved = any(one["entered"] or one["exited"] for one in run["audiences"])
                if at > since and run["reason"] in ("started", "calls", "time") and (moved or not moves):
                    return at
            time.sleep(0.005)
        raise RuntimeError(f"no run within {_PATIENCE:.0f} s; the last said: {self.said[-1:]}")

    @property
    def peak_bytes(self) -> int:
        """The most memory that the process had."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.split("VmHWM:")[1].split()[0]) * 1024


@contextlib.contextmanager
def watching(project: Path) -> Iterator[Watcher]:
    """A watch that has made its first run."""
    program = "from dbt_audiences.cli.main import main; main()"
    words = [sys.executable, "-c", program, "watch", "--no-sync", "--json", "--interval", "0.1", "--project-dir", str(project)]
    process = subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True)
    watcher = Watcher(process)
    reader = threading.Thread(target=watcher.read, daemon=True)
    reader.start()
    try:
        watcher.wait(0.0, moves=False)
        yield watcher
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_PATIENCE)
        reader.join()


def insert(project: Path, which: str) -> float:
    """Copies of some track calls, as of now, once the file is free; when they were committed."""
    while True:
        try:
            with duckdb.connect(str(project / "warehouse.duckdb")) as connection:
                connection.execute(_ROW.format(which=which))
            return time.perf_counter()
        except duckdb.IOException:
            time.sleep(0.01)


def latencies(watcher: Watcher, project: Path, count: int) -> list[float]:
    """Seconds from an event committed to the raw table until the change of a membership was committed, one event at a time."""
    found = []
    for number in range(count):
        time.sleep(0.5)
        begun = insert(project, f"and event = 'Order Completed' order by message_id limit 1 offset {number}")
        found.append(watcher.wait(begun, moves=True) - begun)
    return found


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1]


@dataclass(frozen=True, slots=True)
class Pressure:
    """Calls a second that were offered, how many in all, seconds until the last was committed after it came, and memory."""

    rate: float
    count: int
    seconds_after: float
    longest_run: float
    peak_bytes: int


def pressure(watcher: Watcher, project: Path, *, seconds: float = 60.0) -> Pressure:
    """Twice the rate that a batch of 10,000 calls can be evaluated at, for a while; all must be committed in the end."""
    begun = insert(project, "limit 10000")
    rate = 2 * 10_000 / (watcher.wait(begun, moves=False) - begun)
    begun, offered, before = time.perf_counter(), 0, len(watcher.said)
    while (passed := time.perf_counter() - begun) < seconds:
        due = int(passed * rate) - offered
        if due:
            insert(project, f"limit {due} offset {offered % 1_000_000}")
            offered += due
        time.sleep(0.5)
    last = time.perf_counter()
    committed = _all_staged(watcher, project, last)
    longest = max((run["seconds"] for _, run in watcher.said[before:]), default=0.0)
    return Pressure(rate, offered, committed - last, longest, watcher.peak_bytes)


def _all_staged(watcher: Watcher, project: Path, since: float) -> float:
    """When the run ended after which every call of the raw table is staged and taken up."""
    sql = (
        "select (select count(*) from raw.calls) - (select row_count from audiences_build.calls_staged), "
        "(select count(*) from audiences_build.taken_up) - "
        "(select count(*) from audiences_build.taken_up where number = (select number from audiences_build.call_batches))"
    )
    while True:
        at = watcher.wait(since, moves=False)
        while True:
            try:
                with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as connection:
                    left = connection.execute(sql).fetchone()
                break
            except duckdb.IOException:
                time.sleep(0.01)
        if left == (0, 0):
            return at
        since = time.perf_counter()
