"""Audiences made of lists of identifiers, and audiences whose membership is frozen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import BUYERS, Project, at, call, changes, identify, new_project, shop_with_ten_buyers, track

VIPS = "email,user_id,name\n B1@Example.com ,,Ann\n,b2,Bob\n,nobody,Carl\n,,Dora\n,b2,Bob\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = shop_with_ten_buyers(tmp_path_factory.mktemp("lists") / "shop")
    project.load(identify(-1, userId="b1", traits={"email": "b1@example.com"}))
    project.run()
    return project


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


def loaded(project: Project, name: str, text: str, *arguments: str, expect: int = 0, key: str = "vips") -> str:
    """What `audiences load --list` says of a file of this text."""
    path = project.root / name
    path.write_text(text, encoding="utf-8")
    result = project.audiences("load", str(path), "--list", key, *arguments, expect=expect)
    return result.out + result.err


# --- lists -------------------------------------------------------------------------------------------------------------------


def test_a_list_is_an_audience_and_an_identifier_counts_once_somebody_has_it(project: Project) -> None:
    assert loaded(project, "vips.csv", VIPS) == (
        "vips: 3 identifiers, 2 of them known, of 2 users\n"
        "audiences/vips.yml is written; `audiences run` computes it\n"
        "1 rows hold no identifier\n"
    )
    assert (project.root / "audiences/vips.yml").read_text() == "audience: vips\nwho: {in_list: vips}\n"
    project.define("vip_buyers", "{all: [{in_audience: vips}, {in_audience: buyers}]}")
    project.run(day=0.1)
    assert project.members("vips") == project.members("vip_buyers") == {"b1", "b2"}
    told = [project.audiences("explain", "vips", f"user_id:{user}", "--json").json for user in ("b1", "b3")]
    assert [one["conditions"][0]["answer"] for one in told] == ["true", "false"]
    project.load(track("nobody", "Visited", 0.2))
    report = project.run(day=1)
    assert changes(project, "vips", report["run_id"]) == {"entered": 1}
    judged = "select evaluated_count from audiences_build.cursors where model = 'vips'"
    assert project.sql(judged) == [(1,)]  # nobody else was


def test_a_list_loaded_again_is_replaced_without_a_guard_in_its_way(project: Project) -> None:
    loaded(project, "vips.csv", "".join(f"b{n}\n" for n in range(1, 11)), "--identifier", "user_id")
    project.run(day=0.1)
    assert len(project.members("vips")) == 10
    assert loaded(project, "vips.jsonl", '{"user_id": "b9"}\n"v1"\n', "--identifier", "user_id") == (
        "vips: 2 identifiers, 2 of them known, of 2 users\n"
    )
    report = project.run(day=1)
    assert changes(project, "vips", report["run_id"]) == {"entered": 1, "exited": 9}
    loaded(project, "vips.csv", "", "--identifier", "user_id")
    project.run(day=2)
    assert project.members("vips") == set()


def test_a_list_of_accounts_makes_an_audience_of_accounts(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.load(call("group", -1, groupId="acme", userId="u1"))
    project.run(day=-0.5)
    assert "of 1 accounts" in loaded(project, "accounts.tsv", "group_id\tname\nacme\tx\nother\ty\n", key="targets")
    project.define("people", "{account: any, who: {in_list: targets}}")
    project.run()
    assert project.sql("select profile_id from audiences.targets") == [("acme",)]
    assert project.members("people") == {"u1"}
    of_account = project.audiences("explain", "targets", "group_id:acme", "--json").json
    of_user = project.audiences("explain", "people", "user_id:u1", "--json").json
    assert (of_account["is_member"], of_user["is_member"]) == (True, True)


@pytest.mark.parametrize(
    ("name", "text", "arguments", "said"),
    [
        ("vips.csv", "name\nann\n", (), "no column of `vips.csv` is called like an identifier"),
        ("vips.csv", "a,b\n1,2\n", ("--identifier", "user_id"), "name one of user_id, email"),
        ("vips.csv", "a\n", ("--identifier", "emial"), "`emial` is no type of identifier\n  did you mean `email`?"),
        ("vips.xlsx", "x", (), "`vips.xlsx` is no list\n  a list ends in .csv, .tsv or .jsonl"),
        ("vips.jsonl", "[1]\n", ("--identifier", "user_id"), "vips.jsonl:1: this names nobody"),
        ("vips.jsonl", "{", (), "vips.jsonl:1: this is no JSON"),
        ("vips.csv", "user_id,group_id\na,b\n", (), "this one has both"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(
    shop: Project, tmp_path: Path, name: str, text: str, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / name).write_text(text)
    assert said in shop.audiences("load", str(tmp_path / name), "--list", "vips", *arguments, expect=2).err


def test_a_key_with_conditions_of_its_own_is_no_list(shop: Project) -> None:
    said = loaded(shop, "x.csv", "user_id\nb1\n", key="buyers", expect=2)
    assert said == ("error: `buyers` is an audience with conditions of its own\n  its `who` would be {in_list: buyers}\n")
    assert "`Vips` cannot be a list" in loaded(shop, "x.csv", "user_id\nb1\n", key="Vips", expect=2)


def test_an_example_says_who_is_on_a_list(project: Project) -> None:
    examples = [
        {"as_of": at(0), "given": {"ann": {"lists": ["vips"]}, "bob": {}}, "expect": {"in": ["ann"], "out": ["bob"]}},
    ]
    project.define("listed", "{in_list: vips}", examples=examples)
    assert project.audiences("test", "listed").out == "1 of 1 examples hold\n"


# --- static ------------------------------------------------------------------------------------------------------------------


def test_a_static_audience_stays_as_its_first_run_found_it_through_time_events_and_full_refresh(project: Project) -> None:
    project.define("winners", BUYERS, static=True, send_to=[{"destination": "crm_files"}])
    project.run(day=0.1, sync=True)
    first = project.members("winners")
    assert len(first) == 10
    project.load(track("v1", "Bought", 0.5))
    for arguments in ((), ("--full-refresh",), ("--verify", "100%")):
        report = project.run(*arguments, day=40)
        assert project.members("winners") == first and changes(project, "winners", report["run_id"]) == {}
    project.sql("drop view audiences.winners")
    project.run(day=41)
    assert project.sql("select count(*) from audiences.winners") == [(10,)]


def test_a_static_audience_follows_merges_and_its_definition_cannot_be_edited(project: Project) -> None:
    project.write("identity.yml", "identifiers: {user_id: {limit: 2}}\n")
    project.define("winners", BUYERS, static=True)
    project.run(day=0.1)
    project.load(identify(0.2, userId="b2", traits={"email": "b1@example.com"}))
    project.run(day=1)
    assert project.sql("select count(*) from audiences.winners") == [(9,)]

    project.define("winners", "{performed: Visited}", static=True)
    refused = project.audiences("run", "--as-of", at(2), expect=2)
    assert refused.err == (
        "audiences/winners.yml:1:1: `winners` is static and was computed as of 2026-02-01: "
        "its definition cannot change any more\n  take another key, or take `static: true` out\n"
    )
    project.define("winners", "{performed: Visited}")
    project.run(day=2)
    assert project.members("winners") == {"v1", "v2", "v3", "v4"}


def test_a_static_audience_whose_file_vanished_comes_back_as_it_was(project: Project) -> None:
    project.define("winners", BUYERS, static=True)
    project.run(day=0.1)
    path = project.root / "audiences/winners.yml"
    text = path.read_text()
    path.unlink()
    project.run(day=1)
    project.load(track("v1", "Bought", 1.5))
    path.write_text(text)
    project.run(day=2)
    assert project.members("winners") == {f"b{n}" for n in range(1, 11)}


def test_the_list_of_a_static_audience_cannot_be_replaced(project: Project) -> None:
    loaded(project, "vips.csv", "user_id\nb1\n")
    project.define("vips", "{in_list: vips}", static=True)
    assert "`vips` is static: its list cannot be replaced" in loaded(project, "vips.csv", "user_id\nb2\n", expect=2)
