"""Small projects for the tests of definitions: one case among files that it may refer to."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from dbt_audiences.core.errors import DefinitionError, Problem
from dbt_audiences.spec import load_project
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong, parse_yaml

CASES = Path(__file__).parents[1] / "cases" / "definitions"
AROUND = {
    "dbt_project.yml": "name: cases\n",
    "audiences/churned.yml": "audience: churned\nwho: everyone\n",
    "audiences/vip.yml": "audience: vip\nwho: {performed: Order Completed, at_least: 10}\n",
    "audiences/big_accounts.yml": "audience: big_accounts\nof: accounts\nwho: {trait: seats, gte: 100}\n",
    "traits/total_revenue.yml": "trait: total_revenue\nperformed: Order Completed\nsum: revenue\n",
    "traits/account_revenue.yml": "trait: account_revenue\nof: accounts\nperformed: Order Completed\nsum: revenue\n",
    "destinations/braze.yml": "destination: braze\ntype: webhook\nsettings: {url: https://example.com}\n",
    "destinations/files.yml": "destination: files\ntype: folder\nsettings: {path: out}\n",
    "identity.yml": "identifiers: {my_custom_id: {trait: my_custom_id}}\n",
    "models/rows.yml": "models:\n"
    "  - name: stg_subscriptions\n    config: {meta: {entity: {name: subscriptions, user_id: u, references: {products: p}}}}\n"
    "  - name: stg_products\n    config: {meta: {entity: {name: products, key: id}}}\n"
    "  - name: stg_seats\n    config: {meta: {entity: {name: seats, account_id: a}}}\n",
    "lists/vips.csv": "a@example.com, first\n b@example.com ,second\n\na@example.com,again\n",
    "lists/people.tsv": "name\temail\nAnn\ta@example.com\nBob\t\n",
    "lists/empty.csv": "",
}
KIND = re.compile(rb"^\xef?\xbb?\xbf?(audience|trait|destination_type|destination|alert):", re.MULTILINE)
PLAN = re.compile(rb"^(events|violations|unplanned_events|unplanned_properties):", re.MULTILINE)
IDENTITY = re.compile(rb"^(identifiers|alias|blocked|blocked_patterns):", re.MULTILINE)


def write_around(root: Path) -> Path:
    """The files around a case."""
    for name, text in AROUND.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def kind_of(content: bytes) -> str:
    """The kind of file that the case is, by its first key; an audience where none can be found."""
    found = KIND.search(content)
    if found is None and IDENTITY.search(content):
        return "identity"
    if found is None and PLAN.search(content):
        return "tracking_plan"
    return "audience" if found is None else found[1].decode()


def place_of(kind: str, name: str) -> str:
    """Where a file of this kind stands in a project."""
    if kind == "destination_type":
        return f"destinations/types/{name}"
    return f"{kind}.yml" if kind in ("identity", "tracking_plan") else f"{kind}s/{name}"


def write_case(root: Path, case: Path) -> str:
    """Put the case among the files around; its name in the project."""
    content = case.read_bytes()
    name = place_of(kind_of(content), case.name)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_bytes(content)
    return name


def problems_of(root: Path) -> tuple[Problem, ...]:
    """Everything wrong with a project."""
    try:
        load_project(root)
    except DefinitionError as error:
        return error.problems
    return ()


def without_file(problem: Problem) -> str:
    """The problem as the head of a case writes it."""
    return str(problem).removeprefix(f"{problem.place.file}:")


def instance_of(text: str) -> object:
    """The file as a JSON Schema sees it: numbers, booleans, null, and text for all else."""
    return _plain(parse_yaml(text.removeprefix("\ufeff"), "case.yml"))


def _plain(node: Node) -> object:
    match node:
        case MapNode(entries=entries):
            return {key: _plain(value) for key, value in entries.items()}
        case ListNode(items=items):
            return [_plain(item) for item in items]
    assert isinstance(node, Scalar)
    try:
        value = node.value()
    except Wrong:
        return node.text
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, bool) else node.text
