"""Syncs of traits and of accounts killed with -9 while requests are on their way: nothing lost, nothing said twice anew."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from tests.integration.processes import started, wait_for
from tests.integration.projects import Project, call, new_project, track
from tests.integration.receiver import Answer, Received, Receiver

KILLS = 2
USERS = [f"u{number}" for number in range(12)]


def shop_with_twelve_users(folder: Path, url: str) -> Project:
    project = new_project(folder)
    project.write(
        "destinations/hook.yml",
        f"destination: hook\ntype: webhook\nsettings: {{url: '{url}', batch_size: 2}}\nallow_private_addresses: true\n",
    )
    project.write("traits/total.yml", "trait: total\nperformed: Ordered\nsum: n\nsend_to: [{destination: hook}]\n")
    who = "{performed: Ordered, at_least: 2}"
    project.define("active", who, of="accounts", send_to=[{"destination": "hook", "users": True}])
    project.load(
        *(track(user, "Ordered", -1, properties={"n": number}) for number, user in enumerate(USERS)),
        *(
            call("group", -2, userId=user, groupId=f"a{number // 3}", messageId=f"g{user}")
            for number, user in enumerate(USERS)
        ),
    )  # fmt: skip
    return project


def believed(requests: list[Received]) -> dict[tuple[str, str], Any]:
    """What a receiver holds that takes each `webhook-id` once: (name, whom it is about) -> value."""
    once = {request.id: request for request in reversed(requests)}
    found: dict[tuple[str, str], Any] = {}
    for request in requests:
        if once[request.id] is request:
            for one in request.json["batch"]:
                whom = one.get("groupId") or one["userId"]
                found |= {(name, whom): value for name, value in one["traits"].items()}
    return found


def _has_grown(receiver: Receiver, to: int) -> bool:
    return len(receiver.requests) >= to


def test_a_sync_killed_in_the_middle_goes_on_where_it_was(tmp_path: Path) -> None:
    with Receiver() as receiver:
        project = shop_with_twelve_users(tmp_path / "shop", receiver.url)
        project.run()
        for kill in range(1, KILLS + 1):
            wanted, seen = 2 * kill - 1, len(receiver.requests)
            receiver.usual = Answer(delay=0.3)
            process = started(project, "sync")
            wait_for(partial(_has_grown, receiver, seen + wanted))
            process.kill()
            assert process.wait(60) == -9
        receiver.usual = Answer()
        in_doubt = {row[0] for row in project.sql("select request_id from audiences.requests where status = 'attempted'")}
        assert in_doubt, "no request was on its way when the sync was killed"
        before = len(receiver.requests)
        project.audiences("sync")
        again = {request.id: request.body for request in receiver.requests[before:]}
        assert in_doubt <= set(again)
        assert all(again.get(request.id, request.body) == request.body for request in receiver.requests[:before])
        accounts = [f"a{number}" for number in range(4)]
        expected = {("total", user): number for number, user in enumerate(USERS)}
        expected |= {("active", whom): True for whom in (*USERS, *accounts)}
        assert believed(receiver.requests) == expected
        held = project.sql("select audience, count(*) from audiences.acknowledged where is_member group by all")
        assert sorted(held) == [("active", 16), ("total", 12)]
        said = [one["messageId"] for request in {r.id: r for r in receiver.requests}.values() for one in request.json["batch"]]
        assert len(set(said)) == len(said) == 28, "a statement was made anew under another request"
        sent = len(receiver.requests)
        project.audiences("sync")
        assert len(receiver.requests) == sent
