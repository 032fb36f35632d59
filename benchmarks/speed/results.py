"""What was measured against what is wanted: a list of rows as JSON, and the table of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FULL = "full evaluation of the audiences"
FULL_CPU = "full evaluation of the audiences, of CPU"
INCREMENTAL = "incremental run after 10,000 new events"
UNCHANGED = "run in which nothing changed"
WATCH = "watch: from an event in the raw table to the change committed, p95"
DBT = "dbt's own cost of a model"
FROM_NOTHING = "from raw Parquet to the members, from nothing"
MEMORY = "peak memory"
RUNS = ("first run", "incremental run", "run in which nothing changed")
"""Runs whose seconds are told by part: `<run>: <part>` is such a measure."""

FULL_GROWTH = "full evaluation, from M to L"
INCREMENTAL_GROWTH = "incremental run of the same change, from M to L"

# Measure, name of the peer -> the most that the ratio may be, or, without a peer, ours by size.
_RATIOS = {(FULL, "ClickHouse"): 0.5, (FULL, "narrow tables by hand"): 1.3, (INCREMENTAL, "the first run"): 0.05}
_LIMITS = {
    WATCH: {"S": 0.3, "M": 1.0},
    DBT: {"S": 0.010, "M": 0.010, "L": 0.010},
    FROM_NOTHING: {"M": 120.0},
    MEMORY: {"M": 4.0, "L": 16.0},
    FULL_GROWTH: {"L": 6.0},
    INCREMENTAL_GROWTH: {"L": 1.5},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measure; `peer` and `ratio` are none where it is compared with a limit only, `ours` where it was not measured.

    goal  with a peer the most that `ratio` may be, else the most that `ours` may be; none where nothing is asked
    unit  s, GB, members, or times
    """

    measure: str
    size: str
    ours: float | None
    peer: float | None
    peer_name: str | None
    ratio: float | None
    goal: float | None
    unit: str

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is reached; none without one, or where nothing was measured."""
        reached = self.ours if self.peer_name is None else self.ratio
        return None if self.goal is None or reached is None else reached <= self.goal


def row(
    measure: str, size: str, ours: float | None, peer: float | None = None, peer_name: str | None = None, unit: str = "s"
) -> Row:
    """A row with its ratio and its goal; goals are those of the issue, which asks them of size M unless it says otherwise."""
    ratio = ours / peer if ours is not None and peer else None
    # At size S a ratio says much the same; a limit of seconds or memory does not.
    goal = _LIMITS.get(measure, {}).get(size) if peer_name is None else _RATIOS.get((measure, peer_name))
    return Row(measure, size, ours, peer, peer_name, ratio, goal, unit)


def write(rows: Sequence[Row], file: Path) -> None:
    """As a JSON list."""
    file.write_text(json.dumps([asdict(one) for one in rows], indent=1) + "\n", encoding="utf-8")


def read(*files: Path) -> list[Row]:
    """Rows of several sizes, with what grows from M to L where both are there."""
    rows = [Row(**one) for file in files for one in json.loads(file.read_text(encoding="utf-8"))]
    for measure, growth in ((FULL, FULL_GROWTH), (INCREMENTAL, INCREMENTAL_GROWTH)):
        taken = {one.size: one.ours for one in rows if one.measure == measure and one.ours is not None}
        if {"M", "L"} <= taken.keys():
            rows.append(row(growth, "L", taken["L"] / taken["M"], unit="times"))
    return rows


def table(rows: Sequence[Row]) -> str:
    """As Markdown: the measures, and then each size's runs by part."""
    lines = ["| measure | size | ours | against | | ratio | goal | |", "|---|---|---|---|---|---|---|---|"]
    for one in (one for one in rows if one.measure.split(": ")[0] not in RUNS):
        shown = (_shown(one.ours, one.unit) or "not measured", one.peer_name or "", _shown(one.peer, one.unit))
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}" if one.ratio >= 0.1 else f"{one.ratio:.3f}"
        goal = "" if one.goal is None else f"at most {one.goal:g}" if one.peer_name else f"at most {_shown(one.goal, one.unit)}"
        verdict = {True: "met", False: "**missed**", None: ""}[one.is_met]
        lines.append("| " + " | ".join([one.measure, one.size, *shown, ratio, goal, verdict]) + " |")
    for size in dict.fromkeys(one.size for one in rows):
        lines += _by_part({one.measure: one for one in rows if one.size == size}, size)
    return "\n".join(lines) + "\n"


def _by_part(rows: dict[str, Row], size: str) -> list[str]:
    named = [name for name in RUNS if any(measure.startswith(f"{name}: ") for measure in rows)]
    found = list(dict.fromkeys(measure.split(": ", 1)[1] for measure in rows if measure.split(": ")[0] in named))
    if not found:
        return []
    lines = ["", f"| seconds passed, size {size} | " + " | ".join(named) + " |", "|---|" + "---|" * len(named)]
    for part in found:
        taken = (rows.get(f"{name}: {part}") for name in named)
        lines.append(f"| {part} | " + " | ".join("" if one is None else _shown(one.ours, one.unit) for one in taken) + " |")
    return lines


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "s" and value < 0.1:
        return f"{value * 1000:.1f} ms"
    return f"{value:,.2f} {unit}" if value < 10 else f"{value:,.0f} {unit}" if value >= 100 else f"{value:,.1f} {unit}"


if __name__ == "__main__":
    import sys

    print(table(read(*(Path(name) for name in sys.argv[1:]))), end="")
