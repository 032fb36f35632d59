"""What a warehouse keeps through full refreshes, upgrades, failures, edits and deletions, in real DuckDB files."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from tests.integration.projects import (
    BUYERS,
    ROOT,
    Project,
    at,
    changes,
    identify,
    shop_with_ten_buyers,
    state,
    track,
)

STATE_COLUMNS = "22bc6312358c2a99"
"""What the columns of the state tables of the present version come to."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("state") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


def hash_of(project: Project, key: str) -> str:
    ((found,),) = project.sql(f"select definition_hash from audiences.keys where key = '{key}'")
    return str(found)


# --- runs that change nothing ------------------------------------------------------------------------------------------------


def test_a_full_refresh_keeps_every_state_table_and_adds_but_its_own_run(project: Project) -> None:
    before = state(project, "runs", "connections")
    runs = project.sql("select * from audiences.runs")
    report = project.run("--full-refresh", sync=True)
    assert state(project, "runs", "connections") == before
    assert set(runs) < set(project.sql("select * from audiences.runs where status = 'succeeded'"))
    assert project.sql("select status from audiences.connections") == [("synced",)]
    assert [(one["entered"], one["exited"], one["members"]) for one in report["audiences"]] == [
        (0, 0, 1),
        (0, 0, 10),
        (0, 0, 2),
    ]


def test_dbts_own_full_refresh_keeps_the_same(project: Project) -> None:
    before = state(project)
    assert project.dbt("build", "--full-refresh", "--vars", f"{{as_of: {at(0)}}}").success
    assert state(project) == before


def test_audiences_and_their_views_can_be_dropped_and_come_back_with_their_members(project: Project) -> None:
    before = state(project, "runs")
    project.sql("drop view audiences.buyers")
    project.run()
    assert state(project, "runs") == before
    assert project.sql("select count(*) from audiences.buyers") == [(10,)]


def test_a_state_table_that_was_dropped_is_made_again_before_anything_reads_it(project: Project) -> None:
    project.sql("drop table audiences.approvals", "drop table audiences.unreadable_values")
    project.run(sync=True)
    assert project.sql("select count(*) from audiences.approvals") == [(0,)]
    assert project.sql("select count(*) from audiences.unreadable_values") == [(0,)]


# --- versions ----------------------------------------------------------------------------------------------------------------


def test_older_state_is_migrated_in_place_and_nobody_enters_again(project: Project) -> None:
    before = state(project, "runs", "membership_changes", "connections")
    project.sql(
        "alter table audiences.membership_changes drop column cause",
        "alter table audiences.connections drop column first_synced_at",
        "alter table audiences.connections drop column definition",
        *(f"alter table audiences.keys drop column {name}" for name in ("of", "relation", "farewell")),
        "drop table audiences.approvals",
        "update audiences.state_version set version = 0",
    )
    report = project.run(sync=True)
    assert [one["entered"] for one in report["audiences"]] == [0, 0, 0]
    assert state(project, "runs", "membership_changes", "connections") == before
    assert project.sql("select count(*), count(cause) from audiences.membership_changes") == [(13, 0)]
    assert project.sql("select count(*) from audiences.approvals") == [(0,)]
    assert project.sql("select version from audiences.state_version") == [(8,)]


def test_the_version_goes_up_with_the_columns_of_the_state_tables() -> None:
    columns = []
    for path in sorted((ROOT / "models").rglob("*.yml")):
        for model in yaml.safe_load(path.read_text())["models"]:
            if (model.get("config") or {}).get("meta", {}).get("state"):
                columns += [(model["name"], column["name"], column["data_type"]) for column in model["columns"]]
    found = hashlib.sha256(repr(sorted(columns)).encode()).hexdigest()[:16]
    assert found == STATE_COLUMNS, (
        f"give `state_version()` in macros/state/prepare_warehouse.sql its next number, and STATE_COLUMNS `{found}`"
    )


def test_state_that_a_newer_package_left_is_refused_and_not_touched(project: Project) -> None:
    project.sql("update audiences.state_version set version = 999")
    before = state(project, "runs")
    refused = project.audiences("run", "--as-of", at(1), expect=1)
    assert "the state in the warehouse has version 999" in refused.err and "Upgrade" in refused.err
    assert "in macro" not in refused.err
    assert state(project, "runs") == before


# --- failures ----------------------------------------------------------------------------------------------------------------


