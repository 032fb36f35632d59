"""Several destinations of one project: none waits for another, all stop together, and what one rejected is sent again."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.integration.processes import ended, started, wait_for
from tests.integration.projects import Project, new_project, track
from tests.integration.receiver import Answer, Received, Receiver

from dbt_audiences.flow.side_by_side import Turns, side_by_side
from dbt_audiences.run.warehouses.duckdb import connect

HOOK = "destination: {0}\ntype: webhook\nsettings: {{url: '{1}', batch_size: 2}}\nallow_private_addresses: true\n"
USERS = [f"u{number}" for number in range(6)]


@pytest.fixture(scope="module")
def receivers() -> Iterator[tuple[Receiver, Receiver]]:
    with Receiver() as slow, Receiver() as quick:
        yield slow, quick


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, receivers: tuple[Receiver, Receiver]) -> Project:
    project = new_project(tmp_path_factory.mktemp("beside") / "shop")
    for name, receiver in zip(("a_slow", "quick"), receivers, strict=True):
        project.write(f"destinations/{name}.yml", HOOK.format(name, receiver.url))
    for key, event in (("bought", "Bought"), ("saw", "Saw")):
        project.define(key, f"{{performed: {event}}}", send_to=[{"destination": "a_slow"}, {"destination": "quick"}])
    project.load(*(track(user, event, -1) for user in USERS for event in ("Bought", "Saw")))
    project.run()
    return project


def members(receiver: Receiver) -> set[tuple[str, str]]:
    """Who is in what, for a receiver that takes each id once."""
    once = {request.id: request for request in receiver.requests}
    calls = [call for request in once.values() for call in request.json["batch"]]
    return {(name, call["userId"]) for call in calls for name, is_in in call["traits"].items() if is_in}


EVERYBODY = {(key, user) for key in ("bought", "saw") for user in USERS}


def test_a_slow_destination_holds_no_other_and_ctrl_c_stops_all(shop: Project, receivers: tuple[Receiver, Receiver]) -> None:
    slow, quick = receivers
    slow.usual = Answer(delay=10)
    process = started(shop, "sync")
    wait_for(lambda: members(quick) == EVERYBODY)
    assert len(slow.requests) == 1
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    stopped = ended(process)
    assert (stopped.exit_code, stopped.err, time.monotonic() - began < 10) == (1, "\nstopped\n", True)
    done = shop.sql("select audience, status, lag_seconds from audiences.connections where destination = 'quick' order by 1")
    assert done == [("bought", "synced", 0), ("saw", "synced", 0)]
    in_doubt, said = slow.requests[0], len(quick.requests)
    slow.usual = Answer()
    results = shop.audiences("sync", "--json").json
    assert [(one["destination"], one["audience"], one["delivered"]) for one in results] == [
        ("a_slow", "bought", 6), ("quick", "bought", 0), ("a_slow", "saw", 6), ("quick", "saw", 0),
    ]  # fmt: skip
    assert (slow.requests[1].id, slow.requests[1].body) == (in_doubt.id, in_doubt.body)
    assert members(slow) == EVERYBODY and len(quick.requests) == said


def test_retry_sends_what_was_rejected_as_it_must_be_now(shop: Project, receivers: tuple[Receiver, Receiver]) -> None:
    _, quick = receivers

    def refuse(got: Received) -> Answer:
        refused = {call["messageId"]: call["userId"] for call in got.json["batch"] if call["userId"] in ("n1", "n2")}
        named = [{"messageId": id_, "reason": f"{user} is unknown"} for id_, user in refused.items()]
        return Answer(200, json.dumps({"rejected": named}))

    shop.load(track("n1", "Bought", 0), track("n2", "Bought", 0))
    quick.decide = refuse
    (result,) = [one for one in shop.run(sync=True, day=1, expect=1)["connections"] if one["rejected"]]
    assert (result["destination"], result["audience"], result["rejected"]) == ("quick", "bought", 2)
    quick.decide = None
    assert "n9" in shop.audiences("retry", "--destination", "quick", "--reason", "n9").out
    retried = shop.audiences("retry", "--destination", "quick", "--reason", "n1 is", "--json").json
    assert (retried["rows"], [one["delivered"] for one in retried["connections"]]) == (1, [1])
    assert {user for _, user in members(quick)} == {*USERS, "n1", "n2"}
    assert shop.sql("select status, count(*) from audiences.deliveries where reason is not null group by 1 order by 1") == [
        ("rejected", 1), ("retried", 1),
    ]  # fmt: skip
    shown = shop.audiences("deliveries", "--destination", "quick", "--by", "audience", "--json").json
    steps = {one["step"]: one["count"] for one in shown["steps"]}
    assert (shown["created"], steps["delivered"], steps["failed"]) == (15, 13, 2)
    assert [(one["value"], one["created"], one["failed"]) for one in shown["by"]] == [("bought", 9, 2), ("saw", 6, 0)]
    assert [(one["step"], one["reason"], one["count"]) for one in shown["discards"]] == [("failed", "MESSAGE_REJECTED", 2)]
    assert {one["reason"] for one in shown["discards"][0]["samples"]} == {"n1 is unknown", "n2 is unknown"}
    assert "delivered" in shop.audiences("deliveries", "--audience", "saw", "--counts").out
    assert "ten minutes" in shop.audiences("deliveries", "--since", "2099-01-01", expect=2).err
    assert "did you mean `quick`?" in shop.audiences("retry", "--destination", "quik", expect=2).err


def test_what_fails_for_one_name_is_raised_when_the_others_are_done(tmp_path: Path) -> None:
    warehouse = connect({"path": str(tmp_path / "shared.duckdb")})
    warehouse.execute("create table rows_ (name text, n int)")

    def note(name: str, number: int, turns: Turns) -> int:
        if (name, number) == ("broken", 3):
            raise ValueError("broken")
        with turns.transaction():
            turns.execute(f"insert into rows_ values ('{name}', {number})")
            (own,) = turns.fetch(f"select count(*) from rows_ where name = '{name}'")[0]
            assert own == number + 1
        return number

    names = ("a", "b", "broken")
    with pytest.raises(ValueError, match="broken"):
        side_by_side(warehouse, {name: [partial(note, name, number) for number in range(50)] for name in names})  # type: ignore[misc]
    assert warehouse.fetch("select name, count(*) from rows_ group by 1 order by 1") == [("a", 50), ("b", 50), ("broken", 3)]
    warehouse.close()


def test_a_sync_to_several_destinations_killed_in_the_middle_loses_nothing_anywhere(
    shop: Project, receivers: tuple[Receiver, Receiver]
) -> None:
    more = [f"k{number}" for number in range(8)]
    shop.load(*(track(user, "Saw", 0.9) for user in more))
    shop.run(day=1)
    before = [len(receiver.requests) for receiver in receivers]
    for receiver in receivers:
        receiver.decide, receiver.usual = None, Answer(delay=0.4)
    process = started(shop, "sync")
    wait_for(lambda: all(len(one.requests) > seen + 1 for one, seen in zip(receivers, before, strict=True)))
    process.kill()
    process.wait()
    for receiver in receivers:
        receiver.usual = Answer()
    shop.audiences("sync")
    for receiver, seen in zip(receivers, before, strict=True):
        assert {user for key, user in members(receiver) if key == "saw"} >= {*more}
        bodies: dict[str, bytes] = {}
        for request in receiver.requests[seen:]:
            assert bodies.setdefault(request.id, request.body) == request.body
        once = [call["userId"] for body in bodies.values() for call in json.loads(body)["batch"]]
        assert sorted(once) == sorted(more)
