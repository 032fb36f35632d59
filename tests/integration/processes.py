"""Commands in processes of their own, which can be limited, interrupted and waited for, and what they leave on the disk."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.projects import Project, Result

AUDIENCES = Path(sys.executable).with_name("audiences")


def started(project: Project, *arguments: str, limit: int | None = None) -> subprocess.Popen[str]:
    """A command in a process of its own; `limit` is the largest size of a file that it may write."""
    gc.collect()  # cursors that a command in this process left behind would keep the database locked

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [str(AUDIENCES), *arguments, "--project-dir", str(project.root)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)


def ended(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=60)
    return Result(process.returncode, out, err)


def wait_for(what: Callable[[], bool]) -> None:
    """Look again and again, for a minute at most."""
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def files(project: Project) -> dict[str, bytes]:
    """What the project is made of, without what dbt writes for itself."""
    found = (path for path in project.root.rglob("*") if path.is_file() and not path.is_symlink())
    kept = (path for path in found if not {"target", "logs", "dbt_packages"} & set(path.relative_to(project.root).parts))
    return {str(path.relative_to(project.root)): path.read_bytes() for path in kept}
