"""A run builds what does not stand as it must, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.postgres import Server
from tests.integration.projects import Project, identify, shop_with_ten_buyers
from tests.integration.sides import at, make_side
from tests.integration.sides import track as side_track

TABLE = "audiences_build.events_bought"
PLANTED = f"insert into {TABLE} select 'planted', occurred_at, 'planted' from {TABLE} limit 1"
IS_PLANTED = f"select count(*) from {TABLE} where profile_id = 'planted'"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("built") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    """A row that no call gives lies in the table of an event: it is there for as long as the table is not built."""
    project = shop.copy(tmp_path / "shop")
    project.sql(PLANTED)
    return project


def is_built(project: Project) -> bool:
    """Whether the event's table has been built since."""
    return project.sql(IS_PLANTED) == [(0,)]


def test_nothing_is_built_where_nothing_changed_and_every_audience_is_reported(project: Project) -> None:
    report = project.run(day=0.1)
    assert not is_built(project)
    found = {(one["audience"], one["status"], one["members"]) for one in report["audiences"]}
    assert found == {("buyers", "built", 10), ("on_business", "built", 2), ("bought_on_business", "built", 1)}
    assert project.sql("select distinct as_of from audiences_build.cursors") == project.sql(
        "select timestamp '2026-02-01 14:24:00'"
    )
    project.run("--full-refresh", day=0.2)
    assert is_built(project)


@pytest.mark.parametrize(
    "changed",
    [
        "update raw.calls set properties = '{\"a\": 1}' where message_id = 'b1-Bought--1'",
        "delete from raw.calls where message_id = 'v1-Visited--1'",
        "insert into raw.calls (message_id, type, occurred_at, user_id) values ('x', 'identify', '2026-01-25', 'x')",
    ],
    ids=lambda sql: str(sql).split(" where")[0][:30],
)
def test_whatever_changes_in_the_raw_table_or_is_gone_is_seen(project: Project, changed: str) -> None:
    project.sql(changed)
    project.run(day=0.1)
    assert is_built(project)


@pytest.mark.parametrize("lost", ["drop view audiences_build.stg_events cascade", "delete from audiences.state_version"])
def test_a_view_that_is_gone_is_made_again_and_tables_are_as_good_as_they_were(project: Project, lost: str) -> None:
    project.sql(lost)
    project.run(day=0.1)
    assert project.sql("select count(*) > 10 from audiences_build.stg_events") == [(True,)]
    assert not is_built(project)


def test_one_value_for_another_in_the_raw_table_is_seen_with_no_row_more_or_less(project: Project) -> None:
    """By number and by time of loading nothing changed."""
    project.sql(
        "update raw.calls set user_id = 'b2' where message_id = 'b1-Bought--1'",
    )
    project.run(day=0.1)
    assert project.members("buyers") == {f"b{n}" for n in range(2, 11)}


def test_another_definition_is_built_and_so_is_all_that_reads_it(project: Project) -> None:
    project.define("buyers", "{performed: Bought, within: 30 days, where: {property: colour, equals: red}}")
    project.run(day=0.1)
    assert is_built(project) and project.members("buyers") == set() and project.members("bought_on_business") == set()


def test_an_edit_of_one_audience_leaves_the_others_and_the_tables_alone(project: Project) -> None:
    project.define("buyers", "{performed: Bought, within: 3 days}")
    project.sql("update audiences_build.cursors set evaluated_count = 77 where model = 'on_business'")
    project.run(day=0.1)
    assert not is_built(project) and project.members("buyers") == {"b1", "b2"}
    assert project.sql("select evaluated_count from audiences_build.cursors where model = 'on_business'") == [(0,)]


def test_what_dbt_alone_has_built_is_built_again(project: Project) -> None:
    definition = (project.root / "models/audiences/buyers.sql").read_text()
    project.define("buyers", "{performed: Bought, within: 3 days}")
    project.audiences("compile")
    assert project.dbt("run", "--select", "buyers", "--vars", json.dumps({"as_of": "2026-02-01T13:00:00"})).success
    project.define("buyers", "{performed: Bought, within: 30 days}", tags=["loyalty"], meta={"team": "lifecycle"},
                   send_to=[{"destination": "crm_files"}])  # fmt: skip
    project.run(day=0.1)
    assert (project.root / "models/audiences/buyers.sql").read_text() == definition
    assert len(project.members("buyers")) == 10


