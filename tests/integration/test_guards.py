"""What guards refuse, what a selector builds, and what `enabled: false` stops, in real DuckDB files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.integration.projects import (
    BUYERS,
    KEPT,
    Project,
    artifacts,
    changes,
    identify,
    new_project,
    shop_with_ten_buyers,
    state,
    track,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("selection") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


# --- guards ------------------------------------------------------------------------------------------------------------------


def test_a_source_that_fell_to_less_than_half_is_refused_until_a_person_approves_it_once(project: Project) -> None:
    project.sql("delete from raw.calls where event = 'Bought' and user_id not in ('b1', 'b2', 'b3', 'b4')")
    before = state(project, "runs", "keys")
    report = project.run(day=1, expect=3, sync=True)
    assert {one["audience"]: one["status"] for one in report["audiences"]} == {
        "bought_on_business": "refused",
        "buyers": "refused",
        "on_business": "built",
    }
    (failure,) = report["failures"]
    assert (
        "events_bought had 10 rows and now has 4" in failure["message"]
        and "audiences sync --approve events_bought" in failure["message"]
    )
    assert {name: rows for name, rows in state(project, "runs", "keys").items() if name.startswith("memb")} == {
        name: rows for name, rows in before.items() if name.startswith("memb")
    }
    assert project.sql("select status from audiences.runs order by started_at desc limit 1") == [("refused",)]

    project.audiences("sync", "--approve", "events_bought")
    report = project.run(day=1)
    assert changes(project, "buyers", report["run_id"]) == {"exited": 6}

    project.sql("delete from raw.calls where event = 'Bought'")
    project.run(day=2, expect=3)
    assert project.sql("select count(*) from audiences.buyers") == [(4,)]


def test_when_the_raw_table_is_emptied_nobody_leaves_and_nothing_is_sent_until_a_person_approves_it(project: Project) -> None:
    project.define("everyone", "everyone")
    project.run("--select", "everyone")
    kept = ("memberships", "membership_changes", "evaluations", "acknowledged", "profile_identifiers")
    before = {table: rows for table, rows in state(project).items() if table in kept}
    project.sql("delete from raw.calls")
    report = project.run(day=1, expect=3, sync=True)
    assert {one["status"] for one in report["audiences"]} == {"refused"} and len(report["audiences"]) == 4
    assert [failure["name"] for failure in report["failures"]] == ["profile_identifiers"]
    assert [(one["entered"], one["exited"]) for one in project.audiences("sync", "--json").json] == [(0, 0)]
    assert {table: rows for table, rows in state(project).items() if table in kept} == before
    for name in ("profile_identifiers", "events_bought", "trait_plan"):
        project.audiences("sync", "--approve", name)
    report = project.run(day=1)
    assert {one["audience"]: one["members"] for one in report["audiences"]} == dict.fromkeys(
        ("bought_on_business", "buyers", "everyone", "on_business"), 0
    )


def test_a_source_that_fell_to_exactly_half_passes(project: Project) -> None:
    project.sql("delete from raw.calls where event = 'Bought' and user_id not in ('b1', 'b2', 'b3', 'b4', 'b5')")
    project.run("--select", "buyers")
    assert len(project.members("buyers")) == 5


# --- guards on what is sent --------------------------------------------------------------------------------------------------

SIZES = {"many": 120, "half": 120, "hundred": 100} | dict.fromkeys(
    ("left_share", "left_count", "came_share", "came_count", "free"), 10
)
EDITED = {
    "many": 59,
    "half": 60,
    "hundred": 10,
    "left_share": 7,
    "left_count": 7,
    "came_share": 13,
    "came_count": 13,
    "free": 2,
}
LIMITS = {
    "left_share": {"leaving_share": 0.2},
    "left_count": {"leaving_count": 2},
    "came_share": {"entering_share": 0.2},
    "came_count": {"entering_count": 2},
}
REFUSED = {
    "came_count": "3 profiles would enter, more than the 2 that `refuse_above` allows",
    "came_share": "3 of 10 profiles (30.0%) would enter, more than the 20.0% that is allowed",
    "left_count": "3 profiles would leave, more than the 2 that `refuse_above` allows",
    "left_share": "3 of 10 profiles (30.0%) would leave, more than the 20.0% that is allowed",
    "many": "61 of 120 profiles (50.8%) would leave, more than the 50.0% that is allowed",
}


def sized(project: Project, key: str, size: int) -> None:
    """An audience of so many people, with its limits."""
    limits = {"refuse_above": LIMITS[key]} if key in LIMITS else {}
    project.define(key, f"{{trait: n, lt: {size}}}", send_to=[{"destination": "crm_files", **limits}])


def sent(project: Project, key: str) -> int:
    """How many people the destination holds."""
    held = f"audience = '{key}' and is_member"
    ((count,),) = project.sql(f"select count(distinct profile_id) from audiences.acknowledged where {held}")
    return int(count)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, str], dict[str, dict[str, str]]]:
    """People with n from 0 to 119, audiences that were sent and then edited; the statuses of the first and second run."""
    project = new_project(tmp_path_factory.mktemp("guards") / "shop")
    project.load(*(identify(-1, userId=f"u{n}", traits={"n": n}) for n in range(120)))
    for key, size in SIZES.items():
        sized(project, key, size)
    first = project.run(sync=True)
    for key, size in EDITED.items():
        sized(project, key, size)
    second = project.run(sync=True, expect=3)
    assert second["exit_code"] == 3
    statuses = {one["audience"]: one["status"] for one in first["connections"]}
    return project, statuses, {one["audience"]: one for one in second["connections"]}


Edited = tuple[Project, dict[str, str], dict[str, dict[str, str]]]


def test_a_first_sync_is_held_to_no_limit(edited: Edited) -> None:
    assert edited[1] == dict.fromkeys(SIZES, "synced")


def test_a_change_above_a_limit_holds_its_own_audience_and_no_other(edited: Edited) -> None:
    project, _, second = edited
    said = {key: one["message"] for key, one in second.items() if one["status"] == "refused"}
    assert said == {
        key: f"{why}; nothing was sent. If that is meant: audiences sync --approve {key}" for key, why in REFUSED.items()
    }
    assert {key for key, one in second.items() if one["status"] == "synced"} == {"free", "half", "hundred"}
    assert {key: sent(project, key) for key in SIZES} == {**SIZES, "free": 2, "half": 60, "hundred": 10}
    assert {key: len(project.members(key)) for key in ("many", "left_share", "came_count")} == {
        "many": 59,
        "left_share": 7,
        "came_count": 13,
    }
    found = project.sql("select audience from audiences.connections where status = 'refused' order by 1")
    assert [key for (key,) in found] == sorted(REFUSED)


def test_an_approval_lets_one_change_of_one_audience_through_and_is_recorded(edited: Edited, tmp_path: Path) -> None:
    project = edited[0].copy(tmp_path / "shop")
    again = project.audiences("sync", "--json", expect=3)
    assert {one["audience"] for one in again.json if one["status"] == "refused"} == set(REFUSED)
    assert project.audiences("sync", "--approve", "left_share", "--dry-run", "--json").json[0]["pending"] == 3
    assert project.sql("select * from audiences.approvals") == []

    project.define("unsent", "everyone")
    nothing = project.audiences("sync", "--approve", "unsent", expect=2).err
    assert nothing == "error: `unsent` is sent nowhere: there is no change of it to approve\n"
    (approved,) = project.audiences("sync", "--approve", "left_share", "--json").json
    assert (approved["status"], approved["exited"], approved["delivered"]) == ("synced", 3, 3)
    used = "select key, approved_at is not null, used_at is not null, used_by is not null from audiences.approvals"
    assert project.sql(used) == [("left_share", True, True, True)]
    assert {key: sent(project, key) for key in REFUSED} == {**{key: SIZES[key] for key in REFUSED}, "left_share": 7}

    sized(project, "left_share", 4)
    report = project.run(sync=True, expect=3)
    assert {one["audience"] for one in report["connections"] if one["status"] == "refused"} == set(REFUSED)
    assert sent(project, "left_share") == 7 and len(project.members("left_share")) == 4


# --- what may not be sent ----------------------------------------------------------------------------------------------------


def test_a_destination_of_another_target_is_planned_and_recorded_and_gets_nothing(project: Project) -> None:
    destination = project.root / "destinations/crm_files.yml"
    destination.write_text(destination.read_text() + "targets: [prod]\n")
    profiles = project.root / "profiles.yml"
    (output,) = (line for line in profiles.read_text().splitlines() if line.strip() == "dev:")
    profiles.write_text(
        profiles.read_text().replace(
            output, "    prod: {type: duckdb, path: warehouse.duckdb, schema: main, threads: 1}\n    dev:"
        )
    )
    files = sorted((project.root / "deliveries").rglob("*"))
    project.load(track("v1", "Bought", -0.5), track("v2", "Bought", -0.5))
    (connection,) = project.run(sync=True)["connections"]
    reason = "the target `dev` is not among those that may send"
    assert (connection["status"], connection["entered"], connection["delivered"]) == ("filtered", 2, 0)
    assert connection["message"] == reason
    filtered = "select identifier_value, reason from audiences.deliveries where status = 'filtered' order by 1"
    assert project.sql(filtered) == [("v1", reason), ("v2", reason)]
    assert sorted((project.root / "deliveries").rglob("*")) == files

    (connection,) = project.audiences("sync", "--target", "prod", "--json").json
    assert (connection["status"], connection["delivered"]) == ("synced", 2)
    assert len(sorted((project.root / "deliveries").rglob("*"))) == len(files) + 1


def test_what_is_disabled_sends_nothing_and_catches_up_once_enabled(project: Project) -> None:
    files = sorted((project.root / "deliveries").rglob("*"))
    destination = project.root / "destinations/crm_files.yml"
    text = destination.read_text()
    project.define("paused", BUYERS, send_to=[{"destination": "crm_files", "enabled": False}])
    project.load(track("v1", "Bought", -0.5))
    destination.write_text(text + "enabled: false\n")
    report = project.run(sync=True)
    assert {one["audience"]: one["status"] for one in report["connections"]} == {"buyers": "disabled", "paused": "disabled"}
    assert sorted((project.root / "deliveries").rglob("*")) == files
    destination.write_text(text)
    synced = project.audiences("sync", "--json").json
    assert {one["audience"]: (one["status"], one["delivered"]) for one in synced} == {
        "buyers": ("synced", 1),
        "paused": ("paused", 0),
    }


# --- selection, tags ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("selector", ["buyers", "tag:loyalty", "+buyers"])
def test_a_selector_builds_an_audience_with_all_that_it_reads_and_no_other(project: Project, selector: str) -> None:
    project.load(track("v1", "Bought", 0.5), identify(0.5, userId="v2", traits={"plan": "business"}))
    report = project.run("--select", selector, day=1, sync=True)
    assert [(one["audience"], one["entered"]) for one in report["audiences"]] == [("buyers", 1)]
    assert [one["audience"] for one in report["connections"]] == ["buyers"]
    assert project.members("on_business") == {"b1", "v1"}


def test_a_selector_of_nothing_is_a_usage_error(project: Project) -> None:
    assert "selects nothing" in project.audiences("run", "--select", "tag:nothing", expect=2).err


def test_a_disabled_audience_is_not_built_and_not_sent_and_keeps_its_members(project: Project) -> None:
    project.audiences("disable", "bought_on_business")
    project.audiences("disable", "buyers")
    project.load(track("v1", "Bought", 0.5))
    report = project.run(day=1, sync=True)
    assert [one["audience"] for one in report["audiences"]] == ["on_business"]
    assert [(one["audience"], one["status"]) for one in report["connections"]] == [("buyers", "disabled")]
    assert project.sql("select count(*) from audiences.memberships where audience = 'buyers'") == [(10,)]
    assert project.sql("select key from audiences.keys where deleted_at is not null") == []
    project.audiences("enable", "buyers")
    report = project.run(day=1)
    assert changes(project, "buyers", report["run_id"]) == {"entered": 1}


def test_tags_and_meta_reach_dbts_manifest(shop: Project) -> None:
    with artifacts():
        shop.dbt("parse")
    manifest = yaml.safe_load((shop.root / "target/manifest.json").read_text())
    config = manifest["nodes"]["model.shop.buyers"]["config"]
    assert {"audience", "loyalty"} <= set(config["tags"])
    assert (
        config["meta"]["team"] == "lifecycle"
        and config["meta"]["definition_hash"] in (shop.root / "models/audiences/buyers.sql").read_text()
    )


def test_the_package_and_its_state_are_where_the_schema_rule_says(shop: Project) -> None:
    tables = {row[0] for row in shop.sql("select table_name from information_schema.tables where table_schema = 'audiences'")}
    assert {*KEPT, "buyers", "profiles", "traits"} <= tables
