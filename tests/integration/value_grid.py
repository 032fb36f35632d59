"""A dense grid: drawn comparisons, and the JSON values near each of them with the odd ones that nobody asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from tests.integration.agreement_scenarios import Scenario
from tests.reference import probes, truths
from tests.reference import vocabulary as words
from tests.reference.history import Event, Person, TraitChange
from tests.reference.strategies import comparisons
from tests.reference.values import compact_json, is_number, number

VALUES_EACH = 8
PLACES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "trait": lambda test: {"trait": "p", **test},
    "property": lambda test: {"performed": "A", "where": {"property": "p", **test}},
    "context": lambda test: {"performed": "A", "where": {"context": "p", **test}},
    "item": lambda test: {"performed": "A", "where": {"property": "p.$", **test}},
}
"""Where a comparison may stand -> the condition."""


def grid(count: int, seed: int, places: Collection[str] = tuple(PLACES)) -> Scenario:
    """So many comparisons at each of these places, and somebody for every value near any of them: one history."""
    drawn = drawn_comparisons(count, seed)
    whos = {f"grid_{place}_{number}": PLACES[place](test) for number, test in enumerate(drawn) for place in places}
    people = [person_with(f"grid_{number}", value) for number, value in enumerate(values_near(drawn))]
    return Scenario(truths.AS_OF, {key: {"audience": key, "who": who} for key, who in whos.items()}, [people])


def drawn_comparisons(count: int, seed: int) -> list[dict[str, Any]]:
    """So many comparisons, each once."""
    found: dict[str, dict[str, Any]] = {}

    @seeded(seed)
    @settings(
        max_examples=2 * count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(comparisons())
    def draw(operators: dict[str, Any]) -> None:
        found.setdefault(repr(operators), operators)

    draw()
    return list(found.values())[:count]


def values_near(drawn: list[dict[str, Any]]) -> list[Any]:
    """What nearly satisfies each comparison, and the odd values; each JSON text once.

    Not numbers of 30 digits and more: as numbers they are missing, and the SQL has no text of them either.
    """
    near: list[Any] = list(words.OTHER_VALUES)
    for operators in drawn:
        for probe in probes.probes({"k": {"who": {"trait": "p", **operators}}}, truths.AS_OF):
            ((_, _, values),) = probe.values
            near += values[:: max(1, len(values) // VALUES_EACH)]
    return list({compact_json(value): value for value in near if not is_number(value) or number(value) is not None}.values())


def person_with(name: str, value: Any) -> Person:
    """Somebody whose trait, property and context `p` are this."""
    event = Event("A", truths.EARLIER, {"p": value}, {"p": value}, message_id=f"{name}-a")
    trait = TraitChange("p", value, truths.EARLIER, message_id=f"{name}-t")
    return Person(name, {"user_id": [name]}, [event], [trait], truths.EARLIER)
