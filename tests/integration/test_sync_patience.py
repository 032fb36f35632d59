"""How long and how fast a destination is asked: pauses that outlive a sync, the breaker, rows that wait and are held."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from tests.integration import test_sync_withheld
from tests.integration.postgres import Database
from tests.integration.receiver import Answer, Received, Receiver
from tests.integration.worlds import NOW, STATE, World, destination, held_by, make_state, no_wait, send_to, users

from dbt_audiences.core.definitions import Duration
from dbt_audiences.core.project import QuietHours
from dbt_audiences.run.warehouses import postgres
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.engine import retry_rejected
from dbt_audiences.sync.intervals import interval_of, quiet_until
from dbt_audiences.sync.pace import Paces

RELATIONS = {name: name for name in STATE}


@pytest.fixture(autouse=True)
def every_sync_is_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one sync learns is known to the next by the warehouse alone."""
    of = Paces.of
    monkeypatch.setattr(Paces, "of", lambda self, *given: of(Paces(), *given))


def later(world: World, **passed: float) -> dict[str, Any]:
    """A sync so much after the world's own time."""
    clock: Callable[[], Any] = lambda: world.clock() + timedelta(**passed)  # noqa: E731  # it must go on with the world
    return {"now": clock(), "effects": Effects(clock=clock, sleep=no_wait)}


# --- pace --------------------------------------------------------------------------------------------------------------------


def test_a_pause_that_was_asked_for_is_kept_by_later_syncs_too(world: World) -> None:
    world.want(users("a"))
    world.receiver.answers.append(Answer(429, headers={"Retry-After": "10800"}))
    assert world.sync().status == "failed"
    assert world.fetch("select requests_per_hour from destination_limits") == [(2520,)]
    result = world.sync()
    assert (result.pending, len(world.receiver.requests)) == (1, 1)
    assert "it asked for a pause; it is asked again in " in result.message
    world.syncs += 2
    assert world.sync().delivered == 1
    assert world.fetch("select requests_per_hour from destination_limits") == [(None,)]


def test_ten_failures_in_a_row_close_a_destination_for_a_minute_and_one_try_opens_it(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 1})
    world.want(users(*(f"u{n:02}" for n in range(40))))
    world.receiver.usual = Answer(500)
    result = world.sync(**later(world))
    assert (result.status, result.pending, len(world.receiver.requests)) == ("failed", 40, 10)
    assert result.message == "40 pending: 500"
    world.syncs = 0
    result = world.sync(**later(world, seconds=20))
    assert "10 tries in a row had no usable answer; it is asked again in " in result.message
    world.syncs = 0
    world.sync(**later(world, seconds=30))
    assert len(world.receiver.requests) == 10
    world.receiver.usual = Answer()
    world.syncs = 0
    assert world.sync(**later(world, seconds=65)).delivered == 40
    assert world.fetch("select failure_count from destination_limits") == [(0,)]


def test_requests_keep_to_the_limit_of_their_destination(world: World) -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    world.destination = replace(
        world.destination, rate_limit=(60, "minute"), settings={**world.destination.settings, "batch_size": 1}
    )
    world.want(users(*"abcdef"))
    assert world.sync(effects=Effects(clock=world.clock, sleep=note)).delivered == 6
    assert [round(wait) for wait in sorted(waits)] == [1, 2, 3, 4, 5]


# --- patience ----------------------------------------------------------------------------------------------------------------


def test_a_row_waits_under_its_first_date_and_is_held_after_a_week(world: World) -> None:
    world.want(users("a", "b", "c"))
    world.receiver.decide = lambda got: Answer(
        200,
        json.dumps(
            {
                "rejected": [
                    {"messageId": call["messageId"], "reason": "no"} for call in got.json["batch"] if call["userId"] == "c"
                ]
            }
        ),
    )
    world.sync()
    world.want(users("a"))
    world.receiver.decide, world.receiver.usual = None, Answer(503)
    world.sync()
    ((since, lag),) = world.fetch("select behind_since, lag_seconds from connections")
    world.syncs += 24 * 6
    world.receiver.usual = Answer(401)
    assert world.sync().status == "held"
    assert world.fetch("select behind_since, lag_seconds > 500000 from connections") == [(since, True)]
    assert world.fetch("select distinct created_at from deliveries where status = 'pending'") == [(since,)]
    world.syncs += 24
    world.receiver.usual = Answer(503)
    result = world.sync()
    assert (result.status, lag) == (
        "held",
        0,
    ) and "1 held, tried for 7 days: audiences retry --destination hook" in result.message
    before = len(world.receiver.requests)
    world.receiver.usual = Answer()
    assert world.sync().status == "held" and len(world.receiver.requests) == before
    assert world.fetch("select state from connections") == [("held",)]
    assert retry_rejected(world.warehouse, RELATIONS, "hook", "vips", "tried for") == 1
    result = world.sync()
    assert (result.status, result.delivered) == ("synced", 1)
    assert held_by(world.calls()) == {"a": True, "b": False, "c": True} and world.held == {("user_id", "a")}


