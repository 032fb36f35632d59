"""Speed against peers, on the same rows, side by side: `python -m benchmarks.speed SIZE [--json FILE] [--rounds N]`.

SIZE is tiny, S, M or L (events.py says how much that is). Ours, ClickHouse, and SQL by hand over narrow tables and over one
wide table answer the same hundred audiences; if one finds other members than another, nothing is reported. Every step runs in a
process of its own; the sides take turns, and the least of a side's rounds counts.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchmarks.speed import answers, ours, results, watching
from benchmarks.speed.definitions import chosen
from benchmarks.speed.events import AS_OF, NEXT_AS_OF, SIZES, Size, generate, new_events
from benchmarks.speed.parts import parts
from benchmarks.speed.results import Row, row
from benchmarks.speed.steps import Step, command, inner

PEERS = {"clickhouse": "ClickHouse", "narrow": "narrow tables by hand", "wide": "one wide table by hand"}
NEW_EVENTS = 10_000


@dataclass
class Bench:
    """One size, in a folder that holds the files and every side's data."""

    folder: Path
    size: Size
    choice: int | str
    rounds: int
    peers: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def project(self) -> Path:
        """Ours."""
        return self.folder / "ours"

    def measure(self) -> list[Row]:
        """All rows; raises where two sides disagree."""
        people, *events = (str(file) for file in generate(self.folder / "files", self.size))
        new = str(new_events(self.folder / "files", self.size, NEW_EVENTS))
        ours.make_project(self.project, chosen(self.choice))
        load, full = self._ours("load", people, *events), self._run(AS_OF)
        shares = self._parts("first run", full)
        loads = {peer: self._peer("load", peer, people=people, events=events) for peer in self.peers}
        evaluations = self._evaluations()
        self._agree(AS_OF)
        theirs = {peer: loads[peer].said["seconds"] + evaluations[peer][0].said["seconds"] for peer in self.peers}
        self._add(results.FROM_NOTHING, load.seconds + full.seconds, theirs)
        # dbt alone has evaluated the audiences: the run after it builds all, and the next has nothing to do.
        self._run(AS_OF)
        unchanged = self._run(AS_OF)
        shares |= self._parts(results.UNCHANGED, unchanged)
        self._ours("load", new)
        incremental = self._run(NEXT_AS_OF)
        shares |= self._parts("incremental run", incremental)
        for peer in self.peers:
            self._peer("add", peer, events=new, earlier=events)
            self._evaluate(peer, NEXT_AS_OF)
        self._agree(NEXT_AS_OF)
        self.rows += [
            row("loading alone", self.size.name, load.seconds),
            row("loading alone, of CPU", self.size.name, load.cpu_seconds),
            row("first run alone, of CPU", self.size.name, full.cpu_seconds),
            row(results.INCREMENTAL, self.size.name, incremental.seconds, full.seconds, "the first run"),
            row(f"{results.INCREMENTAL}, of CPU", self.size.name, incremental.cpu_seconds, full.cpu_seconds, "the first run"),
            row(f"{results.UNCHANGED}, {len(chosen(self.choice))} audiences", self.size.name, unchanged.seconds),
            row(f"{results.UNCHANGED}, {len(chosen(self.choice))} audiences, of CPU", self.size.name, unchanged.cpu_seconds),
            *self._watched(),
            row(results.MEMORY, self.size.name, self.peak_bytes / 2**30, unit="GB"),
            *(row(name, self.size.name, seconds) for name, seconds in shares.items()),
        ]
        return self.rows

    def _evaluations(self) -> dict[str, list[Step]]:
        """Each side as often as there are rounds, in turn; the rows of the comparison."""
        taken: dict[str, list[Step]] = defaultdict(list)
        for turn in range(self.rounds):
            sides = ["ours", *self.peers]
            for side in sides[turn % len(sides) :] + sides[: turn % len(sides)]:
                taken[side].append(self._evaluate(side, AS_OF))
        for measure, said in ((results.FULL, "seconds"), (results.FULL_CPU, "cpu_seconds")):
            best = {side: min(step.said[said] for step in steps) for side, steps in taken.items()}
            self._add(measure, best.pop("ours"), best)
        mine = min((step.said for step in taken["ours"]), key=lambda said: said["seconds"])
        self.rows.append(row("its statements alone", self.size.name, mine["statement_seconds"]))
        cost = (mine["seconds"] - mine["statement_seconds"]) / mine["models"]
        self.rows.append(row(results.DBT, self.size.name, cost))
        return taken

    def _evaluate(self, side: str, as_of: datetime) -> Step:
        if side == "ours":
            step = inner("evaluate_ours", folder=str(self.project), as_of=as_of.isoformat())
            self.peak_bytes = max(self.peak_bytes, step.peak_bytes)
            self._say("evaluate ours", step)
            return step
        return self._peer("evaluate", side, as_of=as_of.isoformat(), choice=self.choice, answers=str(self._answers(side)))

    def _peer(self, action: str, side: str, **given: object) -> Step:
        step = inner(action, side=side, folder=str(self.folder / "peers"), **given)
        self._say(f"{action} {side}", step)
        return step

    def _ours(self, *words: str) -> Step:
        step = command(self.project, *words)
        self.peak_bytes = max(self.peak_bytes, step.peak_bytes)
        self._say(f"{words[0]} ours", step)
        return step

    def _run(self, as_of: datetime, *more: str) -> Step:
        return self._ours("run", "--no-sync", "--as-of", as_of.isoformat().replace("+00:00", "Z"), *more)

    def _answers(self, side: str) -> Path:
        return self.folder / f"{side}.parquet"

    def _add(self, measure: str, mine: float, theirs: dict[str, float]) -> None:
        for peer, name in PEERS.items():
            self.rows.append(row(measure, self.size.name, mine, theirs.get(peer), name))

    def _agree(self, as_of: datetime) -> None:
        """All sides have the same members, or an error says which audience differs."""
        answers.of_ours(self.project, self._answers("ours"))
        for peer in self.peers:
            different = answers.differences(self._answers("ours"), self._answers(peer))
            if different:
                said = "\n".join(f"  {key}: {here:,} here only, {there:,} there only" for key, here, there in different)
                raise SystemExit(f"as of {as_of.isoformat()}, ours and {PEERS[peer]} disagree:\n{said}")

    def _parts(self, name: str, step: Step) -> dict[str, float]:
        taken = parts(self.project, step.seconds, {case.key for case in chosen(self.choice)})
        return {f"{name}: {part}": seconds for part, seconds in taken.items()}

    def _watched(self) -> list[Row]:
        is_tiny = self.size.name == "tiny"
        with watching.watching(self.project) as watcher:
            seconds = watching.latencies(watcher, self.project, 3 if is_tiny else 20)
            under = watching.pressure(watcher, self.project, seconds=5 if is_tiny else 60)
        name = f"watch: {under.count:,} calls in {5 if is_tiny else 60} s, twice what it can evaluate"
        return [
            row(results.WATCH, self.size.name, watching.p95(seconds)),
            row("the same, median", self.size.name, sorted(seconds)[len(seconds) // 2]),
            row(f"{name}, from the last of them until all are committed", self.size.name, under.seconds_after),
            row(f"{name}, longest run", self.size.name, under.longest_run),
            row(f"{name}, peak memory", self.size.name, under.peak_bytes / 2**30, unit="GB"),
        ]

    def _say(self, text: str, step: Step) -> None:
        taken = f"{step.seconds:8.1f} s {step.cpu_seconds:8.1f} s of CPU {step.peak_bytes / 2**30:6.2f} GB"
        print(f"{self.size.name:4} {text:20} {taken}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> None:
    """The rows as JSON in a file, the table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--audiences", default="100", help="a multiple of 100, or `sample`: one of each form")
    parser.add_argument("--folder", type=Path, help="keep files and databases here; else in a temporary folder")
    given = parser.parse_args(arguments)
    peers = tuple(peer for peer in PEERS if peer != "clickhouse" or importlib.util.find_spec("chdb") is not None)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="bench_"))
    try:
        choice = given.audiences if given.audiences == "sample" else int(given.audiences)
        rows = Bench(folder, SIZES[given.size], choice, given.rounds, peers).measure()
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    if given.json is not None:
        results.write(rows, given.json)
    print(results.table(rows), end="")


if __name__ == "__main__":
    main(sys.argv[1:])
