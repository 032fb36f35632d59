"""Which identifiers become one profile, and what becomes of profiles that turn out to be one, in real DuckDB files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.integration.projects import Project, Rows, call, identify, new_project, track

LINKS = 200
NO_LIMITS = "identifiers: {email: {limit: none}, anonymous_id: {limit: none}}\nlimits: {merges: none}\n"
KEEP_IDS = "select type, value, profile_id from audiences.profile_identifiers order by all"


def chain() -> list[dict[str, object]]:
    """A chain a0 - e0 - a1 - e1 - ... of 200 links in shuffled order, each link a call of its own."""
    calls = [
        identify(-100 + step / 50, anonymousId=f"link-{(step + 1) // 2}", traits={"email": f"link-{step // 2}@example.com"})
        for step in range(LINKS)
    ]
    random.Random(7).shuffle(calls)
    return calls


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Everyone of this file, after one run that delivered."""
    project = new_project(tmp_path_factory.mktemp("identity") / "shop")
    send_to = [{"destination": "crm_files", "identifiers": {"user_id": "last", "email": "last"}}]
    project.define("buyers", "{performed: Bought, within: 30 days}", send_to=send_to)
    project.write("identity.yml", NO_LIMITS)
    project.load(
        *chain(),
        track(None, "Bought", -9, anonymousId="visitor", messageId="as visitor"),
        identify(-8, anonymousId="visitor", userId="signed in"),
        call("alias", -12, previousId="old name", userId="new name"),
        track(None, "Bought", -7, anonymousId="old name", messageId="under the old name"),
        identify(-6, userId="shouts", traits={"email": "  Ann@Example.COM "}),
        identify(-5, anonymousId="whispers", traits={"email": "ann@example.com"}),
        identify(-5, anonymousId="nobody one", userId="", traits={"email": ""}),
        identify(-5, anonymousId="nobody two", userId="", traits={"email": " "}),
        identify(-20, userId="older", traits={"plan": "free"}),
        track("older", "Bought", -19),
        identify(-10, anonymousId="at work", traits={"email": "younger@example.com"}),
        track(None, "Bought", -9, anonymousId="at work", messageId="at work"),
        call("group", -11, userId="older", groupId="acme", traits={"email": "office@acme.com"}),
        call("group", -10, anonymousId="visitor", groupId="acme"),
    )
    project.sql(
        "insert into raw.calls (message_id, type, occurred_at, user_id, anonymous_id, group_id, previous_id) values "
        "('empty 1', 'alias', '2026-01-23', '', 'nobody one', '', ''), "
        "('empty 2', 'group', '2026-01-23', '', 'nobody two', '', '')"
    )
    project.run(sync=True)
    return project