@pytest.mark.parametrize("did_arrive", [True, False])
def test_what_may_have_arrived_is_taken_back_or_said_again_when_it_was_held(world: World, did_arrive: bool) -> None:
    held: dict[str, bool] = {}

    def apply(got: Received) -> Answer:
        held.update(held_by(got.json["batch"]))
        return Answer()

    def lose(got: Received) -> Answer:
        if did_arrive:
            apply(got)
        return Answer(500)

    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 2})
    world.receiver.decide = apply
    world.want(users("a", "b"))
    world.sync()
    world.want(users("a", "c", "d"))
    world.receiver.decide = lose
    world.sync()
    world.syncs += 24 * 8
    assert world.sync().status == "held"
    assert world.fetch("select count(*) from requests where body is not null") == [(0,)]
    world.receiver.decide = apply
    world.want(users("a", "b", "c"))  # d left and b is in again while nobody knew what had arrived
    world.sync()
    retry_rejected(world.warehouse, RELATIONS, "hook", "vips")
    assert world.sync().status == "synced"
    assert {name for name, is_in in held.items() if is_in} == {"a", "b", "c"}
    assert world.held == {("user_id", name) for name in "abc"}


def test_who_comes_and_leaves_while_nothing_can_be_sent_waits_no_longer(world: World) -> None:
    world.send = send_to(as_="events")
    world.receiver.answers.append(Answer(503, headers={"Retry-After": "60"}))
    world.want(users("a", "b"))
    world.sync()
    world.destination = replace(world.destination, settings={**world.destination.settings, "url": "http://127.0.0.1:9/"})
    world.want(users("a", "b", "c"))
    assert world.sync().pending == 3
    assert world.fetch("select profile_id, type, event from deliveries where profile_id = 'p-c'") == [
        ("p-c", "track", "Audience Entered")
    ]
    world.want(users("a", "b"))
    world.sync()
    assert world.fetch("select count(*) from deliveries where profile_id = 'p-c'") == [(0,)]


def test_all_of_this_is_the_same_on_postgres(loading: Database, tmp_path: Path) -> None:
    warehouse = cast(Any, postgres.connect(loading.credentials()))
    for test in (
        test_a_pause_that_was_asked_for_is_kept_by_later_syncs_too,
        test_a_row_waits_under_its_first_date_and_is_held_after_a_week,
        partial(test_what_may_have_arrived_is_taken_back_or_said_again_when_it_was_held, did_arrive=True),
        test_who_comes_and_leaves_while_nothing_can_be_sent_waits_no_longer,
        test_sync_withheld.test_who_was_taken_as_known_and_left_is_sent_when_they_come_back,
    ):
        for table in ("wanted_table", "holdouts", "approvals", "alert_states", "notifications", *STATE):
            warehouse.execute(f"drop table if exists {table} cascade")
        make_state(warehouse)
        with Receiver() as receiver:
            test(World(warehouse, receiver, tmp_path, destination=destination(settings={"url": receiver.url})))
    warehouse.close()


# --- intervals ---------------------------------------------------------------------------------------------------------------


def test_a_destination_is_brought_up_to_date_no_more_often_than_it_wishes(world: World) -> None:
    world.destination = replace(world.destination, every=Duration(2, "hours"))
    world.want(users("a"))
    assert world.sync().delivered == 1
    world.want(users("a", "b"))
    result = world.sync()
    assert (result.status, len(world.receiver.requests)) == ("waiting", 1)
    assert result.message.startswith("it is brought up to date every 2 hours at most: next from ")
    assert world.fetch("select status from connections") == [("synced",)]
    assert world.sync(dry_run=True).pending == 1
    world.syncs = 1
    assert world.sync(**later(world, hours=1.9)).delivered == 1  # a schedule of two hours is never exactly that
    world.want(users("a", "b", "c"))
    world.syncs = 1
    assert world.sync(resync=True, **later(world, hours=2)).delivered == 3