def test_what_is_about_to_be_built_is_noted_only_once_it_is(project: Project) -> None:
    """A run may die with the table made and nothing noted; then the definition goes back to what was noted before."""
    project.load(identify(0.05, userId="v2", traits={"plan": "business"}))
    project.sql("create table raw.kept as select * from audiences_build.built_models")
    project.write("macros/broken.sql", "{% macro broken() %}{% if execute %}{{ error_of_ours() }}{% endif %}{% endmacro %}")
    project.write("models/broken.sql", "{{ config(materialized='table') }} select 1 as a {{ broken() }}")
    report = project.run(day=0.1, expect=1)
    assert report["audiences"][0]["status"] == "built"
    noted = "select digest, inputs from {} where model = 'broken'"
    assert project.sql(noted.format("audiences_build.built_models")) == []


def test_a_table_that_was_refused_holds_up_what_reads_it_and_nothing_else(project: Project) -> None:
    project.sql("delete from raw.calls where event = 'Bought' and user_id not in ('b1', 'b2', 'b3')")
    project.load(identify(0.05, userId="v2", traits={"plan": "business"}))
    report = project.run(day=0.1, expect=3)
    assert {one["audience"]: one["status"] for one in report["audiences"]} == {
        "buyers": "refused", "bought_on_business": "refused", "on_business": "built",
    }  # fmt: skip
    counts = "select audience, count(*) from audiences.memberships group by audience order by audience"
    assert project.sql(counts) == [("bought_on_business", 1), ("buyers", 10), ("on_business", 3)]
    report = project.run(day=0.2, expect=3)
    assert {one["audience"]: one["status"] for one in report["audiences"]}["buyers"] == "refused"


def test_a_trait_whose_time_comes_is_there_without_a_new_call(shop: Project, tmp_path: Path) -> None:
    project = shop.copy(tmp_path / "shop")
    project.load(identify(3, userId="v4", traits={"plan": "free"}))
    plans = "select value from audiences.traits where trait = 'plan' and value like '%free%'"
    project.run(day=0.1)
    assert project.sql(plans) == []
    project.run(day=2.9)
    assert project.sql(plans) == []
    project.run(day=3)
    assert len(project.sql(plans)) == 1
    project.run(day=2.5)
    assert project.sql(plans) == []


def test_postgres_builds_nothing_either_and_its_views_outlive_the_tables_that_they_read(server: Server, tmp_path: Path) -> None:
    database = server.database("standing")
    side = make_side(
        tmp_path / "project", database.credentials(), {"recent": "audience: recent\nwho: {performed: Bought, within: 7 days}\n"}
    )
    side.load([side_track("a", "Bought", "2026-01-07T00:00:00Z", "1")])
    side.run(at("2026-01-08T00:00:00Z"))
    side.run(at("2026-01-08T01:00:00Z"))
    with side.workspace.warehouse() as warehouse:
        warehouse.execute(PLANTED)
    side.run(at("2026-01-08T02:00:00Z"))
    with side.workspace.warehouse() as warehouse:
        assert warehouse.fetch(IS_PLANTED) == [(1,)]
    with side.workspace.warehouse() as warehouse:
        warehouse.execute(
            "insert into raw.calls (message_id, type, occurred_at, user_id, event, loaded_at) "
            "values ('2', 'track', timestamp '2026-01-07 01:00:00', 'b', 'Bought', timestamp '2026-01-08 02:30:00')"
        )
    side.run(at("2026-01-08T03:00:00Z"))
    assert side.members("recent") == {"a", "b"}
    with side.workspace.warehouse() as warehouse:
        assert warehouse.fetch(IS_PLANTED) == [(0,)]
        warehouse.execute("update raw.calls set occurred_at = timestamp '2025-01-01 00:00:00' where user_id = 'a'")
    side.run(at("2026-01-08T04:00:00Z"))
    assert side.members("recent") == {"b"}
