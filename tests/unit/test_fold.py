"""A tree of any shape becomes one model: conditions are joined a few at a time, however they are nested."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from dbt_audiences.compile.fold import MOST_JOINS
from dbt_audiences.compile.project import generate
from dbt_audiences.spec import load_project

SHAPES = [shape for size in (2, 3) for shape in product((1, 3, 4, 5, 9), repeat=size)]
"""How many conditions stand in each branch of a tree of two levels."""


@pytest.mark.parametrize("word", ["any", "all"])
def test_branches_of_any_width_are_folded(tmp_path: Path, word: str) -> None:
    inner = "any" if word == "all" else "all"
    (tmp_path / "audiences").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    for number, shape in enumerate(SHAPES):
        branches = [
            f"  - {inner}: [{', '.join(f'{{performed: E{branch}_{one}}}' for one in range(width))}]"
            for branch, width in enumerate(shape)
        ]
        text = "\n".join([f"audience: k{number}", "who:", f"  {word}:", *(f"  {branch}" for branch in branches)])
        (tmp_path / "audiences" / f"k{number}.yml").write_text(text + "\n")
    files = generate(load_project(tmp_path), lambda send, audience: {})
    for number, shape in enumerate(SHAPES):
        text = files[f"models/audiences/k{number}.sql"]
        assert text.count("dbt_audiences.performed(") == sum(shape)
        assert max(body.count("left join") for body in text.split("\n),")) <= MOST_JOINS
