"""What a sync does not send: more than its limits allow, other targets, known members, what is disabled, a dry run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.integration.receiver import Answer
from tests.integration.worlds import STATE, World, held_by, send_to, users

from dbt_audiences.core.project import RefuseAbove

# --- guards ------------------------------------------------------------------------------------------------------------------


def test_a_fall_by_more_than_half_is_refused_until_a_person_approves(world: World) -> None:
    names = [f"u{n:03}" for n in range(200)]
    world.want(users(*names))
    world.sync()
    world.want(users(*names[:80]))
    result = world.sync()
    assert (result.status, result.exited, result.delivered) == ("refused", 120, 0)
    assert "120 of 200 profiles (60.0%) would leave" in result.message and "audiences sync --approve vips" in result.message
    assert world.fetch("select status from connections") == [("refused",)]
    assert len(world.receiver.requests) == 1
    assert world.sync(dry_run=True).status == "refused"
    assert world.sync(approved=True).delivered == 120


@pytest.mark.parametrize(
    ("limits", "names", "status"),
    [
        (RefuseAbove(leaving_count=1), "ab", "refused"),
        (RefuseAbove(leaving_count=2), "ab", "synced"),
        (RefuseAbove(leaving_share=Decimal("0.49")), "ab", "refused"),
        (RefuseAbove(leaving_share=Decimal("0.5")), "ab", "synced"),
        (RefuseAbove(entering_count=1), "abcdxy", "refused"),
        (RefuseAbove(entering_share=Decimal("0.25")), "abcdxy", "refused"),
        (RefuseAbove(entering_share=Decimal("0.5")), "abcdxy", "synced"),
        (None, "", "synced"),
    ],
)
def test_limits_are_what_may_not_be_exceeded(world: World, limits: RefuseAbove | None, names: str, status: str) -> None:
    world.send = send_to(refuse_above=limits)
    world.want(users(*"abcd"))
    assert world.sync().status == "synced"
    world.want(users(*names))
    assert world.sync().status == status


# --- not sent ----------------------------------------------------------------------------------------------------------------


def test_another_target_records_once_what_it_does_not_send(world: World) -> None:
    world.destination = replace(world.destination, targets=("prod",))
    world.want(users("a", "b"))
    for _ in range(2):
        result = world.sync()
        assert (result.status, result.entered) == ("filtered", 2)
    assert world.fetch("select status, count(*) from deliveries group by 1") == [("filtered", 2)]
    assert world.held == set() and world.receiver.requests == []
    assert world.sync(target="prod").delivered == 2


def test_existing_members_can_be_taken_as_known(world: World) -> None:
    world.send = send_to(existing_members="skip")
    world.want(users("a", "b"))
    assert world.sync().status == "synced"
    assert world.receiver.requests == []
    world.want(users("b", "c"))
    result = world.sync()
    assert (result.entered, result.exited, result.delivered) == (1, 0, 1)
    assert held_by(world.calls()) == {"c": True} and world.held == {("user_id", "b"), ("user_id", "c")}


def test_who_was_taken_as_known_and_left_is_sent_when_they_come_back(world: World) -> None:
    world.send = send_to(existing_members="skip")
    world.want([*users("a", "b"), ("p-b", "email", "b@x.y"), *users("c", traits='{"n":1}')])
    world.sync()
    world.want([("p-b", "user_id", "b"), ("p-b", "email", "new@x.y"), *users("c", traits='{"n":2}')])
    result = world.sync()
    assert (result.entered, result.exited, result.changed) == (0, 0, 2)
    assert [(call["userId"], call["traits"]) for call in world.calls()] == [
        ("b", {"email": "new@x.y", "vips": True}),
        ("c", {"n": 2, "vips": True}),
    ]
    world.want(users("a"))
    assert world.sync().exited == 2
    assert held_by(world.calls()) == {"a": True, "b": False, "c": False}


def test_a_resync_says_those_too_who_were_taken_as_known(world: World) -> None:
    world.send = send_to(existing_members="skip")
    world.want(users("a", "b"))
    world.sync()
    world.want(users("a"))
    assert world.sync(resync=True).delivered == 1
    assert held_by(world.calls()) == {"a": True}
    world.want([])
    world.sync()
    assert held_by(world.calls()) == {"a": False} and world.held == set()


def test_what_is_disabled_sends_nothing(world: World) -> None:
    world.want(users("a"))
    world.send = send_to(enabled=False)
    assert world.sync().status == "paused"
    assert world.fetch("select state, status from connections") == [("paused", "paused")]
    world.send, world.destination = send_to(), replace(world.destination, enabled=False)
    assert world.sync().status == "disabled"
    assert world.fetch("select state, status from connections") == [("disabled", "disabled")]
    assert world.receiver.requests == []
    world.destination = replace(world.destination, enabled=True)
    world.sync()
    ((state, lag, sent),) = world.fetch("select state, lag_seconds, last_sync_at = last_success_at from connections")
    assert (state, lag, sent) == ("connected", 0, True)


def test_a_dry_run_shows_every_request_and_writes_nothing(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 1})
    world.want(users("a", "b"))
    result = world.sync(dry_run=True)
    assert [request["body"] for request in result.requests] and len(result.requests) == 2
    assert result.requests[0]["method"] == "POST" and result.requests[0]["url"] == world.receiver.url
    assert result.message == "dry run: 2 would be sent"
    assert all(world.fetch(f"select count(*) from {table}") == [(0,)] for table in STATE)
    assert world.receiver.requests == []


def test_a_dry_run_tells_nothing_to_do_from_cannot_tell(world: World) -> None:
    world.want([])
    assert world.sync(dry_run=True).message == "dry run: nothing to do"
    world.want(users("a", "b"))
    world.receiver.usual = Answer(503)
    world.sync()
    doubt = "cannot tell of 2 that were sent before and have no answer yet: they go again first"
    result = world.sync(dry_run=True)
    assert (result.message, result.pending) == (f"dry run: {doubt}", 2)
    world.want(users("b", "c"))
    assert world.sync(dry_run=True).message == f"dry run: 1 would be sent; {doubt}"
    world.destination = replace(world.destination, secrets={"signing_secret": "{{ env_var('UNSET_SECRET') }}"})
    result = world.sync(dry_run=True)
    assert [request["headers"]["webhook-signature"] for request in result.requests] == ["<signing_secret>"] * 2  # type: ignore[index]


def test_who_has_no_identifier_that_goes_there_is_counted_and_written_down_once(world: World) -> None:
    world.warehouse.execute("create table members as select unnest(['p-a', 'p-b', 'p-mute', 'p-mute2']) as profile_id")
    world.want(users("a", "b"))
    for _ in range(2):
        result = world.sync(members='"members"')
        assert (result.status, dict(result.withheld)) == ("synced", {"no_identifier": 2})
        filtered = world.fetch("select profile_id, status, reason, type from deliveries where status = 'filtered' order by 1")
        assert filtered == [(name, "filtered", "no_identifier", "identify") for name in ("p-mute", "p-mute2")]
    world.want(users("a", "b", "mute", "mute2"))
    assert dict(world.sync(members='"members"').withheld) == {}
    assert dict(world.sync(members='"members"', dry_run=True).withheld) == {}
