"""What reaches a destination, against a real DuckDB file and a real HTTP receiver."""

from __future__ import annotations

import base64
import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook
from tests.integration.receiver import Answer, Received, Receiver

from dbt_audiences.core.definitions import Everyone, Place
from dbt_audiences.core.project import Audience, Destination, RefuseAbove, SendTo
from dbt_audiences.run.warehouses.duckdb import DuckDB, connect
from dbt_audiences.sync import outbox
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.engine import SyncResult, retry_rejected, sync_connection

ROOT = Path(__file__).parents[2]
HERE = Place("audiences/vips.yml", 1, 1)
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
SECRET = f"whsec_{base64.b64encode(b'a key of thirty-two bytes length').decode()}"
STATE = ("acknowledged", "requests", "deliveries", "connections")
ODD = ["It's", 'say "hi"', "a\\b", "{{ x }}", "two\nlines", "ünï 🎉", "a,b;c", " spaces ", "'; drop table x; --", "%s"]

Rows = list[tuple[Any, ...]]


async def no_wait(seconds: float) -> None:
    """Retries at once."""


def audience(**changes: Any) -> Audience:
    whole = Audience(
        key="vips", name="Our VIPs", description="", of="users", owner=None, folder=None, enabled=True,
        identifiers=("user_id", "email", "anonymous_id"), include_anonymous=True, history="all", timezone="UTC", compute="auto",
        every=None, account_events="own", static=False, tags=(), meta={}, who=Everyone(HERE), send_to=(),
        examples=(), place=HERE,
    )  # fmt: skip
    return replace(whole, **changes)


def send_to(**changes: Any) -> SendTo:
    whole = SendTo(
        destination="hook", as_=None, identifiers=None, traits=(), entered_event="Audience Entered",
        exited_event="Audience Exited", list_name=None, existing_members="send", users=False, enabled=True, refuse_above=None,
        holdout=None, place=HERE,
    )  # fmt: skip
    return replace(whole, **changes)


def destination(**changes: Any) -> Destination:
    whole = Destination(
        key="hook", type="webhook", name="Hook", settings={}, secrets={}, rate_limit=None, requires=None, targets=None,
        every=None, priority=(), allow_private_addresses=True, enabled=True, place=Place("destinations/hook.yml", 1, 1),
    )  # fmt: skip
    return replace(whole, **changes)


def make_state(warehouse: DuckDB) -> None:
    for model in yaml.safe_load((ROOT / "models/sync/sync.yml").read_text())["models"]:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        warehouse.execute(f"create table {model['name']} ({columns})")
    warehouse.execute("create table wanted_table (profile_id text, identifier_type text, identifier_value text, traits text)")
    warehouse.execute("create view send_hook_vips as select * from wanted_table")


@dataclass
class World:
    """One connection, its warehouse and its receiver."""

    warehouse: DuckDB
    receiver: Receiver
    root: Path
    send: SendTo = field(default_factory=send_to)
    destination: Destination = field(default_factory=destination)
    audience: Audience = field(default_factory=audience)
    syncs: int = 0

    def want(self, rows: Rows) -> None:
        """Rows of (profile_id, identifier_type, identifier_value[, traits]) are what must hold now."""
        self.warehouse.execute("delete from wanted_table")
        full = [(*row, "{}") if len(row) == 3 else row for row in rows]
        self.warehouse.insert("wanted_table", ("profile_id", "identifier_type", "identifier_value", "traits"), full)

    def sync(self, **changes: Any) -> SyncResult:
        self.syncs += 1
        given: dict[str, Any] = {
            "desired": '"send_hook_vips"', "sync_id": f"sync-{self.syncs}", "now": NOW + timedelta(hours=self.syncs),
            "as_of": NOW, "target": "dev", "root": self.root, "approved": False, "dry_run": False, "project": "shop",
            "effects": Effects(sleep=no_wait),
        }  # fmt: skip
        relations = {name: f'"{name}"' for name in STATE}
        return sync_connection(self.warehouse, relations, self.destination, self.audience, self.send, **(given | changes))

    def fetch(self, sql: str) -> Rows:
        return self.warehouse.fetch(sql)

    @property
    def held(self) -> set[tuple[str, str]]:
        return {(str(row[0]), str(row[1])) for row in self.fetch(
            "select identifier_type, identifier_value from acknowledged where is_member"
        )}  # fmt: skip

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return [call for request in self.receiver.requests[since:] for call in request.json["batch"]]

    def to_folder(self, **settings: Any) -> None:
        self.destination = destination(type="folder", settings={"path": "out", **settings})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    warehouse = connect({"path": str(tmp_path / "warehouse.duckdb")})
    make_state(warehouse)
    with Receiver() as receiver:
        yield World(warehouse, receiver, tmp_path, destination=destination(settings={"url": receiver.url}))
    warehouse.close()


def users(*names: str, traits: str = "{}") -> Rows:
    return [(f"p-{name}", "user_id", name, traits) for name in names]


