"""What comes out of Segment's queries means what a person would write for them, and our own reader accepts it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.segment_pairs import ACCOUNTS, TRAITS, USERS

from dbt_audiences.core.definitions import All, Place
from dbt_audiences.core.project import Project
from dbt_audiences.flow.import_segment import Imported, import_segment
from dbt_audiences.spec import load_project

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
NOWHERE = Place("", 1, 1)
BESIDE: list[dict[str, Any]] = [
    {"key": "vip", "definition": {"query": "trait('plan') = 'gold'"}},
    {"key": "Big Accounts", "definition": {"query": "trait('seats') > 5"}, "audienceType": "ACCOUNTS"},
    {"key": "total_revenue", "definition": {"query": "event('Order Completed').sum(property('revenue'))"}},
]


def imported(folder: Path, *records: dict[str, Any]) -> Imported:
    (folder / "dbt_project.yml").write_text("name: target\n")
    (folder / "segment.json").write_text(json.dumps({"data": {"audiences": records}}))
    return import_segment(folder / "segment.json", folder)


def hand_written(folder: Path, kind: str, text: str) -> Project:
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: hand\n")
    for name, content in {
        "audiences/vip": "audience: vip\nwho: {trait: plan, equals: gold}",
        "audiences/big_accounts": "audience: big_accounts\nof: accounts\nwho: {trait: seats, gt: 5}",
        "traits/total_revenue": "trait: total_revenue\nperformed: Order Completed\nsum: revenue",
        f"{kind}s/x": text,
    }.items():
        path = folder / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return load_project(folder)


def bare(value: Any) -> Any:
    """The same tree without places, and without an `all` around a single child."""
    if isinstance(value, Place):
        return NOWHERE
    if isinstance(value, All) and len(value.children) == 1:
        return bare(value.children[0])
    if isinstance(value, tuple):
        return tuple(bare(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(value, **{one.name: bare(getattr(value, one.name)) for one in dataclasses.fields(value)})
    return value


@pytest.mark.parametrize(("query", "who"), USERS)
def test_an_audience_of_users_means_what_a_person_would_write(query: str, who: str, tmp_path: Path) -> None:
    done = imported(tmp_path, *BESIDE, {"key": "x", "definition": {"query": query}})
    assert done.not_expressed == ()
    expected = hand_written(tmp_path / "hand", "audience", f"audience: x\nwho: {who}")
    assert bare(load_project(tmp_path).audiences["x"].who) == bare(expected.audiences["x"].who)


@pytest.mark.parametrize(("query", "who"), ACCOUNTS)
def test_an_audience_of_accounts_means_what_a_person_would_write(query: str, who: str, tmp_path: Path) -> None:
    done = imported(tmp_path, *BESIDE, {"key": "x", "definition": {"query": query}, "audienceType": "ACCOUNTS"})
    assert done.not_expressed == ()
    expected = hand_written(tmp_path / "hand", "audience", f"audience: x\nof: accounts\nwho: {who}")
    made = load_project(tmp_path).audiences["x"]
    assert bare(made.who) == bare(expected.audiences["x"].who)
    assert (made.of, made.account_events) == ("accounts", "all_of_user")


@pytest.mark.parametrize(("query", "trait"), TRAITS)
def test_a_computed_trait_means_what_a_person_would_write(query: str, trait: str, tmp_path: Path) -> None:
    done = imported(tmp_path, {"key": "x", "definition": {"query": query, "type": "users"}})
    assert done.not_expressed == ()
    expected = hand_written(tmp_path / "hand", "trait", "{trait: x, performed: A, " + trait[1:])
    assert bare(load_project(tmp_path).traits["x"]) == bare(expected.traits["x"])


ROW = re.compile(r"^\| `(event|trait|ANY|ALL|NOT)(.*?)`(, [^`]*(?:`vip`)?[^`]*)? \| `(\{.*\})` \|$", re.MULTILINE)
DOCUMENTED = [(head + query, about, ours) for head, query, about, ours in ROW.findall(PAGE.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("query", "about", "ours"), DOCUMENTED)
def test_the_page_about_importing_says_what_is_done(query: str, about: str, ours: str, tmp_path: Path) -> None:
    of = "ACCOUNTS" if "of accounts" in about else "USERS"
    done = imported(tmp_path, *BESIDE, {"key": "x", "definition": {"query": query}, "audienceType": of})
    assert done.not_expressed == ()
    if "traits/x.yml" in done.written:
        expected = hand_written(tmp_path / "hand", "trait", "{trait: x, " + ours[1:])
        assert bare(load_project(tmp_path).traits["x"]) == bare(expected.traits["x"])
        return
    expected = hand_written(tmp_path / "hand", "audience", f"audience: x\nof: {of.lower()}\nwho: {ours}")
    assert bare(load_project(tmp_path).audiences["x"].who) == bare(expected.audiences["x"].who)


def test_the_page_shows_both_kinds() -> None:
    assert len(DOCUMENTED) >= 35


def test_there_are_pairs_enough() -> None:
    assert len({query for query, _ in (*USERS, *ACCOUNTS, *TRAITS)}) >= 100
