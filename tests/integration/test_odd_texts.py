"""Odd names and values pass unharmed: from a definition and a file, through the warehouse, to a folder and a receiver."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.integration.projects import Project, identify, new_project, track
from tests.integration.receiver import Receiver

TEXTS = (
    "It's", 'a "b"', "a\\b", "{{ x }}", "{% raw %}", "{# no #}", '"; drop table x; --', "a\nb", "a\tb",
    "\U0001f6d2\U0001f469\u200d\U0001f467",
    "\u0645\u0631\u062d\u0628\u0627", "%", "_", "$1", "null", "x" * 10_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = new_project(tmp_path_factory.mktemp("odd") / "shop")
    calls = []
    for number, text in enumerate(TEXTS):
        calls += [
            track(f"event-{number}", text, -1),
            track(f"property-{number}", "E", -1, properties={text: text, "p": text}),
            identify(-1, userId=f"trait-{number}", traits={"note": text, text: 1}),
            track(text, "Id", -1, messageId=f"id-{number}"),
        ]
    project.load(*calls)
    for number, text in enumerate(TEXTS):
        quoted = json.dumps(text)
        path = json.dumps(text.replace(".", "\\."))
        project.define(f"event_{number}", f"{{performed: {quoted}}}", name=text, description=text)
        if text != "$1":
            project.define(f"property_{number}", f"{{performed: E, where: [{{property: {path}, equals: {quoted}}}]}}")
        project.define(f"trait_is_{number}".replace("trait_", "note_"), f"{{trait: note, one_of: [{quoted}, zzz]}}")
        project.define(
            f"contains_{number}",
            f"{{performed: E, where: [{{property: p, contains: {quoted}}}, {{property: p, starts_with: {quoted}}}]}}",
        )
    project.define("ids", "{performed: Id}", name='{{ "odd" }}', description="It's {{ x }}")
    project.run()
    return project


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_an_odd_text_is_found_as_name_and_value(project: Project, number: int) -> None:
    found = {key: {row[0] for row in project.sql(
        f"select i.value from audiences.{key} join audiences.profile_identifiers as i using (profile_id)"
    )} for key in (f"event_{number}", f"note_is_{number}", f"contains_{number}")}  # fmt: skip
    assert found[f"event_{number}"] == {f"event-{number}"}
    assert found[f"note_is_{number}"] == {f"trait-{number}"}
    starting = {f"property-{other}" for other, text in enumerate(TEXTS) if text.startswith(TEXTS[number])}
    assert found[f"contains_{number}"] == starting
    if (project.root / f"audiences/property_{number}.yml").exists():
        rows = project.sql(
            f"select i.value from audiences.property_{number} join audiences.profile_identifiers as i using (profile_id)"
        )
        assert {row[0] for row in rows} == {f"property-{number}"}


def test_odd_identifiers_arrive_unharmed(project: Project, tmp_path: Path) -> None:
    shop = project.copy(tmp_path / "shop")
    for path in (shop.root / "audiences").glob("*_[0-9]*.yml"):
        path.unlink()
    with Receiver() as receiver:
        shop.write(
            "destinations/hook.yml",
            f"destination: hook\ntype: webhook\nsettings: {{url: '{receiver.url}'}}\nallow_private_addresses: true\n",
        )
        shop.write("destinations/files.yml", "destination: files\ntype: folder\nsettings: {path: out}\n")
        shop.define(
            "ids",
            "{performed: Id}",
            send_to=[{"destination": "hook", "as": "list", "list": 'a "list"\n{{ x }}'}, {"destination": "files"}],
        )
        shop.run(sync=True)
        request = receiver.requests[0].json
    assert request["list"] == 'a "list"\n{{ x }}'
    assert {member["identifiers"]["user_id"] for member in request["members"]} == set(TEXTS)
    with next((shop.root / "out/ids").glob("*.csv")).open(encoding="utf-8", newline="") as file:
        assert {row["user_id"] for row in csv.DictReader(file)} == set(TEXTS)
    shop.audiences("export", "ids", "-o", str(tmp_path / "ids.jsonl"))
    exported = [json.loads(line) for line in (tmp_path / "ids.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["user_id"] for row in exported} == set(TEXTS)


def test_compiling_again_changes_nothing(project: Project) -> None:
    project.audiences("compile", "--check")
