"""What reading a large project left on this machine: definitions and generated texts, each under the hash of its parts.

It lies in the user's cache, not in the project: a pickle that came with a project would be code of its author's. Whatever
cannot be read, or does not match, is as if it were not there.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

Kept = TypeVar("Kept")

SMALLEST = 50
"""Definitions of a project that is worth it."""


@dataclass(slots=True)
class Reuse:
    """One project's; `get` makes only what is not there, and `save` keeps what was asked for since it was opened."""

    path: Path
    known: dict[str, object] = field(default_factory=dict)
    used: dict[str, object] = field(default_factory=dict)

    def get(self, parts: tuple[object, ...], make: Callable[[], Kept]) -> Kept:
        """What was made of these parts before, else what is made now."""
        key = hashlib.sha256(repr((code_fingerprint(), parts)).encode("utf-8", "surrogatepass")).hexdigest()
        found = self.used.get(key, self.known.get(key))
        made = make() if found is None else found
        self.used[key] = made
        return made  # type: ignore[return-value]  # one kind of parts, one kind of result

    def save(self) -> None:
        """Write it down, where that is worth it and possible."""
        if len(self.used) < SMALLEST or self.used.keys() == self.known.keys():
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            with beside.open("wb") as file:
                pickle.dump(self.used, file, protocol=pickle.HIGHEST_PROTOCOL)
            beside.replace(self.path)
            self.known = dict(self.used)


def open_reuse(root: Path) -> Reuse:
    """What is left of the project at `root`, of this version of the code alone."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:32]
    path = base / "dbt-audiences" / f"{name}.pickle"
    try:
        if path.stat().st_uid != os.getuid():
            return Reuse(path)
        gc.disable()  # nothing that is made here can be let go of
        with path.open("rb") as file:
            known = pickle.load(file)  # this user's own file
    except Exception:  # whatever stands there, it is only a cache
        return Reuse(path)
    finally:
        gc.enable()
    return Reuse(path, known if isinstance(known, dict) else {})


@cache
def code_fingerprint() -> str:
    """Changes with every edit of this package."""
    package = Path(__file__).resolve().parents[1]
    stats = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(package.rglob("*.py"))]
    return hashlib.sha256(repr(stats).encode()).hexdigest()