def held_by(calls: list[dict[str, Any]], before: Mapping[str, bool] | None = None) -> dict[str, bool]:
    """What a receiver that applies every call believes."""
    state = dict(before or {})
    for call in calls:
        state[call.get("userId") or call["anonymousId"]] = call["traits"]["vips"]
    return state


# --- differences -------------------------------------------------------------------------------------------------------------


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


# --- answers -----------------------------------------------------------------------------------------------------------------


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


# --- crashes -----------------------------------------------------------------------------------------------------------------


class Crash(Exception):
    """The process dies here."""


def test_a_crash_between_sending_and_settling_repeats_the_same_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.want(users("a", "b"))

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", die)
        with pytest.raises(Crash):
            world.sync()
    assert world.held == set()
    assert world.sync().delivered == 2
    first, second = world.receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    assert world.sync().delivered == 0


def test_a_killed_process_repeats_what_was_in_flight_under_the_same_ids(world: World) -> None:
    world.want(users("a", "b", "c"))
    world.warehouse.close()
    script = (
        "import sys; from pathlib import Path; from tests.integration.test_sync import *\n"
        "root, url = Path(sys.argv[1]), sys.argv[2]\n"
        "warehouse = connect({'path': str(root / 'warehouse.duckdb')})\n"
        "hook = destination(settings={'url': url, 'batch_size': 1})\n"
        "World(warehouse, None, root, destination=hook).sync()\n"
    )
    world.receiver.answers.extend([Answer(), Answer(delay=30)])
    process = subprocess.Popen([sys.executable, "-c", script, str(world.root), world.receiver.url], cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(world.receiver.requests) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    before = {request.id: request.body for request in world.receiver.requests}
    assert len(before) == 3
    world.warehouse = connect({"path": str(world.root / "warehouse.duckdb")})
    result = world.sync()
    assert (result.delivered, result.pending) == (2, 0)
    assert {request.id: request.body for request in world.receiver.requests} == before
    assert world.held == {("user_id", "a"), ("user_id", "b"), ("user_id", "c")}


def test_a_crash_in_the_middle_of_settling_settles_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.want(users("a", "b"))
    execute = DuckDB.execute

    def dying(self: DuckDB, sql: str) -> None:
        if sql.startswith('insert into "acknowledged"'):
            raise Crash
        execute(self, sql)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDB, "execute", dying)
        with pytest.raises(Crash):
            world.sync()
    assert world.fetch("select status from deliveries") == [("pending",), ("pending",)]
    world.sync()
    assert len({(request.id, request.body) for request in world.receiver.requests}) == 1


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
    assert world.sync().delivered == 2
    assert held_by(world.calls()) == {"a": False, "c": True}


def test_what_is_disabled_sends_nothing(world: World) -> None:
    world.want(users("a"))
    world.send = send_to(enabled=False)
    assert world.sync().status == "disabled"
    world.send, world.destination = send_to(), replace(world.destination, enabled=False)
    assert world.sync().status == "disabled"
    assert world.receiver.requests == []


def test_a_dry_run_shows_every_request_and_writes_nothing(world: World) -> None:
    world.destination = replace(world.destination, settings={**world.destination.settings, "batch_size": 1})
    world.want(users("a", "b"))
    result = world.sync(dry_run=True)
    assert [request["body"] for request in result.requests] and len(result.requests) == 2
    assert result.requests[0]["method"] == "POST" and result.requests[0]["url"] == world.receiver.url
    assert all(world.fetch(f"select count(*) from {table}") == [(0,)] for table in STATE)
    assert world.receiver.requests == []


# --- folder ------------------------------------------------------------------------------------------------------------------


def files(world: World, ending: str) -> list[Path]:
    return sorted((world.root / "out" / "vips").glob(f"*.{ending}"), key=lambda path: path.name)


def manifest(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (world.root / "out" / "_manifest.jsonl").read_text().splitlines()]


def test_a_folder_gets_one_file_a_sync_and_a_manifest_in_order(world: World) -> None:
    world.to_folder()
    traits = '{"plan":"go, \\"ld\\""}'
    world.want([("p", "user_id", "u", traits), ("p", "email", "a@x.y", traits), ("q", "anonymous_id", "an,on", "{}")])
    assert world.sync().delivered == 2
    (file,) = files(world, "csv")
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [tuple(row.values()) for row in rows] == [
        ("vips", "add", "p", "u", "a@x.y", "", traits),
        ("vips", "add", "q", "", "", "an,on", "{}"),
    ]
    assert world.sync().delivered == 0
    world.want([("q", "anonymous_id", "an,on")])
    world.sync()
    assert [(entry["rows"], entry["sync_id"]) for entry in manifest(world)] == [(2, "sync-1"), (1, "sync-3")]
    for entry in manifest(world):
        path = world.root / "out" / entry["file"]
        assert entry["sha256"].startswith(path.stem.rpartition("-")[2]) and entry["audience"] == "vips"
    assert not list((world.root / "out").rglob("*.part"))


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "csv"])
def test_a_folder_keeps_odd_texts_in_every_format(world: World, ending: str) -> None:
    world.to_folder(format=ending)
    world.want([(f"p{n}", "user_id", text, json.dumps({"t": text})) for n, text in enumerate(ODD)])
    world.sync()
    (file,) = files(world, ending)
    if ending == "parquet":
        columns = "user_id, traits"
        found = duckdb.sql(f"select {columns} from read_parquet('{file}') order by profile_id").fetchall()
    elif ending == "csv":
        with file.open(newline="") as opened:
            found = [(row["user_id"], row["traits"]) for row in csv.DictReader(opened)]
    else:
        found = [(row["user_id"], json.dumps(row["traits"])) for row in map(json.loads, file.read_text().splitlines())]
    assert [(user, json.loads(traits)["t"]) for user, traits in found] == [(text, text) for text in ODD]


