"""Our side: a project as `audiences init` makes it, with the definitions, driven by the commands that users type."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from benchmarks.speed.definitions import Case
from benchmarks.speed.events import AS_OF

ROOT = Path(__file__).resolve().parents[2]
# What `audiences compile` made of the sample project is no part of the package; the wheel leaves it out as well.
_SAMPLES = ("audiences", "events", "traits/custom", "traits/computed", "traits/sql", "entities", "sync/sends")


def make_project(folder: Path, cases: Sequence[Case]) -> None:
    """A new project with these audiences, sending nothing, and the package beside it as an installed one has it."""
    from dbt_audiences.flow.init import init

    package = folder.with_name(f"{folder.name}_package")
    for path in (folder, package):
        shutil.rmtree(path, ignore_errors=True)
    init(folder, now=AS_OF)
    for name in ("macros", "models"):
        shutil.copytree(ROOT / name, package / name)
    shutil.copy(ROOT / "dbt_project.yml", package)
    for name in _SAMPLES:
        shutil.rmtree(package / "models" / name, ignore_errors=True)
    (package / "macros/audiences_project.sql").unlink()
    (folder / "packages.yml").write_text(f"packages: [{{local: {package}}}]\n", encoding="utf-8")
    shutil.rmtree(folder / "dbt_packages")
    for path in [*(folder / "audiences").glob("*.yml"), *(folder / "traits").glob("*.yml")]:
        path.unlink()
    for case in cases:
        (folder / f"audiences/{case.key}.yml").write_text(case.yaml, encoding="utf-8")


@dataclass
class Evaluation:
    """The audiences' models alone: seconds passed, of CPU in all threads, and of those passed the ones in statements."""

    models: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    statement_seconds: float = 0.0
    by_model: dict[str, tuple[float, float]] = field(default_factory=dict)


def evaluate(folder: Path, as_of: datetime) -> Evaluation:
    """Every audience from all events anew, what they read standing: `dbt run --full-refresh` of their models."""
    import json

    from dbt.cli.main import dbtRunner

    found = Evaluation()
    selection = ["run", "--select", "config.materialized:audience", "--full-refresh", "--log-level", "none", "--no-print"]
    variables = ["--vars", json.dumps({"as_of": as_of.replace(tzinfo=None).isoformat()})]
    places = ["--project-dir", str(folder), "--profiles-dir", str(folder)]
    with contextlib.chdir(folder):
        # A parse with other variables would have the next run read the whole project again.
        manifest = dbtRunner().invoke(["parse", "--log-level", "none", "--no-print", *places]).result
        outcome = dbtRunner(manifest=manifest, callbacks=[_note(found)]).invoke([*selection, *variables, *places])
    if not outcome.success:
        raise RuntimeError(f"dbt failed: {outcome.exception or [row.message for row in outcome.result.results]}")
    return found


def _note(found: Evaluation) -> Callable[[Any], None]:
    begun = {"passed": 0.0, "cpu": 0.0, "statements": 0.0, "named": ""}

    def note(event: Any) -> None:
        name = event.info.name
        if name == "NodeStart" and event.data.node_info.resource_type == "model":
            begun.update(passed=perf_counter(), cpu=process_time(), statements=0.0, named=event.data.node_info.node_name)
        elif name == "SQLQueryStatus" and begun["named"]:
            begun["statements"] += event.data.elapsed
        elif name == "NodeFinished" and event.data.node_info.node_name == begun["named"]:
            passed = perf_counter() - begun["passed"]
            found.models += 1
            found.seconds += passed
            found.cpu_seconds += process_time() - begun["cpu"]
            found.statement_seconds += begun["statements"]
            found.by_model[str(begun["named"])] = (passed, begun["statements"])
            begun["named"] = ""

    return note
