"""The page of every word cannot lie: its examples run through the very SQL that production runs."""

from __future__ import annotations

import shutil

import pytest
from docs.printed.shown import shown, write_project
from tests.integration.projects import NOW

from dbt_audiences.flow.examples import ExampleResult, run_examples
from dbt_audiences.flow.init import init
from dbt_audiences.flow.workspace import Workspace


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ExampleResult]:
    """The result of every example whose definitions the compiler builds, all of them in one project."""
    root = tmp_path_factory.mktemp("shown") / "shop"
    init(root, now=NOW)
    for folder in ("audiences", "traits", "destinations"):
        shutil.rmtree(root / folder)
    keys = [key for one in shown() for key in write_project(root, one.documents)]
    assert len(keys) == len(set(keys))
    return {result.audience: result for result in run_examples(Workspace(root), keys)}


def test_every_example_of_the_page_does_what_it_says(results: dict[str, ExampleResult]) -> None:
    wrong = [f"{one.place}: missing {one.missing}, unexpected {one.unexpected}" for one in results.values() if not one.holds]
    assert wrong == []


def test_every_word_that_can_be_built_was_run(results: dict[str, ExampleResult]) -> None:
    built = shown()
    assert len(results) == len(built) >= 65
