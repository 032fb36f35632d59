"""`audiences test`: many examples at once, each as if it were alone, and why one fails."""

from __future__ import annotations

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
