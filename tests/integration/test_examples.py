"""`audiences test`: many examples at once, each as if it were alone, and why one fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.integration.projects import NOW, at, new_project

BY_EMAIL = {"identifiers": {"email": "ann@example.com"}}


def example(given: dict[str, Any], day: float = 0, **expect: list[str]) -> dict[str, Any]:
    return {"as_of": at(day), "given": given, "expect": expect}


def bought(*days: float, **more: object) -> dict[str, Any]:
    return {"events": [{"performed": "Bought", "at": at(day)} for day in days], **more}


def test_examples_that_give_the_same_people_and_instants_do_not_touch_one_another(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define(
        "buyers",
        "{performed: Bought, within: 30 days}",
        examples=[
            example({"ann": bought(-1)}, **{"in": ["ann"]}),
            example({"ann": bought(-31), "bob": bought(-1)}, **{"in": ["bob"], "out": ["ann"]}),
            example({"ann": bought(-31)}, day=-5, **{"in": ["ann"]}),
            example({"ann": {**bought(-1), **BY_EMAIL}}, **{"in": ["ann"]}),
            example({"ann": {**bought(), **BY_EMAIL}}, **{"out": ["ann"]}),
        ],
    )
    project.define(
        "quiet",
        "{users: none, who: {in_audience: buyers}}",
        of="accounts",
        examples=[
            example({"accounts": {"acme": {"users": {"ann": bought(-1)}}, "quiet": {}}}, **{"in": ["quiet"], "out": ["acme"]}),
            example({"accounts": {"acme": {"users": {"ann": bought()}}}}, **{"in": ["acme"]}),
        ],
    )
    assert project.audiences("test").out == "7 of 7 examples hold\n"
    assert project.audiences("test", "quiet").out == "2 of 2 examples hold\n"


def test_a_failed_example_says_what_was_expected_and_explains_the_person(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define(
        "buyers", "{performed: Bought, within: 30 days}", examples=[example({"ann": bought(-31), "bob": {}}, **{"in": ["ann"]})]
    )
    failed = project.audiences("test", expect=1).out
    assert failed == (
        "audiences/buyers.yml:4:12: buyers: line 4\n"
        "  expected in: [ann]\n"
        "  ann should be in, and is not\n"
        f"    ann is not in buyers, as of {NOW.isoformat().replace('+00:00', 'Z')}\n"
        "      false   performed Bought within 30 days  (audiences/buyers.yml:2:6)\n"
        "              0 of 1 Bought; the next is 31 days old, outside the window\n"
        "0 of 1 examples hold\n"
    )
    (result,) = project.audiences("test", "--json", expect=1).json
    assert (result["holds"], result["missing"], result["explanations"][0]["is_member"]) == (False, ["ann"], False)


def test_an_example_of_a_computed_trait_says_which_value_everybody_has(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    given = {
        "ann": {
            "events": [
                {"performed": "Bought", "at": at(-day), "revenue": day, "sku": sku} for day, sku in ((12.5, "b"), (7, 8))
            ]
        },
        "bob": {},
    }

    def define(key: str, asks: dict[str, Any], given: dict[str, Any], *expected: dict[str, Any]) -> None:
        made = [{"as_of": at(0), "given": given, "expect": one} for one in expected]
        project.write(f"traits/{key}.yml", json.dumps({"trait": key, "performed": "Bought", **asks, "examples": made}))

    define("total", {"sum": "revenue"}, given, {"ann": 19.5, "bob": 0}, {"ann": "19.5"})
    define("best", {"max": "revenue", "within": "10 days"}, given, {"ann": 7, "bob": None}, {"ann": 12.5, "bob": 1})
    define("skus", {"unique": "sku"}, given, {"ann": [8, "b"], "bob": []}, {"ann": ["8", "b"]})
    accounts = {"accounts": {"acme": {"users": given}, "beta": {}}}
    define("orders", {"count": True, "of": "accounts"}, accounts, {"acme": 2, "beta": 0}, {"beta": False})
    project.define("big", "{trait: total, gte: 19.5}", examples=[example(given, **{"in": ["ann"], "out": ["bob"]})])
    said = project.audiences("test", expect=1).out
    found = [line.strip() for line in said.splitlines() if " should " in line]
    assert found == [
        "ann should have 12.5, and has 7",
        "bob should have 1, and has none",
        "beta should have false, and has 0",
        'ann should have ["8", "b"], and has [8,"b"]',
        'ann should have "19.5", and has 19.5',
    ]
    assert "traits/best.yml:1:" in said and said.endswith("5 of 9 examples hold\n")
    assert project.audiences("test", "skus", expect=1).out.endswith("1 of 2 examples hold\n")
    define("skus", {"unique": "sku"}, given, {"eve": 1})
    wrong = project.audiences("compile", expect=2).err
    assert "`eve` is expected, but not given" in wrong
    define("skus", {"unique": "sku"}, given, {})
    assert "`expect` names people and the value that each must have" in project.audiences("compile", expect=2).err
