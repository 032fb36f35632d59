"""Schema and parser say the same of drawn definitions, of what is broken in them, and of what models say of themselves."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.reference.strategies import definitions, event_conditions
from tests.reference.yaml_text import to_yaml
from tests.unit.spec_projects import instance_of, problems_of, write_around

from dbt_audiences.spec import json_schema
from dbt_audiences.spec.schema import PLACE, SCHEMAS, editor_line
from dbt_audiences.spec.trait import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "python" / "dbt_audiences" / "templates" / "project"


@cache
def validator(kind: str) -> Any:
    return Draft202012Validator(json_schema(kind))


def said_by_schema(text: str, kind: str = "audience") -> list[str]:
    return [error.message for error in validator(kind).iter_errors(instance_of(text))]


def said_by_parser(files: dict[str, str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        root = write_around(Path(folder))
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return [str(problem) for problem in problems_of(root)]


@settings(max_examples=60, deadline=None)
@given(definitions())
def test_drawn_definitions_are_accepted_by_both(drawn: dict[str, dict[str, Any]]) -> None:
    texts = files_of(drawn)
    assert [said_by_schema(text, name.split("s/")[0]) for name, text in texts.items()] == [[] for _ in texts]
    assert said_by_parser(texts) == []


def files_of(drawn: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The definitions as files, each in the folder of its kind; audiences stand first."""
    kinds = {key: "trait" if "trait" in definition else "audience" for key, definition in drawn.items()}
    ordered = sorted(drawn, key=lambda key: kinds[key])
    return {f"{kinds[key]}s/{key}.yml": to_yaml(drawn[key]) for key in ordered}


def leaf(definition: dict[str, Any]) -> dict[str, Any]:
    """A mapping that is a condition: the first on the way down."""
    node: Any = definition["who"]
    while not (
        isinstance(node, dict) and {"performed", "not_performed", "trait", "in_audience", "not_in_audience"} & set(node)
    ):
        if isinstance(node, str):
            definition["who"] = node = {"performed": "Signed Up"}
            continue
        node = node[0] if isinstance(node, list) else next(iter(node.values()))
    found: dict[str, Any] = node
    return found


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown key beside who": lambda one: one.update(colour="red"),
    "an unknown key in a condition": lambda one: leaf(one).update(perfromed="x"),
    "no who": lambda one: one.pop("who"),
    "an empty list": lambda one: one.update(who=[]),
    "an empty mapping": lambda one: one.update(who={}),
    "a misspelt everyone": lambda one: one.update(who="evryone"),
    "two conditions in one mapping": lambda one: leaf(one).update(performed="x", in_audience="churned"),
    "a combiner beside a condition": lambda one: leaf(one).update(any=["everyone"]),
    "of somebody else": lambda one: one.update(of="houses"),
    "enabled with a word": lambda one: one.update(enabled="yes"),
    "a key that is none": lambda one: one.update(audience="Two Words"),
    "both ways of naming identifiers": lambda one: one.update(include_anonymous=True, identifiers=["email"]),
    "an unknown unit": lambda one: one.update(who={"performed": "x", "within": "3 fortnights"}),
    "no length at all": lambda one: one.update(who={"performed": "x", "within": "0 days"}),
    "one end of between": lambda one: one.update(who={"performed": "x", "between": ["3 days"]}),
    "a count below one": lambda one: one.update(who={"performed": "x", "at_least": 0}),
    "a negative count": lambda one: one.update(who={"performed": "x", "at_most": -1}),
    "exactly beside at_least": lambda one: one.update(who={"performed": "x", "at_least": 1, "exactly": 1}),
    "an aggregate beside a count": lambda one: one.update(who={"performed": "x", "sum": "p", "gt": 1, "at_least": 1}),
    "an aggregate that nothing compares": lambda one: one.update(who={"performed": "x", "sum": "p"}),
    "a comparison of nothing": lambda one: one.update(who={"performed": "x", "gt": 1}),
    "a trait without comparison": lambda one: one.update(who={"trait": "plan"}),
    "a comparison with null": lambda one: one.update(who={"trait": "plan", "one_of": []}),
    "a reference to somewhere else": lambda one: one.update(who={"trait": "plan", "equals": {"property": "x"}}),
    "exists with a word": lambda one: one.update(who={"trait": "plan", "exists": "maybe"}),
    "calendar days in then": lambda one: one.update(
        who={"performed": "x", "then": [{"performed": "y", "within": "1 calendar_day"}]}
    ),
    "a trait in then": lambda one: one.update(who={"performed": "x", "then": [{"trait": "y", "equals": 1}]}),
    "an empty where": lambda one: one.update(who={"performed": "x", "where": []}),
    "habits with a window": lambda one: one.update(
        who={"performed": "x", "within": "1 day", "regularly": {"at_least": 1, "of_last": 2, "each": "1 week"}}
    ),
    "an unknown quantifier": lambda one: one.update(of="accounts", who={"users": "some", "who": "everyone"}),
}


@pytest.mark.parametrize("name", BREAKS)
@settings(max_examples=5, deadline=None)
@given(drawn=definitions())
def test_what_is_broken_is_refused_by_both(name: str, drawn: dict[str, dict[str, Any]]) -> None:
    broken = copy.deepcopy(drawn)
    BREAKS[name](next(one for one in broken.values() if "audience" in one))
    texts = files_of(broken)
    assert said_by_schema(next(iter(texts.values())))
    assert said_by_parser(texts)


