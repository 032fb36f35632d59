"""`audiences.computations`: what each audience and trait is, and is doing while a run goes."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from tests.integration.processes import ended, started, wait_for
from tests.integration.projects import Project, at, shop_with_ten_buyers, track

SLOW = "select sum(hash(range)) from range(150000000)"
STATUSES = "select key, status, progress, estimated_end_at, members, error from audiences.computations"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = shop_with_ten_buyers(tmp_path / "shop")
    project.define("off", "{performed: Bought}", enabled=False)
    project.define("nightly", "{performed: Visited}", compute="batch")
    project.write("traits/visits.yml", "trait: visits\ncount: true\nperformed: Visited\n")
    project.load(track("b1", "Bought", -0.5), track("v1", "Visited", -0.5))
    return project


def hooked(project: Project, key: str, sql: str) -> None:
    """The model of an audience runs a statement first."""
    path = project.root / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text())
    settings.setdefault("models", {}).setdefault(settings["name"], {}).setdefault("audiences", {})[key] = {"+pre-hook": sql}
    path.write_text(yaml.safe_dump(settings))


def settings_with(project: Project, **variables: object) -> None:
    path = project.root / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text())
    settings["vars"] = {**settings.get("vars", {}), **variables}
    path.write_text(yaml.safe_dump(settings))


def found(project: Project) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row[1:] for row in project.sql(STATUSES)}


def test_a_run_is_followed_from_waiting_to_live_and_what_fails_says_where(project: Project) -> None:
    hooked(project, "buyers", SLOW)
    hooked(project, "on_business", "select error('broken on purpose')")
    seen: dict[str, set[str]] = {}
    shown: list[tuple[Any, ...]] = []
    running = threading.Thread(target=lambda: project.run(day=0.1, expect=1))
    running.start()
    with duckdb.connect(str(project.root / "warehouse.duckdb")) as connection:
        while running.is_alive():
            for key, *row in connection.execute(STATUSES).fetchall():
                seen.setdefault(key, set()).add(row[0])
                if row[0] == "computing":
                    shown.append(tuple(row))
            time.sleep(0.05)
    assert {"preparing", "computing", "live"} <= seen["buyers"]
    assert any(0 < progress < 1 and ends is not None for _, progress, ends, _, _ in shown)
    now = found(project)
    assert {key: row[0] for key, row in now.items()} == {
        "buyers": "live", "on_business": "failed", "bought_on_business": "failed", "off": "disabled", "nightly": "live",
        "visits": "live",
    }  # fmt: skip
    assert now["buyers"][1:] == (1.0, None, 10, None) and now["visits"][3] == 14
    assert "models/audiences/on_business.sql" in now["on_business"][4] and "broken on purpose" in now["on_business"][4]
    assert now["bought_on_business"][4] == "a model that it reads was not built"
    costs = "select key, rows, is_full, seconds > 0 from audiences.run_computations where key = 'buyers' order by seconds"
    assert project.sql(costs)[-1] == ("buyers", 1, False, True)
    modes = project.sql("select key, mode, kind from audiences.computations where key in ('nightly', 'visits') order by key")
    assert modes == [("nightly", "batch", "audience"), ("visits", "realtime", "trait")]


def test_what_a_person_stops_is_cancelled_and_the_next_run_does_it(project: Project) -> None:
    hooked(project, "buyers", SLOW.replace("150", "3000"))
    log = project.root / "logs/dbt.log"
    log.unlink(missing_ok=True)
    process = started(project, "run", "--as-of", at(0.1), "--no-sync")
    wait_for(lambda: log.exists() and "START sql audience model audiences.buyers" in log.read_text())
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert ended(process).err == "\nstopped\n"
    assert found(project)["buyers"][0] == "cancelled"
    hooked(project, "buyers", "select 1")
    project.run(day=0.1)
    assert found(project)["buyers"][0] == "live"


def test_what_is_sent_nowhere_and_read_by_nothing_is_not_computed_where_the_project_says_so(project: Project) -> None:
    settings_with(project, audiences_compute_unconnected=False)
    report = project.run(day=0.1)
    assert {one["audience"] for one in report["audiences"]} == {"buyers", "on_business"}
    now = {key: row[0] for key, row in found(project).items()}
    assert now == {
        "buyers": "live", "on_business": "live", "bought_on_business": "not_computing", "nightly": "not_computing",
        "visits": "not_computing", "off": "disabled",
    }  # fmt: skip
    report = project.run("--select", "nightly", day=0.2)
    assert {one["audience"] for one in report["audiences"]} == {"nightly"}
    assert found(project)["nightly"][0] == "live"
