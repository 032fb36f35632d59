"""A run looks at those whom a change or time may have moved, and at nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, identify, shop_with_ten_buyers, track


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return shop_with_ten_buyers(tmp_path / "shop")


def evaluated(project: Project) -> dict[str, tuple[int, bool]]:
    """Audience -> how many profiles its last evaluation looked at, and whether it looked at all."""
    rows = project.sql("select model, evaluated_count, is_full from audiences_build.cursors")
    return {str(model): (int(count), bool(is_full)) for model, count, is_full in rows}


def test_a_run_in_which_nothing_changed_looks_at_nobody(project: Project) -> None:
    project.run(day=0.1)
    assert evaluated(project) == {"buyers": (0, False), "on_business": (0, False), "bought_on_business": (0, False)}


def test_a_late_event_is_looked_at_whatever_its_time(project: Project) -> None:
    project.load(track("v1", "Bought", -20))
    project.run(day=0.1)
    assert evaluated(project)["buyers"] == (1, False)
    assert "v1" in project.members("buyers") and "v1" in project.members("bought_on_business")


def test_time_alone_lets_members_leave(project: Project) -> None:
    project.run(day=25.5)
    assert evaluated(project)["buyers"] == (6, False)
    assert project.members("buyers") == {"b1", "b2", "b3", "b4"}


def test_a_merge_looks_at_both_who_are_now_one(project: Project) -> None:
    project.write("identity.yml", "identifiers: {user_id: {limit: 2}}\n")
    project.load(identify(0, userId="v1", traits={"email": "v1@example.com"}), track("b3", "Bought", 0))
    project.run(day=0.1)
    project.load(identify(0.2, userId="b3", traits={"email": "v1@example.com"}))
    report = project.run(day=0.3)
    assert {one["audience"]: (one["entered"], one["exited"]) for one in report["audiences"]}["buyers"] == (0, 0)
    assert len(project.members("bought_on_business")) == 2  # b1, and v1 who is b3


def test_an_edited_definition_is_evaluated_in_full_and_those_who_no_longer_qualify_leave(project: Project) -> None:
    project.define("buyers", "{performed: Bought, within: 5 days}")
    project.run(day=0.1)
    assert evaluated(project)["buyers"][1]
    assert project.members("buyers") == {"b1", "b2", "b3", "b4"}


def test_an_earlier_as_of_is_evaluated_in_full(project: Project) -> None:
    project.run(day=-5)
    assert evaluated(project)["buyers"][1]
    assert project.members("buyers") == {"b5", "b6", "b7", "b8", "b9", "b10"}
    project.run(day=0.2)
    assert len(project.members("buyers")) == 10


def test_an_audience_that_was_left_out_of_runs_catches_up(project: Project) -> None:
    project.load(track("v2", "Bought", -1))
    project.run("--select", "on_business", day=0.1)
    project.load(track("v3", "Bought", -1))
    project.run("--select", "events_bought", day=0.2)
    assert {"v2", "v3"} & project.members("buyers") == set()
    project.run(day=0.3)
    assert {"v2", "v3"} <= project.members("buyers")
    assert not evaluated(project)["buyers"][1]


def test_what_was_dropped_from_the_log_makes_those_behind_it_look_at_all(project: Project) -> None:
    project.load(track("v2", "Bought", -1))
    project.run("--select", "events_bought", day=0.1)
    project.sql(
        "delete from audiences_build.changed_entities where number < 1000",
        "insert into audiences_build.changed_entities values (1000, '*', 'users', null)",
    )
    project.run(day=0.2)
    assert "v2" in project.members("buyers") and evaluated(project)["buyers"][1]


# --- verify ------------------------------------------------------------------------------------------------------------------


def test_verify_of_everybody_finds_nothing_to_complain_of(project: Project) -> None:
    report = project.run("--verify", "100%", day=0.1)
    assert report["verification"]["differences"] == [] and report["verification"]["audiences"] == 3
    assert report["verification"]["profiles"] == 3 * 14


def test_verify_fails_loudly_sends_nothing_and_a_full_refresh_puts_it_right(project: Project) -> None:
    project.sql("delete from audiences.memberships where audience = 'buyers' and profile_id = (select min(profile_id) "
                "from audiences.memberships where audience = 'buyers')")  # fmt: skip
    report = project.run("--verify", "100%", day=0.1, expect=1, sync=True)
    (difference,) = report["verification"]["differences"]
    assert difference.startswith("buyers: p") and difference.endswith("is not in, and should be")
    assert report["connections"] == []
    project.run("--full-refresh", "--verify", "100%", day=0.2)


def test_slices_rotate_so_that_every_profile_is_looked_at(project: Project) -> None:
    seen = sum(project.run("--verify", "25%", day=0.01 * turn)["verification"]["profiles"] for turn in range(1, 5))
    assert seen == 3 * 14


def test_a_share_that_is_none_is_refused(project: Project) -> None:
    for share in ("0%", "101%", "1", "-5%"):
        assert "is no share" in project.audiences("run", "--verify", share, expect=2).err
