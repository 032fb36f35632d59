"""Every comparison with every value near it: a dense grid of drawn comparisons and JSON values, against the reference."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.integration.agreement import as_profile, compiled, members_of
from tests.reference import probes, truths
from tests.reference import vocabulary as words
from tests.reference.history import Person, TraitChange
from tests.reference.interpreter import members
from tests.reference.strategies import comparisons
from tests.reference.values import compact_json, is_number, number

SEED = int(os.environ.get("AUDIENCES_AGREEMENT_SEED", "20260310"))
COMPARISONS = 120
VALUES_EACH = 8
MOST_REPORTS = 20


def test_the_sql_compares_as_the_reference_does() -> None:
    drawn = _drawn()
    definitions = {f"audience_{index}": {"who": {"trait": "p", **operators}} for index, operators in enumerate(drawn)}
    people = [
        Person(f"person_{index}", {"user_id": [str(index)]}, [], [TraitChange("p", value, truths.EARLIER)], truths.EARLIER)
        for index, value in enumerate(_values(drawn))
    ]
    values = {person.name: person.traits[0].value for person in people}
    with compiled(definitions) as evaluator, evaluator.load([as_profile(person) for person in people]) as loaded:
        answers = loaded.answers(truths.AS_OF)
    wrong = [
        f"{drawn[index]} of {values[name]!r}: {'in' if name in members_of(answers, key) else 'out'}"
        for index, key in enumerate(definitions)
        for name in sorted(members_of(answers, key) ^ members(definitions, key, people, truths.AS_OF))
    ]
    assert not wrong, f"{len(wrong)} of {len(drawn) * len(people)}\n" + "\n".join(wrong[:MOST_REPORTS])


def _drawn() -> list[dict[str, Any]]:
    """Comparisons, each once."""
    found: dict[str, dict[str, Any]] = {}

    @seed(SEED)
    @settings(
        max_examples=2 * COMPARISONS,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(comparisons())
    def draw(operators: dict[str, Any]) -> None:
        found.setdefault(repr(operators), operators)

    draw()
    return list(found.values())[:COMPARISONS]


def _values(drawn: list[dict[str, Any]]) -> list[Any]:
    """What nearly satisfies each comparison, and the odd values that nobody asks for; each JSON text once.

    Not numbers of 30 digits and more: as numbers they are missing, and the SQL has no text of them either.
    """
    near: list[Any] = list(words.OTHER_VALUES)
    for operators in drawn:
        for probe in probes.probes({"k": {"who": {"trait": "p", **operators}}}, truths.AS_OF):
            ((_, _, values),) = probe.values
            near += values[:: max(1, len(values) // VALUES_EACH)]
    return list({compact_json(value): value for value in near if not is_number(value) or number(value) is not None}.values())
