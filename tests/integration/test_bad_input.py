"""Wrong definitions, wrong words on the command line and cut files: clear words, and nothing lost or half written."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import duckdb
import pytest
from tests.integration.processes import files
from tests.integration.projects import Project, at, command_line, shop_with_ten_buyers, state, track


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Read only, or put back as it was."""
    return shop_with_ten_buyers(tmp_path_factory.mktemp("bad_input") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


# --- definitions -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "message", "hint"),
    [
        (
            "audiences/y.yml",
            "audience: y\nwho: [\n",
            "3:1: this is no YAML: expected the node content, but found '<stream end>'",
            "while parsing a flow node",
        ),
        (
            "audiences/y.yml",
            "- a\n- b\n",
            "1:1: an audience must be a mapping of `key: value`",
            "such as {key: value}, or a line for each key",
        ),
        (
            "audiences/y.yml",
            "",
            "1:1: the file is empty",
            "remove it, or write the definition",
        ),
        (
            "audiences/y.yml",
            "audience: y\n\twho: everyone\n",
            "2:1: a tab is used to indent",
            "YAML indents with spaces",
        ),
        (
            "audiences/y.yml",
            "audience: y\nname: [1]\nwho: everyone\n",
            "2:7: `name` must be text",
            "a single value, in quotes where it is no plain word",
        ),
        (
            "audiences/y.yml",
            "audience: y\nwho: 3\n",
            "2:6: `3` is no condition",
            "a condition is a mapping such as `performed: Signed Up`, or `everyone`",
        ),
        (
            "audiences/y.yml",
            "audience: y\nwho: everyone\nsend_to: [{destination: crm_fles}]\n",
            "3:11: there is no destination `crm_fles`",
            "did you mean `crm_files`?",
        ),
        (
            "audiences/y.yml",
            "audience: y\nwho: {in_audience: buyrs}\n",
            "2:6: there is no audience `buyrs`",
            "did you mean `buyers`?",
        ),
        (
            "audiences/events_y.yml",
            "audience: events_y\nwho: everyone\n",
            "1:1: keys that begin with `events_` are the package's own tables",
            "choose another key, and name the file after it",
        ),
        (
            "audiences/runs.yml",
            "audience: runs\nwho: everyone\n",
            "1:1: `runs` is the name of a table that the package publishes",
            "choose another key, and name the file after it",
        ),
        (
            "models/audiences/y.yml",
            "audience: y\nwho: everyone\n",
            "1:1: a definition lies below `models/`, where dbt ignores it",
            "move it to `audiences/`",
        ),
    ],
)
def test_a_wrong_definition_says_where_and_what_and_nothing_is_written(
    shop: Project, path: str, text: str, message: str, hint: str
) -> None:
    said = f"{path}:{message}\n" + (f"  {hint}\n" if hint else "")
    before = files(shop)
    shop.write(path, text)
    try:
        for command in (["run"], ["compile"], ["sync"], ["disable", "buyers"]):
            assert shop.audiences(*command, expect=2).err == said
        failed = shop.audiences("run", "--json", expect=2)
    finally:
        (shop.root / path).unlink()
    assert failed.json["exit_code"] == 2 and failed.err == said
    (problem,) = failed.json["problems"]
    assert f"{problem['file']}:{problem['line']}:{problem['column']}: {problem['message']}" == f"{path}:{message}"
    assert problem["hint"] == (hint or None)
    assert files(shop) == before


def test_a_key_that_was_deleted_cannot_come_back_as_something_else(project: Project) -> None:
    (project.root / "audiences/bought_on_business.yml").unlink()
    project.run()
    project.define("bought_on_business", "everyone")
    before = state(project)
    result = project.audiences("run", "--as-of", at(1), expect=2)
    assert result.err == (
        "audiences/bought_on_business.yml:1:1: the key `bought_on_business` was used before, and deleted on 2026-02-01\n"
        "  tools that got the old one would mix the two: take another key, or add --reuse-key bought_on_business\n"
    )
    assert state(project) == before


# --- the command line --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rn"], "No such command 'rn'. Did you mean `run`?"),
        (["mebmers", "buyers"], "No such command 'mebmers'. Did you mean `members`?"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["run", "--no-snc"], "No such option '--no-snc'. Did you mean '--no-sync'?"),
        (["run", "--as-of", "1 May"], "Invalid value for '--as-of': `1 May` is no ISO 8601 time, such as 2026-03-10T12:00:00Z"),
        (["members"], "Missing argument 'KEY'."),
        (["members", "buyers", "--limit", "0"], "Invalid value for '--limit': 0 is not in the range x>=1."),
        (["load", "x.csv", "--people"], "--people and --identifier go together"),
    ],
)  # fmt: skip
def test_wrong_words_on_the_command_line_are_named_with_the_nearest(words: list[str], message: str) -> None:
    said = command_line(words)
    assert said.exit_code == 2 and said.out == "" and said.err.endswith(f"\n\nError: {message}\n")
    as_json = command_line([*words, "--json"])
    assert as_json.json == {"error": message, "hint": None, "exit_code": 2} and as_json.err == said.err


