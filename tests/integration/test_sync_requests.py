"""What a request says and who signed it, and the addresses that it may go to."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from standardwebhooks import Webhook
from tests.integration.receiver import Answer
from tests.integration.worlds import ODD, STATE, World, send_to, users

SECRET = f"whsec_{base64.b64encode(b'a key of thirty-two bytes length').decode()}"


# --- payloads ----------------------------------------------------------------------------------------------------------------


def test_a_boolean_call_is_a_segment_identify(world: World) -> None:
    traits = '{"name":"Ann","spent":450.00,"id":12345678901234567890123}'
    world.want([("p", "user_id", "u", traits), ("p", "email", "a@x.y", traits)])
    world.sync()
    request = world.receiver.requests[0]
    assert request.headers["content-type"] == "application/json"
    assert b'"spent":450.00' in request.body and b'"id":12345678901234567890123' in request.body
    (call,) = request.json["batch"]
    assert len(call.pop("messageId")) == 64
    assert call == {
        "type": "identify",
        "userId": "u",
        "traits": {"email": "a@x.y", "name": "Ann", "spent": 450.0, "id": 12345678901234567890123, "vips": True},
        "context": {
            "personas": {
                "computation_class": "audience", "computation_id": "vips", "computation_key": "vips", "namespace": "shop",
                "space_id": "shop",
            },
            "externalIds": [
                {"id": "u", "type": "user_id", "collection": "users", "encoding": "none"},
                {"id": "a@x.y", "type": "email", "collection": "users", "encoding": "none"},
            ],
        },
        "timestamp": "2026-02-01T12:00:00.000Z",
    }  # fmt: skip


def test_events_are_tracks_under_their_own_names(world: World) -> None:
    world.send = send_to(as_="events", entered_event="Came", exited_event="Went")
    world.want([("p", "anonymous_id", "anon"), ("p", "email", "a@x.y")])
    world.sync()
    world.want([])
    world.sync()
    entered, exited = world.calls()
    assert (entered["type"], entered["event"], entered["anonymousId"]) == ("track", "Came", "anon")
    assert entered["properties"] == {"audience_key": "vips", "vips": True}
    assert entered["context"]["traits"] == {"email": "a@x.y"}
    assert (exited["event"], exited["properties"]["vips"]) == ("Went", False)
    assert entered["messageId"] != exited["messageId"]


def test_a_list_gets_members_with_all_their_identifiers(world: World) -> None:
    world.send = send_to(as_="list")
    traits = '{"plan":"gold"}'
    world.want([("p", "user_id", "u", traits), ("p", "email", "a@x.y", traits), ("q", "email", "q@x.y", "{}")])
    world.sync()
    world.want([("p", "user_id", "u", traits), ("p", "email", "a@x.y", traits)])
    world.sync()
    added, removed = (request.json for request in world.receiver.requests)
    assert added == {
        "audience": "vips",
        "list": "Our VIPs",
        "op": "add",
        "members": [
            {"profile_id": "p", "identifiers": {"user_id": "u", "email": "a@x.y"}, "traits": {"plan": "gold"}},
            {"profile_id": "q", "identifiers": {"email": "q@x.y"}, "traits": {}},
        ],
    }
    assert (removed["op"], [member["profile_id"] for member in removed["members"]]) == ("remove", ["q"])


def test_a_batch_holds_no_more_calls_than_asked_even_with_several_calls_a_profile(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 3})
    world.want([(f"p{n}", "user_id", f"u{n}-{k}") for n in range(10) for k in range(1 + n % 3)])
    result = world.sync()
    sizes = [len(request.json["batch"]) for request in world.receiver.requests]
    assert result.delivered == sum(sizes) == 19 and max(sizes) == 3
    assert len({request.id for request in world.receiver.requests}) == len(sizes) == 7
    assert len({call["messageId"] for call in world.calls()}) == 19


def test_odd_texts_arrive_as_they_are(world: World) -> None:
    world.want([(f"p{n}", "user_id", text, json.dumps({text: text})) for n, text in enumerate(ODD)])
    world.sync()
    assert [call["userId"] for call in world.calls()] == ODD
    assert all(call["traits"][text] == text for call, text in zip(world.calls(), ODD, strict=True))
    world.want([])
    world.receiver.decide = lambda got: Answer(400, "'; no \x00") if len(got.json["batch"]) > 1 else Answer()
    assert world.sync().delivered == len(ODD)
    assert world.held == set()


# --- signature and secrets ---------------------------------------------------------------------------------------------------


def test_requests_are_signed_by_standard_webhooks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    world.destination = replace(world.destination, secrets={"signing_secret": "{{ env_var('HOOK_SECRET') }}"})
    world.want(users("ünï"))
    world.receiver.answers.append(Answer(500))
    world.sync()
    for request in world.receiver.requests:
        assert Webhook(SECRET).verify(request.body, request.headers) == request.json
    assert len(world.receiver.requests) == 2


def test_a_missing_variable_fails_without_sending_and_no_secret_is_ever_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    world.destination = replace(world.destination, secrets={"signing_secret": "{{ env_var('HOOK_SECRET') }}"})
    world.want(users("a"))
    result = world.sync()
    assert result.status == "failed" and "HOOK_SECRET is not set" in result.message
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    shown = world.sync(dry_run=True).requests
    world.receiver.answers.extend([Answer(500, "oops")] * 3)
    world.sync()
    stored = [world.fetch(f"select * from {table}") for table in STATE]
    assert SECRET not in repr(stored) + repr(shown) and SECRET[6:] not in repr(stored) + repr(shown)
    assert world.receiver.requests


# --- private addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0", "[::ffff:7f00:1]"]
)
def test_a_private_address_is_refused_unless_allowed(world: World, host: str) -> None:
    port = world.receiver.url.rsplit(":", 1)[1]
    world.destination = replace(world.destination, settings={"url": f"http://{host}:{port}"}, allow_private_addresses=False)
    world.want(users("a"))
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1)
    assert "private address" in result.message and "allow_private_addresses: true" in result.message
    assert world.receiver.requests == []
