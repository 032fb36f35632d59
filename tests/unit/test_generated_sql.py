"""Generated models read as a person would write them, and the layers of models refer only backwards."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbt_audiences.run.dbt import Dbt, in_memory

ROOT = Path(__file__).parents[2]
LONGEST_CTE = 25
WIDEST_LINE = 100
DEEPEST_NESTING = 3
LAYERS = ("sources", "staging", "identity", "profiles", "lists", "events", "traits", "audiences", "changes", "sync")
GENERATED = sorted((ROOT / "models/audiences").glob("*.sql"))


@pytest.fixture(scope="module")
def dbt() -> Iterator[Dbt]:
    with tempfile.TemporaryDirectory(prefix="audiences_") as folder:
        found = in_memory(ROOT, Path(folder))
        found.parse()
        yield found


@pytest.fixture(scope="module")
def compiled(dbt: Dbt) -> dict[str, str]:
    return dbt.compile({"as_of": "2026-03-10T12:00:00", "run_id": "shape"})


def ctes(text: str) -> dict[str, list[str]]:
    """Name of each CTE -> its lines, from `name as (` to its closing parenthesis."""
    found: dict[str, list[str]] = {}
    name = None
    for line in text.splitlines():
        begins = re.match(r"([a-z0-9_]+) as \(", line)
        if begins:
            name = begins[1]
            found[name] = []
        if name is not None:
            found[name].append(line)
        if line.startswith(")"):
            name = None
    return found


def query_depth(text: str) -> int:
    """How deep queries nest: a CTE is one level, a subquery in it the next."""
    depth, deepest, opened = 0, 0, []
    for token in re.findall(r"\(|\)|\bselect\b", re.sub(r"'(?:[^']|'')*'", "''", text)):
        if token == "(":
            opened.append(False)
        elif token == ")":
            depth -= opened.pop()
        else:
            if opened and not opened[-1]:
                opened[-1] = True
                depth += 1
            deepest = max(deepest, depth)
    return deepest


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_no_cte_of_a_generated_model_is_long(path: Path) -> None:
    for name, lines in ctes(path.read_text(encoding="utf-8")).items():
        assert len(lines) <= LONGEST_CTE, name


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_no_line_of_a_generated_model_is_wide(path: Path) -> None:
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= WIDEST_LINE


@pytest.mark.parametrize("key", [path.stem for path in GENERATED])
def test_the_compiled_model_keeps_the_same_shape(compiled: dict[str, str], key: str) -> None:
    text = compiled[key]
    assert max(map(len, text.splitlines())) <= WIDEST_LINE
    assert query_depth(text) <= DEEPEST_NESTING
    for name, lines in ctes(text).items():
        assert len(lines) <= LONGEST_CTE, name


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.stem)
def test_every_condition_is_one_named_cte_that_tells_its_line(path: Path) -> None:
    definition = (ROOT / "audiences" / f"{path.stem}.yml").read_text(encoding="utf-8")
    who = definition.split("\nwho:")[1].split("\nsend_to:")[0]
    conditions = len(re.findall(r"\b(?:performed|not_performed|trait|in_audience|not_in_audience):", who))
    marked = re.findall(rf"as \(  -- audiences/{path.stem}\.yml:(\d+)", path.read_text(encoding="utf-8"))
    assert len(marked) == conditions
    lines = definition.splitlines()
    for number in marked:
        assert re.search(r"performed:|trait:|in_audience:", lines[int(number) - 1])


def test_models_refer_only_to_their_own_layer_and_those_before(dbt: Dbt) -> None:
    nodes = {id_: node for id_, node in dbt.manifest.nodes.items() if node.resource_type == "model"}
    assert len(nodes) > 40
    for node in nodes.values():
        mine = LAYERS.index(node.original_file_path.split("/")[1])
        for parent in node.depends_on.nodes:
            if parent in nodes:
                theirs = LAYERS.index(nodes[parent].original_file_path.split("/")[1])
                assert theirs <= mine, f"{node.name} reads {nodes[parent].name}"


def test_no_model_asks_for_the_time_or_the_engine() -> None:
    for folder in ("models", "macros"):
        for path in (ROOT / folder).rglob("*.sql"):
            text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.search(r"current_timestamp|\bnow\(\)|target\.type", text), path
