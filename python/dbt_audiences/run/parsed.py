"""What dbt parsed, kept in this process for as long as nothing changed that dbt would read.

dbt's own partial parsing notices what changed, but takes 0.3 s and more to find that nothing did.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dbt_audiences.run.graph import Graph

MOST_KEPT = 4
"""Projects whose manifest is kept: each takes tens of megabytes."""
_PATHS = ("model", "macro", "seed", "test", "analysis", "snapshot", "docs", "asset", "function")
_DEFAULTS = ("models", "macros", "seeds", "tests", "analyses", "snapshots")
_FILES = ("dbt_project.yml", "packages.yml", "dependencies.yml", "package-lock.yml", "selectors.yml")

Stamps = frozenset[tuple[object, ...]]
"""Of files: path, time, size and inode; another set after any change."""
Key = tuple[object, ...]
_kept: dict[Key, tuple[Stamps, tuple[Any, Graph]]] = {}
_OF_SHELLS = frozenset(("_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES"))


def mark_of(root: Path, settings: dict[str, Any], packages_folder: str, profiles: Path) -> Stamps:
    """Every file that dbt reads of a project, with its size, inode and time, and the environment."""
    given = [settings.get(f"{kind}-paths") for kind in _PATHS]
    folders = {str(path) for paths in given if isinstance(paths, list) for path in paths} | set(_DEFAULTS)
    found = [*_files(root / folder for folder in folders), *_files(_packages(root / packages_folder))]
    found += [_stamp(root / name) for name in _FILES] + [_stamp(profiles)]
    environment = [("env", name, value) for name, value in os.environ.items() if name not in _OF_SHELLS]
    return frozenset([*found, *environment, ("dbt", version("dbt-core"), version("dbt-audiences"))])


def digest(mark: Stamps) -> str:
    """A text for a set of stamps."""
    return hashlib.sha256(repr(sorted(map(repr, mark))).encode()).hexdigest()


def kept(key: Key, mark: Stamps) -> tuple[Any, Graph] | None:
    """The manifest and the graph that were kept under this mark, as fresh from the parser; None where there are none."""
    before, found = _kept.get(key, (None, None))
    if before != mark or found is None:
        return None
    manifest, _ = found
    for node in manifest.nodes.values():
        if getattr(node, "compiled", False):
            node.compiled, node.compiled_code, node.extra_ctes_injected, node.extra_ctes = False, None, False, []
    return found


def keep(key: Key, mark: Stamps, found: tuple[Any, Graph]) -> None:
    """Keep a manifest and its graph; those that were kept longest ago give way."""
    _kept.pop(key, None)
    _kept[key] = (mark, found)
    while len(_kept) > MOST_KEPT:
        del _kept[next(iter(_kept))]


def drop(key: Key) -> None:
    """Have dbt read the project again."""
    _kept.pop(key, None)


def stamps(paths: Iterable[Path]) -> Stamps:
    """Those of these files, and of all that lies in these folders; a path where nothing is has one, too."""
    return frozenset(_files(paths))


def _packages(folder: Path) -> Iterator[Path]:
    """The folders of installed packages that dbt reads; a package may be a whole checkout, with an environment beside."""
    for package in folder.iterdir() if folder.is_dir() else ():
        yield from (package / name for name in _DEFAULTS)
        yield package / "dbt_project.yml"


def _files(paths: Iterable[Path | os.DirEntry[str]]) -> Iterator[tuple[object, ...]]:
    for path in paths:
        if isinstance(path, os.DirEntry) and path.is_file():
            stat = path.stat()
            yield path.path, stat.st_mtime_ns, stat.st_size, stat.st_ino
        elif path.is_dir():
            with os.scandir(path) as entries:
                yield from _files(entries)
        elif isinstance(path, Path):
            yield _stamp(path)


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        stat = path.stat()
    except OSError:
        return (str(path),)
    return str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino
