"""How long `audiences test` takes: `python -m benchmarks.examples [AUDIENCES]`, with three examples in each; 100 by default.

The first time dbt reads the whole project; after that, what changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.compile import definition

from dbt_audiences.flow.init import init

_START = datetime(2026, 3, 10, 12, tzinfo=UTC)
_EVENTS = ("Order Completed", "Product Viewed", "Product Added", "Signed Up", "Page Viewed")


def make(folder: Path, count: int) -> None:
    """A project of so many audiences, each example at an instant of its own."""
    init(folder, now=_START)
    for path in [*(folder / "audiences").glob("*.yml"), *(folder / "traits").glob("*.yml")]:
        path.unlink()
    for number in range(count):
        text = definition(number).split("send_to:", maxsplit=1)[0]
        examples = "".join(_example(number, turn) for turn in range(3))
        (folder / f"audiences/audience_{number}.yml").write_text(f"{text}examples:\n{examples}")


def _example(number: int, turn: int) -> str:
    at = _START + timedelta(days=number, hours=turn)
    bought = ", ".join(
        f"{{performed: {_EVENTS[number % 5]}, at: {day} days ago, revenue: {number + 1}, currency: EUR}}"
        for day in range(9, 13)
    )
    return (
        f"  - as_of: {at.isoformat().replace('+00:00', 'Z')}\n    given:\n"
        f"      ann: {{traits: {{plan: plan_{number % 7}}}, events: [{bought}]}}\n"
        f"      bob: {{traits: {{plan: plan_{(number + 1) % 7}}}}}\n    expect: {{in: [ann], out: [bob]}}\n"
    )


def main(count: int) -> None:
    """Prints the time of three runs, each in a new process."""
    with tempfile.TemporaryDirectory(prefix="audiences_") as place:
        folder = Path(place) / "project"
        make(folder, count)
        program = "from dbt_audiences.cli.main import main; main()"
        command = [sys.executable, "-c", program, "test", "--project-dir", str(folder)]
        for turn in ("first", "second", "third"):
            begun = time.perf_counter()
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
            print(f"{ended.stdout.strip()}, the {turn} time: {time.perf_counter() - begun:.1f} seconds{ended.stderr}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
