"""Runs without dbt: what is rendered is what dbt compiles, what more than texts decides is dbt's, and what fails goes to it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.postgres import Server
from tests.integration.projects import Project, identify, new_project, shop_with_ten_buyers, statuses, track
from tests.integration.sides import at, make_side
from tests.integration.sides import track as side_track

from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.direct.building import host_of

ORDERS = "trait: orders_30_days\ncount: true\nperformed: Bought\nwithin: 30 days\n"
GIVEN = {"as_of": "2026-02-01T12:00:00", "run_id": "rendered"}
WITHOUT_DBT = """
import sys
from dbt_audiences.cli.main import main
try:
    main()
finally:
    print("dbt" in sys.modules, file=sys.stderr)
"""
TABLES = (
    "audiences.memberships", "audiences.profile_identifiers", "audiences.profiles", "audiences.traits",
    "audiences_build.stg_calls", "audiences_build.events_bought", "audiences_build.orders_30_days",
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With what models are made of: accounts, computed and SQL traits, related tables, lists, suppressed people."""
    project = new_project(tmp_path_factory.mktemp("direct") / "shop")
    project.define("buyers", "{performed: Bought, within: 30 days}", send_to=[{"destination": "crm_files"}])
    project.define("gold", "{all: [{trait: plan, equals: gold}, {has: subscriptions}, {trait: score, gt: 1}]}")
    project.define("again", "{performed: Bought, then: {not_performed: Bought, within: 2 days}}")
    project.define("big", "{all: [{trait: tier, equals: large}, {users: any, who: {performed: Bought}}]}", of="accounts")
    project.define("listed", "{in_list: vips}")
    project.define("named", "{trait: plan, one_of: {file: lists/plans.csv}}")
    project.write("traits/orders_30_days.yml", ORDERS)
    project.write("lists/plans.csv", "gold\n")
    project.write("models/scores.sql", "select 'u1' as user_id, 2 as score")
    project.write("models/subscriptions.sql", "select 'u1' as customer_id, 'a' as plan")
    project.write(
        "models/own.yml",
        "models:\n  - name: scores\n    config: {meta: {sql_trait: {of: users, identifier: user_id}}}\n"
        "  - name: subscriptions\n    config: {meta: {entity: {name: subscriptions, user_id: customer_id}}}\n",
    )
    project.load(track("u1", "Bought", -3), identify(-5, userId="u1", traits={"plan": "gold", "email": "a@b.c"}))
    project.run()
    project.audiences("suppress", "user_id:u9")
    project.run(day=0.1)
    return project


def rendered(workspace: Workspace) -> dict[str, str]:
    """Model -> what is rendered here."""
    workspace.dbt.parse()
    with workspace.warehouse() as warehouse:
        host = host_of(workspace.dbt, warehouse, GIVEN)
        assert host is not None
        return {node.name: host.sql(node) for node in workspace.dbt.graph.nodes.values()}


def test_every_model_is_rendered_as_dbt_compiles_it(shop: Project) -> None:
    with contextlib.chdir(shop.root):
        workspace = Workspace(shop.root)
        found = rendered(workspace)
        try:
            expected = workspace.dbt.compile(GIVEN)
        finally:
            workspace.dbt.release()
    assert len(expected) > 60
    assert {name: found[name] for name in expected} == expected


def test_every_model_is_rendered_as_dbt_compiles_it_for_postgres(server: Server, tmp_path: Path) -> None:
    who = "{performed: Bought, where: {property: v, gte: 1}, within: 30 days}"
    side = make_side(tmp_path / "side", server.database("direct").credentials(), {"buyers": f"audience: buyers\nwho: {who}\n"})
    side.load([side_track("u1", "Bought", "2026-01-31T00:00:00Z", "1")])
    side.run(at("2026-02-01T00:00:00Z"))
    found = rendered(side.workspace)
    expected = side.workspace.dbt.compile(GIVEN)
    assert {name: found[name] for name in expected} == expected


def test_a_run_with_news_needs_no_dbt_and_its_tables_are_those_that_dbt_builds(tmp_path: Path) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    project.define("ordered", "{trait: orders_30_days, gte: 1}")
    project.write("traits/orders_30_days.yml", ORDERS)
    project.run()
    project.load(track("b11", "Bought", -0.5), track("b1", "Bought", -0.4), identify(-0.3, userId="b2", traits={"plan": "x"}))
    words = ["run", "--no-sync", "--as-of", "2026-02-01T12:00:00Z", "--project-dir", str(project.root)]
    done = subprocess.run([sys.executable, "-c", WITHOUT_DBT, *words], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "False"
    assert "b11" in project.members("ordered")
    found = {table: project.sql(f"select * from {table} order by all") for table in TABLES}
    statuses(project.dbt("run", "--full-refresh", "--vars", '{"as_of": "2026-02-01T12:00:00"}'))
    assert found == {table: project.sql(f"select * from {table} order by all") for table in TABLES}


HOOKED = 'on-run-start: ["create table if not exists main.hooked as select 1 as one"]\n'
OVERRIDDEN = "{% macro apply_grants(relation, grants, should_revoke) %}{% do run_query('create or replace table main.hooked as select 1 as one') %}{% endmacro %}"  # noqa: E501


@pytest.mark.parametrize("how", ["hook", "macro"])
def test_hooks_and_macros_of_dbt_that_a_project_makes_anew_are_run_by_dbt(tmp_path: Path, how: str) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    if how == "hook":
        settings = (project.root / "dbt_project.yml").read_text(encoding="utf-8")
        project.write("dbt_project.yml", settings + HOOKED)
    else:
        project.write("macros/own.sql", OVERRIDDEN)
    project.run()
    project.sql("drop table if exists main.hooked")
    project.load(track("b11", "Bought", -0.5))
    project.run()
    assert project.sql("select * from main.hooked") == [(1,)]
    assert "b11" in project.members("buyers")


def test_a_macro_of_this_package_that_a_project_makes_anew_is_used(tmp_path: Path) -> None:
    """By dispatch, as dbt looks first in the project."""
    project = shop_with_ten_buyers(tmp_path / "shop")
    project.write(
        "macros/own.sql",
        "{% macro default__lock_state(name) %}create table if not exists main.locked as select 1 as one;{% endmacro %}\n"
        "{% macro duckdb__lock_state(name) %}create table if not exists main.locked as select 1 as one;{% endmacro %}\n",
    )
    project.run()
    project.sql("drop table if exists main.locked")
    project.load(track("b11", "Bought", -0.5))
    project.run()
    assert project.sql("select * from main.locked") == [(1,)]


def test_what_fails_here_is_told_by_dbt_with_its_place(tmp_path: Path) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    project.sql("alter table audiences_build.taken_up rename column added_count to lost")
    project.load(track("b11", "Bought", -0.5))
    report = project.run(expect=1)
    assert "added_count" in json.dumps(report)
    assert "b11" not in project.members("buyers")
    project.sql("alter table audiences_build.taken_up rename column lost to added_count")
    project.run()
    assert "b11" in project.members("buyers")
