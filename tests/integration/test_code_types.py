"""The destinations that are code: tables of a real Postgres, a function of the project's own, and mail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.mail_server import MailServer
from tests.integration.postgres import Server
from tests.integration.worlds import World, audience, destination, running_world, send_to, users

from dbt_audiences.sync.trying import tried

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


@pytest.fixture
def query(world: World, server: Server, tmp_path: Path) -> Iterator[Query]:
    """The world's destination is an empty database; asks it."""
    database = server.database(f"to_{tmp_path.name.replace('-', '_')[:50]}")
    settings = {"host": database.host, "database": database.name, "user": database.user, "schema": "out", "batch_size": 2}
    world.destination = destination(type="postgres", settings=settings)
    connection = database.connect()

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    yield ask
    connection.close()


def test_memberships_become_identifies_and_users_as_segment_lays_them_out(world: World, query: Query) -> None:
    world.want([*users("a", "b", traits='{"score":1.50,"Home City":"X"}'), ("c", "anonymous_id", "anon")])
    assert world.sync().delivered == 3
    assert query("select user_id, anonymous_id, vips, score, home_city from out.identifies order by 1") == [
        ("a", None, True, Decimal("1.50"), "X"), ("b", None, True, Decimal("1.50"), "X"), (None, "anon", True, None, None),
    ]  # fmt: skip
    world.want(users("a", traits='{"score":2,"Home City":null}'))
    assert world.sync().status == "synced"
    assert query("select id, vips, score, home_city from out.users order by 1") == [
        ("a", True, Decimal(2), None), ("b", False, Decimal("1.50"), "X"),
    ]  # fmt: skip
    assert query("select count(*), count(distinct id) from out.identifies") == [(6, 6)]


def test_a_batch_that_comes_twice_changes_nothing_and_an_older_one_overwrites_nothing(world: World, query: Query) -> None:
    world.want(users("a"))
    world.sync()
    first = query("select * from out.identifies"), query("select * from out.users")
    world.warehouse.execute("delete from acknowledged")
    world.sync(sync_id="sync-1")
    assert (query("select * from out.identifies"), query("select * from out.users")) == first
    query_at = "select vips from out.users"
    world.want([])
    world.sync(as_of=world_time(world, hours=1))
    assert query(query_at) == [(False,)]
    world.want(users("a"))
    world.sync(as_of=world_time(world, hours=-1))
    assert query(query_at) == [(False,)]


def world_time(world: World, *, hours: int) -> Any:
    from datetime import timedelta

    from tests.integration.worlds import NOW

    return NOW + timedelta(hours=hours)


def test_events_and_traits_have_a_table_for_each_name(world: World, query: Query) -> None:
    world.send = send_to(as_="events")
    world.want(users("a"))
    world.sync()
    world.want([])
    world.sync()
    assert query("select user_id, event, event_text, audience_key, vips from out.audience_entered") == [
        ("a", "audience_entered", "Audience Entered", "vips", True)
    ]
    assert query("select user_id, vips from out.audience_exited") == [("a", False)]


def test_a_value_that_fits_no_column_rejects_its_row_alone(world: World, query: Query) -> None:
    world.want(users("a", traits='{"score":1}'))
    world.sync()
    world.want([*users("a", traits='{"score":1}'), *users("b", traits='{"score":"high"}'), *users("c", traits='{"score":3}')])
    result = world.sync()
    assert (result.delivered, result.rejected) == (1, 1)
    assert "the column `score` holds numeric, and its value is text" in result.message
    assert query("select id from out.users order by 1") == [("a",), ("c",)]


def test_a_list_is_a_table_of_members_and_odd_texts_stay_what_they_are(world: World, query: Query) -> None:
    world.send = send_to(as_="list", list_name="VIPs; drop table")
    odd = 'it\'s "odd" \\ {{ x }} %s'
    world.want([("p", "user_id", odd), ("p", "email", "a@x.y"), ("q", "user_id", "00123")])
    world.sync()
    found = "select list, profile_id, identifier_type, identifier_value from out.members order by 4"
    assert query(found) == [
        ("VIPs; drop table", "q", "user_id", "00123"), ("VIPs; drop table", "p", "email", "a@x.y"),
        ("VIPs; drop table", "p", "user_id", odd),
    ]  # fmt: skip
    world.want([("p", "email", "a@x.y")])
    world.sync()
    assert [row[3] for row in query(found)] == ["a@x.y"]


def test_a_database_that_refuses_the_login_holds_and_one_that_is_away_leaves_all_pending(world: World, query: Query) -> None:
    world.want(users("a"))
    whole = world.destination
    world.destination = replace(whole, settings={**whole.settings, "database": "nowhere"})
    assert (world.sync().status, tried(world.destination, world.root).verdict) == ("held", "held")
    world.destination = replace(whole, settings={**whole.settings, "host": "/nowhere"})
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1)
    assert tried(whole, world.root).reason == "it takes the credentials; tables can be made"
    world.destination = whole
    assert world.sync().delivered == 1


# --- python ------------------------------------------------------------------------------------------------------------------

