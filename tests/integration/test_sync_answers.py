"""What becomes of a delivery by what the destination answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.receiver import Answer, Received
from tests.integration.worlds import STATE, World, held_by, send_to, users

from dbt_audiences.sync.engine import retry_rejected


def test_a_rejected_row_does_not_hold_back_the_rest_of_its_batch(world: World) -> None:
    world.want(users("a", "b", "c"))

    def decide(got: Received) -> Answer:
        bad = [call["messageId"] for call in got.json["batch"] if call["userId"] == "b"]
        return Answer(200, json.dumps({"rejected": [{"messageId": id_, "reason": "no such user"} for id_ in bad]}))

    world.receiver.decide = decide
    result = world.sync()
    assert (result.status, result.delivered, result.rejected, result.pending) == ("partial", 2, 1, 0)
    assert world.held == {("user_id", "a"), ("user_id", "c")}
    assert world.fetch("select status, reason from deliveries where profile_id = 'p-b'") == [("rejected", "no such user")]
    assert world.sync().status == "synced"
    assert len(world.receiver.requests) == 1
    world.want([*users("a", "c"), *users("b", traits='{"x":1}')])
    assert world.sync().rejected == 1
    world.receiver.decide = None
    assert world.sync(resync=True).delivered == 3


def test_a_member_of_a_list_is_rejected_by_its_profile(world: World) -> None:
    world.send = send_to(as_="list")
    world.want([("p", "user_id", "u"), ("p", "email", "e"), ("q", "user_id", "v")])
    world.receiver.answers.append(Answer(200, '{"rejected": [{"profile_id": "p", "reason": "bad"}, 5, {"profile_id": 7}]}'))
    result = world.sync()
    assert (result.delivered, result.rejected) == (1, 1)
    assert world.held == {("user_id", "v")}
    assert retry_rejected(world.warehouse, {name: name for name in STATE}, "hook", "vips", "ba") == 2
    assert world.sync().delivered == 1
    assert world.held == {("user_id", "u"), ("email", "e"), ("user_id", "v")}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_that_one_row_spoils_is_split_down_to_that_row(world: World, status: int) -> None:
    names = [f"u{n:02}" for n in range(20)]
    world.want(users(*names))
    spoiled = {"u03", "u11"}
    world.receiver.decide = lambda got: (
        Answer(status, "bad row") if spoiled & {call["userId"] for call in got.json["batch"]} else Answer()
    )
    result = world.sync()
    assert (result.delivered, result.rejected, result.pending) == (18, 2, 0)
    assert world.held == {("user_id", name) for name in names if name not in spoiled}
    assert len({request.id for request in world.receiver.requests}) == len(world.receiver.requests)
    assert world.fetch("select distinct reason from deliveries where status = 'rejected'") == [(f"{status}: bad row",)]
    assert world.fetch("select count(*) from requests where body is not null") == [(0,)]


@pytest.mark.parametrize("status", [404, 410])
def test_a_gone_url_rejects_the_batch_at_once(world: World, status: int) -> None:
    world.want(users("a", "b"))
    world.receiver.usual = Answer(status)
    result = world.sync()
    assert (result.status, result.rejected, len(world.receiver.requests)) == ("failed", 2, 1)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_hold_the_connection_until_a_person_acts(world: World, status: int) -> None:
    world.want(users("a"))
    world.receiver.answers.append(Answer(status))
    result = world.sync()
    assert (result.status, result.pending) == ("held", 1)
    ((kept, reason),) = world.fetch("select status, reason from connections")
    assert kept == "held" and "a person must renew the credentials" in str(reason)
    assert world.fetch("select status from deliveries") == [("pending",)]
    assert world.sync().delivered == 1
    assert world.receiver.requests[0].id != world.receiver.requests[1].id
    assert world.fetch("select status from deliveries") == [("delivered",)]


@pytest.mark.parametrize("status", [302, 408, 425, 429, 500, 502, 503, 999, 418])
def test_any_other_answer_is_tried_again_with_the_same_id_and_body(world: World, status: int) -> None:
    world.want(users("a"))
    world.receiver.answers.append(Answer(status, headers={"Location": "/elsewhere"}))
    assert world.sync().status == "synced"
    first, second = world.receiver.requests
    assert (first.id, first.body) == (second.id, second.body)


def test_a_closed_connection_is_tried_again(world: World) -> None:
    world.want(users("a"))
    world.receiver.answers.append(Answer(close=True))
    assert world.sync().status == "synced"
    assert len({request.id for request in world.receiver.requests}) == 1


def test_what_stays_without_an_answer_is_sent_first_by_the_next_sync_as_it_was(world: World) -> None:
    world.want(users("a"))
    world.receiver.answers.extend([Answer(500)] * 3)
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1)
    world.want(users("b", traits='{"n":1}'))
    result = world.sync()
    assert (result.status, result.delivered, result.pending) == ("synced", 3, 0)
    assert len({(request.id, request.body) for request in world.receiver.requests[:4]}) == 1
    assert held_by(world.calls()) == {"a": False, "b": True}


def test_a_destination_that_is_down_leaves_everything_pending(world: World, tmp_path: Path) -> None:
    world.destination = replace(world.destination, settings={"url": "http://127.0.0.1:9/", "batch_size": 1})
    world.want(users(*"abcdef"))
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 6) and "cannot be reached" in result.message
    assert world.fetch("select status, count(*) from deliveries group by 1") == [("pending", 6)]
    world.destination = replace(world.destination, settings={"url": world.receiver.url})
    assert world.sync().pending == 0
    assert held_by(world.calls()) == dict.fromkeys("abcdef", True)
    assert world.fetch("select status, count(*) from deliveries group by 1") == [("delivered", 6)]


def test_a_request_without_an_answer_holds_back_its_own_people_only(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 1})
    world.want(users("a", "b"))
    world.receiver.decide = lambda got: Answer(500) if b'"userId":"a"' in got.body else Answer()
    assert world.sync().delivered == 1
    world.want(users("b", "c"))
    result = world.sync()
    assert (result.delivered, result.pending) == (1, 1)
    assert world.held == {("user_id", "b"), ("user_id", "c")}
    world.receiver.decide = None
    world.sync()
    assert held_by(world.calls()) == {"a": False, "b": True, "c": True}


def test_a_long_retry_after_is_left_to_the_next_sync(world: World) -> None:
    world.want(users("a"))
    world.receiver.answers.append(Answer(429, headers={"Retry-After": "3600"}))
    assert world.sync().pending == 1
    assert len(world.receiver.requests) == 1


def test_a_destination_that_rejects_everything_is_not_asked_for_long(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 100})
    world.want(users(*(f"u{n}" for n in range(1000))))
    world.receiver.usual = Answer(404)
    result = world.sync()
    assert (result.status, result.rejected, result.pending) == ("failed", 100, 900)


def test_a_receiver_that_takes_few_bytes_gets_halves_until_they_fit_and_only_the_row_that_never_does_is_rejected(
    world: World,
) -> None:
    names = [f"u{n:02}" for n in range(30)]
    most = 3_000
    world.receiver.decide = lambda got: Answer(413 if len(got.body) > most else 200)
    world.want([*users(*names), *users("huge", traits='{"essay":"' + "x" * most + '"}')])
    result = world.sync()
    assert (result.delivered, result.rejected, result.pending) == (30, 1, 0)
    taken = [request for request in world.receiver.requests if len(request.body) <= most]
    assert {call["userId"] for request in taken for call in request.json["batch"]} == {*names}
    assert world.fetch("select identifier_value, reason from deliveries where status = 'rejected'") == [("huge", "413")]