@pytest.fixture(scope="module")
def merged(people: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same people after `older` and `younger@example.com`, both members, turned out to be one."""
    project = people.copy(tmp_path_factory.mktemp("merged") / "shop")
    project.load(identify(0.5, userId="older", traits={"email": "younger@example.com"}))
    project.run(day=1, sync=True)
    return project


def profile(project: Project, kind: str, value: str) -> str:
    ((found,),) = project.sql(
        f"select profile_id from audiences.profile_identifiers where type = '{kind}' and value = '{value}'"
    )
    return str(found)


def files(project: Project) -> list[str]:
    return sorted(path.name for path in (project.root / "deliveries").rglob("*.csv"))


def test_a_chain_of_two_hundred_links_in_any_order_is_one_profile(people: Project) -> None:
    found = people.sql(
        "select count(*), count(distinct profile_id) from audiences.profile_identifiers where value like 'link-%'"
    )
    assert found == [(LINKS + 1, 1)]


def test_an_identifier_belongs_to_one_profile(people: Project) -> None:
    assert people.sql("select type, value from audiences.profile_identifiers group by all having count(*) > 1") == []


def test_what_an_anonymous_visitor_did_is_the_users_once_they_sign_in(people: Project) -> None:
    assert profile(people, "anonymous_id", "visitor") == profile(people, "user_id", "signed in")
    assert "signed in" in people.members("buyers")


def test_an_alias_ties_the_previous_id_to_the_user(people: Project) -> None:
    assert profile(people, "anonymous_id", "old name") == profile(people, "user_id", "new name")
    assert "new name" in people.members("buyers")


def test_emails_are_one_whatever_their_case_and_the_spaces_around_them(people: Project) -> None:
    assert (
        profile(people, "user_id", "shouts")
        == profile(people, "anonymous_id", "whispers")
        == profile(people, "email", "ann@example.com")
    )


def test_empty_identifiers_tie_nobody_together(people: Project) -> None:
    assert profile(people, "anonymous_id", "nobody one") != profile(people, "anonymous_id", "nobody two")
    assert people.sql("select * from audiences.profile_identifiers where trim(value) = ''") == []


def test_group_calls_say_who_belongs_to_an_account_and_their_email_is_the_accounts(people: Project) -> None:
    expected = sorted([("acme", profile(people, "user_id", "older")), ("acme", profile(people, "user_id", "signed in"))])
    assert people.sql("select account_id, profile_id from audiences.account_members order by all") == expected
    assert people.sql("select account_id from audiences.accounts") == [("acme",)]
    assert people.sql("select * from audiences.profile_identifiers where value = 'office@acme.com'") == []


def test_profile_ids_stay_from_run_to_run_and_in_a_full_refresh(people: Project, tmp_path: Path) -> None:
    project = people.copy(tmp_path / "shop")
    before = project.sql(KEEP_IDS)
    project.load(identify(-200, anonymousId="link-0", userId="an earlier call of the chain"))
    project.run()
    added = ("user_id", "an earlier call of the chain", profile(project, "email", "link-5@example.com"))
    assert project.sql(KEEP_IDS) == sorted([*before, added])
    project.run("--full-refresh")
    assert project.sql(KEEP_IDS) == sorted([*before, added])


def test_two_profiles_that_are_one_keep_the_older_ones_id_and_the_merge_is_recorded(people: Project, merged: Project) -> None:
    kept, gone = profile(people, "user_id", "older"), profile(people, "email", "younger@example.com")
    assert {
        profile(merged, "user_id", "older"),
        profile(merged, "email", "younger@example.com"),
        profile(merged, "anonymous_id", "at work"),
    } == {kept}
    assert merged.sql("select from_profile_id, to_profile_id, cast(merged_at as text) from audiences.profile_merges") == [
        (gone, kept, "2026-02-02 12:00:00")
    ]
    assert people.sql("select * from audiences.profile_merges") == []


def test_a_merge_moves_the_membership_and_nobody_enters_again(people: Project, merged: Project) -> None:
    kept, gone = profile(people, "user_id", "older"), profile(people, "email", "younger@example.com")
    members: Rows = people.sql(
        "select profile_id, entered_at from audiences.buyers where profile_id <> ? order by all".replace("?", f"'{gone}'")
    )
    assert merged.sql("select profile_id, entered_at from audiences.buyers order by all") == members
    changes = merged.sql(
        "select profile_id, change, cause from audiences.membership_changes where changed_at > timestamp '2026-02-01 12:00:00'"
    )
    assert changes == [(gone, "exited", "merge")]
    assert kept in {row[0] for row in members}


def test_a_merge_sends_nobody_out_of_a_destination_and_in_again(people: Project, merged: Project) -> None:
    assert files(people) != []
    assert files(merged) == files(people)
    assert merged.sql("select distinct is_member from audiences.acknowledged") == [(True,)]
    owners = "select count(*) from audiences.acknowledged where profile_id not in (select profile_id from audiences.profiles)"
    assert merged.sql(owners) == [(0,)]


def test_a_merge_of_a_member_with_one_who_is_none_enters_the_kept_profile_by_the_merge(people: Project, tmp_path: Path) -> None:
    project = people.copy(tmp_path / "shop")
    kept, gone = profile(project, "user_id", "older"), profile(project, "anonymous_id", "link-0")
    project.load(identify(0.5, userId="older", traits={"email": "link-7@example.com"}))
    project.run(day=1)
    assert profile(project, "user_id", "older") == gone  # the chain was seen first
    since = "changed_at > timestamp '2026-02-01 12:00:00'"
    changes = project.sql(f"select profile_id, change, cause from audiences.membership_changes where {since} order by all")
    assert changes == sorted([(kept, "exited", "merge"), (gone, "entered", "merge")])
    assert project.sql(f"select cast(entered_at as text) from audiences.buyers where profile_id = '{gone}'") == [
        ("2026-02-01 12:00:00",)
    ]


def test_profiles_fall_apart_when_what_tied_them_is_gone_and_the_first_seen_part_keeps_the_id(
    people: Project, tmp_path: Path
) -> None:
    project = people.copy(tmp_path / "shop")
    before = profile(project, "user_id", "signed in")
    project.sql(
        "delete from raw.calls where type = 'identify' and user_id = 'signed in'",
        "insert into raw.calls (message_id, type, occurred_at, user_id) values ('x', 'identify', '2026-01-25', 'signed in')",
    )
    project.run()
    assert profile(project, "anonymous_id", "visitor") == before
    assert profile(project, "user_id", "signed in") != before
    assert "signed in" not in project.members("buyers")


def test_the_breakdown_counts_the_identifiers_of_each_audience_as_its_members_are_now(people: Project, tmp_path: Path) -> None:
    columns = "select type, profiles, cast(share as double), values from audiences.identifier_breakdown"
    breakdown = f"{columns} where audience = 'buyers' order by all"
    assert people.sql(breakdown) == [("anonymous_id", 3, 0.75, 3), ("email", 1, 0.25, 1), ("user_id", 3, 0.75, 3)]
    project = people.copy(tmp_path / "shop")
    project.define("companies", "everyone", of="accounts")
    project.load(identify(0.5, userId="older", traits={"email": "older@example.com"}), track("newcomer", "Bought", 0.5))
    project.run(day=1)
    assert project.sql(breakdown) == [("anonymous_id", 3, 0.6, 3), ("email", 2, 0.4, 2), ("user_id", 4, 0.8, 4)]
    assert project.sql(f"{columns} where audience = 'companies'") == [("group_id", 1, 1.0, 1)]
    told = project.audiences("status", "buyers", "--json").json
    assert [one["key"] for one in told["keys"]] == ["buyers"]
    assert [(one["type"], one["profiles"], one["values"]) for one in told["identifiers"]] == [
        ("user_id", 4, 4), ("anonymous_id", 3, 3), ("email", 2, 2),
    ]  # fmt: skip
    assert "there is no audience or trait `buyer`" in project.audiences("status", "buyer", expect=2).err


def test_a_person_is_printed_with_all_that_is_held_and_was_sent(people: Project, merged: Project) -> None:
    kept, gone = profile(people, "user_id", "older"), profile(people, "email", "younger@example.com")
    told = merged.audiences("person", "email:Younger@example.com", "--json").json
    assert told["profile_id"] == kept
    assert [(one["type"], one["value"]) for one in told["identifiers"]] == [
        ("user_id", "older"), ("anonymous_id", "at work"), ("email", "younger@example.com"),
    ]  # fmt: skip
    assert [(one["from_profile_id"], one["to_profile_id"]) for one in told["merged_from"]] == [(gone, kept)]
    assert {one["trait"]: one["value"] for one in told["traits"]} == {"plan": '"free"', "email": '"younger@example.com"'}
    assert [one["account_id"] for one in told["accounts"]] == ["acme"]
    assert [one["audience"] for one in told["memberships"]] == ["buyers"]
    assert [(one["change"], one["cause"]) for one in told["membership_changes"]] == [
        ("entered", "run"), ("entered", "run"), ("exited", "merge"),
    ]  # fmt: skip
    assert {one["identifier_value"] for one in told["deliveries"]} == {"older", "younger@example.com"}
    assert {one["identifier_value"] for one in told["acknowledged"]} == {"older", "younger@example.com"}
    calls = "select count(*) from raw.calls where user_id = 'older' or anonymous_id = 'at work'"
    assert merged.sql(calls) == [(len(told["calls"]),)]
    text = merged.audiences("person", kept).out
    assert "identifiers: 3" in text and "younger@example.com" in text and "identity violations: 0" in text
    refused = merged.audiences("person", "email:nobody@example.com", expect=2)
    assert "no profile has the identifier" in refused.err
