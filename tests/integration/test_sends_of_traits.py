"""Computed traits at destinations: what is computed is what arrives, exact, once, and unset when it vanishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import Project, call, identify, new_project, track
from tests.integration.receiver import Answer, Receiver

HOOK = "destination: hook\ntype: webhook\nsettings: {{url: '{}'}}\nallow_private_addresses: true\n{}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.write("destinations/hook.yml", HOOK.format(receiver.url, ""))
    shop.load(
        track("ann", "Ordered", -20, properties={"revenue": 12.5, "sku": "b"}),
        track("ann", "Ordered", -1, properties={"revenue": "12345678901234567890.123", "sku": "a"}),
        track("bob", "Ordered", -2, properties={"revenue": 0.1, "sku": 7}),
        track(None, "Ordered", -2, anonymousId="x", properties={"revenue": 3, "sku": "c"}),
        identify(-30, userId="ann", traits={"email": "ann@x.y", "plan": "gold"}),
    )
    return shop


def define(project: Project, key: str, send: dict[str, object] | None = None, **asks: object) -> None:
    whole: dict[str, object] = {"performed": "Ordered", **asks, "send_to": [{"destination": "hook", **(send or {})}]}
    lines = [f"trait: {key}", *(f"{name}: {json.dumps(value)}" for name, value in whole.items())]
    project.write(f"traits/{key}.yml", "\n".join(lines) + "\n")


def calls(receiver: Receiver, since: int = 0) -> list[dict[str, Any]]:
    return [one for request in receiver.requests[since:] for one in request.json["batch"]]


def connection(report: Any, key: str, destination: str = "hook") -> dict[str, Any]:
    (found,) = (one for one in report["connections"] if (one["audience"], one["destination"]) == (key, destination))
    return dict(found)


def ledger(project: Project, key: str) -> dict[tuple[str, str], Any]:
    """(type, value) of what the destination holds -> the object that it was last told."""
    rows = project.sql(
        f"select identifier_type, identifier_value, traits from audiences.acknowledged where audience = '{key}' and is_member"
    )
    return {(str(type_), str(value)): json.loads(traits) for type_, value, traits in rows}


def test_the_value_goes_as_an_identify_with_every_digit(project: Project, receiver: Receiver) -> None:
    define(project, "total", sum="revenue")
    report = project.run(sync=True)
    sent = connection(report, "total")
    assert (sent["status"], sent["entered"], sent["delivered"]) == ("synced", 2, 2)
    (request,) = receiver.requests
    assert b'"total":12345678901234567902.623' in request.body and request.headers["webhook-id"]
    ann, bob = sorted(calls(receiver), key=lambda one: str(one["userId"]))
    assert len(ann.pop("messageId")) == 64 and bob["traits"] == {"total": 0.1}
    assert ann == {
        "type": "identify",
        "userId": "ann",
        "traits": {"email": "ann@x.y", "total": 12345678901234567902.623},
        "context": {
            "personas": {
                "computation_class": "trait", "computation_id": "total", "computation_key": "total", "namespace": "shop",
                "space_id": "shop",
            },
            "externalIds": [
                {"id": "ann", "type": "user_id", "collection": "users", "encoding": "none"},
                {"id": "ann@x.y", "type": "email", "collection": "users", "encoding": "none"},
            ],
        },
        "timestamp": "2026-02-01T12:00:00.000Z",
    }  # fmt: skip


def test_only_a_changed_value_is_sent_and_one_that_vanishes_is_unset(project: Project, receiver: Receiver) -> None:
    define(project, "last_sku", last="sku", within="10 days")
    define(project, "skus", unique="sku")
    define(project, "recent", count=True, within="10 days")
    project.run(sync=True)
    told = {(one["userId"], key): one["traits"][key] for one in calls(receiver) for key in one["traits"] if key != "email"}
    assert told == {
        ("ann", "last_sku"): "a", ("ann", "skus"): ["a", "b"], ("ann", "recent"): 1,
        ("bob", "last_sku"): 7, ("bob", "skus"): [7], ("bob", "recent"): 1,
    }  # fmt: skip
    assert project.run(sync=True, day=1)["exit_code"] == 0
    assert len(receiver.requests) == 3, "an unchanged value was sent again"

    project.load(track("bob", "Ordered", 8.5, properties={"sku": 7}))
    report = project.run(sync=True, day=9.5)  # ann's last order is too old, bob's newest one is not
    sent = connection(report, "last_sku")
    assert (sent["entered"], sent["exited"], sent["changed"], sent["delivered"]) == (0, 1, 0, 1)
    after = {(one["userId"], key): one["traits"][key] for one in calls(receiver, 3) for key in one["traits"] if key != "email"}
    assert after == {("ann", "last_sku"): None, ("ann", "recent"): 0}
    assert ledger(project, "last_sku") == {("user_id", "bob"): {"last_sku": 7}}
    ops = "select identifier_value, op, traits, status from audiences.deliveries where audience = 'last_sku' and op = 'remove'"
    assert sorted(project.sql(ops)) == [("ann", "remove", "{}", "delivered"), ("ann@x.y", "remove", "{}", "delivered")]


def test_a_value_goes_as_a_track_under_its_own_name_with_what_goes_along(project: Project, receiver: Receiver) -> None:
    define(project, "least", {"as": "events"}, min="revenue", within="10 days")
    along = {"traits": [{"plan": "tier"}], "identifiers": {"user_id": "last"}}
    define(project, "best", {"as": "events", "events": {"computed": "Best Order"}, **along}, max="revenue")
    project.run(sync=True)
    found = {(one["event"], one["userId"]): one for one in calls(receiver)}
    assert sorted(found) == [
        ("Best Order", "ann"), ("Best Order", "bob"), ("Trait Computed", "ann"), ("Trait Computed", "bob"),
    ]  # fmt: skip
    ann = found["Best Order", "ann"]
    assert (ann["type"], ann["context"]["personas"]["computation_class"]) == ("track", "trait")
    assert ann["properties"] == {"trait_key": "best", "best": 12345678901234567890.123, "tier": "gold"}
    assert "traits" not in ann and "traits" not in ann["context"]
    assert found["Best Order", "bob"]["properties"] == {"trait_key": "best", "best": 0.1}
    assert found["Trait Computed", "ann"]["context"]["traits"] == {"email": "ann@x.y"}
    sent = len(receiver.requests)
    project.run(sync=True, day=20)
    gone = [(one["event"], one["userId"], one["properties"]) for one in calls(receiver, sent)]
    assert sorted(gone) == [
        ("Trait Computed", user, {"trait_key": "least", "least": None}) for user in ("ann", "bob")
    ]  # fmt: skip


def test_anonymous_profiles_get_a_value_only_where_their_identifier_is_named(project: Project, receiver: Receiver) -> None:
    define(project, "total", {"identifiers": {"anonymous_id": "all"}}, sum="revenue")
    project.run(sync=True)
    assert [(one["anonymousId"], one["traits"]) for one in calls(receiver)] == [("x", {"total": 3})]


def test_what_reached_an_identifier_reaches_it_again_after_a_merge_and_when_it_is_unset(
    project: Project, receiver: Receiver
) -> None:
    project.write("identity.yml", "identifiers: {user_id: {limit: 2}}\n")
    define(project, "total", {"identifiers": {"user_id": "all"}}, max="revenue", within="10 days")
    project.run(sync=True)
    project.load(
        identify(0.1, userId="ann", anonymousId="shared"), identify(0.1, userId="bob", anonymousId="shared"),
    )  # fmt: skip
    sent = len(receiver.requests)
    project.run(sync=True, day=0.2)
    merged = {one["userId"]: one["traits"] for one in calls(receiver, sent)}
    assert merged == {"bob": {"total": 12345678901234567890.123}}
    sent = len(receiver.requests)
    project.run(sync=True, day=30)
    assert {one["userId"]: one["traits"] for one in calls(receiver, sent)} == {"ann": {"total": None}, "bob": {"total": None}}
    assert ledger(project, "total") == {}


def test_a_rejected_value_stays_out_until_it_changes_and_holds_back_nobody(project: Project, receiver: Receiver) -> None:
    define(project, "orders", count=True)

    def reject_bob(got: Any) -> Answer:
        ids = [one["messageId"] for one in got.json["batch"] if one["userId"] == "bob"]
        return Answer(body=json.dumps({"rejected": [{"messageId": one, "reason": "no such user"} for one in ids]}))

    receiver.decide = reject_bob
    report = project.run(sync=True, expect=1)
    sent = connection(report, "orders")
    assert (sent["status"], sent["delivered"], sent["rejected"]) == ("partial", 1, 1)
    assert ledger(project, "orders") == {("user_id", "ann"): {"orders": 2}, ("email", "ann@x.y"): {"orders": 2}}
    assert connection(project.run(sync=True, day=0.1), "orders")["status"] == "synced"
    assert len(receiver.requests) == 1
    receiver.decide = None
    project.load(track("bob", "Ordered", 0.2))
    project.run(sync=True, day=0.3)
    assert [(one["userId"], one["traits"]) for one in calls(receiver, 1)] == [("bob", {"orders": 2})]


def test_a_request_whose_fate_is_unknown_goes_again_as_it_was(project: Project, receiver: Receiver) -> None:
    define(project, "orders", count=True)
    receiver.usual = Answer(close=True)
    assert connection(project.run(sync=True, expect=1), "orders")["status"] == "failed"
    assert ledger(project, "orders") == {}
    receiver.usual = Answer()
    project.load(track("bob", "Ordered", 0.2))
    sent = len(receiver.requests)
    assert connection(project.run(sync=True, day=0.3), "orders")["status"] == "synced"
    again, changed = receiver.requests[sent:]
    assert {(one.id, one.body) for one in receiver.requests[:sent]} == {(again.id, again.body)} and changed.id != again.id
    assert [(one["userId"], one["traits"]) for one in changed.json["batch"]] == [("bob", {"orders": 2})]
    assert ledger(project, "orders")["user_id", "bob"] == {"orders": 2}


def test_a_dry_run_shows_what_would_be_sent_and_a_resync_says_it_again(project: Project, receiver: Receiver) -> None:
    define(project, "total", sum="revenue")
    project.run()
    (planned,) = project.audiences("sync", "--audience", "total", "--dry-run", "--json").json
    assert (planned["status"], planned["entered"], planned["pending"]) == ("synced", 2, 2)
    (request,) = planned["requests"]
    assert {one["userId"]: one["traits"]["total"] for one in request["body"]["batch"]}["bob"] == 0.1
    assert receiver.requests == [] and project.sql("select * from audiences.deliveries") == []
    project.audiences("sync", "--audience", "total")
    project.audiences("sync", "--audience", "total")
    assert len(receiver.requests) == 1
    project.audiences("sync", "--audience", "total", "--resync")
    assert len(receiver.requests) == 2
    wrong = project.audiences("sync", "--audience", "totl", expect=2).err
    assert wrong == "error: there is no audience or trait `totl`\n  did you mean `total`?\n"


def test_who_has_a_value_already_may_be_taken_as_known(project: Project, receiver: Receiver) -> None:
    define(project, "orders", {"existing_members": "skip"}, count=True)
    assert "taken as known" in connection(project.run(sync=True), "orders")["message"]
    assert receiver.requests == []
    project.load(track("bob", "Ordered", 0.2))
    project.run(sync=True, day=0.3)
    assert [(one["userId"], one["traits"]) for one in calls(receiver)] == [("bob", {"orders": 2})]


def test_values_that_vanish_beyond_a_limit_wait_for_a_person(project: Project, receiver: Receiver) -> None:
    define(project, "last_sku", {"refuse_above": {"leaving_count": 1}}, last="sku", within="10 days")
    project.run(sync=True)
    refused = connection(project.run(sync=True, day=20, expect=3), "last_sku")
    assert refused["status"] == "refused" and "2 profiles would leave" in refused["message"]
    assert "audiences sync --approve last_sku" in refused["message"] and len(receiver.requests) == 1
    (approved,) = project.audiences("sync", "--approve", "last_sku", "--json").json
    assert (approved["status"], approved["exited"]) == ("synced", 2)
    assert {one["traits"]["last_sku"] for one in calls(receiver, 1)} == {None}
    assert project.sql("select key, used_at is not null from audiences.approvals") == [("last_sku", True)]
    shown = project.audiences("status", "--json").json
    assert [(one["key"], one["kind"]) for one in shown["keys"]] == [("last_sku", "trait")]


def test_a_target_that_may_not_send_records_what_it_would_have_sent(project: Project, receiver: Receiver) -> None:
    define(project, "orders", count=True)
    project.write("destinations/hook.yml", HOOK.format(receiver.url, "targets: [prod]\n"))
    assert connection(project.run(sync=True), "orders")["status"] == "filtered"
    assert receiver.requests == []
    rows = project.sql("select distinct op, traits, status from audiences.deliveries")
    assert sorted(rows) == [("add", '{"orders":1}', "filtered"), ("add", '{"orders":2}', "filtered")]


def test_a_trait_that_is_selected_is_sent_and_one_that_is_disabled_is_not(project: Project, receiver: Receiver) -> None:
    define(project, "orders", count=True)
    define(project, "total", sum="revenue")
    project.define("often", "{trait: orders, gte: 2}")
    assert [one["audience"] for one in project.run("--select", "total", sync=True)["connections"]] == ["total"]
    assert [one["audience"] for one in project.run("--select", "often", sync=True, day=0.1)["connections"]] == ["orders"]
    project.audiences("disable", "total")
    assert connection(project.run(sync=True, day=0.2), "total")["status"] == "disabled"


def test_a_folder_gets_rows_that_set_and_unset_the_value(project: Project) -> None:
    define(project, "skus", {"destination": "crm_files"}, last="sku", within="10 days")
    project.write("destinations/crm_files.yml", "destination: crm_files\ntype: folder\nsettings: {path: out, format: jsonl}\n")
    project.run(sync=True)
    project.run(sync=True, day=9)
    files = [json.loads(line)["file"] for line in (project.root / "out/_manifest.jsonl").read_text().splitlines()]
    first, second = ([json.loads(row) for row in (project.root / "out" / name).read_text().splitlines()] for name in files)
    told = {row["user_id"]: (row["audience"], row["op"], row["email"], row["anonymous_id"], row["traits"]) for row in first}
    assert told == {
        "ann": ("skus", "set", "ann@x.y", None, {"skus": "a"}),
        "bob": ("skus", "set", None, None, {"skus": 7}),
    }
    assert [(row["user_id"], row["op"], row["traits"]) for row in second] == [("bob", "unset", {"skus": None})]


def test_a_trait_of_accounts_is_a_group_call_and_its_users_may_get_it_too(project: Project, receiver: Receiver) -> None:
    joined = [("ann", "acme", -9), ("bob", "acme", -9), ("bob", "beta", -8)]
    project.load(
        *(call("group", day, userId=user, groupId=group, messageId=f"{user}{group}") for user, group, day in joined)
    )  # fmt: skip
    define(project, "orders", {"users": True}, of="accounts", count=True)
    define(project, "least", {"as": "events"}, of="accounts", min="revenue")
    project.run(sync=True)
    groups = {one["groupId"]: one for one in calls(receiver) if one["type"] == "group"}
    assert {group: one["traits"] for group, one in groups.items()} == {"acme": {"orders": 3}, "beta": {"orders": 1}}
    acme = groups["acme"]
    assert acme["context"]["externalIds"] == [{"id": "acme", "type": "group_id", "collection": "accounts", "encoding": "none"}]
    assert "userId" not in acme and "anonymousId" not in acme
    identifies = {one["userId"]: one["traits"] for one in calls(receiver) if one["type"] == "identify"}
    assert identifies == {"ann": {"email": "ann@x.y", "orders": 3}, "bob": {"orders": 1}}  # beta is the one bob joined last
    tracks = {one["userId"]: one["properties"] for one in calls(receiver) if one["type"] == "track"}
    assert tracks == {user: {"trait_key": "least", "least": 0.1} for user in ("ann", "bob")}
