"""What guards refuse, what a selector builds, and what `enabled: false` stops, in real DuckDB files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.integration.projects import KEPT, Project, changes, identify, shop_with_ten_buyers, state, track


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
    assert [one["audience"] for one in report["audiences"]] == ["on_business"] and report["connections"] == []
    assert project.sql("select count(*) from audiences.memberships where audience = 'buyers'") == [(10,)]
    assert project.sql("select key from audiences.keys where deleted_at is not null") == []
    project.audiences("enable", "buyers")
    report = project.run(day=1)
    assert changes(project, "buyers", report["run_id"]) == {"entered": 1}


def test_tags_and_meta_reach_dbts_manifest(shop: Project) -> None:
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
