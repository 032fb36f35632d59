"""Every case in `tests/cases/definitions`: what is accepted, and the exact text of what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.unit.spec_projects import CASES, instance_of, kind_of, problems_of, without_file, write_around, write_case

from dbt_audiences.core.definitions import Place
from dbt_audiences.spec import SCHEMAS, json_schema
from dbt_audiences.spec.nodes import Wrong
from dbt_audiences.spec.schema import schema_text

VALID = sorted((CASES / "valid").glob("*.yml"))
INVALID = sorted((CASES / "invalid").glob("*.yml"))
VALIDATORS: dict[str, Any] = {kind: Draft202012Validator(json_schema(kind)) for kind in SCHEMAS}
PRINTED = Path(__file__).parents[2] / "docs" / "schemas"
REFUSED_TOO = "# the schema refuses it too"


def name_of(case: Path) -> str:
    return case.stem


@pytest.mark.parametrize("case", VALID, ids=name_of)
def test_the_parser_accepts(case: Path, tmp_path: Path) -> None:
    write_case(write_around(tmp_path), case)
    assert [str(problem) for problem in problems_of(tmp_path)] == []


@pytest.mark.parametrize("case", VALID, ids=name_of)
def test_the_schema_accepts(case: Path) -> None:
    content = case.read_bytes()
    errors = list(VALIDATORS[kind_of(content)].iter_errors(instance_of(content.decode("utf-8"))))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("case", INVALID, ids=name_of)
def test_the_parser_says_exactly_what_the_head_of_the_file_says(case: Path, tmp_path: Path) -> None:
    name = write_case(write_around(tmp_path), case)
    found = problems_of(tmp_path)
    assert [problem.place.file for problem in found] == [name] * len(found)
    assert "\n".join(without_file(problem) for problem in found) == expected(case)


@pytest.mark.parametrize("case", INVALID, ids=name_of)
def test_the_schema_refuses_what_the_head_of_the_file_says_it_does(case: Path) -> None:
    content = case.read_bytes()
    says = REFUSED_TOO in content.decode("utf-8", "replace").splitlines()
    try:
        instance = instance_of(content.decode("utf-8"))
    except (UnicodeDecodeError, Wrong):
        assert not says  # no YAML at all
        return
    assert VALIDATORS[kind_of(content)].is_valid(instance) is not says


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_printed_schema_is_the_one_of_the_code(kind: str) -> None:
    Draft202012Validator.check_schema(json_schema(kind))
    assert (PRINTED / f"{kind}.json").read_text(encoding="utf-8") == schema_text(kind)


def test_there_are_cases() -> None:
    assert len(VALID) >= 45
    assert len(INVALID) >= 90


def test_a_place_is_written_as_editors_open_it() -> None:
    assert str(Place("audiences/a.yml", 3, 5)) == "audiences/a.yml:3:5"


def expected(case: Path) -> str:
    """The comment at the head of the case."""
    lines = []
    for line in case.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.startswith("# ") or line == REFUSED_TOO:
            break
        lines.append(line.removeprefix("# "))
    return "\n".join(lines)
