"""`audiences identity rebuild`: the difference first, then people move, and what is theirs with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, identify, new_project, track

IDENTIFIERS = "select type, value, profile_id from audiences.profile_identifiers order by all"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A tablet that ties two people together, who both bought, because two user ids are allowed."""
    shop = new_project(tmp_path / "shop")
    shop.write("identity.yml", "identifiers: {user_id: {limit: 2}}\n")
    shop.define("buyers", "{performed: Bought}")
    shop.load(
        track("mum", "Bought", -9, anonymousId="tablet"),
        track("son", "Bought", -8, anonymousId="tablet"),
        identify(-7, userId="other", traits={"email": "other@example.com"}),
    )
    shop.run()
    assert shop.sql("select count(distinct profile_id) from audiences.profile_identifiers") == [(2,)]
    return shop


def test_a_rule_that_was_tightened_is_shown_before_anybody_moves(project: Project) -> None:
    before = project.sql(IDENTIFIERS)
    project.write("identity.yml", "identifiers: {user_id: {limit: 1}}\n")
    shown = project.audiences("identity", "rebuild", "--dry-run", "--json").json
    assert not shown["is_applied"] and shown["run_id"] is None
    found = shown["difference"]
    assert (found["profiles_before"], found["profiles_after"]) == (2, 3)
    assert (found["merging"], found["splitting"], found["moving"]) == (0, 1, 1)
    assert found["members"] == {"buyers": 1}
    assert [(one["type"], one["value"]) for one in found["moves"]] == [("user_id", "son")]
    assert project.sql(IDENTIFIERS) == before
    assert project.sql("select count(*) from information_schema.tables where table_name like '%preview'") == [(0,)]

    moved = project.audiences("identity", "rebuild", "--as-of", "2026-02-01T12:00:00Z", "--json").json
    assert moved["is_applied"] and moved["difference"] == found
    ids = {value: profile for _, value, profile in project.sql(IDENTIFIERS)}
    assert {value: ids[value] for value in ("mum", "tablet")} == dict.fromkeys(("mum", "tablet"), before[0][2])
    assert ids["son"] == found["moves"][0]["to_profile_id"] != ids["mum"]
    assert project.members("buyers") == {"mum", "son"}
    assert project.audiences("identity", "rebuild", "--dry-run", "--json").json["difference"]["moving"] == 0


def test_people_whom_a_looser_rule_makes_one_merge_without_entering_again(project: Project) -> None:
    project.write("identity.yml", "identifiers: {user_id: {limit: 1}}\n")
    project.run(day=1)
    project.write("identity.yml", "identifiers: {user_id: {limit: 5}}\n")
    text = project.audiences("identity", "rebuild", "--as-of", "2026-02-03T12:00:00Z").out
    assert "merging: 1; falling apart: 0; identifiers that move: 1" in text and "moved" in text
    assert project.sql("select count(distinct profile_id) from audiences.profile_identifiers") == [(2,)]
    entered = project.sql("select cast(entered_at as text) from audiences.buyers")
    assert entered == [("2026-02-01 12:00:00",)]
    assert project.sql("select distinct cause from audiences.membership_changes where changed_at > '2026-02-03'") == [
        ("merge",)
    ]
