"""What a sync sends: whoever entered, left or changed since what the destination holds."""

from __future__ import annotations

from tests.integration.receiver import Answer
from tests.integration.worlds import World, held_by, send_to, users

from dbt_audiences.sync.engine import SyncResult


def test_the_first_sync_sends_every_member_and_the_next_nothing(world: World) -> None:
    world.want(users("a", "b"))
    result = world.sync()
    assert (result.status, result.entered, result.exited, result.delivered, result.pending) == ("synced", 2, 0, 2, 0)
    assert held_by(world.calls()) == {"a": True, "b": True}
    assert world.sync() == SyncResult("hook", "vips", "synced")
    assert len(world.receiver.requests) == 1


def test_only_who_enters_leaves_or_changes_is_sent(world: World) -> None:
    world.want([*users("a", "b"), *users("c", traits='{"plan":"free"}')])
    world.sync()
    world.want([*users("b", "d"), *users("c", traits='{"plan":"gold"}')])
    result = world.sync()
    assert (result.entered, result.exited, result.changed, result.delivered) == (1, 1, 1, 3)
    calls = world.calls(since=1)
    assert {call["userId"]: call["traits"] for call in calls} == {
        "a": {"vips": False},
        "d": {"vips": True},
        "c": {"plan": "gold", "vips": True},
    }
    assert world.held == {("user_id", "b"), ("user_id", "c"), ("user_id", "d")}


def test_a_new_identifier_is_said_and_a_lost_one_taken_back_before_what_still_holds(world: World) -> None:
    world.want([("p", "user_id", "u1"), ("p", "email", "a@x.y")])
    world.sync()
    world.want([("p", "user_id", "u2"), ("p", "email", "a@x.y")])
    result = world.sync()
    assert (result.entered, result.exited, result.changed) == (0, 0, 1)
    calls = world.calls(since=1)
    assert [(call["userId"], call["traits"]) for call in calls] == [
        ("u1", {"vips": False}),
        ("u2", {"email": "a@x.y", "vips": True}),
    ]
    assert world.held == {("user_id", "u2"), ("email", "a@x.y")}


def test_a_person_known_by_email_alone_stays_in_when_the_email_changes(world: World) -> None:
    world.want([("p", "email", "old@x.y")])
    world.sync()
    world.want([("p", "email", "new@x.y")])
    world.sync()
    assert held_by(world.calls()) == {"p": True}
    assert [call["traits"].get("email") for call in world.calls()] == ["old@x.y", "old@x.y", "new@x.y"]


def test_an_exit_reaches_every_identifier_that_was_sent(world: World) -> None:
    world.send = send_to(identifiers={"user_id": "all", "email": "all"})
    world.want([*(("p", "user_id", name) for name in ("u1", "u2")), *(("p", "email", name) for name in ("e1", "e2", "e3"))])
    world.sync()
    entered = world.calls()
    assert [(call["userId"], call["traits"]["email"]) for call in entered] == [("u1", "e1"), ("u2", "e2"), ("u1", "e3")]
    world.want([])
    world.sync()
    left = world.calls(since=1)
    assert {call["userId"] for call in left} == {"u1", "u2"}
    assert {call["traits"]["email"] for call in left} == {"e1", "e2", "e3"}
    assert not any(call["traits"]["vips"] for call in left)
    assert world.held == set()


def test_a_merge_moves_identifiers_without_sending(world: World) -> None:
    world.want(users("a", "b"))
    world.sync()
    world.want([("p-a", "user_id", "a"), ("p-a", "user_id", "b")])
    assert world.sync().delivered == 0
    assert len(world.receiver.requests) == 1
    assert world.fetch("select distinct profile_id from acknowledged") == [("p-a",)]
    world.want([])
    assert world.sync().exited == 1


def test_a_resync_says_everything_again_and_goes_on_after_a_failure(world: World) -> None:
    world.want(users("a", "b"))
    world.sync()
    world.receiver.answers.extend([Answer(401)])
    assert world.sync(resync=True).status == "held"
    assert world.sync().delivered == 2
    assert world.sync().delivered == 0


def test_a_resync_takes_back_again_all_that_was_ever_sent_and_holds_no_longer(world: World) -> None:
    names = [f"u{n:03}" for n in range(150)]
    world.want(users(*names))
    world.sync()
    world.want(users("u000"))
    world.sync(approved=True)
    world.want(users("u000", "u001"))
    before = len(world.receiver.requests)
    result = world.sync(resync=True)
    assert (result.status, result.entered, result.exited, result.changed, result.delivered) == ("synced", 1, 0, 1, 150)
    again = {call["userId"]: call["traits"]["vips"] for call in world.calls(since=before)}
    assert again == {name: name in ("u000", "u001") for name in names}
    assert len({request.id for request in world.receiver.requests}) == len(world.receiver.requests)
    assert world.held == {("user_id", "u000"), ("user_id", "u001")}
    assert world.sync().delivered == 0
