"""The SQL that production runs, compared with the reference interpreter on drawn definitions and histories.

A case is one audience judged on one history that was drawn for it, at one instant: who is in, and who is not. CI draws the same
cases each time; AUDIENCES_AGREEMENT_CASES asks for more of them, AUDIENCES_AGREEMENT_SEED for others.
"""

from __future__ import annotations

import os
import sys

from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_scenarios import draw_batch

SEED = int(os.environ.get("AUDIENCES_AGREEMENT_SEED", "20260310"))
CASES = int(os.environ.get("AUDIENCES_AGREEMENT_CASES", "2500"))
SCENARIOS_EACH = int(os.environ.get("AUDIENCES_AGREEMENT_SCENARIOS", "30"))
HISTORIES_EACH = 40


def test_the_sql_says_what_the_reference_says() -> None:
    tally = Tally()
    seed = SEED
    while tally.cases < CASES:
        told = check_batch(draw_batch(SCENARIOS_EACH, HISTORIES_EACH, seed), tally)
        assert not told, f"seed {seed}: {len(told)} findings, of which some:\n\n" + "\n".join(told)
        seed += 1
    assert tally.inside > tally.judged / 20, "hardly anybody is in anything: the draws prove little"
    sys.stdout.write(f"seeds {SEED} to {seed - 1}: {tally}\n")
