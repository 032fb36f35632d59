"""The drawn tests at length, which CI cannot wait for: `make nightly`, or with other numbers

    python -m tests.integration.nightly --cases 100000 --steps 20000 --seed 1 --processes 2

It draws definitions and histories that CI does not, prints what it did, and ends with 1 at the first difference. What the last
one said stands in docs/proof.md.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.integration import agreement_batches, increments
from tests.integration.agreement_scenarios import draw_batch

SCENARIOS_EACH, HISTORIES_EACH, RUNS = 30, 60, 16
MOST_REPORTS = 3


def agree(seed: int) -> tuple[agreement_batches.Tally, list[str], float]:
    """One batch of cases; what was done, what was wrong, and the seconds of one core that it took."""
    started, tally = time.process_time(), agreement_batches.Tally()
    batch = draw_batch(SCENARIOS_EACH, HISTORIES_EACH, seed)
    return tally, agreement_batches.check_batch(batch, tally, most_reports=MOST_REPORTS), time.process_time() - started


def live(seed: int) -> tuple[increments.Tally, list[str], float]:
    """One project's life in runs; the same."""
    started, tally = time.process_time(), increments.Tally()
    with tempfile.TemporaryDirectory(prefix="nightly_") as folder:
        found = increments.live_through(Path(folder) / "shop", seed, RUNS, tally)
        shutil.rmtree(folder, ignore_errors=True)
    return tally, found, time.process_time() - started


def main() -> None:
    """Both kinds of test, until there are as many cases and steps as asked for."""
    parser = argparse.ArgumentParser(description="The drawn tests at length.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes, mp_context=get_context("spawn"), max_tasks_per_child=4) as pool:
        cases = _until(pool, agree, lambda tally: tally.cases, asked.cases, asked.seed, asked.processes)
        steps = _until(pool, live, lambda tally: tally.steps, asked.steps, asked.seed, asked.processes)
    sys.exit(not (cases and steps))


def _until(
    pool: ProcessPoolExecutor,
    one: Callable[[int], tuple[object, list[str], float]],
    count: Callable[[object], int],
    wanted: int,
    seed: int,
    processes: int,
) -> bool:
    """Whether nothing was found, seed after seed, until there is enough."""
    done, seconds = 0, 0.0
    while done < wanted:
        for offset, (tally, found, took) in enumerate(pool.map(one, range(seed, seed + processes))):
            done, seconds = done + count(tally), seconds + took
            print(f"seed {seed + offset}: {tally}, {took:.0f} s; {done} of {wanted} in {seconds:.0f} s of one core", flush=True)
            if found:
                print("\n".join(found), flush=True)
                return False
        seed += processes
    return True


if __name__ == "__main__":
    main()
