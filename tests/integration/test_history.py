"""How far back events count: `history: none` begins with the key's first run, for ever, whatever runs and looks later."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, call, new_project, track


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.define("starters", "{performed: Bought}", history="none")
    shop.define("idle", "{not_performed: Bought}", history="none")
    shop.load(track("old", "Bought", -1), track("now", "Bought", 0), track("later", "Bought", 1), track("none", "Visited", -1))
    return shop


def test_events_count_from_the_first_run_on(project: Project) -> None:
    project.run()
    assert project.members("starters") == {"now"}
    project.run("--verify", "100%", day=2)
    assert project.members("starters") == {"now", "later"}
    assert project.sql("select model from audiences_build.cursors where is_full") == []
    project.load(track("old", "Bought", -0.5), track("none", "Bought", 0.5))
    project.run("--verify", "100%", day=3)
    assert project.members("starters") == {"now", "later", "none"}
    assert project.members("idle") == {"old"}


def test_neither_a_full_refresh_nor_an_edit_moves_the_beginning(project: Project) -> None:
    project.run()
    project.run("--full-refresh", day=2)
    assert project.members("starters") == {"now", "later"}
    project.define("starters", "{performed: Bought, at_most: 5, within: 30 days}", history="none")
    project.run(day=3)
    assert {"now", "later"} <= project.members("starters")
    assert project.sql("select distinct first_run_at from audiences.keys") == project.sql("select timestamp '2026-02-01 12:00'")


def test_the_first_run_is_that_which_evaluates_the_audience(project: Project) -> None:
    project.run("--select", "idle")
    project.run(day=0.5)
    assert project.members("starters") == set()
    assert project.members("idle") == {"old", "none"}
    project.run("--verify", "100%", day=2)
    assert project.members("starters") == {"later"}


def test_dbt_alone_begins_a_history_too(project: Project) -> None:
    project.audiences("compile")
    assert project.dbt("build", "--vars", "{as_of: 2026-02-01T12:00:00Z}").success
    project.run("--verify", "100%", day=2)
    assert project.members("starters") == {"now", "later"}


def test_an_earlier_as_of_sees_nothing_of_what_came_before(project: Project) -> None:
    project.run()
    project.run(day=-0.5)
    assert project.members("starters") == set()
    project.run(day=0.1)
    assert project.members("starters") == {"now"}


def test_an_audience_that_ran_before_this_was_noted_began_when_its_key_did(project: Project) -> None:
    project.run()
    project.sql("alter table audiences.keys drop column first_run_at", "update audiences.state_version set version = 2")
    project.run(day=2)
    assert project.members("starters") == {"now", "later"}


def test_explain_and_preview_know_the_beginning(project: Project) -> None:
    project.run()
    project.run(day=2)
    told = project.audiences("explain", "starters", "user_id:old", "--as-of", "2026-02-03T12:00:00Z", "--json").json
    assert told["is_member"] is False
    told = project.audiences("explain", "starters", "user_id:later", "--as-of", "2026-02-03T12:00:00Z", "--json").json
    assert told["is_member"] is True
    shown = project.audiences("preview", "starters", "--as-of", "2026-02-03T12:00:00Z", "--json").json
    assert shown["members"] == 2
    project.define("fresh", "{performed: Bought}", history="none")
    shown = project.audiences("preview", "fresh", "--as-of", "2026-02-03T12:00:00Z", "--json").json
    assert shown["members"] == 0


def test_examples_date_the_key_by_created(project: Project) -> None:
    text = """
audience: starters
who: {performed: Bought}
history: none
examples:
  - name: only what came after the key
    as_of: 2026-03-10T12:00:00Z
    created: 2 days ago
    given:
      ann: {events: [{performed: Bought, at: 2 days ago}]}
      bob: {events: [{performed: Bought, at: 3 days ago}]}
    expect: {in: [ann], out: [bob]}
  - name: without a date the first run is now
    as_of: 2026-03-10T12:00:00Z
    given:
      ann: {events: [{performed: Bought, at: now}]}
      bob: {events: [{performed: Bought, at: 1 seconds ago}]}
    expect: {in: [ann], out: [bob]}
"""
    project.write("audiences/starters.yml", text)
    project.audiences("test", "starters")


def test_a_length_of_history_bounds_every_event(project: Project) -> None:
    project.define("recent", "{performed: Bought, at_least: 2}", history="3 days")
    project.load(track("old", "Bought", -2), track("now", "Bought", -3.5))
    project.run()
    assert project.members("recent") == {"old"}
    project.run("--verify", "100%", day=1)
    assert project.members("recent") == {"old"}
    project.run("--verify", "100%", day=1.01)
    assert project.members("recent") == set()


def test_blocks_of_users_are_bounded_too(project: Project) -> None:
    project.load(
        *(call("group", -50, userId=user, groupId=f"of_{user}", traits={}, messageId=f"g-{user}") for user in ("old", "now"))
    )
    project.define("any_bought", "{users: any, who: {performed: Bought}}", of="accounts", history="none")
    project.define("spent", "{performed: Bought, within: 30 days}", of="accounts", history="12 hours")
    project.run()
    assert project.sql("select profile_id from audiences.any_bought") == [("of_now",)]
    assert project.sql("select profile_id from audiences.spent") == [("of_now",)]
