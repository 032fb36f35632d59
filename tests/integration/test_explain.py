"""`audiences explain`: why a profile is in an audience, or is not, and the rows that decide."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.projects import NOW, Project, at, call, identify, shop_with_ten_buyers, state, track

from dbt_audiences.flow.evaluate import Answer, Call, Person
from dbt_audiences.flow.explaining.explanation import explain_person
from dbt_audiences.flow.explaining.questions import evaluator, parts
from dbt_audiences.flow.workspace import Workspace

TWICE = "{performed: Bought, at_least: 2, within: 30 days, where: [{property: price, gt: 5}]}"
MIXED = "{all: [" + TWICE + ", {any: [{trait: plan, equals: business}, {not: {in_audience: buyers}}]}]}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = shop_with_ten_buyers(tmp_path_factory.mktemp("explain") / "shop")
    project.define("mixed", MIXED)
    quiet = "{users: none, who: {performed: Bought, within: 7 days}}"
    project.define("quiet_accounts", "{all: [{trait: plan, equals: business}, " + quiet + "]}", of="accounts")
    project.define("at_quiet_accounts", "{account: any, who: {in_audience: quiet_accounts}}")
    project.define("mailed", "everyone", identifiers=["email"])
    project.load(
        *(track("b1", "Bought", day, properties={"price": price}) for day, price in ((-2, 9), (-33, 9), (-1.5, 1))),
        *(track("b2", "Bought", day, properties={"price": 9}) for day in (-3, -20, -25)),
        identify(-3, userId="b2", traits={"plan": "business", "email": "b2@example.com"}),
    )
    project.load(
        *(call("group", day, groupId="acme", userId=user) for user, day in (("b8", -11), ("b9", -11.5))),
        call("group", -12, groupId="acme", userId="b9", traits={"plan": "business"}),
    )
    project.run()
    return project


def explained(shop: Project, identifier: str, key: str = "mixed") -> Any:
    return shop.audiences("explain", key, identifier, "--as-of", at(0), "--json").json


def test_every_condition_is_true_false_or_missing_in_the_order_written(shop: Project) -> None:
    found = explained(shop, "user_id:b1")
    assert not found["is_member"] and found["is_eligible"] and found["entered_at"] is None
    assert [(one["depth"], one["answer"]) for one in found["conditions"]] == [
        (0, "false"), (1, "false"), (1, "true"), (2, "true"), (2, "false"), (3, "true"),
    ]  # fmt: skip
    assert explained(shop, "user_id:v2")["conditions"][3]["answer"] == "missing"
    assert found["conditions"][1]["condition"] == "performed Bought at_least 2 within 30 days where price gt 5"
    assert found["conditions"][1]["place"] == "audiences/mixed.yml:2:13"


def test_the_near_miss_says_how_many_count_and_why_the_next_does_not(shop: Project) -> None:
    assert explained(shop, "b1")["conditions"][1]["near"] == "1 of 2 Bought; the next is 33 days old, outside the window"
    assert explained(shop, "v1")["conditions"][1]["near"] == "0 of 2 Bought"


def test_the_rows_that_decide_are_as_few_as_can_be(shop: Project) -> None:
    found = explained(shop, "email:b2@example.com")
    assert found["is_member"] and found["entered_at"] == at(0)
    twice, plan = found["conditions"][1], found["conditions"][3]
    assert [row["name"] for row in twice["rows"]] == ["Bought", "Bought"]
    assert [row["said"] for row in plan["rows"]] == [{"plan": "business"}]
    assert explained(shop, "b1")["conditions"][1]["rows"] == []  # nothing at all gives the same answer


def test_time_alone_will_change_it_and_when(shop: Project) -> None:
    found = explained(shop, "user_id:b2")
    assert found["conditions"][1]["turn"] == {"at": "2026-02-11T12:00:00.000001Z", "becomes": False}
    assert found["turn"] == found["conditions"][1]["turn"]
    assert explained(shop, "v1")["turn"] is None


def test_a_sequence_says_how_many_began_and_which_rows_decide(shop: Project) -> None:
    shop.define("left", "{performed: Bought, within: 30 days, then: [{not_performed: Visited, within: 5 days}]}")
    shop.define("went_on", "{performed: Bought, within: 30 days, then: [{performed: Visited, within: 5 days}]}")
    shop.load(track("s1", "Bought", -8, properties={"cart": "a"}), track("s1", "Visited", -6), track("s1", "Visited", -7))
    shop.load(track("s2", "Bought", -3, properties={"cart": "b"}))
    shop.run()
    (left,) = explained(shop, "s1", "left")["conditions"]
    assert left["condition"] == "performed Bought within 30 days then not_performed Visited within 5 days"
    assert left["near"] == "1 Bought in the window, before what must follow is asked"
    (went_on,) = explained(shop, "s1", "went_on")["conditions"]
    assert went_on["answer"] == "true"
    assert [(row["name"], row["said"]) for row in went_on["rows"]] == [("Bought", {"cart": "a"}), ("Visited", {})]
    (waiting,) = explained(shop, "s2", "left")["conditions"]
    assert waiting["answer"] == "false"
    assert waiting["turn"] == {"at": "2026-02-03T12:00:00.000001Z", "becomes": True}


def test_who_was_not_yet_known_by_an_identifier_that_counts_was_not_eligible(shop: Project) -> None:
    then, now = (shop.audiences("explain", "mailed", "user_id:b2", "--as-of", at(day), "--json").json for day in (-4, 0))
    assert (then["is_eligible"], now["is_eligible"]) == (False, True)


def test_nothing_is_written_and_the_text_says_the_same(shop: Project) -> None:
    before = state(shop)
    text = shop.audiences("explain", "mixed", "user_id:b1", "--as-of", at(0)).out
    assert state(shop) == before
    assert text.splitlines()[0].endswith(f"is not in mixed, as of {NOW.isoformat().replace('+00:00', 'Z')}")
    assert "    false   performed Bought at_least 2 within 30 days where price gt 5  (audiences/mixed.yml:2:13)" in text
    assert 'plan="business"' in text
    later = shop.audiences("explain", "mixed", "user_id:b2", "--as-of", at(30)).out
    assert " is not in mixed, as of " in later.splitlines()[0]  # and not since when it was in


def test_an_identifier_of_nobody_or_of_several_is_refused_with_a_hint(shop: Project) -> None:
    assert "no profile has the identifier `nobody`" in shop.audiences("explain", "mixed", "nobody", expect=2).err
    shop.load(track("shared", "Visited", -1), track(None, "Visited", -1, anonymousId="shared", messageId="anonymous"))
    shop.run()
    assert "is of several profiles" in shop.audiences("explain", "mixed", "shared", expect=2).err
    assert shop.audiences("explain", "mixed", "user_id:shared").exit_code == 0


def test_an_account_is_explained_by_what_its_members_did(shop: Project) -> None:
    found = explained(shop, "group_id:acme", key="quiet_accounts")
    assert (found["profile_id"], found["is_member"]) == ("acme", True)
    assert [(one["condition"], one["answer"]) for one in found["conditions"]] == [
        ("all of", "true"), ("trait plan equals business", "true"), ("users: none", "true"),
    ]  # fmt: skip
    assert [row["said"] for row in found["conditions"][1]["rows"]] == [{"plan": "business"}]
    assert "no account has the id `nobody`" in shop.audiences("explain", "quiet_accounts", "nobody", expect=2).err


def test_a_member_of_an_account_is_explained_by_the_whole_account(shop: Project) -> None:
    found = explained(shop, "user_id:b8", key="at_quiet_accounts")
    assert found["is_member"] and found["conditions"][0]["answer"] == "true"
    assert {row["name"] for row in found["conditions"][0]["rows"]} == {"group"}


def test_the_rows_alone_give_the_same_answer_and_without_any_of_them_another_one(shop: Project) -> None:
    workspace = Workspace(shop.root)
    audience = workspace.audience("mixed")
    tree = parts(audience.who)
    asked = evaluator(workspace, audience, tree, {})
    chance = random.Random(20260201)
    checked = 0
    for number in range(3):
        person = drawn(f"p{number}", chance)
        found = explain_person(asked, audience, tree, person, NOW)
        selections = []
        for part, one in zip(tree, found.conditions, strict=True):
            rows = [call_ for call_ in person.calls if call_.message_id in {row.message_id for row in one.rows}]
            if not rows:
                continue
            selections.append((part.key, rows, one.answer == "true"))
            selections += [(part.key, [row for row in rows if row is not left], one.answer != "true") for left in rows]
        people = [replaying(person, f"r{place}-", rows) for place, (_, rows, _) in enumerate(selections)]
        with asked.load(people) as loaded:
            answers = loaded.answers(NOW)
        for place, (key, _, expected) in enumerate(selections):
            got = answers[key].get(f"r{place}-{person.profile_id}", Answer(is_member=False, changes_at=None))
            assert got.is_member == expected, f"{number}: {key} {selections[place]}"
            checked += 1
    assert checked > 6


def drawn(name: str, chance: random.Random) -> Person:
    """A person with up to eight purchases around the window's edge, and a plan said twice."""
    calls = [
        Call(f"{name}-{number}", "track", NOW - timedelta(days=chance.choice([1, 29, 30, 31])), "Bought",
             properties={"price": chance.choice([1, 9])})
        for number in range(chance.randint(3, 8))
    ]  # fmt: skip
    plans = [
        Call(f"{name}-t{day}", "identify", NOW - timedelta(days=day), traits={"plan": chance.choice(["free", "business"])})
        for day in (9, 4)
    ]
    return Person(name, {"user_id": [name]}, NOW - timedelta(days=90), sorted([*calls, *plans], key=lambda one: one.at))


def replaying(person: Person, prefix: str, calls: list[Call]) -> Person:
    """The same person under another name with these calls alone."""
    renamed = [replace(one, message_id=f"{prefix}{one.message_id}") for one in calls]
    name = f"{prefix}{person.profile_id}"
    return replace(person, profile_id=name, identifiers={"user_id": [name]}, calls=renamed)
