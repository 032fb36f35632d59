"""What reaches a folder: one file a sync, listed in order, whole or not at all."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.integration.receiver import Answer
from tests.integration.worlds import ODD, Crash, World, users

from dbt_audiences.sync import outbox


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
