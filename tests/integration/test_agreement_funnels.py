"""Sequences: the SQL that production runs, compared with the reference interpreter on drawn definitions and histories.

CI draws the same scenarios each time; AUDIENCES_FUNNEL_EXAMPLES asks for more of them, AUDIENCES_FUNNEL_SEED for others.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from tests.integration.agreement_batches import Tally
from tests.integration.agreement_families import BY_PAIRS, BY_RANKS, check, draw_sequences
from tests.reference import bounded_drawing, funnel_drawing

SEED = int(os.environ.get("AUDIENCES_FUNNEL_SEED", "20260310"))
SCENARIOS = int(os.environ.get("AUDIENCES_FUNNEL_EXAMPLES", "20"))
OF_ANY_EVENTS = SCENARIOS // 3
SCENARIOS_EACH = 30


@pytest.mark.parametrize("heavy", [BY_PAIRS, BY_RANKS], ids=["pairs", "ranks"])
def test_the_sql_of_sequences_says_what_the_reference_says(heavy: int) -> None:
    """Inequalities by pairs, as for nearly every profile, and by ranks, as for those with very many events."""
    _check(heavy, SCENARIOS)


@pytest.mark.parametrize("heavy", [BY_PAIRS, BY_RANKS], ids=["pairs", "ranks"])
def test_any_event_follows_any_as_the_reference_says(heavy: int) -> None:
    """Steps of any event two or more below one another, of people with much at one instant: there names decide."""
    _check(heavy, OF_ANY_EVENTS, conditions=funnel_drawing.of_any_events, happened=funnel_drawing.crowded)


@pytest.mark.parametrize("heavy", [BY_PAIRS, BY_RANKS], ids=["pairs", "ranks"])
def test_counts_below_steps_that_must_be_complete_in_time_are_those_of_the_reference(heavy: int) -> None:
    _check(heavy, SCENARIOS, conditions=bounded_drawing.conditions)


def _check(heavy: int, count: int, **drawn: Any) -> None:
    for start in range(0, count, SCENARIOS_EACH):
        seed = SEED + start + (heavy == BY_RANKS)
        told = check(draw_sequences(seed, min(SCENARIOS_EACH, count - start), **drawn), Tally(), heavy)
        assert not told, f"seed {seed}: {len(told)} findings, of which some:\n\n" + "\n".join(told)
