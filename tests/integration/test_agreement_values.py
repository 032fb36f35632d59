"""Every comparison with every value near it: a dense grid of drawn comparisons and JSON values, against the reference."""

from __future__ import annotations

import os

from tests.integration.agreement import as_profile, compiled, members_of
from tests.integration.value_grid import drawn_comparisons, person_with, values_near
from tests.reference import truths
from tests.reference.interpreter import members

SEED = int(os.environ.get("AUDIENCES_AGREEMENT_SEED", "20260310"))
COMPARISONS = 120
MOST_REPORTS = 20


def test_the_sql_compares_as_the_reference_does() -> None:
    drawn = drawn_comparisons(COMPARISONS, SEED)
    definitions = {f"audience_{index}": {"who": {"trait": "p", **operators}} for index, operators in enumerate(drawn)}
    people = [person_with(f"person_{index}", value) for index, value in enumerate(values_near(drawn))]
    values = {person.name: person.traits[0].value for person in people}
    with compiled(definitions) as evaluator, evaluator.load([as_profile(person) for person in people]) as loaded:
        answers = loaded.answers(truths.AS_OF)
    wrong = [
        f"{drawn[index]} of {values[name]!r}: {'in' if name in members_of(answers, key) else 'out'}"
        for index, key in enumerate(definitions)
        for name in sorted(members_of(answers, key) ^ members(definitions, key, people, truths.AS_OF))
    ]
    assert not wrong, f"{len(wrong)} of {len(drawn) * len(people)}\n" + "\n".join(wrong[:MOST_REPORTS])