def test_a_model_that_fails_after_its_statements_leaves_the_last_good_state_and_holds_only_what_reads_it(
    project: Project,
) -> None:
    project.load(track("v1", "Bought", 0.5), identify(0.5, userId="v2", traits={"plan": "business"}))
    before = project.sql("select * from audiences.memberships where audience <> 'on_business' order by all")
    settings = (project.root / "dbt_project.yml").read_text()
    hook = "models: {shop: {audiences: {buyers: {+post-hook: select error('broken')}}}}\n"
    project.write("dbt_project.yml", settings + hook)
    report = project.run(day=1, expect=1, sync=True)
    assert {one["audience"]: one["status"] for one in report["audiences"]} == {
        "bought_on_business": "skipped",
        "buyers": "failed",
        "on_business": "built",
    }
    assert project.sql("select * from audiences.memberships where audience <> 'on_business' order by all") == before
    assert changes(project, "buyers", report["run_id"]) == {}
    assert project.members("on_business") == {"b1", "v1", "v2"}
    assert project.sql("select status from audiences.runs order by started_at desc limit 1") == [("failed",)]
    project.write("dbt_project.yml", settings)
    report = project.run(day=1)
    assert changes(project, "buyers", report["run_id"]) == {"entered": 1}
    assert changes(project, "bought_on_business", report["run_id"]) == {"entered": 1}


def test_a_killed_run_leaves_the_last_good_state_and_the_next_one_goes_on(project: Project) -> None:
    project.load(track("v1", "Bought", 0.5))
    before = state(project)
    settings = (project.root / "dbt_project.yml").read_text()
    slow = "select count(*) from range(1000000000000) as numbers(n) where n % 7 = 3"
    project.write("dbt_project.yml", f"{settings}models: {{shop: {{audiences: {{buyers: {{+post-hook: {slow}}}}}}}}}\n")
    command = [
        sys.executable,
        "-m",
        "dbt.cli.main",
        "run",
        "--profiles-dir",
        ".",
        "--vars",
        f"{{as_of: '{at(1)}'}}",
        "--log-format",
        "text",
    ]
    project.dbt("parse", "--vars", f"{{as_of: '{at(1)}'}}")  # which is quicker here than in a new process
    with subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "START" in line and "audiences.buyers" in line:
                break
        time.sleep(1.5)
        os.kill(running.pid, signal.SIGKILL)
    assert state(project) == before
    project.write("dbt_project.yml", settings)
    report = project.run(day=1)
    assert changes(project, "buyers", report["run_id"]) == {"entered": 1}


# --- edits, deletions --------------------------------------------------------------------------------------------------------


def test_an_edited_definition_lets_people_out_and_in_under_its_new_hash(project: Project) -> None:
    old = hash_of(project, "buyers")
    project.define("buyers", "{performed: [Bought, Visited], within: 3 days}", send_to=[{"destination": "crm_files"}])
    report = project.run(day=0.01, sync=True)
    assert project.members("buyers") == {"b1", "b2", "v1", "v2"}
    assert changes(project, "buyers", report["run_id"]) == {"entered": 2, "exited": 8}
    new = hash_of(project, "buyers")
    assert new != old
    found = project.sql("select distinct definition_hash, cause from audiences.membership_changes where audience = 'buyers'")
    assert set(found) == {(old, "run"), (new, "run")}
    assert [(one["entered"], one["exited"]) for one in report["connections"]] == [(2, 8)]


def test_a_changed_name_or_tag_moves_nobody_and_keeps_the_hash(project: Project) -> None:
    old = hash_of(project, "buyers")
    project.define("buyers", BUYERS, description="Another text", tags=["other"], send_to=[{"destination": "crm_files"}])
    report = project.run()
    assert changes(project, "buyers", report["run_id"]) == {}
    assert hash_of(project, "buyers") == old


def test_a_removed_file_takes_its_models_away_and_marks_the_key(project: Project) -> None:
    for key in ("bought_on_business", "buyers"):
        (project.root / f"audiences/{key}.yml").unlink()
    project.run(day=1)
    assert not (project.root / "models/audiences/buyers.sql").exists()
    assert list((project.root / "models/sync/sends").glob("*.sql")) == []
    deleted = (
        "select key, deleted_at = timestamp '2026-02-02 12:00' from audiences.keys where deleted_at is not null order by all"
    )
    assert project.sql(deleted) == [("bought_on_business", True), ("buyers", True)]
    keys = {one["key"]: one["status"] for one in project.audiences("status", "--json").json["keys"]}
    assert keys == {"bought_on_business": "deleted", "buyers": "deleted", "on_business": "enabled"}


def test_a_deleted_key_takes_another_definition_with_the_flag(project: Project) -> None:
    file = project.root / "audiences/bought_on_business.yml"
    file.unlink()
    project.run("--select", "on_business", day=1)
    project.define("bought_on_business", "{performed: Visited}")
    project.audiences("run", "--as-of", at(2), expect=2)
    project.run("--reuse-key", "bought_on_business", day=2)
    assert project.members("bought_on_business") == {"v1", "v2", "v3", "v4"}
