"""Where the time of a run went: dbt's models by what they are, and the rest."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

REST = "all else (Python, dbt's start, its files)"


def parts(project: Path, seconds: float, audiences: Collection[str]) -> dict[str, float]:
    """Part -> seconds of the last run of a project, the greatest first; they add up to those of the whole command."""
    found: dict[str, float] = defaultdict(float)
    for one in json.loads((project / "target/run_results.json").read_text(encoding="utf-8"))["results"]:
        model = one["unique_id"].split(".")[-1]
        found["audiences" if model in audiences else _kind(model)] += one["execution_time"]
    found[REST] = seconds - sum(found.values())
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _kind(model: str) -> str:
    if model.startswith("events_"):
        return "narrow tables of events"
    if model.startswith(("calls_", "stg_")):
        return "staging"
    if model.startswith(("trait", "account")):
        return "traits and accounts"
    return "identity and the rest"
