"""Forgetting a person: rows, files, destinations and what comes later; and suppressing one, and one identifier of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest
from tests.integration.postgres import Server
from tests.integration.projects import Project, identify, new_project, track
from tests.integration.receiver import Answer, Receiver

EMAIL, DEVICE, SHARED = "ann.smith@example.com", "device-of-ann-0001", "tablet-of-both-01"
PHONE = "00 49 (30) 123-456"
TEXTS = (EMAIL, DEVICE, "Ann.Smith", "123-456", "4930123456")
HOOK = "destination: hook\ntype: webhook\nsettings: {{url: '{}'}}\nallow_private_addresses: true\n"
SEND = [{"destination": "hook", "identifiers": {"user_id": "all", "email": "all"}}]


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, listening: Receiver) -> Project:
    return shop(tmp_path_factory.mktemp("forget"), listening)


@pytest.fixture
def receiver(made: Project, listening: Receiver) -> Receiver:
    listening.requests.clear()
    listening.answers.clear()
    return listening


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "shop")


def shop(folder: Path, receiver: Receiver, output: Mapping[str, object] | None = None) -> Project:
    """Ann and Bob, who share a tablet; both bought, and the destination knows it."""
    project = new_project(folder / "shop")
    if output is not None:
        project.write("profiles.yml", json.dumps({"shop": {"target": "dev", "outputs": {"dev": output}}}))
    project.write("destinations/hook.yml", HOOK.format(receiver.url))
    project.write("identity.yml", "identifiers:\n  phone: {trait: phone, normalize: phone}\n")
    project.define("buyers", "{performed: Bought}", send_to=SEND)
    project.define("busy_accounts", "{users: any, who: {performed: Bought, at_least: 2}}", of="accounts")
    project.write("traits/total.yml", "trait: total\nperformed: Bought\nsum: price\nsend_to: [{destination: hook}]\n")
    project.load(
        identify(-9, userId="7", anonymousId=DEVICE, traits={"email": f" {EMAIL.upper()} ", "name": "Ann.Smith"}),
        identify(-9, userId="7", traits={"phone": PHONE, "seats": 3}, messageId="phone"),
        identify(-9, userId="bob", traits={"email": "bob@example.com", "told_by": f"see mailto:{EMAIL}"}),
        *(track("7", "Bought", -8 + day, anonymousId=SHARED, properties={"price": 5, "n": "7"}) for day in range(2)),
        track("bob", "Bought", -6, anonymousId=SHARED, properties={"price": 3, "n": "7"}),
        track("7", "Bought", -5, context={"groupId": "acme"}, properties={"price": 1}),
        {"type": "group", "userId": "7", "groupId": "acme", "timestamp": "2026-01-20T00:00:00Z", "messageId": "g"},
    )
    (project.root / "bad.jsonl").write_text(f'{{"type": "track", "userId": "7", "traits": {{"email": "{EMAIL}"}}}}\n')
    project.audiences("load", str(project.root / "bad.jsonl"))
    (project.root / "bad.jsonl").unlink()
    project.run(sync=True)
    return project


def where_found(project: Project, *texts: str) -> list[str]:
    """Tables and files of the project that hold one of these texts, in any case."""
    found = []
    with duckdb.connect(str(project.root / "warehouse.duckdb"), read_only=True) as connection:
        for schema, table in connection.sql(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall():
            rows = connection.sql(f'select * from "{schema}"."{table}"').fetchall()
            found += [f"{schema}.{table}" for row in rows for text in texts if text.lower() in str(row).lower()]
    for path in project.root.rglob("*"):
        if path.is_file() and any(text.lower().encode() in path.read_bytes().lower() for text in texts):
            found.append(path.name)
    return sorted(set(found))


def test_nothing_of_a_person_is_left_and_everybody_else_stays(project: Project, receiver: Receiver) -> None:
    sent = len(receiver.requests)
    assert project.sql("select profile_id from audiences.busy_accounts") == [("acme",)]
    assert "raw.calls" in where_found(project, *TEXTS)
    receipt = project.audiences("forget", f"email:{EMAIL}", "--json").json
    assert receipt["identifiers"] == {"anonymous_id": 2, "email": 1, "phone": 1, "user_id": 1}
    assert [(one["audience"], one["status"]) for one in receipt["removals"]] == [("buyers", "removed"), ("total", "removed")]
    assert receipt["left"] == [] and not receipt["is_repeated"]
    calls = [call for request in receiver.requests[sent:] for call in request.json["batch"]]
    assert {(call["userId"], str(call["traits"].get("buyers", call["traits"].get("total")))) for call in calls} == {
        ("7", "False"),
        ("7", "None"),
    }
    assert where_found(project, *TEXTS, SHARED) == []
    assert project.members("buyers") == {"bob"}
    assert project.sql("select profile_id from audiences.busy_accounts") == []
    assert project.sql("select count(*) from audiences.profiles") == [(1,)]
    ((told, count),) = project.sql("select any_value(traits ->> 'told_by'), count(*) from raw.calls where type = 'identify'")
    assert (told, count) == ("see mailto:", 1)
    assert project.sql("select properties ->> 'n' from raw.calls where type = 'track'") == [("7",)]
    assert "no profile has the identifier" in project.audiences("person", f"email:{EMAIL}", expect=2).err

    # What comes later of the same person is not taken; of others it is, without what is the person's.
    sent = len(receiver.requests)
    later = [
        identify(1, userId="7", traits={"plan": "gold"}),
        track(None, "Bought", 1, anonymousId=DEVICE),
        identify(1, userId="new", traits={"email": EMAIL}, messageId="new"),
        track("bob", "Bought", 2, anonymousId=SHARED),
    ]
    project.load(*later)
    project.run(day=3, sync=True)
    assert project.members("buyers") == {"bob"}
    assert where_found(project, *TEXTS) == []
    assert {value for _, value in project.sql("select type, value from audiences.profile_identifiers")} == {
        "bob", "bob@example.com", "new"
    }  # fmt: skip
    # What others write to the raw table is left out where calls are read.
    project.sql(
        "insert into raw.calls (message_id, type, event, occurred_at, user_id, loaded_at) "
        "values ('x', 'track', 'Bought', timestamp '2026-02-02', '7', timestamp '2026-02-05')"
    )
    project.run(day=4, sync=True)
    assert project.members("buyers") == {"bob"}
    again = project.audiences("forget", "user_id:7", "--json").json
    assert again["is_repeated"] and again["left"] == []


def test_a_destination_that_is_down_is_told_later_and_only_then_the_ledger_forgets(
    project: Project, receiver: Receiver
) -> None:
    receiver.answers.extend([Answer(500)] * 40)
    project.sql(f"update raw.calls set load_id = 'of {EMAIL}' where user_id = 'bob'")
    receipt = project.audiences("forget", "user_id:7", "--json", expect=1).json
    assert {one["status"] for one in receipt["removals"]} == {"failed"}
    left = {one["place"]: one["is_ours"] for one in receipt["left"]}
    assert left.items() >= {"hook, buyers": True, "hook, total": True, "raw.calls.load_id": True}.items()
    project.sql("update raw.calls set load_id = 'b'")
    tables = {one for one in where_found(project, EMAIL) if "." in one and not one.endswith(".duckdb")}
    assert tables == {"audiences.acknowledged", "audiences.deliveries", "audiences.requests"}
    receiver.answers.clear()
    project.audiences("sync")
    assert [one for one in where_found(project, *TEXTS) if not one.endswith(".duckdb")] == []
    assert project.audiences("forget", "user_id:7", "--json").json["left"] == []
    assert where_found(project, *TEXTS) == []


def test_one_identifier_is_taken_from_a_person_who_stays(project: Project, receiver: Receiver) -> None:
    sent = len(receiver.requests)
    receipt = project.audiences("forget", "user_id:7", "--only", f"email:{EMAIL}", "--json").json
    assert receipt["identifiers"] == {"email": 1} and receipt["left"] == []
    calls = [call for request in receiver.requests[sent:] for call in request.json["batch"]]
    assert {call["traits"].get("buyers") for call in calls if "buyers" in call["traits"]} == {False, True}
    assert project.members("buyers") == {"7", "bob"}
    assert project.sql("select count(*) from audiences.profile_identifiers where type = 'email'") == [(1,)]
    assert where_found(project, EMAIL) == []
    project.load(identify(2, userId="7", traits={"email": EMAIL, "plan": "gold"}, messageId="gold"))
    project.run(day=3)
    assert project.sql("select count(*) from audiences.profile_identifiers where type = 'email'") == [(1,)]
    assert project.sql("select user_id, email from audiences_build.stg_calls where message_id = 'gold'") == [("7", None)]
    assert where_found(project, EMAIL) == []
    assert where_found(project, PHONE) != []
    project.audiences("forget", "user_id:7", "--only", "phone:+4930123456")
    assert where_found(project, PHONE, "+4930123456") == []
    assert project.sql("select cast(traits as text) from raw.calls where message_id = 'phone'") == [
        ('{"phone":null,"seats":3}',)
    ]
    refused = project.audiences("forget", "user_id:bob", "--only", "email:nobody@example.com", expect=2)
    assert "the profile has no identifier `email:nobody@example.com`" in refused.err


def test_nothing_new_is_taken_of_who_is_suppressed_until_that_is_lifted(project: Project, receiver: Receiver) -> None:
    assert project.audiences("suppress", f"email:{EMAIL}", "--json").json["identifiers"] == {
        "anonymous_id": 2, "email": 1, "phone": 1, "user_id": 1
    }  # fmt: skip
    project.audiences("suppress", "user_id:nobody yet")
    project.load(track("7", "Bought", 1), track("nobody yet", "Bought", 1), track("bob", "Bought", 1))
    project.run(day=2)
    bought = "select count(*) from audiences_build.stg_calls where event = 'Bought' and user_id = '7'"
    assert project.sql(bought) == [(3,)]
    assert project.members("buyers") == {"7", "bob"}
    project.audiences("suppress", f"email:{EMAIL}", "--lift")
    project.load(track("7", "Bought", 1, messageId="after"))
    project.run(day=2)
    assert project.sql(bought) == [(4,)]
    assert "is not suppressed" in project.audiences("suppress", f"email:{EMAIL}", "--lift", expect=2).err


def test_postgres_keeps_nothing_of_a_person_either(tmp_path: Path, receiver: Receiver, server: Server) -> None:
    database = server.database("forgotten")
    project = shop(tmp_path, receiver, database.credentials())
    receipt = project.audiences("forget", f"email:{EMAIL}", "--json").json
    assert receipt["left"] == [] and {one["status"] for one in receipt["removals"]} == {"removed"}
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'")
        for schema, table in cursor.fetchall():
            cursor.execute(f"""select count(*) from "{schema}"."{table}" as t where t::text ~* '{EMAIL}|{DEVICE}|{SHARED}'""")
            assert cursor.fetchone() == (0,) or schema in ("pg_catalog", "information_schema"), (schema, table)
    project.load(track("7", "Bought", 1), track("bob", "Bought", 1))
    project.run(day=2)
    assert project.members("buyers") == {"bob"}
    assert project.audiences("suppress", "user_id:bob", "--json").json["identifiers"]["user_id"] == 1
    project.load(track("bob", "Bought", 2))
    project.run(day=3)
    assert project.audiences("status", "buyers", "--json").json["keys"][0]["members"] == 1
