"""Tests of one row on the SQL that production runs: the truths about them, and drawn ones against the reference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.integration.agreement import as_profile, compiled, list_files, members_of
from tests.integration.row_cases import Row, row_cases
from tests.reference import row_truths, rows
from tests.reference.history import Person
from tests.reference.interpreter import members
from tests.reference.row_strategies import draw_rows

MICROSECOND = timedelta(microseconds=1)
MOST_REPORTS = 20


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
    rows.FILES.update(row_truths.LISTS)
    definitions, people, as_of = draw_rows()
    wrong: list[str] = []
    with (
        compiled(definitions, list_files(row_truths.LISTS)) as evaluator,
        evaluator.load([as_profile(one) for one in people]) as loaded,
    ):
        now = loaded.answers(as_of)
        changes = {(key, name): answer.changes_at for key in definitions for name, answer in now[key].items()}
        wrong += [f"{key} {name}: {at} is past" for (key, name), at in changes.items() if at is not None and at <= as_of]
        wrong += _disagreements(definitions, now, people, as_of)
        for instant in _later(changes, as_of):
            then = loaded.answers(instant)
            wrong += _disagreements(definitions, then, people, instant)
            wrong += [
                f"{definitions[key]} of {name}: changed by {instant}, and said {at}"
                for (key, name), at in changes.items()
                if (at is None or at > instant) and then[key][name].is_member is not now[key][name].is_member
            ]
    assert not wrong, f"{len(wrong)}\n" + "\n".join(wrong[:MOST_REPORTS])


def _disagreements(definitions: dict[str, Any], said: Any, people: list[Person], as_of: datetime) -> Iterator[str]:
    by_name = {one.name: one for one in people}
    for key in definitions:
        for name in sorted(members_of(said, key) ^ members(definitions, key, people, as_of)):
            yield f"{definitions[key]} at {as_of}: product and reference differ about {by_name[name]}"


def _later(changes: dict[tuple[str, str], datetime | None], as_of: datetime) -> list[datetime]:
    """Instants at which something is said to change, right before some of them, and one much later."""
    said = sorted({at for at in changes.values() if at is not None})
    chosen = said[:: max(1, len(said) // 4)]
    return sorted({*chosen, *(at - MICROSECOND for at in chosen[:2]), as_of + timedelta(days=2)} - {as_of})
