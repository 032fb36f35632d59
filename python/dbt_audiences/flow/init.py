"""`audiences init`: a new project that runs at once, out of the files below `templates/project`."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.compile.names import slug
from dbt_audiences.core.errors import UsageError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.packages import package_path

TEMPLATE = Path(__file__).resolve().parents[1] / "templates" / "project"
EVENTS = "events.jsonl"
AUDIENCE = "repeat_buyers"

_NAMED = {"gitignore": ".gitignore"}
"""Template files that bear another name in the project: git would obey a `.gitignore` of the template."""

_PRESENT = datetime(2026, 2, 1, 12, tzinfo=UTC)
"""The instant that the sample events take for the present; a new project gets them as of its own."""

_HINT = "give a folder that is not there yet, or an empty one"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TAKEN = ("dbt_audiences", "dbt", "dbt_duckdb", "dbt_postgres", "dbt_spark")


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was made: the folder, dbt's name for the project, its files, and the commands to go on with."""

    folder: str
    name: str
    files: tuple[str, ...]
    next_commands: tuple[str, ...]


def init(folder: Path, *, now: datetime) -> NewProject:
    """Make a project in a folder that is not there or empty; dbt's packages are installed, without a network."""
    _refuse_used(folder)
    name = project_name(folder.name)
    was_there = folder.exists()
    files = _files(name, now)
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        workspace = Workspace(folder)
        generated = workspace.compile(check=False)
        workspace.dbt.install_packages()
    except BaseException:
        _remove(folder, keep=was_there)
        raise
    return NewProject(str(folder), name, tuple(sorted((*files, *generated.new))), _next_commands(folder))


def project_name(folder: str) -> str:
    """A name that dbt takes for a project and for its profile: letters, digits and underscores, no digit first."""
    name = slug(folder)
    if name[0].isdigit():
        name = f"project_{name}"
    return f"{name}_project" if name in _TAKEN else name


def _refuse_used(folder: Path) -> None:
    if folder.is_dir():
        found = sorted(path.name for path in folder.iterdir())
        if found:
            raise UsageError(f"{folder} is not empty: it holds {found[0]}", hint=_HINT)
    elif folder.exists():
        raise UsageError(f"{folder} is a file", hint=_HINT)


def _files(name: str, now: datetime) -> dict[str, str]:
    files = {}
    package = _in_jinja_in_yaml(package_path())
    for path in sorted(TEMPLATE.rglob("*")):
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8").replace("__NAME__", name).replace("__PACKAGE__", package)
        relative = path.relative_to(TEMPLATE).as_posix()
        files[_NAMED.get(relative, relative)] = _as_of(text, now) if relative == EVENTS else text
    return files


def _in_jinja_in_yaml(path: Path) -> str:
    """A path inside a Jinja string inside a double-quoted YAML scalar."""
    in_jinja = path.as_posix().replace("\\", "\\\\").replace("'", "\\'")
    return json.dumps(in_jinja, ensure_ascii=False)[1:-1]


def _as_of(events: str, now: datetime) -> str:
    shift = now.astimezone(UTC).replace(microsecond=0) - _PRESENT

    def moved(found: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(found[0]) + shift:%Y-%m-%dT%H:%M:%SZ}"

    return _INSTANT.sub(moved, events)


def _remove(folder: Path, *, keep: bool) -> None:
    """Undo a project that could not be finished; the folder was empty or not there."""
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _next_commands(folder: Path) -> tuple[str, ...]:
    go_there = () if folder.resolve() == Path.cwd().resolve() else (f"cd {_shown(folder)}",)
    return (*go_there, f"audiences load {EVENTS}", "audiences run", f"audiences members {AUDIENCE}")


def _shown(folder: Path) -> str:
    import shlex

    here = Path.cwd()
    return shlex.quote(str(folder.relative_to(here) if folder.is_relative_to(here) else folder))
