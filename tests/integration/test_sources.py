"""What reaches memberships out of every kind of source, and what becomes of rows that come late, twice or corrected."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import NOW, Project, at, identify, new_project, track

WHO = 'id text, user_id text, anonymous_id text, received_at {instant}, "timestamp" {instant}'
EVENT = f"{WHO}, event text, event_text text"
SEGMENT = {
    "tracks": EVENT,
    "order_completed": f"{EVENT}, revenue double, coupon text",
    "identifies": f"{WHO}, email text, plan text",
    "users": "id text, received_at {instant}, email text, plan text",
    "pages": f"{WHO}, name text, url text",
    "screens": f"{WHO}, name text",
    "groups": f"{WHO}, group_id text, name text",
    "accounts": "id text, received_at {instant}, name text",
    "aliases": f"{WHO}, previous_id text",
    "_sync_log": "id text, note text",
}
RUDDERSTACK = {name: SEGMENT[name] for name in ("tracks", "order_completed", "users", "accounts")}


def make(schema: str, tables: dict[str, str], instant: str) -> list[str]:
    columns = {name: text.format(instant=instant) for name, text in tables.items()}
    return [f"create schema {schema}", *(f"create table {schema}.{name} ({text})" for name, text in columns.items())]


def row(table: str, day: float, **values: object) -> str:
    """One row of a warehouse schema; every time of it is the same instant."""
    times = ["received_at"] if table.endswith(("users", "accounts")) else ["received_at", '"timestamp"']
    written = {**values, **dict.fromkeys(times, at(day))}
    shown = ", ".join(f"'{value}'" for value in written.values())
    return f"insert into {table} ({', '.join(written)}) values ({shown})"


def order(schema: str, user: str, revenue: int) -> list[str]:
    """An order as it stands in both of its tables."""
    event = {"id": f"o-{user}", "user_id": user, "event": "order_completed", "event_text": "Order Completed"}
    return [row(f"{schema}.tracks", -3, **event), row(f"{schema}.order_completed", -3, **event, revenue=revenue)]


def segment_rows() -> list[str]:
    opened = {"event": "app_opened", "event_text": "App Opened"}
    orders = {"s1": 120, "s2": 20, "s3": 30, "s4": 40, "s5": 200}
    return [
        *(statement for user, revenue in orders.items() for statement in order("segment_prod", user, revenue)),
        row("segment_prod.tracks", -2, id="bare", user_id="s1", **opened),
        row(
            "segment_prod.identifies",
            -4,
            id="i1",
            user_id="s1",
            anonymous_id="browser",
            email="S1@example.com",
            plan="business",
        ),
        row("segment_prod.users", -4, id="not read", email="users@example.com", plan="business"),
        row("segment_prod.pages", -4, id="p1", anonymous_id="browser", name="Pricing", url="https://example.com"),
        row("segment_prod.screens", -4, id="sc1", user_id="s2", name="Cart"),
        row("segment_prod.groups", -4, id="g1", user_id="s1", group_id="acme", name="Acme"),
        row("segment_prod.accounts", -4, id="not read", name="Other"),
        row("segment_prod.aliases", -4, id="a1", user_id="s3", previous_id="before s3"),
    ]


def rudderstack_rows() -> list[str]:
    return [
        *order("rudder", "r1", 500),
        row("rudder.users", -10, id="r1", email="r1@example.com", plan="business"),
        row("rudder.accounts", -10, id="globex", name="Globex"),
    ]


DECLARED = """\
version: 2
models:
  - name: shop_orders
    config:
      meta:
        event: {name: Order Completed, at: ordered_at, user_id: customer, email: mail, id: order_number}
  - name: shop_visits
    config:
      meta:
        event: {name: Visited, at: visited_at, anonymous_id: visitor}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with every source at once, run once."""
    project = new_project(tmp_path_factory.mktemp("sources") / "shop")
    settings = (project.root / "dbt_project.yml").read_text()
    variables = "vars: {dbt_audiences: {audiences_segment_schema: segment_prod, audiences_rudderstack_schema: rudder}}\n"
    project.write("dbt_project.yml", settings + variables)
    project.write("models/shop/shop_orders.sql", "select * from erp.orders\n")
    project.write("models/shop/shop_visits.sql", "select * from erp.visits\n")
    project.write("models/shop/shop.yml", DECLARED)
    project.define("big_orders", "{performed: Order Completed, where: [{property: revenue, gte: 100}]}")
    project.define("opened", "{performed: App Opened}")
    project.define("saw_pricing", "{performed: Page Viewed, where: [{property: page_name, equals: Pricing}]}")
    project.define("saw_cart", "{performed: Screen Viewed, where: [{property: screen_name, equals: Cart}]}")
    project.define("on_business", "{trait: plan, equals: business}")
    project.define("visited_twice", "{performed: Visited, exactly: 2}", include_anonymous=True)
    project.define("twice", "{performed: Bought, at_least: 2}")
    project.sql("set TimeZone = 'America/New_York'", *make("segment_prod", SEGMENT, "timestamptz"), *segment_rows())
    project.sql(*make("rudder", RUDDERSTACK, "timestamp"), *rudderstack_rows())
    project.sql(
        "create schema erp",
        "create table erp.orders (order_number bigint, customer text, mail text, ordered_at timestamptz, revenue decimal)",
        f"insert into erp.orders select n, 'd' || n, ' D' || n || '@Example.com', '{at(-2)}', n * 60 from range(1, 4) as t(n)",
        "create table erp.visits (visitor text, visited_at timestamp, path text)",
        "insert into erp.visits values ('v1', timestamp '2026-01-30 01:00', '/a'), ('v1', timestamp '2026-01-30 01:00', '/a'), "
        "('v1', timestamp '2026-01-30 01:00', '/b'), ('v2', timestamp '2026-01-30 01:00', '/a'), ('v2', null, '/a')",
    )
    project.load(
        identify(-30, userId="b1", traits={"email": "b1@example.com"}),
        track("b1", "Bought", -3, messageId="m1"),
        track("b2", "Bought", -3),
        track("b2", "Bought", 0.5),
        track("b3", "Bought", -3, context={"source": "web"}),
        track("b4", "Bought", -3),
        track("b4", "Bought", -2),
    )
    project.sql(
        "insert into raw.calls (message_id, type, event, occurred_at, user_id, properties, loaded_at, source) values "
        f"('m1', 'track', 'Bought', timestamp '{at(-1)[:-1]}', 'b3', '{{}}', timestamp '2999-01-01', 'late'), "
        f"('m2', 'track', 'Bought', timestamp '{at(-1)[:-1]}', 'b3', '{{}}', timestamp '2999-01-02', 'late'), "
        f"('m2', 'track', 'Bought', timestamp '{at(-1)[:-1]}', 'b1', '{{}}', timestamp '2999-01-01', 'early')"
    )
    project.run()
    return project


def test_events_of_segments_schema_are_counted_once_though_they_stand_in_two_tables(shop: Project) -> None:
    assert {"s1", "s5"} <= shop.members("big_orders")
    found = shop.sql("select user_id, cast(occurred_at as text) from audiences_build.stg_calls where message_id = 'o-s1'")
    assert found == [("s1", "2026-01-29 12:00:00")]  # its own instant, though the session stood in New York


def test_an_event_without_a_table_of_its_own_is_taken_from_tracks(shop: Project) -> None:
    assert shop.members("opened") == {"s1"}


def test_pages_screens_identifies_groups_and_aliases_of_segments_schema_are_calls(shop: Project) -> None:
    assert shop.members("saw_pricing") == {"s1"}  # the browser is the user's
    assert shop.members("saw_cart") == {"s2"}
    assert shop.members("on_business") == {"s1", "r1"}
    assert shop.sql("select distinct account_id from audiences.account_members") == [("acme",)]
    tied = shop.sql("select count(distinct profile_id) from audiences.profile_identifiers where value in ('s3', 'before s3')")
    assert tied == [(1,)]
    assert shop.sql("select count(*) from audiences.profile_identifiers where value = 's1@example.com'") == [(1,)]


def test_users_and_accounts_stand_in_only_where_identifies_and_groups_are_absent(shop: Project) -> None:
    assert shop.sql("select account_id from audiences.accounts order by all") == [("acme",), ("globex",)]
    assert shop.sql(
        "select value from audiences.profile_identifiers where value in ('users@example.com', 'r1@example.com')"
    ) == [("r1@example.com",)]


def test_rudderstacks_schema_reaches_the_same_audience(shop: Project) -> None:
    assert "r1" in shop.members("big_orders")


def test_a_declared_model_is_an_event_source_with_its_columns_as_properties(shop: Project) -> None:
    assert shop.members("big_orders") == {"s1", "s5", "r1", "d2", "d3"}
    assert shop.sql("select type, value from audiences.profile_identifiers where value like 'd2%' order by all") == [
        ("email", "d2@example.com"),
        ("user_id", "d2"),
    ]


def test_rows_of_a_declared_model_without_an_id_are_one_event_where_they_are_equal_and_none_without_a_time(
    shop: Project,
) -> None:
    assert shop.members("visited_twice") == {"v1"}


def test_every_call_says_where_it_came_from(shop: Project) -> None:
    expected = {"o-s1": "segment_prod", "o-r1": "rudder", "m2": "early", "b3-Bought--3": "web", "shop_orders:1": "shop_orders"}
    found: dict[str, str] = dict(shop.sql("select message_id, source from audiences_build.stg_calls"))
    assert {message_id: found[message_id] for message_id in expected} == expected


def test_a_message_that_came_twice_counts_once_as_the_copy_loaded_first_also_in_a_full_refresh(
    shop: Project, tmp_path: Path
) -> None:
    assert shop.members("twice") == {"b1", "b4"}
    project = shop.copy(tmp_path / "shop")
    project.run("--full-refresh")
    assert project.members("twice") == {"b1", "b4"}


def test_an_event_later_than_as_of_counts_from_its_time_on(shop: Project, tmp_path: Path) -> None:
    project = shop.copy(tmp_path / "shop")
    project.run("--select", "twice", day=0.49)
    assert "b2" not in project.members("twice")
    project.run("--select", "twice", day=0.5)
    assert "b2" in project.members("twice")


def test_corrected_deleted_and_late_rows_reach_the_memberships_on_the_next_run(shop: Project, tmp_path: Path) -> None:
    project = shop.copy(tmp_path / "shop")
    project.load(track("b3", "Bought", -20))
    project.sql(
        "update segment_prod.order_completed set revenue = 10 where user_id = 's1'",
        "update segment_prod.order_completed set revenue = 1000 where user_id = 's2'",
        "delete from segment_prod.order_completed where user_id = 's5'",
        "update erp.orders set revenue = 5 where customer = 'd2'",
        "delete from erp.orders where customer = 'd3'",
        "delete from raw.calls where message_id = 'b4-Bought--2'",
    )
    project.run(day=0.1)
    assert project.members("big_orders") == {"s2", "r1"}
    assert project.members("twice") == {"b1", "b3"}
    names: dict[str, str] = dict(shop.sql("select profile_id, value from audiences.profile_identifiers where type = 'user_id'"))
    changes = project.sql(
        f"select profile_id, change from audiences.membership_changes where changed_at > timestamp '{NOW:%Y-%m-%d %H:%M:%S}'"
    )
    assert sorted((names[profile_id], change) for profile_id, change in changes) == [
        ("b3", "entered"),
        *((user, "exited") for user in ("b4", "d2", "d3", "s1")),
        ("s2", "entered"),
        ("s5", "exited"),
    ]
