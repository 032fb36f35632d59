"""Every truth table of the reference, asked of the SQL that production runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agreement import LOADED_AT, as_profile, compiled, generated, members_of, renamed
from tests.integration.truth_cases import keyed_cases
from tests.reference import truths

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.flow.init import init


def test_the_sql_agrees_with_every_truth_table() -> None:
    keys, asked = keyed_cases()
    with compiled(keys) as evaluator:
        wrong = []
        for as_of in sorted({case.as_of for case, _, _ in asked}):
            now = [(case, key, name) for case, key, name in asked if case.as_of == as_of]
            profiles = [as_profile(renamed(person, name)) for case, _, name in now for person in case.people]
            with evaluator.load(profiles) as loaded:
                answers = loaded.answers(as_of, {key for _, key, _ in now})
            for case, key, name in now:
                named = f"{name}{case.name}"
                if (named in members_of(answers, key)) is not case.is_in:
                    wrong.append(f"{case} at {as_of}: {case.name} must{'' if case.is_in else ' not'} be in")
                elif case.changes_at != "unasked" and answers[key][named].changes_at != case.changes_at:
                    found = answers[key][named].changes_at
                    wrong.append(f"{case.definition} at {as_of}: {case.person} must change at {case.changes_at}, not {found}")
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(wrong)


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
