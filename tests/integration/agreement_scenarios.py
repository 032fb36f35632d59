"""Scenarios for the agreement test: definitions with an instant, and the histories of people that sit at their edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.integration.agreement import Definitions, rekeyed, renamed
from tests.integration.laws import Law, laws_of
from tests.reference.history import Person
from tests.reference.history_strategies import history, pools_of
from tests.reference.interpreter import members
from tests.reference.strategies import as_ofs, definitions

History = list[Person]
SINCE_FIRST_RUN = [timedelta(0), timedelta(hours=1), timedelta(days=40)]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Definitions, an instant, and histories drawn for these definitions at this instant; keys and names are all unique.

    laws       audiences that were made of others, and how their members must lie to each other
    first_run  when all of these were first run, which `history: none` asks
    """

    as_of: datetime
    definitions: Definitions
    histories: list[History]
    laws: list[Law] = field(default_factory=list)
    first_run: datetime | None = None

    @property
    def audiences(self) -> list[str]:
        """Keys of the audiences as they were drawn."""
        return [key for key, definition in self.definitions.items() if "audience" in definition]

    @property
    def people(self) -> list[Person]:
        """The people of all histories."""
        return [person for people in self.histories for person in people]

    @property
    def first_runs(self) -> dict[str, datetime]:
        """The same for each key."""
        if self.first_run is None:
            return {}
        made = [self.definitions, *(law.definitions for law in self.laws)]
        return {key: self.first_run for definitions in made for key in definitions}

    def expected(self, key: str, as_of: datetime) -> set[str]:
        """Who is in, as the reference has it; nobody of one history knows anybody of another."""
        first_runs = self.first_runs
        return {name for people in self.histories for name in members(self.definitions, key, people, as_of, first_runs)}

    def history_of(self, name: str) -> History:
        """The history that a user or an account belongs to."""
        return next(people for people in self.histories if name in names_of(people))


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenarios that are compiled together.

    files  what definitions name beside them: lists, and the models of SQL traits and related rows
    later  at how many instants at which something is said to change all are asked again
    """

    scenarios: list[Scenario]
    files: Mapping[str, str] = field(default_factory=dict)
    later: int = 2

    @property
    def definitions(self) -> Definitions:
        """Everything to compile."""
        found: Definitions = {}
        for scenario in self.scenarios:
            found |= scenario.definitions
            for law in scenario.laws:
                found |= law.definitions
        return found

    @property
    def first_runs(self) -> dict[str, datetime]:
        """When each was first run."""
        return {key: at for scenario in self.scenarios for key, at in scenario.first_runs.items()}

    @property
    def cases(self) -> int:
        """How many pairs there are of an audience and a history that was drawn for it."""
        return sum(len(scenario.audiences) * len(scenario.histories) for scenario in self.scenarios)

    def by_instant(self) -> Iterator[tuple[datetime, list[Scenario]]]:
        """The scenarios that are judged at one instant."""
        for as_of in sorted({scenario.as_of for scenario in self.scenarios}):
            yield as_of, [scenario for scenario in self.scenarios if scenario.as_of == as_of]


def draw_batch(count: int, histories_each: int, seed_number: int) -> Batch:
    """So many scenarios, always the same for one seed."""
    drawn: list[tuple[datetime, dict[str, dict[str, Any]]]] = []

    @seed(seed_number)
    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(as_ofs(), definitions())
    def draw(as_of: datetime, made: dict[str, dict[str, Any]]) -> None:
        drawn.append((as_of, made))

    draw()
    chance = Random(seed_number)
    scenarios = []
    for number, (as_of, made) in enumerate(drawn[:count]):
        pools = pools_of(as_of, made)
        histories = [
            [renamed(person, f"s{number}_{which}_") for person in history(pools, chance)] for which in range(histories_each)
        ]
        keyed = rekeyed(made, f"s{number}_")
        first_run = as_of - SINCE_FIRST_RUN[number % len(SINCE_FIRST_RUN)]
        scenarios.append(Scenario(as_of, keyed, histories, laws_of(keyed, chance), first_run))
    return Batch(scenarios)


def names_of(people: Iterable[Person]) -> set[str]:
    """The users and the accounts of a history."""
    return {name for person in people for name in (person.name, *(call.account for call in person.groups))}


def referred(definitions: Mapping[str, dict[str, Any]], key: str) -> list[str]:
    """The definition itself after all audiences and computed traits that it refers to, directly or through others."""
    found: dict[str, None] = {}
    for other in _references(definitions[key].get("who", {})):
        if other in definitions:
            found |= dict.fromkeys(referred(definitions, other))
    return [*found, key]


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [key for under in value for key in _references(under)]
    if not isinstance(value, dict):
        return []
    own = [str(value[name]).split(".")[0] for name in ("in_audience", "not_in_audience", "trait") if name in value]
    return own + [key for under in value.values() for key in _references(under)]


def is_about_any_event(definitions: Mapping[str, dict[str, Any]], key: str) -> bool:
    """Whether an event of whatever name can matter to the audience."""
    return any("'*'" in repr(definitions[one]) for one in referred(definitions, key))
