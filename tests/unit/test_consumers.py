"""What refers to a key, and circles of references of any length."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.spec import load_project
from dbt_audiences.spec.consumers import consumers_of
from dbt_audiences.spec.references import CYCLE


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "dbt_project.yml", "name: shop\n")
    return tmp_path


def test_everything_that_refers_to_an_audience_is_found_once_a_line_with_its_place(root: Path) -> None:
    write(root, "audiences/vip.yml", "audience: vip\nwho: everyone\n")
    write(
        root,
        "audiences/big.yml",
        "audience: big\nenabled: false\nwho:\n  none:\n    - in_audience: vip\n    - {in_audience: vip}\n",
    )
    example = "{as_of: 2026-01-01T00:00:00Z, given: {ann: {memberships: [vip]}}, expect: {out: [ann]}}"
    write(root, "audiences/plain.yml", f"audience: plain\nwho: everyone\nexamples:\n  - {example}\n")
    account = "audience: rich\nof: accounts\nwho:\n  users: any\n  who: {in_audience: vip}\n"
    write(root, "audiences/rich.yml", account)
    write(
        root,
        "destinations/crm.yml",
        "destination: crm\ntype: folder\npriority: [[vip, plain]]\nrequires: {not_in_audience: vip}\n",
    )
    found = consumers_of(load_project(root), "vip")
    assert [(one.kind, one.key, one.how, one.place.file, one.place.line) for one in found] == [
        ("audience", "big", "in_audience", "audiences/big.yml", 5),
        ("audience", "big", "in_audience", "audiences/big.yml", 6),
        ("audience", "plain", "example", "audiences/plain.yml", 4),
        ("audience", "rich", "in_audience", "audiences/rich.yml", 5),
        ("destination", "crm", "priority", "destinations/crm.yml", 1),
        ("destination", "crm", "requires", "destinations/crm.yml", 4),
    ]
    assert consumers_of(load_project(root), "plain")[0].how == "priority"


def test_everything_that_refers_to_a_trait_is_found_also_where_it_is_sent_along(root: Path) -> None:
    write(root, "traits/spend.yml", "trait: spend\nperformed: Bought\nsum: price\n")
    write(
        root,
        "traits/above.yml",
        "trait: above\nperformed: Bought\ncount: true\nwhere:\n  - {property: price, gt: {trait: spend}}\n",
    )
    send = "send_to:\n  - {destination: crm, traits: [spend]}\n"
    write(root, "audiences/big.yml", f"audience: big\nwho: {{trait: spend, gt: 5}}\n{send}")
    write(root, "audiences/custom.yml", "audience: custom_one\nwho: {trait: custom.spend, gt: 5}\n")
    (root / "audiences/custom.yml").rename(root / "audiences/custom_one.yml")
    write(root, "destinations/crm.yml", "destination: crm\ntype: folder\n")
    found = consumers_of(load_project(root), "spend")
    assert [(one.key, one.how, one.place.line) for one in found] == [
        ("big", "trait", 2),
        ("big", "send_to", 4),
        ("above", "trait", 5),
    ]


@pytest.mark.parametrize("length", [2, 3, 10, 500])
def test_a_circle_of_any_length_is_refused_with_its_path(root: Path, length: int) -> None:
    keys = [f"a{number:03}" for number in range(length)]
    for key, following in zip(keys, [*keys[1:], keys[0]], strict=True):
        write(
            root,
            f"audiences/{key}.yml",
            f"audience: {key}\nwho: {{all: [{{performed: Bought}}, {{in_audience: {following}}}]}}\n",
        )
    with pytest.raises(DefinitionError) as refused:
        load_project(root)
    (problem,) = refused.value.problems
    assert (str(problem.place), problem.message) == ("audiences/a000.yml:2:34", CYCLE)
    assert problem.hint == " -> ".join([*keys, keys[0]])


def test_a_circle_through_references_to_traits_is_refused_too(root: Path) -> None:
    for key, other in (("one", "two"), ("two", "three"), ("three", "one")):
        where = f"where:\n  - {{property: price, gt: {{trait: {other}}}}}\n"
        write(root, f"traits/{key}.yml", f"trait: {key}\nperformed: Bought\nsum: price\n{where}")
    with pytest.raises(DefinitionError) as refused:
        load_project(root)
    (problem,) = refused.value.problems
    assert (problem.message, problem.hint) == (CYCLE, "one -> two -> three -> one")
