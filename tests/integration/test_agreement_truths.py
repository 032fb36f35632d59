"""Every truth table of the reference, asked of the SQL that production runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agreement import LOADED_AT, Definitions, as_profile, compiled, generated, members_of, renamed
from tests.integration.truth_cases import Case, keyed_cases
from tests.reference import truths

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.flow.evaluate import Evaluator
from dbt_audiences.flow.init import init

Asked = tuple[Case, str, str]
"""A case, the key of its definition and what the names of its people begin with."""


AT_ONCE = 150
"""Definitions whose people are loaded together: a query takes longer the more people there are, loading again takes as long."""


EVERY_NOT = 4
"""Of what is asked both ways one negation in so many is asked: a `not` is the same piece of SQL whatever stands below it, and
that it splits the universe is a law of the drawn cases. A run for mutants asks all."""


def test_the_sql_agrees_with_every_truth_table() -> None:
    keys, asked = _without_most_nots(*keyed_cases())
    with compiled(keys) as evaluator:
        wrong = [line for some in _together(asked) for line in _wrong(evaluator, some)]
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(wrong)


def _without_most_nots(keys: Definitions, asked: list[Asked]) -> tuple[Definitions, list[Asked]]:
    whos = {repr(case.definition["who"]) for case, _, _ in asked}
    both = [
        key for case, key, _ in asked if list(case.definition["who"]) == ["not"] and repr(case.definition["who"]["not"]) in whos
    ]
    unique = list(dict.fromkeys(both))
    left_out = set(unique) - set(unique[::EVERY_NOT])
    assert len(left_out) > 300
    return {key: one for key, one in keys.items() if key not in left_out}, [one for one in asked if one[1] not in left_out]


def _together(asked: list[Asked]) -> Iterator[list[Asked]]:
    """Cases at one instant, all of a definition beside one another."""
    for as_of in sorted({case.as_of for case, _, _ in asked}):
        now = [one for one in asked if one[0].as_of == as_of]
        keys = list(dict.fromkeys(key for _, key, _ in now))
        for start in range(0, len(keys), AT_ONCE):
            some = set(keys[start : start + AT_ONCE])
            yield [one for one in now if one[1] in some]


def _wrong(evaluator: Evaluator, asked: list[Asked]) -> Iterator[str]:
    as_of = asked[0][0].as_of
    profiles = [as_profile(renamed(person, name)) for case, _, name in asked for person in case.people]
    with evaluator.load(profiles) as loaded:
        answers = loaded.answers(as_of, {key for _, key, _ in asked})
    for case, key, name in asked:
        named = f"{name}{case.name}"
        if (named in members_of(answers, key)) is not case.is_in:
            yield f"{case} at {as_of}: {case.name} must{'' if case.is_in else ' not'} be in"
        elif case.changes_at != "unasked" and answers[key][named].changes_at != case.changes_at:
            found = answers[key][named].changes_at
            yield f"{case.definition} at {as_of}: {case.person} must change at {case.changes_at}, not {found}"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("refused") / "shop"
    init(root, now=LOADED_AT)
    shutil.rmtree(root / "traits")
    return root


@pytest.mark.parametrize("who", truths.REFUSED, ids=repr)
def test_what_the_reference_refuses_is_refused(project: Path, who: Any) -> None:
    with pytest.raises(DefinitionError, match=r"audiences/k\.yml:[0-9]+:[0-9]+: "):
        generated(project, {"k": {"audience": "k", "who": who}})