def test_a_folder_without_a_project_is_named(tmp_path: Path) -> None:
    hint = "go to a project, give --project-dir, or make one with `audiences init`"
    for folder in (tmp_path, tmp_path / "nowhere"):
        for command in (["run"], ["members", "buyers"], ["load", "x.jsonl"], ["status"]):
            result = command_line([*command, "--project-dir", str(folder), "--json"])
            message = f"there is no dbt_project.yml in {folder}"
            assert result.exit_code == 2 and result.err == f"error: {message}\n  {hint}\n"
            assert result.json == {"error": message, "hint": hint, "exit_code": 2}
    assert list(tmp_path.iterdir()) == []


def test_unknown_names_of_things_are_named_with_the_nearest(shop: Project) -> None:
    no_audience = "error: there is no audience `buyrs`\n  did you mean `buyers`?\n"
    for command in (["members"], ["diff"], ["export", "-o", "x.csv"], ["test"]):
        assert shop.audiences(*command, "buyrs", expect=2).err == no_audience
    for command in (["enable"], ["disable"], ["sync", "--audience"]):
        assert shop.audiences(*command, "buyrs", expect=2).err == no_audience.replace("audience", "audience or trait")
    wrong = shop.audiences("sync", "--destination", "crm_fils", expect=2).err
    assert wrong == "error: there is no destination `crm_fils`\n  did you mean `crm_files`?\n"
    wrong = shop.audiences("sync", "--approve", "events_bougt", expect=2).err
    assert wrong == "error: nothing named `events_bougt` can be approved\n  did you mean `events_bought`?\n"


# --- files of events ---------------------------------------------------------------------------------------------------------


def test_what_was_cut_in_the_middle_is_said_and_what_is_whole_is_kept(project: Project, tmp_path: Path) -> None:
    calls = [track(f"n{n}", "Bought", -1, messageId=f"cut-{n}") for n in range(400)]
    lines = "".join(json.dumps(call) + "\n" for call in calls).encode()
    (tmp_path / "calls.jsonl").write_bytes(lines[:-40])
    (tmp_path / "calls.jsonl.gz").write_bytes(gzip.compress(lines)[:-900])
    duckdb.connect().execute(
        f"copy (select 'track' as type, 'A' as event, i::text as \"userId\", '{at(-1)}' as timestamp from range(5000) t(i))"
        f" to '{tmp_path}/calls.parquet'"
    )
    whole = (tmp_path / "calls.parquet").read_bytes()
    (tmp_path / "calls.parquet").write_bytes(whole[: len(whole) // 2])
    count = "select count(*) from raw.calls"
    ((before,),) = project.sql(count)
    for name, why in (("calls.jsonl.gz", "it could not be unpacked"), ("calls.parquet", "")):
        result = project.audiences("load", str(tmp_path / name), "--json", expect=1)
        assert f"`{tmp_path / name}` is damaged or cut short" in result.json["error"] and why in result.json["error"]
        assert result.json["hint"] == "nothing of it was loaded"
    assert project.sql(count) == [(before,)]
    result = project.audiences("load", str(tmp_path / "calls.jsonl"), "--max-rejected", "0", expect=1)
    assert result.err == (
        f"error: 1 line was rejected, more than 0; the others were loaded\n  {tmp_path}/calls.jsonl:400: not JSON\n"
        "  the rejected lines are in the table `rejected`, each with its reason\n"
    )
    assert project.sql(count) == [(before + 399,)]
    (tmp_path / "calls.jsonl").write_bytes(lines)
    (loaded,) = project.audiences("load", str(tmp_path / "calls.jsonl"), "--json").json
    assert (loaded["accepted"], loaded["duplicates"], loaded["rejected"]) == (1, 399, 0)


# --- JSON --------------------------------------------------------------------------------------------------------------------


def test_with_json_every_command_prints_one_document_and_nothing_else(project: Project) -> None:
    commands = (
        ["load", "events.jsonl"], ["compile"], ["run", "--as-of", at(0)], ["members", "buyers"], ["diff", "buyers"], ["status"],
        ["sync"], ["export", "buyers", "-o", "out.csv"], ["test"],
        ["disable", "bought_on_business"], ["enable", "bought_on_business"],
    )  # fmt: skip
    os.chdir(project.root)
    for command in commands:
        result = project.audiences(*command, "--json")
        assert isinstance(result.json, dict | list) and result.err == ""
    made = command_line(["init", str(project.root / "inner"), "--json"])
    assert made.exit_code == 0 and made.json["name"] == "inner" and made.err == ""
    again = command_line(["init", str(project.root / "inner"), "--json"])
    assert again.exit_code == 2 and again.json["exit_code"] == 2 and again.err.startswith("error: ")
