"""The drawn tests at length, which CI cannot wait for: `make nightly`, or with other numbers

    python -m tests.integration.nightly --cases 100000 --steps 20000 --seed 1 --processes 2

It draws definitions and histories that CI does not, of every family of cases and of lives in runs in turn, prints what it did,
and ends with 1 at the first difference; `--only sequences` with the seed that it names shows that again. What the last one said
stands in docs/proof.md.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import astuple, dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path

from tests.integration import agreement_batches, increments
from tests.integration.agreement_families import FAMILIES

RUNS = 16
LIVES = "runs"
Tally = agreement_batches.Tally | increments.Tally
Outcome = tuple[Tally, list[str], float]
"""What was done, what was wrong, and the seconds of one core that it took."""


@dataclass(slots=True)
class Kind:
    """One kind of test, how much of it is asked for, and what was done of it so far."""

    name: str
    draw: Callable[[int], Outcome]
    wanted: int
    tally: Tally
    seconds: float = 0.0
    running: int = 0

    @property
    def done(self) -> int:
        """Cases, or steps."""
        return self.tally.cases if isinstance(self.tally, agreement_batches.Tally) else self.tally.steps

    def add(self, tally: Tally, seconds: float) -> None:
        """One draw more."""
        self.tally = type(tally)(*(one + other for one, other in zip(astuple(self.tally), astuple(tally), strict=True)))
        self.seconds += seconds

    def __str__(self) -> str:
        return f"{self.name}: {self.tally}, {self.done} of {self.wanted}, {self.seconds:.0f} s of one core"


def agree(family: str, seed: int) -> Outcome:
    """One batch of cases."""
    warnings.filterwarnings("ignore", "Generating overly large repr")
    started, tally = time.process_time(), agreement_batches.Tally()
    found = FAMILIES[family].check(seed, tally)
    return tally, found, time.process_time() - started


def live(seed: int) -> Outcome:
    """One project's life in runs."""
    started, tally = time.process_time(), increments.Tally()
    with tempfile.TemporaryDirectory(prefix="nightly_") as folder:
        found = increments.live_through(Path(folder) / "shop", seed, RUNS, tally)
        shutil.rmtree(folder, ignore_errors=True)
    return tally, found, time.process_time() - started


def main() -> None:
    """Every kind of test, until there are as many cases and steps as asked for."""
    parser = argparse.ArgumentParser(description="The drawn tests at length.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=[*FAMILIES, LIVES], action="append", help="all of it of this kind")
    asked = parser.parse_args()
    chosen = asked.only or [*FAMILIES, LIVES]
    shares = {name: family.share for name, family in FAMILIES.items() if name in chosen}
    whole = sum(shares.values())
    kinds = [
        Kind(name, partial(agree, name), round(asked.cases * share / whole), agreement_batches.Tally())
        for name, share in shares.items()
    ]
    if LIVES in chosen:
        kinds.append(Kind(LIVES, live, asked.steps, increments.Tally()))
    is_right = _draw(kinds, asked.seed, asked.processes)
    print("\n".join(str(kind) for kind in kinds))
    sys.exit(not is_right)


def _draw(kinds: list[Kind], seed: int, processes: int) -> bool:
    """Whether nothing was found, seed after seed, each of the kind that lacks most, until there is enough of all."""
    seeds, found = count(seed), False
    running: dict[Future[Outcome], tuple[Kind, int]] = {}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=4) as pool:
        while running or not found:
            lacking = [kind for kind in kinds if kind.done < kind.wanted]
            while lacking and not found and len(running) < processes:
                kind, number = min(lacking, key=lambda one: (one.done / one.wanted, one.running)), next(seeds)
                kind.running += 1
                running[pool.submit(kind.draw, number)] = kind, number
            if not running:
                break
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                kind, number = running.pop(ended)
                if (error := ended.exception()) is not None:
                    error.add_note(f"seed {number} of {kind.name}")
                    raise error
                tally, wrong, seconds = ended.result()
                kind.running -= 1
                kind.add(tally, seconds)
                print(f"seed {number}, {seconds:.0f} s of {kind}", flush=True)
                if wrong:
                    found = True
                    print("\n".join(wrong), flush=True)
    return not found


if __name__ == "__main__":
    main()
