"""Texts that break careless programs, as names and as values: defined, loaded, computed, sent and exported unharmed."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.integration.projects import Project, artifacts, identify, new_project, track
from tests.integration.receiver import Received, Receiver

csv.field_size_limit(1_000_000)

TEXTS = {
    "apostrophe": "It's",
    "backslash": "a\\b",
    "expression": "{{ x }}",
    "statement": "{% raw %}",
    "open_comment": "{# never closed",
    "injection": '"; drop table x; --',
    "quoted_injection": "'); drop schema audiences cascade; --",
    "newline": "two\nlines",
    "carriage_return": "two\r\nlines",
    "tab": "two\tcells",
    "sql_comment": "/* -- */ #",
    "wildcards": "100%_*?[a]",
    "dollars": "$1 ${x} $$",
    "emoji": "👩‍👩‍👧 🦆",
    "right_to_left": "שלום مرحبا",
    "override": "a\u202egnp.exe",
    "yaml": "- a: [b, *c] # &d !e | > %",
    "null": "null",
    "off": 'a,"b";c',
    "long": "long " * 1999 + "text!",
}


def definition(key: str, text: str) -> dict[str, object]:
    """An audience that is named by the text and compares with it in every way."""
    head, tail = text[:60], text[-60:]
    compared = [
        {"property": "p", "equals": text},
        {"property": "p", "one_of": [text, "another"]},
        {"property": "p", "contains": text[1:]},
        {"property": "p", "starts_with": head},
        {"property": "p", "ends_with": tail},
        {"property": "p", "matches": "^" + re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", head)},
        {"property": "p", "not_equals": f"{text}."},
        {"property": "p", "none_of": [f"{text}.", "another"]},
        {"property": text.replace(".", "\\."), "equals": text},
    ]
    who = [
        {"performed": text, "exactly": 1},
        {"performed": "Said", "where": compared},
        {"trait": "note", "equals": text},
    ]
    send = {"as": "list", "list": text, "traits": ["note"]}
    send_to = [{"destination": "hook", **send}, {"destination": "crm_files", "traits": ["note"]}]
    return {"audience": key, "name": text, "description": text, "who": who, "send_to": send_to, "owner": text, "folder": "odd"}


class World:
    """The project after one run, and what the receiver got."""

    def __init__(self, project: Project, receiver: Receiver) -> None:
        self.project = project
        self.report: Any = None
        self.receiver = receiver

    def requests(self, key: str) -> list[Received]:
        return [request for request in self.receiver.requests if request.json["audience"] == key]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    project = new_project(tmp_path_factory.mktemp("odd_texts") / "shop")
    with Receiver() as receiver:
        world = World(project, receiver)
        project.write(
            "destinations/hook.yml",
            f"destination: hook\ntype: webhook\nsettings: {{url: '{receiver.url}'}}\nallow_private_addresses: true\n",
        )
        for key, text in TEXTS.items():
            project.write(f"audiences/{key}.yml", json.dumps(definition(key, text), ensure_ascii=False))
        project.define("everyone", "everyone")
        for number, text in enumerate([*TEXTS.values(), "nobody"]):
            project.load(
                identify(-2, userId=text, traits={"note": text}, messageId=f"i{number}"),
                track(text, text, -1, messageId=f"e{number}"),
                track(text, "Said", -1, messageId=f"s{number}", properties={"p": text, text: text}),
            )
        world.report = project.run(sync=True)
    return world


def test_every_model_is_built_and_every_connection_synced(world: World) -> None:
    assert world.report["failures"] == []
    assert {one["audience"]: (one["name"], one["status"], one["members"]) for one in world.report["audiences"]} == {
        "everyone": ("everyone", "built", len(TEXTS) + 1)
    } | {key: (text, "built", 1) for key, text in TEXTS.items()}
    assert {(one["status"], one["delivered"]) for one in world.report["connections"]} == {("synced", 1)}
    assert world.project.sql("select count(*) from raw.rejected") == [(0,)]


def test_each_text_finds_its_own_person_and_nobody_else(world: World) -> None:
    found = world.project.sql(
        "select m.audience, i.value from audiences.memberships as m join audiences.profile_identifiers as i using (profile_id) "
        "where m.audience <> 'everyone'"
    )
    assert sorted(found) == sorted(TEXTS.items())
    for key in ("newline", "injection", "right_to_left"):
        (row,) = world.project.audiences("members", key, "--json").json
        assert row["user_id"] == TEXTS[key]
        assert len(world.project.audiences("members", key).out.splitlines()) == 3
    assert world.project.audiences("status", "--json").json["last_run"]["status"] == "succeeded"


def test_the_receiver_gets_each_text_as_it_is(world: World) -> None:
    for key, text in TEXTS.items():
        (request,) = world.requests(key)
        (member,) = request.json["members"]
        assert (request.json["list"], member["identifiers"], member["traits"]) == (text, {"user_id": text}, {"note": text})


def test_the_folder_gets_each_text_as_it_is(world: World) -> None:
    for key, text in TEXTS.items():
        (path,) = (world.project.root / "deliveries" / key).glob("*.csv")
        (row,) = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
        assert (row["audience"], row["op"], row["user_id"]) == (key, "add", text)
        assert json.loads(row["traits"]) == {"note": text}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_export_holds_each_text_as_it_is(world: World, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"It's out.{ending}"
    world.project.audiences("export", "everyone", "-o", str(path), "--columns", "user_id")
    if ending == "parquet":
        found = [user for (user,) in duckdb.connect().execute("select user_id from read_parquet(?)", [str(path)]).fetchall()]
    elif ending == "jsonl":
        found = [json.loads(line)["user_id"] for line in path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")]
    else:
        found = [row["user_id"] for row in csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))]
    assert sorted(found) == sorted([*TEXTS.values(), "nobody"])


def test_names_and_descriptions_reach_the_manifest_as_they_are(world: World) -> None:
    with artifacts():
        world.project.dbt("parse")
    manifest = json.loads((world.project.root / "target/manifest.json").read_text(encoding="utf-8"))
    nodes = manifest["nodes"]
    assert {key: nodes[f"model.shop.{key}"]["description"] for key in TEXTS} == TEXTS


def test_compiling_again_changes_nothing(world: World) -> None:
    assert world.project.audiences("compile", "--check").out == "every model is up to date\n"
    assert world.project.audiences("compile").out == "every model is up to date\n"
    said = world.project.audiences("diff", "quoted_injection", "--as-of", "2026-02-01T12:00:00Z").out
    assert said == "0 would enter, 0 would leave, 1 would stay\n"
