"""How long a run takes in which nothing changed: `python -m benchmarks.unchanged [AUDIENCES...]`, multiples of 100.

Few people and events, so that the data costs nothing: 2,000 and 40,000. A first run builds everything; the second one, as of
the same instant, finds nothing to do, and is what counts. Seconds passed, seconds of CPU, then those of the first run by part.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.speed.definitions import cases
from benchmarks.speed.events import AS_OF, SIZES, generate
from benchmarks.speed.ours import make_project
from benchmarks.speed.parts import parts
from benchmarks.speed.steps import command


def main(counts: list[int]) -> None:
    """Prints some lines for each number of audiences."""
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="unchanged_") as place:
            project = Path(place) / "shop"
            make_project(project, cases(count))
            command(project, "load", *map(str, generate(Path(place) / "files", SIZES["tiny"])))
            run = ("run", "--no-sync", "--as-of", f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}")
            first = command(project, *run)
            shares = parts(project, first.seconds, {case.key for case in cases(count)})
            again = command(project, *run)
            for name, step in (("first run", first), ("nothing changed", again)):
                print(f"{count:>6,} audiences  {name:44} {step.seconds:8.1f} s {step.cpu_seconds:8.1f} s of CPU", flush=True)
            for part, seconds in shares.items():
                print(f"                   of the first run: {part:26} {seconds:8.1f} s", flush=True)


if __name__ == "__main__":
    main([int(argument.replace("_", "")) for argument in sys.argv[1:]] or [100])