@st.composite
def traits(draw: st.DrawFn) -> dict[str, Any]:
    """A computed trait of any function, over the events of a drawn condition."""
    event = draw(event_conditions())
    made = {"trait": "x", "performed": event.get("performed", event.get("not_performed"))}
    made |= {key: event[key] for key in ("where", "within", "between", "since", "until") if key in event}
    function = draw(st.sampled_from(FUNCTIONS))
    made[function] = True if function == "count" else draw(st.sampled_from(["price", "products.$.sku", r"a\.b"]))
    if function in ("min", "max"):
        made |= draw(st.sampled_from([{}, {"as": "text"}, {"as": "time"}]))
    if function == "most_frequent":
        made |= draw(st.sampled_from([{}, {"at_least": 3}]))
    return made


@settings(max_examples=60, deadline=None)
@given(traits())
def test_drawn_traits_are_accepted_by_both(drawn: dict[str, Any]) -> None:
    text = to_yaml(drawn)
    assert said_by_schema(text, "trait") == []
    assert said_by_parser({"traits/x.yml": text}) == []


TRAIT_BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no function": lambda one: [one.pop(name, None) for name in FUNCTIONS],
    "two functions": lambda one: one.update(sum="p", avg="q"),
    "nothing performed": lambda one: one.pop("performed"),
    "a session beside a window": lambda one: one.update(session="30 minutes", within="1 day"),
    "a count of something": lambda one: [one.pop(name, None) for name in FUNCTIONS] and one.update(count="price"),
    "as of a sum": lambda one: [one.pop(name, None) for name in FUNCTIONS] and one.update({"sum": "p", "as": "time"}),
    "at_least of a sum": lambda one: [one.pop(name, None) for name in FUNCTIONS] and one.update(sum="p", at_least=2),
    "complete_within without then": lambda one: one.update(complete_within="1 day"),
    "a list of sends that is none": lambda one: one.update(send_to="braze"),
    "sent as a list": lambda one: one.update(send_to=[{"destination": "braze", "as": "list"}]),
    "habits": lambda one: one.update(regularly={"at_least": 1, "of_last": 2, "each": "1 week"}),
}


@pytest.mark.parametrize("name", TRAIT_BREAKS)
@settings(max_examples=5, deadline=None)
@given(drawn=traits())
def test_a_broken_trait_is_refused_by_both(name: str, drawn: dict[str, Any]) -> None:
    TRAIT_BREAKS[name](drawn)
    text = to_yaml(drawn)
    assert said_by_schema(text, "trait")
    assert said_by_parser({"traits/x.yml": text})


DESTINATION = "destination: x\ntype: folder\n"
DESTINATION_BREAKS = (
    "colour: red", "settings: out", "secrets: {key: open}", "rate_limit: fast", "rate_limit: 0/second", "requires: {}",
    "targets: []", "every: 1 calendar_day", "priority: [vip]", "priority: [[vip]]", "enabled: 1", "name: ' '",
)  # fmt: skip


@pytest.mark.parametrize("line", DESTINATION_BREAKS)
def test_a_broken_destination_is_refused_by_both(line: str) -> None:
    assert said_by_schema(DESTINATION, "destination") == said_by_parser({"destinations/x.yml": DESTINATION}) == []
    assert said_by_schema(f"{DESTINATION}{line}\n", "destination")
    assert said_by_parser({"destinations/x.yml": f"{DESTINATION}{line}\n"})


META = {
    "event: {name: A, at: t, user_id: u}": True,
    "event: {name: A, at: t, email: e, group_id: g, id: i, anonymous_id: a}": True,
    "event: {name: A, at: t}": False,
    "event: {name: A, user_id: u}": False,
    "event: {name: A, at: t, usr_id: u}": False,
    "event: [A]": False,
    "sql_trait: {identifier: user_id}": True,
    "sql_trait: {of: accounts, identifier: group_id, missing: keep}": True,
    "sql_trait: {identifier: user_id, send_to: [{destination: braze, as: boolean}]}": True,
    "sql_trait: {of: users}": False,
    "sql_trait: {identifier: user_id, of: houses}": False,
    "sql_trait: {identifier: user_id, missing: forget}": False,
    "sql_trait: {identifier: user_id, send_to: [{as: boolean}]}": False,
    "owner: [anybody]": True,
}


@pytest.mark.parametrize("meta", META)
def test_what_a_model_says_of_itself_is_judged_alike_by_both(meta: str) -> None:
    text = f"version: 2\nmodels:\n  - name: m\n    columns: [{{name: a}}]\n    config:\n      meta: {{{meta}}}\n"
    assert (said_by_schema(text, "model") == []) is META[meta]
    assert (said_by_parser({"models/m.yml": text}) == []) is META[meta]


def test_the_ymls_of_the_package_itself_fit_the_schema_of_models() -> None:
    for path in sorted((ROOT / "models").rglob("*.yml")):
        assert said_by_schema(path.read_text(encoding="utf-8"), "model") == [], path


OF_OTHERS = ("model", "identity", "tracking_plan", "destination_type")
"""Kinds of files that a new project has not."""


@pytest.mark.parametrize("kind", [kind for kind in SCHEMAS if kind not in OF_OTHERS])
def test_every_file_of_a_new_project_names_its_schema(kind: str) -> None:
    paths = sorted((TEMPLATE / f"{kind}s").glob("*.yml"))
    assert paths
    for path in paths:
        assert path.read_text(encoding="utf-8").splitlines()[0] == editor_line(kind)
    checkout = ROOT / PLACE.removeprefix("dbt_packages/dbt_audiences/")
    assert (checkout / f"{kind}.json").is_file()
