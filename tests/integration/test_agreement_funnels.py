"""Sequences: the SQL that production runs, compared with the reference interpreter on drawn definitions and histories.

CI draws the same scenarios each time; AUDIENCES_FUNNEL_EXAMPLES asks for more of them, AUDIENCES_FUNNEL_SEED for others.
"""

from __future__ import annotations

import os
import random

import pytest
from tests.integration.agreement import renamed
from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_scenarios import Batch, Scenario
from tests.integration.laws import split
from tests.reference.funnel_drawing import AS_OFS, conditions, histories

from dbt_audiences.compile.steps import links

SEED = int(os.environ.get("AUDIENCES_FUNNEL_SEED", "20260310"))
SCENARIOS = int(os.environ.get("AUDIENCES_FUNNEL_EXAMPLES", "30"))
SCENARIOS_EACH = 30
PEOPLE_EACH = 8


@pytest.mark.parametrize("heavy", [links.HEAVY, 0], ids=["pairs", "ranks"])
def test_the_sql_of_sequences_says_what_the_reference_says(heavy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inequalities by pairs, as for nearly every profile, and by ranks, as for those with very many events."""
    monkeypatch.setattr(links, "HEAVY", heavy)
    for start in range(0, SCENARIOS, SCENARIOS_EACH):
        seed = SEED + start + (heavy == 0)
        told = check_batch(_drawn(seed, min(SCENARIOS_EACH, SCENARIOS - start)), Tally(), most_reports=3)
        assert not told, f"seed {seed}: {len(told)} findings, of which some:\n\n" + "\n".join(told)


def _drawn(seed: int, count: int) -> Batch:
    chance = random.Random(seed)
    scenarios = []
    for number in range(count):
        key, who = f"s{number}", conditions(chance)
        as_of = AS_OFS[number % len(AS_OFS)]
        people = [renamed(person, f"{key}_") for person in histories(chance, as_of, who, PEOPLE_EACH)]
        scenario = Scenario(as_of, {key: {"audience": key, "who": who}}, [people])
        if number % 9 == 0:
            scenario.laws.append(split(scenario.definitions[key], key))
        scenarios.append(scenario)
    return Batch(scenarios)
