"""`audiences run` killed with -9 at random moments: the next run converges, and the receiver has every change."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.integration.projects import Project, at, new_project, track
from tests.integration.receiver import Answer, Received, Receiver

PEOPLE = 60
DESTINATION = """
destination: hook
type: webhook
settings: {url: "%s", batch_size: 5}
allow_private_addresses: true
"""


class Runs:
    """Runs of one project in children that can be killed."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.zygote = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, day: int) -> int:
        """Begin a run and give its process id."""
        assert self.zygote.stdin is not None and self.zygote.stdout is not None
        arguments = ["run", "--as-of", at(day), "--project-dir", str(self.project.root)]
        self.zygote.stdin.write(json.dumps(arguments) + "\n")
        self.zygote.stdin.flush()
        return int(self.zygote.stdout.readline())

    def ended(self) -> int:
        """Wait for the run that was started; its exit code."""
        assert self.zygote.stdout is not None
        return int(self.zygote.stdout.readline())


@contextmanager
def runs_of(project: Project) -> Iterator[Runs]:
    runs = Runs(project)
    try:
        yield runs
    finally:
        assert runs.zygote.stdin is not None
        runs.zygote.stdin.close()
        runs.zygote.wait(30)


class World:
    """What truly happened: who ordered how often, day by day."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.orders: list[tuple[str, int]] = []

    def live(self, day: int) -> list[dict[str, object]]:
        """The calls of one day."""
        users = self.random.sample(range(PEOPLE), 12)
        self.orders += [(f"u{user}", day) for user in users]
        return [track(f"u{user}", "Order Completed", day, properties={"day": day}) for user in users]

    def recent(self, day: int) -> set[str]:
        """Ordered within the last 3 days."""
        return {user for user, ordered in self.orders if day - 3 <= ordered <= day}

    def loyal(self, day: int) -> set[str]:
        """Ordered twice or more within the last 10 days."""
        counts: dict[str, int] = {}
        for user, ordered in self.orders:
            if day - 10 <= ordered <= day:
                counts[user] = counts.get(user, 0) + 1
        return {user for user, count in counts.items() if count >= 2}


def applied(requests: list[Received]) -> dict[str, set[str]]:
    """What a receiver holds that takes each idempotency key once: audience -> users."""
    held: dict[str, set[str]] = {"recent": set(), "loyal": set()}
    bodies: dict[str, bytes] = {}
    for request in requests:
        if request.id in bodies:
            assert bodies[request.id] == request.body, "an idempotency key came back with another body"
            continue
        bodies[request.id] = request.body
        for call in request.json["batch"]:
            for key, is_member in call["traits"].items():
                (held[key].add if is_member else held[key].discard)(call["userId"])
    return held


def repeats_are_repeats(requests: list[Received]) -> None:
    """No change is sent under two idempotency keys: per user and audience the keys' values alternate."""
    last: dict[tuple[str, str], bool] = {}
    seen: set[str] = set()
    for request in requests:
        if request.id in seen:
            continue
        seen.add(request.id)
        for call in request.json["batch"]:
            for key, is_member in call["traits"].items():
                assert last.get((key, call["userId"]), False) != is_member, f"{call['userId']} was told {key}={is_member} twice"
                last[key, call["userId"]] = is_member


def history_is_whole(project: Project, key: str, members: set[str]) -> None:
    """Entries and exits alternate for every profile, and end with what the memberships say."""
    rows = project.sql(
        "select i.value, c.change from audiences.membership_changes as c "
        "join audiences.profile_identifiers as i using (profile_id) "
        f"where c.audience = '{key}' order by c.changed_at"
    )
    state: dict[str, str] = {}
    for user, change in rows:
        assert state.get(user, "exited") != change, f"{user} {change} {key} twice in a row"
        state[user] = change
    assert {user for user, change in state.items() if change == "entered"} == members


def kill_at_a_random_moment(chance: random.Random, child: int, receiver: Receiver, seconds: float) -> None:
    """After a random time, or at a random request: before it is answered, or right after."""
    if chance.random() < 0.5:
        timer = threading.Timer(chance.uniform(0.02, seconds), _kill, [child])
        timer.start()
        return
    wanted = len(receiver.requests) + chance.randint(1, 6)
    answers_first = chance.random() < 0.5

    def decide(_: Received) -> Answer | None:
        if len(receiver.requests) >= wanted:
            receiver.decide = None
            if answers_first:
                threading.Timer(chance.uniform(0, 0.02), _kill, [child]).start()
            else:
                _kill(child)
        return None

    receiver.decide = decide


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def runs_killed_lose_nothing_and_repeat_nothing(folder: Path, seed: int, wanted: int) -> None:
    """So many kills, half at random times and half at random requests; some runs are killed several times over."""
    chance = random.Random(seed)
    world = World(seed)
    project = new_project(folder / "shop")
    project.define("recent", "{performed: Order Completed, within: 3 days}", send_to=[SEND])
    project.define("loyal", "{performed: Order Completed, within: 10 days, at_least: 2}", send_to=[SEND])
    kills = 0
    with Receiver() as receiver, runs_of(project) as runs:
        project.write("destinations/hook.yml", DESTINATION % receiver.url)
        project.load(*world.live(0))
        began = time.monotonic()
        runs.start(0)
        assert runs.ended() == 0
        seconds = time.monotonic() - began
        day = 0
        while kills < wanted:
            day += 1
            assert day < 4 * wanted, "hardly any run was hit"
            project.load(*world.live(day))
            child = runs.start(day)
            kill_at_a_random_moment(chance, child, receiver, seconds)
            kills += runs.ended() == -signal.SIGKILL
            receiver.decide = None
            if chance.random() < 0.5:
                continue
            runs.start(day)
            assert runs.ended() == 0
            check(project, world, day, receiver)
        runs.start(day)
        assert runs.ended() == 0
        check(project, world, day, receiver)


SEND: dict[str, Any] = {"destination": "hook", "refuse_above": {"leaving_share": 1}}


def check(project: Project, world: World, day: int, receiver: Receiver) -> None:
    """The state is that of an undisturbed run, and the receiver's is the same."""
    expected = {"recent": world.recent(day), "loyal": world.loyal(day)}
    assert applied(receiver.requests) == expected
    repeats_are_repeats(receiver.requests)
    for key, members in expected.items():
        assert {row[0] for row in project.sql(
            f"select i.value from audiences.{key} join audiences.profile_identifiers as i using (profile_id)"
        )} == members  # fmt: skip
        history_is_whole(project, key, members)
    acknowledged = project.sql("select audience, identifier_value from audiences.acknowledged where is_member")
    assert set(acknowledged) == {(key, user) for key, members in expected.items() for user in members}
