"""Tables of events are sorted by time, also by runs that add much; and what is older than the project keeps goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.postgres import Server
from tests.integration.projects import Project, at, shop_with_ten_buyers, track
from tests.integration.sides import at as instant
from tests.integration.sides import make_side
from tests.integration.sides import track as side_track
from tests.integration.test_computations import settings_with

from dbt_audiences.core.errors import UsageError
from dbt_audiences.flow.optimize import optimize, retained_since
from dbt_audiences.run import upkeep

IN_ORDER = "select list(occurred_at) = list_sort(list(occurred_at)) from audiences_build.events_bought"


def late(project: Project) -> None:
    project.load(*(track(f"l{n}", "Bought", -20 - n / 100) for n in range(5)))


def test_a_table_is_sorted_by_hand_and_by_a_run_that_adds_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    assert project.sql(IN_ORDER) == [(True,)]
    late(project)
    project.run(day=0.1)
    assert project.sql(IN_ORDER) == [(False,)]
    members = project.members("buyers")
    assert project.audiences("optimize", "--json").json["sorted_rows"] == {"events_bought": 15}
    assert project.sql(IN_ORDER) == [(True,)]
    monkeypatch.setattr(upkeep, "LEAST_ADDED", 3)
    late(project)
    project.load(*(track(f"m{n}", "Bought", -21) for n in range(5)))
    project.run(day=0.2)
    assert project.sql(IN_ORDER) == [(True,)]
    assert project.members("buyers") == members | {f"m{n}" for n in range(5)}


def test_what_is_too_old_goes_with_its_members_and_what_was_said_of_people_stays(tmp_path: Path) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    assert project.audiences("optimize", "--as-of", at(0), "--json").json["dropped_before"] is None
    settings_with(project, audiences_retention="4 days")
    done = project.audiences("optimize", "--as-of", at(0), "--json").json
    assert (done["dropped_events"], done["dropped_before"]) == (6, at(-4))
    project.run(day=0.1)
    assert project.members("buyers") == {f"b{n}" for n in range(1, 5)}
    assert project.members("on_business") == {"b1", "v1"}
    out = project.audiences("optimize", "--as-of", at(1)).out
    assert out.endswith(f"2 events of before {at(-3)} were dropped\n")


@pytest.mark.parametrize(
    ("given", "since"),
    [
        ("36 months", "2023-02-28T00:00:00Z"),
        ("1 year", "2025-02-28T00:00:00Z"),
        ("2 days", "2026-02-26T00:00:00Z"),
        (None, None),
    ],
)
def test_a_retention_is_days_of_24_hours_or_months_of_the_calendar(given: str | None, since: str | None) -> None:
    assert retained_since(given, instant("2026-02-28T00:00:00Z")) == (since and instant(since))


def test_a_retention_that_is_no_length_is_refused() -> None:
    with pytest.raises(UsageError, match=r"`forever` is no length of time for `audiences_retention` in dbt_project\.yml"):
        retained_since("forever", instant("2026-02-28T00:00:00Z"))
    with pytest.raises(UsageError, match="`3000 years` in `audiences_retention` goes back before the first year"):
        retained_since("3000 years", instant("2026-02-28T00:00:00Z"))


def test_postgres_brings_its_statistics_up_to_date(server: Server, tmp_path: Path) -> None:
    side = make_side(
        tmp_path / "project", server.database("optimized").credentials(),
        {"recent": "audience: recent\nwho: {performed: Bought, within: 7 days}\n"},
    )  # fmt: skip
    side.load([side_track("a", "Bought", "2026-01-07T00:00:00Z", "1")])
    side.run(instant("2026-01-08T00:00:00Z"))
    assert optimize(side.workspace, instant("2026-01-08T00:00:00Z")).sorted_rows == {"events_bought": 1}
