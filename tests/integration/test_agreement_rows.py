"""Tests of one row on the SQL that production runs: the truths about them, and drawn ones against the reference."""

from __future__ import annotations

from typing import Any

from tests.integration.agreement import as_profile, compiled, list_files
from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_families import draw_rows
from tests.integration.row_cases import Row, row_cases
from tests.reference import row_strategies, row_truths, rows
from tests.reference.history import Person
from tests.reference.interpreter import members


def test_the_sql_agrees_with_every_truth_about_rows() -> None:
    cases = list(row_cases())
    definitions: dict[str, dict[str, Any]] = {}
    keys: dict[str, str] = {}
    for case in cases:
        key = keys.setdefault(repr(case.definition), f"audience_{len(keys)}")
        definitions[key] = {"audience": key, **case.definition}
    rows.FILES.update(row_truths.LISTS)
    wrong = []
    with compiled(definitions, list_files(row_truths.LISTS)) as evaluator:
        for as_of in sorted({case.as_of for case in cases}):
            now = [(number, case) for number, case in enumerate(cases) if case.as_of == as_of]
            with evaluator.load([as_profile(_named(case.person, f"p{number}")) for number, case in now]) as loaded:
                answers = loaded.answers(as_of, {keys[repr(case.definition)] for _, case in now})
            wrong += [told for number, case in now if (told := _wrong(case, number, keys, answers, definitions))]
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong)


def _wrong(case: Row, number: int, keys: dict[str, str], answers: Any, definitions: dict[str, Any]) -> str:
    """What is wrong about the product's answer, or the reference's."""
    key, one = keys[repr(case.definition)], _named(case.person, f"p{number}")
    found = answers[key][one.name]
    said = one.name in members(definitions, key, [one], case.as_of)
    if found.is_member is not case.is_in or said is not case.is_in:
        return f"{case.definition} of {case.person}: product {found.is_member}, reference {said}, truth {case.is_in}"
    if case.changes_at != "unasked" and found.changes_at != case.changes_at:
        return f"{case.definition} at {case.as_of}: changes at {found.changes_at}, and not at {case.changes_at}"
    return ""


def _named(person: Person, name: str) -> Person:
    return Person(name, {"user_id": [name]}, person.events, person.traits, person.first_seen_at)


def test_the_sql_compares_rows_as_the_reference_does_now_and_when_it_says_that_something_changes() -> None:
    told = check_batch(draw_rows(row_strategies.SEED), Tally())
    assert not told, f"{len(told)} findings, of which some:\n\n" + "\n".join(told)
