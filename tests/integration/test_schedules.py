"""`every` and `compute`: when an audience or a computed trait is evaluated."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.projects import Project, new_project, track
from tests.integration.test_watch import bought, watching

HOUR = 1 / 24
PERFORMED = "{performed: Bought, within: 30 days}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Run at noon of the first of February; then two more bought."""
    project = new_project(tmp_path_factory.mktemp("schedules") / "shop")
    project.define("at_once", PERFORMED)
    project.define("slow", PERFORMED, every="4 hours")
    project.define("nightly", PERFORMED, every="0 6 * * *", timezone="America/New_York")
    project.define("of_slow", "{in_audience: slow}")
    project.write("traits/purchases.yml", "trait: purchases\nname: Purchases\nperformed: Bought\ncount: true\nevery: 1 day\n")
    project.load(track("a", "Bought", -1))
    project.run()
    project.load(track("b", "Bought", -0.5), track("a", "Bought", -0.4))
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return template.copy(tmp_path / "shop")


def sizes(project: Project) -> dict[str, int]:
    return {str(key): count for key, count in project.sql("select audience, count(*) from audiences.memberships group by all")}


def values(project: Project) -> list[int]:
    return sorted(int(value) for (value,) in project.sql("select value from audiences_build.purchases"))


def test_what_has_an_every_stays_as_it_is_until_it_is_due(project: Project) -> None:
    report = project.run(day=HOUR)
    assert sizes(project) == {"at_once": 2, "slow": 1, "nightly": 1, "of_slow": 1} and values(project) == [1]
    assert {one["audience"]: (one["status"], one["members"]) for one in report["audiences"]}["slow"] == ("built", 1)
    project.run(day=4 * HOUR - 0.0001)
    assert sizes(project)["slow"] == 1
    project.run(day=4 * HOUR)
    assert sizes(project) == {"at_once": 2, "slow": 2, "nightly": 1, "of_slow": 2}
    project.run(day=23 * HOUR - 0.0001)  # 06:00 in New York is 11:00 in UTC, 23 hours after the first run
    assert sizes(project)["nightly"] == 1
    project.run(day=23 * HOUR)
    assert sizes(project)["nightly"] == 2 and values(project) == [1]
    project.run(day=1)
    assert values(project) == [1, 2]


def test_what_left_by_time_alone_leaves_when_it_is_due(project: Project) -> None:
    project.run(day=29.49)
    assert sizes(project) == {"at_once": 2, "slow": 2, "nightly": 2, "of_slow": 2}
    project.run(day=29.61)
    assert sizes(project) == {"slow": 2, "nightly": 2, "of_slow": 2}
    project.run(day=29.7)
    assert sizes(project) == {"nightly": 2}


@pytest.mark.parametrize("how", ["an edit", "another schedule", "its name", "a full refresh", "an earlier instant"])
def test_it_is_evaluated_at_once_by(project: Project, how: str) -> None:
    if how == "an edit":
        project.define("slow", "{performed: Bought, within: 29 days}", every="4 hours")
    elif how == "another schedule":
        project.define("slow", PERFORMED, every="5 hours")
    more = {"its name": ["--select", "slow"], "a full refresh": ["--full-refresh"]}.get(how, [])
    project.run(*more, day=-0.1 if how == "an earlier instant" else HOUR)
    assert sizes(project)["slow"] == 2


def test_a_watch_leaves_batch_to_runs_and_keeps_to_schedules(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define("at_once", PERFORMED, compute="realtime")
    project.define("batch", PERFORMED, compute="batch")
    project.define("slow", PERFORMED, every="8 seconds")
    bought(project, "a", timedelta(hours=1))
    with watching(project) as watch:
        watch.size("batch", 1)
        bought(project, "b", timedelta(hours=1))
        found = watch.size("at_once", 2)
        assert {one["audience"]: one["members"] for one in found["audiences"]}["batch"] == 1
        found = watch.size("slow", 2)
        assert {one["audience"]: one["members"] for one in found["audiences"]}["batch"] == 1
    project.audiences("run", "--no-sync")
    assert sizes(project)["batch"] == 2
