"""Definitions that are edited, disabled or deleted while a run goes take effect at the next one, without an error."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

from tests.integration.projects import Project, new_project, track

MOMENTS = 20
DAYS = (2, 5, 8, 11)


def test_edits_at_twenty_random_moments_of_runs_take_effect_at_the_next(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    drawn = random.Random(20)
    project.load(*(track(f"b{n}", "Bought", -n) for n in range(1, 11)))
    state: dict[str, int | None] = {"first": 2, "second": 5}
    write(project, state)
    seconds = timed(project, 0)
    for moment in range(1, MOMENTS + 1):
        project.load(track("other", "Bought", -30 - moment))
        before = dict(state)
        reports: list[dict[str, object]] = []
        running = threading.Thread(target=run, args=(project, moment / 100, reports))
        running.start()
        time.sleep(drawn.uniform(0, seconds))
        key = drawn.choice(list(state))
        # A definition, a disabled one, or no file.
        state[key] = drawn.choice([*DAYS, 0, None])
        write(project, {key: state[key]})
        running.join()
        assert reports, f"the run failed at moment {moment}"
        found = {name: expected(days) for name, days in before.items() if days}
        sizes = {one["audience"]: one["members"] for one in reports[0]["audiences"]}  # type: ignore[attr-defined]
        # The edit may have come before the definitions were read.
        later = {name: expected(days) for name, days in state.items() if days}
        assert sizes in (found, later), (moment, before, state)
    project.run(day=1)
    for key, days in state.items():
        if days:
            assert len(project.members(key)) == sum(1 for n in range(1, 11) if n + 1 <= days)
        elif days is None:
            assert project.sql(f"select count(*) from audiences.memberships where audience = '{key}'") == [(0,)]


def run(project: Project, day: float, reports: list[dict[str, object]]) -> None:
    reports.append(project.run(day=day))


def expected(days: int) -> int:
    """Buyers within these days; a day of all runs but the last is not a whole one."""
    return days - 1


def write(project: Project, state: dict[str, int | None]) -> None:
    for key, days in state.items():
        path = project.root / f"audiences/{key}.yml"
        if days is None:
            path.unlink(missing_ok=True)
        elif days == 0:
            project.define(key, "{performed: Bought, within: 30 days}", enabled=False)
        else:
            project.define(key, f"{{performed: Bought, within: {days} days}}")


def timed(project: Project, day: float) -> float:
    begun = time.perf_counter()
    project.run(day=day)
    return time.perf_counter() - begun
