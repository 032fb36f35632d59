"""What the commands print and write: members, diff, export, status, enable and disable, run, sync and compile."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.integration.processes import files
from tests.integration.projects import BUYERS, Project, artifacts, at, identify, shop_with_ten_buyers, state, track
from tests.integration.receiver import Receiver


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Read only, or put back as it was."""
    return shop_with_ten_buyers(tmp_path_factory.mktemp("commands") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


# --- members, diff -----------------------------------------------------------------------------------------------------------


def test_members_are_listed_in_the_order_of_their_ids_and_no_more_than_asked(shop: Project) -> None:
    everyone = shop.audiences("members", "buyers", "--json").json
    assert sorted(row["user_id"] for row in everyone) == sorted(f"b{n}" for n in range(1, 11))
    assert [row["profile_id"] for row in everyone] == sorted(row["profile_id"] for row in everyone)
    assert {(row["entered_at"], row["email"], row["anonymous_id"]) for row in everyone} == {
        ("2026-02-01T12:00:00Z", None, None)
    }
    assert shop.audiences("members", "buyers", "--limit", "3", "--json").json == everyone[:3]
    table = shop.audiences("members", "buyers", "--limit", "3").out.splitlines()
    assert table[0].split() == ["profile_id", "entered_at", "user_id", "email", "anonymous_id"] and len(table) == 5
    assert table[2].split() == [everyone[0]["profile_id"], "2026-02-01T12:00:00Z", everyone[0]["user_id"]]


def test_diff_tells_what_an_edited_definition_would_do_and_writes_nothing(shop: Project) -> None:
    path = shop.root / "audiences/buyers.yml"
    text = path.read_text()
    shop.define(
        "buyers", "{any: [{performed: Bought, within: 4 days}, {performed: Visited, where: [{property: x, exists: false}]}]}"
    )
    before = files(shop)
    try:
        change = shop.audiences("diff", "buyers", "--as-of", at(0), "--json").json
        said = shop.audiences("diff", "buyers", "--as-of", at(0)).out.splitlines()
        after = files(shop)
    finally:
        path.write_text(text)
    assert (len(change["entering"]), len(change["leaving"]), change["staying"]) == (4, 6, 4)
    assert said[:-1] == [f"+ {one}" for one in change["entering"]] + [f"- {one}" for one in change["leaving"]]
    assert said[-1] == "4 would enter, 6 would leave, 4 would stay"
    assert after == before
    assert shop.audiences("diff", "buyers", "--as-of", at(0)).out == "0 would enter, 0 would leave, 10 would stay\n"


# --- export ------------------------------------------------------------------------------------------------------------------


def exported(project: Project, name: str, *options: str) -> list[dict[str, Any]]:
    path = project.root / name
    said = project.audiences("export", "buyers", "-o", str(path), *options).out
    assert said == f"10 members in {path}\n"
    if path.suffix == ".csv":
        rows = [dict(row) for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]
    elif path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    else:
        found = duckdb.connect().execute(f"select * from read_parquet('{path}')")
        columns = [column[0] for column in found.description]
        rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    path.unlink()
    assert not [one for one in project.root.iterdir() if one.name.startswith(f".{name}")]
    return rows


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_an_export_has_every_member_in_each_format(shop: Project, ending: str) -> None:
    members = shop.audiences("members", "buyers", "--json").json
    nothing = "" if ending == "csv" else None
    formatted = [{**row, "entered_at": "2026-02-01 12:00:00 UTC", "email": nothing, "anonymous_id": nothing} for row in members]
    assert exported(shop, f"out.{ending}") == formatted
    assert exported(shop, f"out.{ending}", "--format", "formatted") == formatted
    plain = [{**row, "entered_at": "2026-02-01T12:00:00Z"} for row in formatted]
    assert exported(shop, f"out.{ending}", "--format", "unformatted") == plain
    chosen = exported(shop, f"out.{ending}", "--columns", "user_id, profile_id")
    assert [list(row.items()) for row in chosen] == [
        [("user_id", row["user_id"]), ("profile_id", row["profile_id"])] for row in members
    ]


def test_an_export_that_cannot_be_leaves_the_file_that_was_there(shop: Project, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    wrong = shop.audiences("export", "buyers", "-o", str(path), "--columns", "phone", expect=2).err
    assert wrong == "error: unknown column `phone`\n  there are profile_id, entered_at, user_id, email, anonymous_id\n"
    wrong = shop.audiences("export", "buyers", "-o", str(tmp_path / "out.xlsx"), expect=2).err
    assert wrong == "error: `out.xlsx` has no known ending\n  use .csv, .jsonl or .parquet\n"
    wrong = shop.audiences("export", "buyers", "-o", str(tmp_path / "gone/out.csv"), expect=2).err
    assert wrong == f"error: the folder `{tmp_path}/gone` does not exist\n"
    assert path.read_text() == "mine" and [one.name for one in tmp_path.iterdir()] == ["out.csv"]


def test_a_trait_has_no_members_and_commands_of_audiences_say_so(project: Project, tmp_path: Path) -> None:
    project.write("traits/purchases.yml", "trait: purchases\nperformed: Bought\ncount: true\n")
    for command in (("members",), ("explain", "b1"), ("export", "-o", str(tmp_path / "out.csv"))):
        wrong = project.audiences(command[0], "purchases", *command[1:], expect=2).err
        assert wrong.startswith("error: `purchases` is a trait") and "the table `traits`" in wrong
    assert list(tmp_path.glob("*.csv")) == []


# --- status, enable, disable -------------------------------------------------------------------------------------------------


def test_status_tells_of_every_key_and_connection_what_became_of_it(project: Project) -> None:
    project.define("fresh", "everyone")
    project.audiences("disable", "bought_on_business")
    (project.root / "audiences/on_business.yml").unlink()
    (project.root / "audiences/bought_on_business.yml").write_text(
        (project.root / "audiences/bought_on_business.yml").read_text().replace(", {in_audience: on_business}", "")
    )
    found = project.audiences("status", "--json").json
    at_run = "2026-02-01T12:00:00Z"
    assert [(one["key"], one["kind"], one["status"], one["members"], one["last_change_at"]) for one in found["keys"]] == [
        ("bought_on_business", "audience", "disabled", 1, at_run),
        ("buyers", "audience", "enabled", 10, at_run),
        ("fresh", "audience", "new", 0, None),
        ("on_business", "audience", "deleted", 2, at_run),
    ]
    times = {one["key"]: (one["computed_at"], one["next_due_at"]) for one in found["keys"]}
    assert times["buyers"] == (at_run, "2026-02-21T12:00:00.000001Z")  # the eldest of ten purchases is 20 days from leaving
    assert times["fresh"] == (None, None) and times["bought_on_business"] == (at_run, None)
    ((connection),) = found["connections"]
    assert (connection["destination"], connection["audience"], connection["status"]) == ("crm_files", "buyers", "synced")
    assert found["last_run"]["status"] == "succeeded" and found["last_run"] == found["last_success"]
    assert found["data_until"] == at(-1)
    table = project.audiences("status").out
    assert "on_business         audience  deleted         2" in table and "crm_files    buyers    synced" in table


def test_disable_and_enable_change_one_line_and_keep_comments(project: Project) -> None:
    path = project.root / "audiences/bought_on_business.yml"
    text = "# why we have it\r\naudience: bought_on_business  # never rename\r\nwho: everyone   # for now\r\n"
    path.write_text(text, newline="")
    said = project.audiences("disable", "bought_on_business").out
    assert said == "bought_on_business is disabled in audiences/bought_on_business.yml\n"
    off = text.replace("# never rename\r\n", "# never rename\r\nenabled: false\r\n")
    assert path.read_bytes() == off.encode()
    project.audiences("disable", "bought_on_business")
    assert path.read_bytes() == off.encode()
    project.audiences("enable", "bought_on_business")
    assert path.read_bytes() == off.replace("false", "true").encode()
    quoted = text + "enabled: true  # 'until' the sale\r\n"
    path.write_text(quoted, newline="")
    project.audiences("disable", "bought_on_business")
    assert path.read_bytes() == quoted.replace("true", "false").encode()


def test_what_others_refer_to_cannot_be_disabled(shop: Project) -> None:
    before = files(shop)
    wrong = shop.audiences("disable", "buyers", expect=2).err
    assert wrong == (
        "audiences/buyers.yml:1:1: `buyers` is disabled, but `bought_on_business` refers to it\n"
        "  disable what refers to it first, or enable this one\n"
    )
    assert files(shop) == before


# --- run ---------------------------------------------------------------------------------------------------------------------


def test_a_run_without_sync_builds_and_sends_nothing_and_sync_sends_it_later(project: Project) -> None:
    sent = sorted((project.root / "deliveries").rglob("*"))
    project.load(track("v1", "Bought", -0.5))
    report = project.run("--select", "buyers")
    assert [(one["audience"], one["entered"]) for one in report["audiences"]] == [("buyers", 1)]
    assert report["connections"] == [] and sorted((project.root / "deliveries").rglob("*")) == sent
    (connection,) = project.audiences("sync", "--json").json
    assert (connection["entered"], connection["delivered"], connection["status"]) == (1, 1, "synced")


def test_state_selects_what_was_edited_since_and_all_that_it_reads(project: Project, tmp_path: Path) -> None:
    with artifacts():
        project.dbt("parse")
    shutil.copytree(project.root / "target", tmp_path / "state")
    project.load(track("v1", "Bought", -0.5), identify(-0.5, userId="v2", traits={"plan": "business"}))
    project.define("on_business", "{trait: plan, one_of: [business, enterprise]}")
    chosen = ("--select", "state:modified", "--state", str(tmp_path / "state"))
    report = project.run(*chosen, sync=True)
    assert [(one["audience"], one["members"]) for one in report["audiences"]] == [("on_business", 3)]
    assert report["connections"] == [] and len(project.members("buyers")) == 10
    report = project.run("--select", "+bought_on_business")
    assert {one["audience"]: one["members"] for one in report["audiences"]} == {
        "bought_on_business": 2,
        "buyers": 11,
        "on_business": 3,
    }


# --- sync --------------------------------------------------------------------------------------------------------------------


def test_a_dry_run_prints_every_request_as_it_will_be_sent_and_writes_nothing(project: Project) -> None:
    with Receiver() as receiver:
        settings = f"settings: {{url: '{receiver.url}', batch_size: 4}}"
        project.write("destinations/hook.yml", f"destination: hook\ntype: webhook\n{settings}\nallow_private_addresses: true\n")
        send = [{"destination": "hook", "as": "list", "list": "It's {{ x }}"}]
        project.define("buyers", BUYERS, send_to=send)
        project.run()
        before = state(project), files(project)
        asked = ("sync", "--as-of", at(0), "--json")
        (shown,) = project.audiences(*asked, "--dry-run").json
        after = state(project), files(project)
        assert receiver.requests == [] and after[0] == before[0]
        assert {name for name in before[1] if before[1][name] != after[1].get(name)} <= {"warehouse.duckdb"}
        assert (shown["entered"], shown["pending"], shown["message"]) == (10, 10, "dry run: 10 would be sent")
        (sent,) = project.audiences(*asked).json
        assert sent["delivered"] == 10
        assert [request["body"] for request in shown["requests"]] == [request.json for request in receiver.requests]
        assert {request["url"] for request in shown["requests"]} == {receiver.url}


def test_a_resync_says_everything_again(project: Project) -> None:
    (nothing,) = project.audiences("sync", "--json").json
    assert nothing["delivered"] == 0
    (again,) = project.audiences("sync", "--resync", "--json").json
    assert (again["changed"], again["delivered"], again["status"]) == (10, 10, "synced")
    (other,) = project.audiences("sync", "--destination", "crm_files", "--audience", "buyers", "--json").json
    assert other["delivered"] == 0
    assert project.audiences("sync", "--audience", "on_business", "--json").json == []


# --- compile -----------------------------------------------------------------------------------------------------------------


def test_check_names_what_is_stale_and_writes_nothing_and_compile_mends_it(project: Project) -> None:
    assert project.audiences("compile", "--check").out == "every model is up to date\n"
    project.define("fresh", "{performed: Returned}")
    project.define("on_business", "{trait: plan, equals: enterprise}")
    (project.root / "audiences/bought_on_business.yml").unlink()
    before = files(project)
    stale = project.audiences("compile", "--check", "--json", expect=1).json
    assert stale == {
        "new": ["models/audiences/fresh.sql", "models/events/events_returned.sql"],
        "changed": ["macros/audiences_project.sql", "models/audiences/audiences.yml", "models/audiences/on_business.sql"],
        "gone": ["models/audiences/bought_on_business.sql"],
        "unseen": {"warnings": ["audiences/fresh.yml:2:6: the event `Returned` was never seen"], "skipped": None},
    }
    said = project.audiences("compile", "--check", expect=1).out.splitlines()
    assert said[0] == "new     models/audiences/fresh.sql" and said[-1] == "gone    models/audiences/bought_on_business.sql"
    assert files(project) == before
    assert project.audiences("compile", "--json").json == stale
    assert not (project.root / "models/audiences/bought_on_business.sql").exists()
    assert project.audiences("compile", "--check").out == "every model is up to date\n"


def test_compile_touches_no_model_that_a_person_wrote(project: Project) -> None:
    project.write("models/audiences/mine.sql", "select 1 as one\n")
    project.audiences("compile")
    assert (project.root / "models/audiences/mine.sql").read_text() == "select 1 as one\n"
