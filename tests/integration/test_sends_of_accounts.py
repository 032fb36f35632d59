"""Audiences of accounts at destinations: the account under its id, and its users where they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import Project, call, identify, new_project, track
from tests.integration.receiver import Answer, Received, Receiver

HOOK = "destination: hook\ntype: webhook\nsettings: {{url: '{}'}}\nallow_private_addresses: true\n"
ON_BUSINESS = "{trait: plan, equals: business}"


def group(user: str, account: str, day: float, **traits: object) -> dict[str, object]:
    return call("group", day, userId=user, groupId=account, traits=traits, messageId=f"group-{user}-{account}-{day}")


def define(project: Project, key: str, *sends: Mapping[str, object], **more: object) -> None:
    send_to = [{"destination": "hook", **send} for send in sends or ({},)]
    project.define(key, ON_BUSINESS, of="accounts", send_to=send_to, **more)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Project:
    """acme and beta are on business, free is not; bob is in acme and beta, x is known by an anonymous id alone."""
    shop = new_project(tmp_path / "shop")
    shop.write("destinations/hook.yml", HOOK.format(receiver.url))
    shop.load(
        group("ann", "acme", -50, plan="business", seats=5),
        group("bob", "acme", -50),
        group("bob", "beta", -40, plan="business", seats=9),
        group("eve", "free", -40, plan="free"),
        call("group", -40, anonymousId="x", groupId="acme", messageId="group-x"),
        identify(-50, userId="ann", traits={"email": "ann@x.y"}),
        track("bob", "Signed In", -1),
    )
    return shop


def calls(receiver: Receiver, since: int = 0) -> list[dict[str, Any]]:
    return [one for request in receiver.requests[since:] for one in request.json["batch"]]


def told(receiver: Receiver, since: int = 0) -> dict[tuple[str, str], Any]:
    """(type of call, whom it is about) -> what it says."""
    return {
        (one["type"], one.get("groupId") or one.get("userId") or one["anonymousId"]): one.get("traits", one.get("properties"))
        for one in calls(receiver, since)
    }


def held(project: Project, key: str) -> set[tuple[str, str]]:
    where = f"audience = '{key}' and is_member"
    return set(project.sql(f"select identifier_type, identifier_value from audiences.acknowledged where {where}"))


def test_an_account_is_a_group_call_under_its_id(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"traits": [{"seats": "seat_count"}]})
    (sent,) = project.run(sync=True)["connections"]
    assert (sent["status"], sent["entered"], sent["delivered"]) == ("synced", 2, 2)
    acme = next(one for one in calls(receiver) if one["groupId"] == "acme")
    assert len(acme.pop("messageId")) == 64
    assert acme == {
        "type": "group",
        "groupId": "acme",
        "traits": {"seat_count": 5, "on_business": True},
        "context": {
            "personas": {
                "computation_class": "audience", "computation_id": "on_business", "computation_key": "on_business",
                "namespace": "shop", "space_id": "shop",
            },
            "externalIds": [{"id": "acme", "type": "group_id", "collection": "accounts", "encoding": "none"}],
        },
        "timestamp": "2026-02-01T12:00:00.000Z",
    }  # fmt: skip
    assert held(project, "on_business") == {("group_id", "acme"), ("group_id", "beta")}
    project.load(group("ann", "acme", 0.1, plan="free"), group("bob", "beta", 0.1, seats=10))
    project.run(sync=True, day=0.2)
    assert told(receiver, 1) == {
        ("group", "acme"): {"on_business": False},
        ("group", "beta"): {"seat_count": 10, "on_business": True},
    }
    assert [request.json["batch"][0]["groupId"] for request in receiver.requests[1:]] == ["acme", "beta"]  # exits go first


def test_with_users_each_of_them_is_told_with_or_without_events(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"users": True, "traits": ["seats"]})
    project.run(sync=True)
    assert told(receiver) == {
        ("group", "acme"): {"seats": 5, "on_business": True},
        ("group", "beta"): {"seats": 9, "on_business": True},
        ("identify", "ann"): {"email": "ann@x.y", "on_business": True},
        ("identify", "bob"): {"on_business": True},
    }
    project.load(group("dan", "acme", 0.1), group("late", "acme", 5))
    project.run(sync=True, day=0.2)
    assert told(receiver, 1) == {("identify", "dan"): {"on_business": True}}
    project.load(group("ann", "acme", 0.3, plan="free"))
    sent = len(receiver.requests)
    project.run(sync=True, day=0.4)
    assert told(receiver, sent) == {
        ("group", "acme"): {"on_business": False},
        ("identify", "ann"): {"email": "ann@x.y", "on_business": False},
        ("identify", "dan"): {"on_business": False},
    }, "bob is in beta still"
    sent = len(receiver.requests)
    project.load(group("eve", "beta", 0.5, plan="free"))
    project.run(sync=True, day=6)
    assert told(receiver, sent) == {("group", "beta"): {"on_business": False}, ("identify", "bob"): {"on_business": False}}
    assert held(project, "on_business") == set()


def test_as_events_the_users_enter_and_exit(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"as": "events", "traits": ["seats"], "events": {"exited": "Downgraded"}})
    define(project, "of_anyone", {"as": "events", "identifiers": {"anonymous_id": "all"}}, include_anonymous=True)
    project.run(sync=True)
    found = {(one["event"], one.get("userId") or one["anonymousId"]): one["properties"] for one in calls(receiver)}
    assert found == {
        ("Audience Entered", "ann"): {"seats": 5, "audience_key": "on_business", "on_business": True},
        ("Audience Entered", "bob"): {"seats": 9, "audience_key": "on_business", "on_business": True},
        ("Audience Entered", "x"): {"audience_key": "of_anyone", "of_anyone": True},
    }
    assert {one["type"] for one in calls(receiver)} == {"track"}
    project.load(group("ann", "acme", 0.1, plan="free"))
    sent = len(receiver.requests)
    project.run(sync=True, day=0.2)
    gone = {(one["event"], one.get("userId") or one["anonymousId"]): one["properties"] for one in calls(receiver, sent)}
    assert gone == {
        ("Downgraded", "ann"): {"audience_key": "on_business", "on_business": False},
        ("Audience Exited", "x"): {"audience_key": "of_anyone", "of_anyone": False},
    }


def test_as_list_accounts_are_added_and_removed_and_users_with_them(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"as": "list", "traits": ["seats"]})
    define(project, "with_users", {"as": "list", "users": True, "list": "Business users", "identifiers": {"group_id": "last"}})
    project.run(sync=True)
    bodies = {request.json["audience"]: request.json for request in receiver.requests}
    assert bodies["on_business"] == {
        "audience": "on_business",
        "list": "on_business",
        "op": "add",
        "members": [
            {"profile_id": "acme", "identifiers": {"group_id": "acme"}, "traits": {"seats": 5}},
            {"profile_id": "beta", "identifiers": {"group_id": "beta"}, "traits": {"seats": 9}},
        ],
    }
    members = [one["identifiers"] for one in bodies["with_users"]["members"]]
    assert bodies["with_users"]["list"] == "Business users" and len(members) == 4
    for identifiers in ({"group_id": "acme"}, {"group_id": "beta"}, {"user_id": "bob"}):
        assert identifiers in members
    assert {"user_id": "ann", "email": "ann@x.y"} in members
    project.load(group("ann", "acme", 0.1, plan="free"))
    project.run(sync=True, day=0.2)
    removed = {request.json["audience"]: request.json for request in receiver.requests[2:]}
    assert {key: (body["op"], sorted(one["profile_id"] for one in body["members"])[0]) for key, body in removed.items()} == {
        "on_business": ("remove", "acme"),
        "with_users": ("remove", "acme"),
    }
    assert len(removed["with_users"]["members"]) == 2  # acme and ann


def test_a_folder_gets_accounts_under_their_ids(project: Project) -> None:
    project.define("on_business", ON_BUSINESS, of="accounts", send_to=[{"destination": "crm_files", "users": True}])
    project.write("destinations/crm_files.yml", "destination: crm_files\ntype: folder\nsettings: {path: out, format: jsonl}\n")
    project.run(sync=True)
    (line,) = (project.root / "out/_manifest.jsonl").read_text().splitlines()
    rows = [json.loads(row) for row in (project.root / "out" / json.loads(line)["file"]).read_text().splitlines()]
    accounts = [row for row in rows if row["user_id"] is None]
    assert [(row["profile_id"], row["op"], row["email"], row["anonymous_id"]) for row in accounts] == [
        ("acme", "add", None, None), ("beta", "add", None, None),
    ]  # fmt: skip
    assert {(row["user_id"], row["email"]) for row in rows if row["user_id"]} == {("ann", "ann@x.y"), ("bob", None)}


def test_merged_users_are_told_once_and_the_exit_reaches_all_their_identifiers(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"users": True, "identifiers": {"user_id": "all"}})
    project.run(sync=True)
    project.load(identify(0.1, userId="ann", anonymousId="shared"), identify(0.1, userId="bob", anonymousId="shared"))
    sent = len(receiver.requests)
    project.run(sync=True, day=0.2)
    assert told(receiver, sent) == {}
    project.load(group("ann", "acme", 0.3, plan="free"), group("bob", "beta", 0.3, plan="free"))
    project.run(sync=True, day=0.4)
    assert told(receiver, sent) == {
        ("group", "acme"): {"on_business": False},
        ("group", "beta"): {"on_business": False},
        ("identify", "ann"): {"on_business": False},
        ("identify", "bob"): {"on_business": False},
    }


def test_one_bad_account_holds_back_no_other_and_doubt_is_settled_by_the_same_request(
    project: Project, receiver: Receiver
) -> None:
    define(project, "on_business", {"users": True})

    def refuse_acme(got: Received) -> Answer:
        batch = got.json["batch"]
        return Answer(422, "no such account") if any(one.get("groupId") == "acme" for one in batch) else Answer()

    receiver.decide = refuse_acme
    (sent,) = project.run(sync=True, expect=1)["connections"]
    assert (sent["status"], sent["delivered"], sent["rejected"]) == ("partial", 3, 1)
    assert held(project, "on_business") == {
        ("group_id", "beta"), ("user_id", "ann"), ("email", "ann@x.y"), ("user_id", "bob"),
    }  # fmt: skip
    ids = [request.id for request in receiver.requests]
    assert len(set(ids)) == len(ids) == 5

    receiver.decide, receiver.usual = None, Answer(close=True)
    project.load(group("ann", "acme", 0.1, plan="free"), group("bob", "beta", 0.1, plan="free"))
    project.run(sync=True, day=0.2, expect=1)
    cut = receiver.requests[5:]
    receiver.usual = Answer()
    project.run(sync=True, day=0.3)
    (again,) = receiver.requests[5 + len(cut) :]
    assert {(one.id, one.body) for one in cut} == {(again.id, again.body)}
    assert {key for key, said in told(receiver, 5 + len(cut)).items() if said["on_business"] is False} == {
        ("group", "beta"), ("identify", "ann"), ("identify", "bob"),
    }  # fmt: skip
    assert held(project, "on_business") == set()


def test_a_dry_run_and_a_guard_see_accounts(project: Project, receiver: Receiver) -> None:
    define(project, "on_business", {"refuse_above": {"leaving_count": 1}})
    project.run()
    (planned,) = project.audiences("sync", "--audience", "on_business", "--dry-run", "--json").json
    (request,) = planned["requests"]
    assert {one["groupId"]: one["traits"] for one in request["body"]["batch"]} == {
        "acme": {"on_business": True}, "beta": {"on_business": True},
    }  # fmt: skip
    assert receiver.requests == []
    project.audiences("sync")
    project.load(group("ann", "acme", 0.1, plan="free"), group("bob", "beta", 0.1, plan="free"))
    (refused,) = project.run(sync=True, day=0.2, expect=3)["connections"]
    assert refused["status"] == "refused" and len(receiver.requests) == 1
    (approved,) = project.audiences("sync", "--approve", "on_business", "--json").json
    assert (approved["status"], approved["exited"]) == ("synced", 2)
