"""What files of a project say of one another, and what is wrong with where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.spec_projects import problems_of, write_around

from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.spec import load_project

CYCLE = "The audience would create a cycle by referencing another audience"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_around(tmp_path)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def texts(root: Path) -> list[str]:
    return [str(problem) for problem in problems_of(root)]


def test_a_project_without_dbt_project_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no dbt_project\.yml"):
        load_project(tmp_path)


@pytest.mark.parametrize("length", [1, 2, 3, 30])
def test_a_cycle_of_any_length_is_written_out(root: Path, length: int) -> None:
    keys = [f"c{number:02}" for number in range(length)]
    for key, following in zip(keys, [*keys[1:], keys[0]], strict=True):
        write(root, f"audiences/{key}.yml", f"audience: {key}\nwho: {{none: [{{in_audience: {following}}}]}}\n")
    circle = " -> ".join([*keys, keys[0]])
    assert texts(root) == [f"audiences/c00.yml:2:14: {CYCLE}\n  {circle}"]


def test_traits_close_cycles_too(root: Path) -> None:
    write(root, "traits/one.yml", "trait: one\nperformed: A\ncount: true\nwhere: {property: a, gt: {trait: two}}\n")
    write(root, "traits/two.yml", "trait: two\nperformed: A\ncount: true\nwhere: {property: a, gt: {trait: one}}\n")
    assert texts(root) == [f"traits/one.yml:4:26: {CYCLE}\n  one -> two -> one"]


def test_two_ways_to_one_audience_are_no_cycle(root: Path) -> None:
    write(root, "audiences/a.yml", "audience: a\nwho: [{in_audience: b}, {in_audience: c}]\n")
    write(root, "audiences/b.yml", "audience: b\nwho: {in_audience: c}\n")
    write(root, "audiences/c.yml", "audience: c\nwho: {in_audience: vip}\n")
    assert texts(root) == []


def test_a_disabled_audience_names_its_consumers(root: Path) -> None:
    write(root, "audiences/off.yml", "audience: off\nenabled: false\nwho: everyone\n")
    write(root, "audiences/a.yml", "audience: a\nwho: {in_audience: off}\n")
    write(root, "audiences/b.yml", "audience: b\nenabled: false\nwho: {in_audience: off}\n")
    write(root, "destinations/d.yml", "destination: d\ntype: webhook\nrequires: {not_in_audience: off}\n")
    assert texts(root) == [
        "audiences/off.yml:1:1: `off` is disabled, but `a`, `destination d` refer to it\n"
        "  disable what refers to it first, or enable this one"
    ]


def test_a_disabled_trait_names_its_consumers(root: Path) -> None:
    write(root, "traits/off.yml", "trait: off\nenabled: false\nperformed: A\ncount: true\n")
    write(root, "audiences/a.yml", "audience: a\nwho: {performed: A, sum: p, gt: {trait: off}}\n")
    assert texts(root) == [
        "traits/off.yml:1:1: `off` is disabled, but `a` refers to it\n  disable what refers to it first, or enable this one"
    ]


def test_audiences_and_traits_share_one_set_of_keys(root: Path) -> None:
    write(root, "traits/vip.yml", "trait: vip\nperformed: A\ncount: true\n")
    assert texts(root) == ["traits/vip.yml:1:1: `vip` is an audience too\n  audiences and traits share one set of keys"]


def test_a_file_with_problems_makes_no_others(root: Path) -> None:
    write(root, "audiences/broken.yml", "audience: broken\nwho: {perfomed: A}\nenabled: 5\n")
    write(root, "audiences/a.yml", "audience: a\nwho: {in_audience: broken}\n")
    write(root, "audiences/b.yml", "audience: b\nwho: {in_audience: no_yaml}\n")
    write(root, "audiences/no_yaml.yml", "audience: no_yaml\nwho: {\n")
    found = texts(root)
    assert [text.split(":")[0] for text in found] == ["audiences/broken.yml", "audiences/broken.yml", "audiences/no_yaml.yml"]


def test_every_file_is_read_before_anything_is_said(root: Path) -> None:
    write(root, "audiences/a.yml", "audience: a\nname: 1\nwho: {performed: A, at_least: 0, whitin: 1 day}\n")
    write(root, "destinations/d.yml", "destination: d\n")
    with pytest.raises(DefinitionError) as caught:
        load_project(root)
    places = [str(problem.place) for problem in caught.value.problems]
    assert places == ["audiences/a.yml:2:7", "audiences/a.yml:3:31", "audiences/a.yml:3:34", "destinations/d.yml:1:1"]


@pytest.mark.parametrize(
    ("kind", "text"), [("audience", "who: everyone"), ("trait", "performed: A"), ("destination", "type: x")]
)
def test_a_definition_below_models_is_refused(root: Path, kind: str, text: str) -> None:
    write(root, "models/deep/x.yml", f"{kind}: x\n{text}\n")
    assert texts(root) == [
        f"models/deep/x.yml:1:1: a definition lies below `models/`, where dbt ignores it\n  move it to `{kind}s/`"
    ]


def test_a_definition_in_a_folder_below_is_refused(root: Path) -> None:
    write(root, "audiences/team/x.yml", "audience: x\nwho: everyone\n")
    assert texts(root) == [
        "audiences/team/x.yml:1:1: a definition lies directly in `audiences/`\n  move it there; `folder:` groups audiences"
    ]


@pytest.mark.parametrize("ending", [".yaml", ".YML", ".json"])
def test_a_definition_with_another_ending_is_refused(root: Path, ending: str) -> None:
    write(root, f"audiences/x{ending}", "audience: x\nwho: everyone\n")
    assert texts(root) == [f"audiences/x{ending}:1:1: a definition ends in `.yml`, not `{ending}`\n  rename it to `x.yml`"]


def test_sql_traits_and_events_of_models_are_read(root: Path) -> None:
    write(
        root,
        "models/sql_traits/m.yml",
        "models:\n"
        "  - name: scores\n    columns: [{name: churn}]\n"
        "    config: {meta: {sql_trait: {of: users, identifier: user_id, missing: keep}}}\n"
        "  - name: orders\n    config: {meta: {event: {name: Order Completed, at: paid_at, user_id: customer}}}\n",
    )
    project = load_project(root)
    assert [(one.model, one.of, one.identifier) for one in project.sql_traits] == [("scores", "users", "user_id")]
    assert [(one.model, one.name, one.at, one.user_id) for one in project.event_sources] == [
        ("orders", "Order Completed", "paid_at", "customer")
    ]


def test_an_event_model_must_name_somebody(root: Path) -> None:
    write(root, "models/m.yml", "models:\n  - name: m\n    config: {meta: {event: {name: A, at: t, usr_id: u}}}\n")
    assert texts(root) == [
        "models/m.yml:3:28: `meta.event` names nobody\n  give the column of `user_id`, `anonymous_id` or `email`",
        "models/m.yml:3:45: `usr_id` is not known in `meta.event`\n  did you mean `user_id`?",
    ]


def test_a_file_that_cannot_be_read_says_why(root: Path) -> None:
    (root / "audiences" / "gone.yml").symlink_to(root / "nowhere.yml")
    assert texts(root) == [
        "audiences/gone.yml:1:1: the file cannot be read: No such file or directory\n"
        "  look at its rights, and whether it is there"
    ]


def test_a_project_without_a_name_is_a_wrong_use(root: Path) -> None:
    write(root, "dbt_project.yml", "version: 1\n")
    with pytest.raises(UsageError) as caught:
        load_project(root)
    assert str(caught.value) == "dbt_project.yml has no `name`\n  dbt needs one too"
