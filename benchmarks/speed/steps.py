"""One step of one side in a process of its own, so that its seconds, its CPU and its memory are its alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """What a process took: seconds passed, seconds of CPU, and the most memory, in bytes; `said` is what it measured within."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    said: dict[str, Any] = field(default_factory=dict)


def command(folder: Path, *words: str) -> Step:
    """`audiences ...` in a project."""
    program = "from dbt_audiences.cli.main import main; main()"
    return _run([sys.executable, "-c", program, *words, "--project-dir", str(folder)])


def inner(action: str, **given: object) -> Step:
    """An action of this file in a new process; what it gives back is measured within, without the start of Python."""
    return _run([sys.executable, "-m", "benchmarks.speed.steps", action, json.dumps(given)])


def environment() -> dict[str, str]:
    """In which this checkout is the package that runs."""
    path = os.pathsep.join([str(ROOT / "python"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


def _run(words: Sequence[str]) -> Step:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text, errors = out.read().decode(), err.read().decode()
    if process.returncode:
        raise RuntimeError(f"`{' '.join(words)}` ended with {process.returncode}\n{text}\n{errors}")
    lines = text.strip().splitlines()
    said = json.loads(lines[-1]) if "benchmarks.speed.steps" in words else {}
    # ru_maxrss is in kilobytes on Linux.
    return Step(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, said)


def _within(action: str, given: dict[str, Any]) -> dict[str, Any]:
    from benchmarks.speed import ours
    from benchmarks.speed.definitions import chosen
    from benchmarks.speed.hand import open_side

    if action == "evaluate_ours":
        return asdict(ours.evaluate(Path(given["folder"]), datetime.fromisoformat(given["as_of"])))
    side = open_side(given["side"], Path(given["folder"]), anew=action == "load")
    begun, cpu = time.perf_counter(), time.process_time()
    if action == "load":
        side.load(given["people"], given["events"])
    elif action == "add":
        side.add(given["events"], given["earlier"])
    elif action == "evaluate":
        side.evaluate(chosen(given["choice"]), datetime.fromisoformat(given["as_of"]))
    taken = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - cpu}
    if "answers" in given:
        side.answers(given["answers"])
    side.close()
    return taken


if __name__ == "__main__":
    print(json.dumps(_within(sys.argv[1], json.loads(sys.argv[2]))))