def test_lists_of_some_vendors_have_an_interval_of_their_own() -> None:
    spec = destination_types()["facebook_custom_audiences"]
    facebook = destination(type="facebook_custom_audiences")
    assert interval_of(facebook, spec, "list") == Duration(1, "hours")
    assert interval_of(replace(facebook, every=Duration(1, "days")), spec, "list") == Duration(1, "days")
    assert interval_of(destination(), destination_types()["webhook"], "list") is None


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (("21:00", "08:00", "Europe/Berlin"), "2026-02-01T20:00", "2026-02-02T07:00"),
        (("21:00", "08:00", "Europe/Berlin"), "2026-02-01T19:59", None),
        (("21:00", "08:00", "Europe/Berlin"), "2026-02-02T06:59", "2026-02-02T07:00"),
        (("21:00", "08:00", "Europe/Berlin"), "2026-02-02T07:00", None),
        (("21:00", "08:00", "Europe/Berlin"), "2026-03-28T21:00", "2026-03-29T06:00"),  # the clock goes forward that night
        (("12:00", "13:30", "UTC"), "2026-02-01T12:00", "2026-02-01T13:30"),
        (("12:00", "13:30", "UTC"), "2026-02-01T13:30", None),
        (("12:00", "13:30", "America/New_York"), "2026-02-01T12:30", None),
    ],
)
def test_quiet_hours_go_by_the_clock_of_their_zone(hours: tuple[str, str, str], at: str, until: str | None) -> None:
    quiet = QuietHours(time.fromisoformat(hours[0]), time.fromisoformat(hours[1]), hours[2])
    expected = None if until is None else datetime.fromisoformat(f"{until}Z")
    assert quiet_until(quiet, datetime.fromisoformat(f"{at}Z")) == expected


def test_nothing_is_sent_in_quiet_hours(world: World) -> None:
    quiet = QuietHours(time(8), time(7, 59), "UTC")
    world.destination = replace(world.destination, quiet_hours=quiet)
    world.want(users("a"))
    night = {"now": NOW, "effects": Effects(clock=lambda: NOW, sleep=no_wait)}
    result = world.sync(**night)
    assert (result.status, result.message) == ("waiting", "quiet hours until 2026-02-02 07:59 UTC")
    assert world.receiver.requests == [] and world.sync(dry_run=True, **night).pending == 1
    morning = NOW.replace(hour=7, minute=59)
    assert world.sync(now=morning, effects=Effects(clock=lambda: morning, sleep=no_wait)).delivered == 1


def test_a_slow_destination_is_left_when_its_time_is_up_and_the_rest_follows_with_the_next_sync(world: World) -> None:
    names = [f"u{n:03}" for n in range(100)]
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 1})
    world.want(users(*names))
    at = [world.clock()]

    def decide(_: Received) -> Answer:
        at[0] += timedelta(minutes=1)
        return Answer()

    world.receiver.decide = decide
    slow = Effects(clock=lambda: at[0], sleep=no_wait)
    result = world.sync(effects=slow, deadline=at[0] + timedelta(minutes=30))
    # A wave of one, then of 20 and of 10: each took long, and the next is half as large.
    assert (result.status, result.delivered, result.pending) == ("waiting", 31, 69)
    assert "its time limit is used up" in result.message
    ((status, lag),) = world.fetch("select status, lag_seconds from connections")
    assert status == "waiting" and int(str(lag)) >= 0
    late = world.sync(effects=slow, deadline=at[0])
    assert (late.status, late.delivered) == ("waiting", 0)
    assert world.sync(effects=slow, deadline=at[0], resync=True).delivered == 100  # who asks for all again, waits for it
    assert world.sync(effects=slow).status == "synced"
    assert held_by(world.calls()) == dict.fromkeys(names, True)
    assert len({request.id for request in world.receiver.requests}) == len(world.receiver.requests)