FUNCTION = """
import json
from pathlib import Path

LOG = Path(__file__).with_name("log.jsonl")


def send(batch):
    if (LOG.parent / "down").exists():
        raise ConnectionError("not today")
    if (LOG.parent / "locked").exists():
        raise PermissionError("the key ran out")
    with LOG.open("a") as file:
        for row in batch.rows:
            file.write(json.dumps([batch.id, batch.op, row["identifiers"], row["attributes"]], default=str) + chr(10))
    return {row["id"]: "nobody" for row in batch.rows if row["identifiers"].get("user_id") == "bad"}
"""


def test_a_function_of_the_project_gets_each_batch_and_says_whom_it_rejects(world: World) -> None:
    folder = world.root / "destinations"
    folder.mkdir()
    (folder / "loyalty.py").write_text(FUNCTION)
    world.destination = destination(type="python", settings={"function": "destinations/loyalty.py:send"})
    world.want([*users("a", traits='{"score":1.50}'), *users("bad")])
    (folder / "down").touch()
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 2) and "ConnectionError: not today" in result.message
    (folder / "down").unlink()
    result = world.sync()
    assert (result.delivered, result.rejected, result.message) == (1, 1, "1 rejected: nobody")
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [line[1:] for line in lines] == [
        ["add", {"user_id": "a"}, {"score": "1.50", "vips": True}], ["add", {"user_id": "bad"}, {"vips": True}],
    ]  # fmt: skip
    assert {line[0] for line in lines} == {row[0] for row in world.fetch("select request_id from requests")}
    (folder / "locked").touch()
    world.want([])
    assert world.sync().status == "held"
    assert tried(world.destination, world.root).verdict == "delivered"


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("destinations/loyalty.py", "must be a file and a function, such as destinations/loyalty.py:send"),
        ("../loyalty.py:send", "there is no file ../loyalty.py in the project"),
        ("loyalty.py:other", "there is no function `other` in loyalty.py"),
        ("broken.py:send", "broken.py cannot be loaded: ZeroDivisionError"),
    ],
)
def test_a_function_that_cannot_be_called_fails_its_connection_and_says_why(world: World, function: str, said: str) -> None:
    (world.root / "loyalty.py").write_text(FUNCTION)
    (world.root / "broken.py").write_text("1 / 0\n")
    world.destination = destination(type="python", settings={"function": function})
    world.audience = audience()
    world.want(users("a"))
    result = world.sync()
    assert result.status == "failed" and said in result.message


# --- email -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """The world's destination is a mail server."""
    monkeypatch.setenv("MAIL_PASSWORD", "right")
    with MailServer(("ann", "right")) as server:
        settings = {
            "host": "127.0.0.1", "port": server.port, "security": "none", "user": "ann", "from": "a@x.y", "to": "b@x.y, c@x.y",
        }  # fmt: skip
        secrets = {"password": "{{ env_var('MAIL_PASSWORD') }}"}
        world.destination = destination(type="email", settings=settings, secrets=secrets)
        yield server


def test_a_message_says_how_many_and_names_nobody_unless_a_csv_is_wished(world: World, mail: MailServer) -> None:
    world.want(users("ann", "=cmd()"))
    assert world.sync().delivered == 2
    (first,) = mail.messages
    assert (first["Subject"], first["To"], first["From"]) == ("Our VIPs: 2 entered, 0 left", "b@x.y, c@x.y", "a@x.y")
    assert "ann" not in first.as_string() and not list(first.iter_attachments())
    world.destination = replace(world.destination, settings={**world.destination.settings, "attach": "csv"})
    world.want(users("ann", "bob"))
    assert world.sync().status == "synced"
    (attached,) = mail.messages[1].iter_attachments()
    assert attached.get_filename() == "vips-20260201T120000Z.csv"
    assert attached.get_content().splitlines() == [
        "op,profile_id,user_id,email,anonymous_id,traits", "remove,p-=cmd(),'=cmd(),,,{}", "add,p-bob,bob,,,{}",
    ]  # fmt: skip
    assert world.sync().status == "synced" and len(mail.messages) == 2


def test_a_message_whose_fate_is_unknown_comes_again_under_its_id(world: World, mail: MailServer) -> None:
    world.want(users("ann"))
    mail.is_mute = True
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1)
    mail.is_mute = False
    assert world.sync().status == "synced"
    assert len(mail.messages) == 2 and len({message["Message-ID"] for message in mail.messages}) == 1
    assert mail.messages[0].as_string() == mail.messages[1].as_string()


def test_a_mail_server_that_refuses_holds_and_one_that_is_busy_is_asked_again(
    world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.want(users("ann"))
    mail.answers["RCPT"] = "450 try later"
    assert world.sync().status == "failed"
    mail.answers["RCPT"] = "550 no such mailbox"
    assert "550: no such mailbox" in world.sync().message
    monkeypatch.setenv("MAIL_PASSWORD", "wrong")
    outcome = tried(world.destination, world.root)
    assert outcome.verdict == "held" and "535" in str(outcome.reason)
    monkeypatch.setenv("MAIL_PASSWORD", "right")
    mail.answers.clear()
    assert tried(world.destination, world.root).verdict == "delivered"
    assert (world.sync().status, len(mail.messages)) == ("synced", 1)
