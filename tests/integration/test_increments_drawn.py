"""After every run, the members are those that the reference interpreter names, and those that looking at all would give.

CI draws the same each time; AUDIENCES_INCREMENT_STEPS asks for more of them, AUDIENCES_INCREMENT_SEED for others.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.integration.increments import Tally, live_through

SEED = int(os.environ.get("AUDIENCES_INCREMENT_SEED", "20260311"))
STEPS = int(os.environ.get("AUDIENCES_INCREMENT_STEPS", "200"))
RUNS = 12


def test_members_are_right_after_every_run(tmp_path: Path) -> None:
    tally = Tally()
    seed = SEED
    while tally.steps < STEPS:
        folder = tmp_path / f"shop_{seed}"
        found = live_through(folder, seed, RUNS, tally)
        assert not found, "\n".join(found)
        shutil.rmtree(folder)
        seed += 1
    assert tally.members > tally.steps, "hardly anybody is in anything: the draws prove little"
    sys.stdout.write(f"seeds {SEED} to {seed - 1}: {tally}\n")
