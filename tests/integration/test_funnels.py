"""Sequences through real runs: waiting, increments, accounts, users of accounts, and computed traits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.projects import Project, call, new_project, track


def group(user: str, account: str) -> dict[str, object]:
    return call("group", -50, userId=user, groupId=account, traits={}, messageId=f"group-{user}-{account}")


NOT_ORDERED = "{performed: Added, within: 30 days, then: [{not_performed: Ordered, within: 2 days}]}"
ORDERED = "{performed: Added, then: [{performed: Ordered, within: 2 days, where: {property: cart, equals: {parent: cart}}}]}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.load(
        track("ann", "Added", -3, properties={"cart": "a", "price": 5}),
        track("ann", "Ordered", -2.5, properties={"cart": "a", "price": 7}),
        track("bob", "Added", -3, properties={"cart": "b", "price": 5}),
        track("bob", "Added", -0.5, properties={"cart": "c", "price": 1}),
        track("cid", "Added", -0.5, properties={"cart": "d"}),
        track("cid", "Ordered", 0.2, properties={"cart": "d"}),
        *(group(user, "acme") for user in ("ann", "bob")),
        group("cid", "beta"),
    )
    return shop


def test_a_wait_ends_by_itself_and_an_order_ends_it_sooner(project: Project) -> None:
    project.define("not_ordered", NOT_ORDERED)
    project.define("ordered", ORDERED)
    project.run()
    assert (project.members("not_ordered"), project.members("ordered")) == ({"bob"}, {"ann"})
    project.run("--verify", "100%", day=0.3)  # the order that was to come has come
    assert project.members("ordered") == {"ann", "cid"}
    project.load(track("dan", "Added", 0.4, properties={"cart": "e"}))
    project.run("--verify", "100%", day=2.3)
    assert project.members("not_ordered") == {"bob"}
    project.run("--verify", "100%", day=2.5)
    assert project.members("not_ordered") == {"bob", "dan"}
    assert project.sql("select model from audiences_build.cursors where is_full") == []


def test_accounts_and_users_of_accounts_go_through_sequences(project: Project) -> None:
    project.define("account_ordered", "{performed: Added, then: [{performed: Ordered, within: 1 day}]}", of="accounts")
    project.define("account_left", NOT_ORDERED, of="accounts")
    project.define("one_left", f"{{users: any, who: {NOT_ORDERED}}}", of="accounts")
    project.define("all_left", f"{{users: all, who: {NOT_ORDERED}}}", of="accounts")
    project.define("of_one", f"{{account: any, who: {ORDERED}}}")
    project.run()

    def accounts(key: str) -> set[str]:
        return {str(row[0]) for row in project.sql(f"select profile_id from audiences.{key}")}

    assert accounts("account_ordered") == {"acme"}
    assert accounts("account_left") == set()  # bob's first Added is followed by ann's order
    assert (accounts("one_left"), accounts("all_left")) == ({"acme"}, set())
    assert project.members("of_one") == {"ann", "bob"}
    project.run("--verify", "100%", day=2.5)
    assert (accounts("account_ordered"), accounts("account_left")) == ({"acme", "beta"}, {"acme"})
    assert accounts("one_left") == {"acme"}
    assert project.members("of_one") == {"ann", "bob", "cid"}


def test_a_trait_takes_the_events_for_which_the_sequence_holds(project: Project) -> None:
    for key, asks in {
        "left_value": {"sum": "price", "then": [{"not_performed": "Ordered", "within": "2 days"}]},
        "ordered_carts": {"unique": "cart", "then": [{"performed": "Ordered", "within": "2 days"}]},
    }.items():
        lines = [f"trait: {key}", "performed: Added", *(f"{name}: {json.dumps(value)}" for name, value in asks.items())]
        project.write(f"traits/{key}.yml", "\n".join(lines) + "\n")
    project.define("left_much", "{trait: left_value, gte: 5}")
    project.run()

    def values(key: str) -> dict[str, object]:
        rows = project.sql(
            f"select i.value, t.value from audiences_build.{key} as t inner join audiences.profile_identifiers as i "
            "on i.profile_id = t.profile_id and i.type = 'user_id' where t.value is not null"
        )
        return {user: json.loads(value) for user, value in rows}

    assert values("left_value") == {"ann": 0, "bob": 5, "cid": 0}
    assert values("ordered_carts") == {"ann": ["a"], "bob": [], "cid": []}
    assert project.members("left_much") == {"bob"}
    project.run("--verify", "100%", day=2)
    assert values("left_value") == {"ann": 0, "bob": 6, "cid": 0}
    assert values("ordered_carts") == {"ann": ["a"], "bob": [], "cid": ["d"]}
    assert project.sql("select model from audiences_build.cursors where is_full") == []
