"""Every truth table of the reference, asked of the SQL that production runs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agreement import LOADED_AT, NOT_BUILT, as_profile, compiled, generated, members_of, renamed
from tests.integration.truth_cases import Case, cases
from tests.reference import truths

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.flow.init import init


def test_the_sql_agrees_with_every_truth_table() -> None:
    keys, asked = _keyed()
    with compiled(keys) as evaluator:
        wrong = []
        for as_of in sorted({case.as_of for case, _, _ in asked}):
            now = [(case, key, name) for case, key, name in asked if case.as_of == as_of]
            profiles = [as_profile(renamed(case.person, name)) for case, _, name in now]
            with evaluator.load(profiles) as loaded:
                answers = loaded.answers(as_of, {key for _, key, _ in now})
            for case, key, name in now:
                if (f"{name}ann" in members_of(answers, key)) is not case.is_in:
                    wrong.append(f"{case.definition} at {as_of}: {case.person} must{'' if case.is_in else ' not'} be in")
                elif case.changes_at != "unasked" and answers[key][f"{name}ann"].changes_at != case.changes_at:
                    found = answers[key][f"{name}ann"].changes_at
                    wrong.append(f"{case.definition} at {as_of}: {case.person} must change at {case.changes_at}, not {found}")
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(wrong)


def _keyed() -> tuple[dict[str, dict[str, Any]], list[tuple[Case, str, str]]]:
    """One key for all cases of a definition, and the cases with their keys and a name of their own."""
    keys: dict[str, str] = {}
    definitions: dict[str, dict[str, Any]] = {}
    asked = []
    for number, case in enumerate(cases()):
        if _has_key(case.definition, NOT_BUILT):
            continue
        key = keys.setdefault(repr(case.definition), f"audience_{len(keys)}")
        definitions[key] = {"audience": key, **case.definition}
        asked.append((case, key, f"case_{number}_"))
    return definitions, asked


def _has_key(value: Any, names: set[str]) -> bool:
    if isinstance(value, list):
        return any(_has_key(under, names) for under in value)
    return isinstance(value, Mapping) and any(name in names or _has_key(under, names) for name, under in value.items())


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


def test_what_cannot_be_built_yet_is_refused_by_name(project: Path) -> None:
    unbuilt = [case.definition for case in cases() if _has_key(case.definition, NOT_BUILT)]
    assert unbuilt
    for definition in unbuilt:
        with pytest.raises(DefinitionError, match="`ignore_case` is not supported yet"):
            generated(project, {"k": {"audience": "k", **definition}})
