"""Tables that take up batches of calls are as if they were built anew; also where events move between profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.postgres import Server
from tests.integration.projects import Project, Rows, call, identify, new_project, track
from tests.integration.sides import at as instant
from tests.integration.sides import make_side

TABLES = (
    "audiences_build.stg_calls", "audiences_build.events_bought", "audiences_build.events_page_viewed",
    "audiences_build.trait_plan", "audiences_build.account_trait_tier", "audiences_build.custom_traits", "audiences.traits",
    "audiences.profiles", "audiences.accounts", "audiences.account_members", "audiences.profile_identifiers",
    "audiences.memberships", "audiences.evaluations",
)  # fmt: skip
WITHOUT_RUNS = {"audiences.memberships": "audience, profile_id"}
BATCH = "select number, is_whole, moved_count > 0 from audiences_build.call_batches"


def rows(project: Project) -> dict[str, Rows]:
    return {table: project.sql(f"select {WITHOUT_RUNS.get(table, '*')} from {table} order by all") for table in TABLES}


def same_built_anew(project: Project, folder: Path, day: float) -> None:
    fresh = project.copy(folder)
    fresh.run("--full-refresh", day=day)
    assert fresh.sql(BATCH)[0][1]
    expected = rows(fresh)
    for table, found in rows(project).items():
        assert found == expected[table], table


def group(user: str, account: str, day: float, **traits: object) -> dict[str, object]:
    return call("group", day, messageId=f"group-{user}-{account}-{day}", userId=user, groupId=account, traits=traits)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("batches") / "shop")
    project.define("buyers", "{performed: Bought, within: 30 days, where: {property: price, gte: 2}}")
    project.define("viewers", "{all: [{performed: Page Viewed}, {trait: plan, equals: gold}]}")
    project.define("big", "{trait: tier, equals: large}", of="accounts")
    project.define("at_big", "{in_audience: big}")
    project.load(
        track("u1", "Bought", -3, properties={"price": 3}),
        track(None, "Bought", -2, anonymousId="a1", properties={"price": 5}),
        call("page", -2, messageId="p1", anonymousId="a1", name="Home", properties={"price": 1}),
        identify(-5, userId="u1", traits={"plan": "gold"}),
        identify(-5, anonymousId="a1", traits={"plan": "free"}),
        identify(-4, userId="u2", traits={"plan": "gold"}),
        group("u1", "acme", -4, tier="large"),
    )
    project.run()
    return project


def test_each_kind_of_news_is_taken_up_and_the_tables_are_as_if_built_anew(shop: Project, tmp_path: Path) -> None:
    project = shop.copy(tmp_path / "shop")
    first = project.sql(BATCH)[0][0]
    project.load(
        track("u2", "Bought", -1, properties={"price": "many"}),
        track("u2", "Bought", -20, properties={"price": 9}, messageId="late"),
        track("u3", "Bought", 0.01, properties={"price": 2}),
        track("u1", "Bought", -3, properties={"price": 0}),
        identify(-4.5, userId="u1", traits={"plan": None}),
        identify(2, userId="u2", traits={"plan": "silver"}),
        group("u2", "acme", -1),
        group("u3", "zen", -1, tier="small"),
    )
    project.run(day=0.02)
    assert project.sql(BATCH) == [(first + 1, False, False)]
    same_built_anew(project, tmp_path / "anew_1", 0.02)
    # The device turns out to be u1's: what it did, and said of itself, changes hands.
    project.load(identify(0.03, userId="u1", anonymousId="a1", traits={"tier": 1}), track("u4", "Visited", 0.03))
    project.run(day=0.04)
    assert project.sql(BATCH) == [(first + 2, False, True)]
    same_built_anew(project, tmp_path / "anew_2", 0.04)
    # Nothing is loaded; the plan of u2 becomes another by the time that its call has.
    project.run(day=2.5)
    assert project.sql(BATCH) == [(first + 3, False, False)]
    same_built_anew(project, tmp_path / "anew_3", 2.5)
    number = project.sql(BATCH)[0][0]
    project.run(day=2.6)
    assert project.sql(BATCH)[0][0] == number
    project.sql("update raw.calls set properties = '{\"price\": 1}' where message_id = 'late'")
    project.run(day=2.7)
    assert project.sql(BATCH)[0][:2] == (number + 1, True)
    same_built_anew(project, tmp_path / "anew_4", 2.7)


def test_a_table_that_missed_a_batch_is_built_anew_and_one_that_failed_goes_on_from_where_it_was(
    shop: Project, tmp_path: Path
) -> None:
    project = shop.copy(tmp_path / "shop")
    project.load(track("u5", "Bought", -0.1, properties={"price": 7}))
    project.sql("update audiences.source_counts set row_count = 1000 where model = 'events_bought'")
    project.run(day=0.1, expect=3)
    assert project.sql("select count(*) from audiences_build.events_bought") == [(2,)]
    project.run("--no-sync", day=0.2, expect=3)
    project.sql("update audiences.source_counts set row_count = 2 where model = 'events_bought'")
    project.run(day=0.3)
    assert project.sql("select count(*) from audiences_build.events_bought") == [(3,)]
    project.load(track("u6", "Bought", -0.1, properties={"price": 7}))
    project.sql("update audiences_build.taken_up set number = number - 1 where model = 'events_bought'")
    project.sql("delete from audiences_build.events_bought")
    project.run(day=0.4)
    assert project.sql("select count(*) from audiences_build.events_bought") == [(4,)]


def test_calls_without_a_time_of_loading_are_staged_anew_each_time(shop: Project, tmp_path: Path) -> None:
    project = shop.copy(tmp_path / "shop")
    bought = "('x', 'track', '2026-01-25', 'x', 'Bought', '{\"price\": 4}')"
    project.sql(f"insert into raw.calls (message_id, type, occurred_at, user_id, event, properties) values {bought}")
    project.run(day=0.1)
    project.load(track("u5", "Bought", -0.1, properties={"price": 7}))
    project.run(day=0.2)
    assert project.sql(BATCH)[0][1]
    same_built_anew(project, tmp_path / "anew", 0.2)


def test_postgres_takes_up_batches_too(server: Server, tmp_path: Path) -> None:
    database = server.database("batches")
    side = make_side(
        tmp_path / "project", database.credentials(), {"recent": "audience: recent\nwho: {performed: Bought, within: 7 days}\n"}
    )
    side.load([])

    def counted(hour: int, user: str) -> Rows:
        loaded_at = f"timestamp '2026-01-08 {hour:02}:00:00'"
        with side.workspace.warehouse() as warehouse:
            warehouse.execute(
                "insert into raw.calls (message_id, type, occurred_at, user_id, event, loaded_at) "
                f"values ('{user}', 'track', '2026-01-07', '{user}', 'Bought', {loaded_at})"
            )
        side.run(instant(f"2026-01-08T{hour:02}:00:00Z"))
        with side.workspace.warehouse() as warehouse:
            return [
                *warehouse.fetch("select count(*), count(distinct profile_id) from audiences_build.events_bought"),
                *warehouse.fetch("select is_whole, moved_count from audiences_build.call_batches"),
            ]

    assert counted(0, "a")[0] == (1, 1)
    assert counted(1, "b") == [(2, 2), (False, 0)]
    with side.workspace.warehouse() as warehouse:
        warehouse.execute("update raw.calls set user_id = 'a' where user_id = 'b'")
    assert counted(2, "c") == [(3, 2), (True, 0)]
