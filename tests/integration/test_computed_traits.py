"""Computed traits: their values at an instant, what time makes of them, and audiences that read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import Project, call, identify, new_project, track

ORDERS = [
    ("ann", -20, {"revenue": 10, "sku": "b", "tags": ["x", "y"]}),
    ("ann", -10, {"revenue": "20.5", "sku": "a", "tags": ["y"]}),
    ("ann", -1, {"revenue": "n/a", "sku": "b", "tags": "z"}),
    ("bob", -40, {"revenue": 0.1, "sku": 10}),
    ("bob", -2, {"revenue": 0.2, "sku": "10"}),
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.load(
        *(track(user, "Ordered", day, properties=properties) for user, day, properties in ORDERS),
        *(track("ann", "Visited", day) for day in (-0.5, -0.02, -0.01)),
        track("cid", "Visited", -3),
    )
    return shop


def define(project: Project, key: str, **more: object) -> None:
    lines = [f"trait: {key}", f"name: {key}", *(f"{name}: {json.dumps(value)}" for name, value in more.items())]
    project.write(f"traits/{key}.yml", "\n".join(lines) + "\n")


def values(project: Project, key: str) -> dict[str, Any]:
    """User id -> value, of those that have one."""
    rows = project.sql(
        f"select i.value, t.value from audiences_build.{key} as t inner join audiences.profile_identifiers as i "
        "on i.profile_id = t.profile_id and i.type = 'user_id' where t.value is not null"
    )
    return {user: json.loads(value) for user, value in rows}


EXPECTED: dict[str, tuple[dict[str, object], dict[str, Any]]] = {
    "orders": ({"count": True}, {"ann": 3, "bob": 2, "cid": 0}),
    "total": ({"sum": "revenue"}, {"ann": 30.5, "bob": 0.3, "cid": 0}),
    "mean": ({"avg": "revenue"}, {"ann": 15.25, "bob": 0.15}),
    "least": ({"min": "revenue"}, {"ann": 10, "bob": 0.1}),
    "most": ({"max": "revenue"}, {"ann": 20.5, "bob": 0.2}),
    "favourite": ({"most_frequent": "sku"}, {"ann": "b", "bob": 10}),
    "first_sku": ({"first": "sku"}, {"ann": "b", "bob": 10}),
    "last_sku": ({"last": "sku"}, {"ann": "b", "bob": "10"}),
    "skus": ({"unique": "sku"}, {"ann": ["a", "b"], "bob": ["10"], "cid": []}),
    "sku_count": ({"unique_count": "sku"}, {"ann": 2, "bob": 1, "cid": 0}),
    "tags": ({"unique": "tags.$"}, {"ann": ["x", "y", "z"], "bob": [], "cid": []}),
    "recent_total": ({"sum": "revenue", "within": "15 days"}, {"ann": 20.5, "bob": 0.2, "cid": 0}),
    "costly": ({"count": True, "where": [{"property": "revenue", "gt": 10}]}, {"ann": 1, "bob": 0, "cid": 0}),
}


def test_all_ten_functions(project: Project) -> None:
    for key, (asks, _) in EXPECTED.items():
        define(project, key, performed="Ordered", **asks)
    project.run()
    found = {key: values(project, key) for key in EXPECTED}
    found["favourite"]["bob"] = int(found["favourite"]["bob"])  # of two forms of one text either is right here
    found["skus"]["bob"] = [str(one) for one in found["skus"]["bob"]]
    assert found == {key: expected for key, (_, expected) in EXPECTED.items()}


def test_the_current_session_ends_by_inactivity(project: Project) -> None:
    define(project, "session_visits", performed="Visited", count=True, session="30 minutes")
    project.run()
    assert values(project, "session_visits") == {"ann": 2, "bob": 0, "cid": 0}
    project.run(day=0.02)
    assert values(project, "session_visits") == {"ann": 0, "bob": 0, "cid": 0}


def test_audiences_read_them_and_follow_events_and_time(project: Project) -> None:
    define(project, "recent_orders", performed="Ordered", count=True, within="15 days")
    define(project, "last_sku", performed="Ordered", last="sku")
    project.define("busy", "{trait: recent_orders, gte: 2}")
    project.define("idle", "{trait: recent_orders, equals: 0}")
    project.define("without_sku", "{trait: last_sku, exists: false}")
    project.run()
    assert (project.members("busy"), project.members("idle")) == ({"ann"}, {"cid"})
    assert project.members("without_sku") == {"cid"}
    project.load(track("bob", "Ordered", -1, properties={"sku": "c"}))
    project.run("--verify", "100%", day=0.1)
    assert project.members("busy") == {"ann", "bob"}
    assert project.sql("select model from audiences_build.cursors where is_full") == []
    project.run("--verify", "100%", day=5.1)
    assert project.members("busy") == {"bob"}
    project.run("--verify", "100%", day=30)
    assert (project.members("busy"), project.members("idle")) == (set(), {"ann", "bob", "cid"})


def test_an_audience_knows_when_a_trait_that_it_reads_turns(project: Project) -> None:
    define(project, "recent_orders", performed="Ordered", count=True, within="15 days")
    project.define("busy", "{trait: recent_orders, gte: 2}")
    project.run()
    (due,) = project.sql("select min(changes_at) from audiences.evaluations where audience = 'busy'")[0]
    assert str(due) == "2026-02-06 12:00:00.000001"


def test_traits_of_accounts_are_made_of_the_events_of_accounts(project: Project) -> None:
    define(project, "account_orders", of="accounts", performed="Ordered", count=True)
    project.define("big_accounts", "{trait: account_orders, gte: 4}", of="accounts")
    project.load(
        *(
            call("group", -50, userId=user, groupId=account, traits={}, messageId=f"{user}-{account}")
            for user, account in (("ann", "acme"), ("bob", "acme"), ("bob", "beta"))
        )
    )
    project.run()
    found = dict(project.sql("select profile_id, value from audiences_build.account_orders"))
    assert found == {"acme": "5", "beta": "2"}
    assert project.sql("select profile_id from audiences.big_accounts") == [("acme",)]


def test_an_edited_trait_is_computed_anew_and_moves_those_who_read_it(project: Project) -> None:
    define(project, "orders", performed="Ordered", count=True)
    project.define("busy", "{trait: orders, gte: 3}")
    project.run()
    assert project.members("busy") == {"ann"}
    define(project, "orders", performed="Ordered", count=True, where=[{"property": "revenue", "gt": 0}])
    project.run(day=0.1)
    assert project.members("busy") == set()


def test_all_current_values_stand_in_one_table(project: Project) -> None:
    define(project, "orders", performed="Ordered", count=True)
    project.load(
        identify(-5, userId="ann", traits={"plan": "gold", "orders": "many", "gone": 1}),
        identify(-4, userId="ann", traits={"gone": None}),
        call("group", -5, userId="bob", groupId="acme", traits={"seats": 7}),
    )
    project.run()
    found = project.sql(
        "select coalesce(i.value, t.profile_id), trait, t.value from audiences.traits as t left join "
        "audiences.profile_identifiers as i on i.profile_id = t.profile_id and i.type = 'user_id' order by all"
    )
    assert found == [
        ("acme", "seats", "7"), ("ann", "custom.orders", '"many"'), ("ann", "orders", "3"), ("ann", "plan", '"gold"'),
        ("bob", "orders", "2"), ("cid", "orders", "0"),
    ]  # fmt: skip


def test_the_traits_that_definitions_know_stand_side_by_side(project: Project) -> None:
    define(project, "orders", performed="Ordered", count=True)
    define(project, "skus", performed="Ordered", unique="sku")
    asked = "{trait: plan, exists: true}, {trait: Plan, exists: true}, {trait: custom.orders, exists: true}"
    project.define(
        "asked", "{any: [" + asked + "]}", send_to=[{"destination": "crm_files", "traits": ["address", {"skus": "x"}]}]
    )
    project.define("of_account", "{trait: seats, gt: 1}", of="accounts")
    project.load(
        identify(
            -5, userId="ann", traits={"plan": "gold", "Plan": 1.50, "orders": "many", "address": {"city": "Rome"}, "no": 1}
        ),
        call("group", -5, userId="bob", groupId="acme", traits={"seats": 7}),
    )
    project.run()
    columns = 'plan, "Plan_fa8ed0bd", "custom.orders", orders, address'
    assert project.sql(
        f"select i.value, {columns} from audiences.user_traits as t inner join audiences.profile_identifiers as i "
        "on i.profile_id = t.profile_id and i.type = 'user_id' order by all"
    ) == [
        ("ann", "gold", "1.5", "many", 3, '{"city":"Rome"}'), ("bob", None, None, None, 2, None),
        ("cid", None, None, None, 0, None),
    ]  # fmt: skip
    assert project.sql("select * from audiences.account_traits") == [("acme", "7")]
    names = project.sql("select column_name from information_schema.columns where table_name = 'user_traits'")
    assert {name for (name,) in names} == {
        "profile_id", "address", "custom.orders", "orders", "plan", "Plan_fa8ed0bd", "skus"
    }  # fmt: skip


def test_the_values_of_a_disabled_trait_stay_as_they_are_through_merges_until_it_is_enabled(project: Project) -> None:
    define(project, "orders", performed="Ordered", count=True)
    project.load(*(track(None, "Visited", -50, anonymousId=name, messageId=f"before-{name}") for name in ("a1", "a2", "a3")))
    project.run()
    project.audiences("disable", "orders")
    project.load(track("bob", "Ordered", 0.1), identify(0.1, userId="cid", traits={"orders": "mine"}))
    project.run("--full-refresh", day=1)
    said = (
        "select i.value, t.trait, t.value from audiences.traits as t inner join audiences.profile_identifiers as i "
        "on i.profile_id = t.profile_id and i.type = 'user_id' where t.trait like '%orders' order by all"
    )
    frozen = [("ann", "orders", "3"), ("bob", "orders", "2"), ("cid", "custom.orders", '"mine"'), ("cid", "orders", "0")]
    assert project.sql(said) == frozen
    # Both were seen before bob was, and take him in one after the other.
    project.load(identify(1.1, userId="bob", anonymousId="a1"))
    project.run(day=1.5)
    project.load(
        identify(1.6, anonymousId="a2", traits={"email": "b@x.de"}), identify(1.7, userId="bob", traits={"email": "b@x.de"})
    )
    project.run(day=1.8)
    assert project.sql("select count(*) from audiences.profile_merges") == [(2,)]
    assert project.sql(said) == frozen
    project.audiences("enable", "orders")
    project.run(day=2)
    assert project.sql(said) == [frozen[0], ("bob", "orders", "3"), *frozen[2:]]
