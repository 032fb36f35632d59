"""The families of drawn cases, each with what it draws and its share of a long draw.

`general` is the whole language but for what needs histories of its own kind: sequences, tests of rows, related rows and
rankings, and single comparisons with every value near them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.integration import source_models
from tests.integration.agreement import Definitions, list_files, rekeyed, renamed
from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_scenarios import Batch, Scenario, draw_batch
from tests.integration.laws import split
from tests.integration.value_grid import PLACES, grid
from tests.reference import bounded_drawing, funnel_drawing, row_strategies, row_truths, rows
from tests.reference import vocabulary as words
from tests.reference.funnel_drawing import AS_OFS
from tests.reference.history import Person
from tests.reference.history_strategies import histories
from tests.reference.source_strategies import TRAIT_PATHS, has_conditions, related_rows, sql_traits, top_conditions, values
from tests.reference.strategies import comparisons, different, trees

from dbt_audiences.compile.steps import links

BY_PAIRS, BY_RANKS = links.HEAVY, 0
INEQUALITY = re.compile(r"'where': \[\{'property': '\w+', '(lte?|gte?|before|after)': \{'parent': '\w+'\}[^{}]*\}\]")
Conditions = Callable[[random.Random], funnel_drawing.Condition]
Happened = Callable[[random.Random, Sequence[Person]], Sequence[Person]]
"""What becomes of the people that are drawn."""


@dataclass(frozen=True, slots=True)
class Family:
    """Cases of one kind.

    share  of all cases that are drawn at length
    draw   a batch for a seed
    heavy  from how many events of a profile on inequalities between steps are counted by ranks, and below by pairs
    """

    share: float
    draw: Callable[[int], Batch]
    heavy: int = BY_PAIRS

    def check(self, seed_number: int, tally: Tally) -> list[str]:
        """What is wrong with the batch of this seed."""
        return check(self.draw(seed_number), tally, self.heavy)


def check(batch: Batch, tally: Tally, heavy: int) -> list[str]:
    """What is wrong with a batch whose sequences are counted in this way."""
    with patch.object(links, "HEAVY", heavy):
        return check_batch(batch, tally)


def draw_sequences(
    seed_number: int,
    count: int = 30,
    people_each: int = 8,
    conditions: Conditions = funnel_drawing.conditions,
    happened: Happened = lambda chance, people: people,
) -> Batch:
    """Audiences about what followed what, some by a computed trait; each of the people drawn for one is a history."""
    chance = random.Random(seed_number)
    scenarios = []
    for number in range(count):
        key, who = f"sequence_{number}", conditions(chance)
        as_of = AS_OFS[number % len(AS_OFS)]
        people = happened(chance, funnel_drawing.histories(chance, as_of, who, people_each))
        definitions = {key: {"audience": key, "who": who}}
        scenario = Scenario(as_of, definitions, [[renamed(person, f"{key}_")] for person in people])
        if number % 9 == 0:
            scenario.laws.append(split(definitions[key], key))
        if number % 5 == 0:
            definitions |= funnel_drawing.computed_of(random.Random(seed_number + number), f"{key}_computed", who)
        scenarios.append(scenario)
    return Batch(scenarios)


def _of_sequences(conditions: Conditions, **more: Any) -> Callable[[int], Batch]:
    return lambda number: draw_sequences(number, people_each=24, conditions=conditions, **more)


def of_order(chance: random.Random) -> funnel_drawing.Condition:
    """A sequence with an inequality to the event above and nothing beside it: few others are counted by ranks."""
    while True:
        who = funnel_drawing.conditions(chance)
        if INEQUALITY.search(repr(who)):
            return who


def draw_rows(seed_number: int, draws: int = 0) -> Batch:
    """Tests of one row: items, references, list files, local times; everybody is asked about all of them."""
    rows.FILES.update(row_truths.LISTS)
    definitions, people, as_of = row_strategies.draw_rows(seed_number, draws)
    return Batch([_of_everybody(as_of, definitions, people)], list_files(row_truths.LISTS), later=5)


def draw_sources(seed_number: int, count: int = 60, draws: int = 0) -> Batch:
    """SQL traits, related rows and places in a ranking, which everybody has a part in."""
    as_of = words.AS_OFS[0]
    definitions, people = sources(count, seed_number, as_of, draws)
    return Batch([_of_everybody(as_of, definitions, people)], source_models.files(), later=4)


def draw_values(seed_number: int, count: int = 30, places: Collection[str] = tuple(PLACES), later: int = 2) -> Batch:
    """Comparisons wherever they may stand, of every value near any of them."""
    return Batch([grid(count, seed_number, places)], later=later)


def _of_everybody(as_of: datetime, definitions: Definitions, people: list[Person]) -> Scenario:
    return Scenario(as_of, {key: {"audience": key, **one} for key, one in definitions.items()}, [people])


def sources(count: int, seed_number: int, as_of: datetime, draws: int = 0) -> tuple[Definitions, list[Person]]:
    """So many audiences, different ones of so many draws or the first, and people with all that these ask for."""
    made: list[tuple[dict[str, Any], list[Person]]] = []
    trait = st.builds(lambda path, test: {"trait": path, **test}, st.sampled_from(TRAIT_PATHS), comparisons())
    has = has_conditions(comparisons())
    who = trees(st.one_of(has, has, trait, top_conditions()), max_leaves=3)

    @seed(seed_number)
    @settings(
        max_examples=max(count, draws),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        definition = {"who": data.draw(who), "include_anonymous": data.draw(st.booleans())}
        asked = words.mentioned({"k": definition})
        times = st.sampled_from(words.boundary_instants(as_of, asked)[:60])
        value = values(times, [words.as_json(one) for one in asked.literals if one not in ("orders", "items", "makers")])
        people = [
            replace(one, sql_traits=data.draw(sql_traits(value)), related={"orders": data.draw(related_rows(value))})
            for one in data.draw(histories(as_of, {"k": definition}))
        ]
        made.append((definition, people))

    draw()
    definitions: Definitions = {}
    people: list[Person] = []
    for number, (definition, some) in enumerate(different(made, count, seed_number) if draws else made):
        definitions |= rekeyed({"k": definition}, f"s{number}_")
        people += [renamed(one, f"s{number}_") for one in some]
    return definitions, people


FAMILIES = {
    "general": Family(0.35, lambda number: draw_batch(30, 60, number)),
    "sequences": Family(0.2, lambda number: draw_sequences(number, people_each=24)),
    "sequences by ranks": Family(0.2, lambda number: draw_sequences(number, people_each=24, conditions=of_order), BY_RANKS),
    "sequences in time": Family(
        0.1, lambda number: draw_sequences(number, people_each=24, conditions=bounded_drawing.conditions)
    ),
    "sequences of any events": Family(0.05, _of_sequences(funnel_drawing.of_any_events, happened=funnel_drawing.crowded)),
    "rows": Family(0.03, lambda number: draw_rows(number, draws=200)),
    "sources": Family(0.03, lambda number: draw_sources(number, draws=240)),
    "values": Family(0.04, draw_values),
}