def test_a_crash_before_settling_does_not_write_a_file_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.to_folder()
    world.want(users("a"))

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "settle", die)
        with pytest.raises(Crash):
            world.sync()
    with (world.root / "out" / "_manifest.jsonl").open("a") as torn:
        torn.write('{"file": "half a li')
    world.want(users("a", "b"))
    world.sync()
    assert len(files(world, "csv")) == len(manifest(world)) == 2
    assert world.held == {("user_id", "a"), ("user_id", "b")}


def test_a_file_that_was_prepared_but_lost_is_made_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.to_folder()
    world.want(users("a"))

    def die(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr("dbt_audiences.sync.destinations.folder.Folder.deliver", die)
        with pytest.raises(Crash):
            world.sync()
    (part,) = (world.root / "out").rglob("*.part")
    part.unlink()
    result = world.sync()
    assert (result.status, result.delivered, result.pending) == ("synced", 1, 0)
    assert len(files(world, "csv")) == len(manifest(world)) == 1


def test_a_folder_that_cannot_be_written_leaves_everything_pending(world: World) -> None:
    (world.root / "out").write_text("a file, not a folder")
    world.to_folder()
    world.want(users("a"))
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1) and result.message.startswith("1 pending: ")
    (world.root / "out").unlink()
    assert world.sync().status == "synced"


def test_a_destination_of_another_type_gets_what_the_old_one_did_not_acknowledge(world: World) -> None:
    world.want(users("a"))
    world.receiver.usual = Answer(500)
    world.sync()
    world.to_folder()
    assert (world.sync().delivered, len(files(world, "csv"))) == (1, 1)


# --- laws --------------------------------------------------------------------------------------------------------------------

people = st.dictionaries(
    st.sampled_from(["p1", "p2", "p3", "p4"]),
    st.tuples(
        st.sets(st.integers(1, 2)), st.sets(st.integers(1, 3)), st.sampled_from(['{}', '{"plan":"gold"}'])
    ),
)  # fmt: skip
troubles = st.lists(st.sampled_from([200, 200, 200, 400, 422, 500, 503, 401]), max_size=4)


def wanted_rows(state: Mapping[str, tuple[set[int], set[int], str]]) -> Rows:
    rows: Rows = []
    for person, (numbers, emails, traits) in state.items():
        rows += [(person, "user_id", f"{person}-u{n}", traits) for n in numbers]
        rows += [(person, "email", f"{person}-e{n}", traits) for n in emails]
    return rows


@given(st.lists(st.tuples(people, troubles, st.booleans()), min_size=1, max_size=4), people, st.integers(1, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_after_any_troubles_a_list_holds_exactly_who_must_be_in_it(
    tmp_path: Path, steps: list[Any], last: Any, batch_size: int
) -> None:
    warehouse = connect({"path": ":memory:"})
    make_state(warehouse)
    with Receiver() as receiver:
        hook = destination(settings={"url": receiver.url, "batch_size": batch_size})
        world = World(warehouse, receiver, tmp_path, destination=hook, send=send_to(as_="list"))
        bodies: dict[str, bytes] = {}
        taken: list[tuple[str, list[dict[str, Any]]]] = []
        script: list[int] = []
        seen: set[str] = set()

        def decide(got: Received) -> Answer:
            assert bodies.setdefault(got.id, got.body) == got.body
            status = script.pop(0) if script else 200
            if got.id in seen and status in (400, 422):  # what was taken is not refused when it comes again
                status = 200
            seen.add(got.id)
            if status in (200, 500):  # a 500 may come after the destination has taken it
                taken.append((got.json["op"], got.json["members"]))
            return Answer(status)

        receiver.decide = decide
        for state, answers, resync in [*steps, (last, [], True)]:
            script[:] = answers
            world.want(wanted_rows(state))
            result = world.sync(resync=resync, approved=True)
            script.clear()
        assert (result.status, result.pending) == ("synced", 0)
        held: set[tuple[str, str]] = set()
        profiles: set[str] = set()
        for op, members in taken:
            for member in members:
                identifiers = set(member["identifiers"].items())
                held = held | identifiers if op == "add" else held - identifiers
                profiles = profiles | {member["profile_id"]} if op == "add" else profiles - {member["profile_id"]}
        rows = wanted_rows(last)
        assert held == world.held == {(row[1], row[2]) for row in rows}
        assert profiles == {row[0] for row in rows}
    warehouse.close()
