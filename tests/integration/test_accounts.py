"""Audiences of accounts, and accounts inside audiences of users, through real runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, call, identify, new_project, track


def group(user: str, account: str, day: float, **traits: object) -> dict[str, object]:
    return call("group", day, userId=user, groupId=account, traits=traits, messageId=f"group-{user}-{account}-{day}")


def define(project: Project, key: str, who: str, **more: object) -> None:
    project.define(key, who, **{"of": "accounts", **more})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """ann and bob belong to acme, bob and cid to beta; solo has one user without events, void none that is eligible."""
    shop = new_project(tmp_path / "shop")
    shop.load(
        group("ann", "acme", -50, plan="business"),
        group("bob", "acme", -50),
        group("bob", "beta", -40, plan="free"),
        group("cid", "beta", -40),
        group("dan", "solo", -40, plan="business"),
        call("group", -40, anonymousId="x1", groupId="void", traits={"plan": "free"}, messageId="group-void"),
        identify(-50, userId="ann", traits={"role": "admin"}),
        track("ann", "Signed In", -1),
        track("bob", "Signed In", -2, groupId="beta"),
        track("bob", "Exported", -3),
        track("cid", "Signed In", -20),
        track("eve", "Exported", -3, context={"groupId": "beta"}),
    )
    return shop


def members(project: Project, key: str) -> set[str]:
    return {str(row[0]) for row in project.sql(f"select profile_id from audiences.{key}")}


def test_events_count_for_the_account_that_they_belong_to(project: Project) -> None:
    define(project, "signed_in", "{performed: Signed In, within: 5 days}")
    define(project, "signed_in_of_all", "{performed: Signed In, within: 5 days, at_least: 2}", account_events="all_of_user")
    define(project, "exported_twice", "{performed: Exported, at_least: 2}")
    project.run()
    assert members(project, "signed_in") == {"acme", "beta"}
    assert members(project, "signed_in_of_all") == {"acme"}
    assert members(project, "exported_twice") == {"beta"}  # bob's own, and that of eve, who is no member


def test_traits_of_an_account_come_from_group_calls(project: Project) -> None:
    define(project, "on_business", "{trait: plan, equals: business}")
    define(project, "not_on_business", "{not: {trait: plan, equals: business}}")
    project.run()
    assert members(project, "on_business") == {"acme", "solo"}
    assert members(project, "not_on_business") == {"beta", "void"}


def test_any_all_and_none_of_the_users(project: Project) -> None:
    for quantifier in ("any", "all", "none"):
        define(project, f"{quantifier}_in", f"{{users: {quantifier}, who: {{performed: Signed In, within: 14 days}}}}")
    define(project, "one_with_both", "{users: any, who: [{performed: Signed In}, {trait: role, equals: admin}]}")
    project.run()
    assert members(project, "any_in") == {"acme", "beta"}
    assert members(project, "all_in") == set()  # bob signed in for beta, cid too long ago
    assert members(project, "none_in") == {"solo", "void"}
    assert members(project, "one_with_both") == {"acme"}


def test_a_user_reaches_the_accounts(project: Project) -> None:
    define(project, "on_business", "{trait: plan, equals: business}")
    define(project, "free_accounts", "{trait: plan, equals: free}")
    project.define("of_business", "{account: any, who: {trait: plan, equals: business}}")
    project.define("of_business_only", "{account: all, who: {trait: plan, equals: business}}")
    project.define("of_none", "{account: none, who: everyone}")
    project.define("by_audience", "{all: [{in_audience: on_business}, {not_in_audience: free_accounts}]}")
    project.run()
    assert project.members("of_business") == {"ann", "bob", "dan"}
    assert project.members("of_business_only") == {"ann", "dan"}
    assert project.members("of_none") == {"eve"}
    assert project.members("by_audience") == {"ann", "dan"}


def test_changes_of_users_members_and_accounts_reach_those_who_read_them(project: Project) -> None:
    define(project, "any_in", "{users: any, who: {performed: Signed In, within: 14 days}}")
    define(project, "on_business", "{trait: plan, equals: business}")
    project.define("of_active", "{account: any, who: {performed: Signed In, within: 5 days}}")
    project.define("by_audience", "{in_audience: on_business}")
    project.run()
    assert project.members("of_active") == {"ann", "bob", "cid"}
    project.load(track("dan", "Signed In", 0), group("eve", "solo", 0), group("cid", "beta", 0, plan="business"))
    project.run(day=0.1)
    assert members(project, "any_in") == {"acme", "beta", "solo"}
    assert project.members("of_active") == {"ann", "bob", "cid", "dan", "eve"}
    assert project.members("by_audience") == {"ann", "bob", "cid", "dan", "eve"}
    cursors = project.sql("select model from audiences_build.cursors where is_full")
    assert cursors == [], "no audience had to look at all"
    project.run("--verify", "100%", day=4.5)
    assert project.members("of_active") == {"dan", "eve"}  # ann's and bob's sign-ins are too old for acme and beta
    project.run("--verify", "100%", day=30)
    assert members(project, "any_in") == set() and project.members("of_active") == set()


def test_a_membership_that_is_still_to_come_does_not_count_yet(project: Project) -> None:
    define(project, "signed_in", "{performed: Signed In, within: 30 days}")
    project.load(group("ann", "later", 2))
    project.run()
    assert "later" not in members(project, "signed_in")
    project.run(day=1.9)
    assert "later" not in members(project, "signed_in")
    project.run(day=2)
    assert "later" in members(project, "signed_in")
