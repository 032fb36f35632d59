"""`audiences destinations`: which types there are, whether a destination can be reached, and one taken over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.core.project import SendTo
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.spec import load_project
from dbt_audiences.spec.destination import read_destination
from dbt_audiences.spec.fields import Problems, unknown
from dbt_audiences.spec.nodes import Wrong, read_yaml
from dbt_audiences.sync.channel import Spec
from dbt_audiences.sync.check import check_destinations
from dbt_audiences.sync.declared.types import spec_of
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.trying import tried

_VARIABLE = re.compile(r"env_var\s*\(\s*['\"]([A-Za-z_][A-Za-z0-9_]*)['\"]\s*([,)])")


@dataclass(frozen=True, slots=True)
class TypeListed:
    """A destination type; `origin` is `package` or `project`."""

    type: str
    name: str
    description: str
    forms: tuple[str, ...]
    identifiers: tuple[str, ...] | None
    settings: tuple[str, ...]
    secrets: tuple[str, ...]
    api_version: str | None
    docs: str | None
    proven_by: str
    origin: str


@dataclass(frozen=True, slots=True)
class DestinationListed:
    """A destination of the project; `audiences` are the keys of what is sent to it."""

    destination: str
    type: str
    name: str
    enabled: bool
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """What can be sent to, and what is."""

    types: tuple[TypeListed, ...]
    destinations: tuple[DestinationListed, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try; `message` says more."""

    destination: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Copied:
    """Files written, relative to the project, and the environment variables without a default that they read."""

    files: tuple[str, ...]
    variables: tuple[str, ...]


def list_destinations(root: Path) -> Listed:
    """All types, and in a project its destinations."""
    project = load_project(root) if (root / "dbt_project.yml").is_file() else None
    types = [_listed(spec, "package") for spec in destination_types().values()]
    if project is None:
        return Listed(tuple(types), ())
    types += [_listed(spec_of(declaration), "project") for declaration in project.destination_types.values()]
    sent = {key: [one.key for one in project.sendable if _goes(one.send_to, key)] for key in project.destinations}
    destinations = tuple(
        DestinationListed(key, one.type, one.name, one.enabled, tuple(sent[key])) for key, one in project.destinations.items()
    )
    return Listed(tuple(types), destinations)


def try_destination(workspace: Workspace, key: str) -> Tried:
    """Whether it can be reached and takes the credentials; raises `UsageError` for an unknown key."""
    known = workspace.project.destinations
    if key not in known:
        raise UsageError(f"there is no destination `{key}`", hint=unknown(key, known))
    outcome = tried(known[key], workspace.root)
    return Tried(key, outcome.verdict == "delivered", outcome.reason or "it answers, and takes the credentials")


def copy_destination(root: Path, key: str, other: Path, new_key: str | None = None) -> Copied:
    """Take a destination over from the project in `other`, with its type where that project declares it.

    new_key  what it is called here

    Nothing is written over: raises `UsageError` where something of that name is there, or nothing is over there.
    """
    source = other / "destinations" / f"{key}.yml"
    if not source.is_file():
        known = [path.stem for path in (other / "destinations").glob("*.yml")]
        raise UsageError(f"there is no destinations/{key}.yml in {other}", hint=unknown(key, known) if known else None)
    problems = Problems()
    try:
        destination = read_destination(read_yaml(other, source), other, key, problems)
    except Wrong as wrong:
        raise DefinitionError([wrong.problem]) from wrong
    text = source.read_text(encoding="utf-8")
    if new_key is not None:
        text = re.sub(rf"^destination:\s*['\"]?{key}['\"]?", f"destination: {new_key}", text, count=1, flags=re.MULTILINE)
    wanted = {f"destinations/{new_key or key}.yml": text}
    declared = other / "destinations" / "types" / f"{destination.type}.yml"
    if declared.is_file():
        wanted[f"destinations/types/{destination.type}.yml"] = declared.read_text(encoding="utf-8")
    written = []
    for name, content in wanted.items():
        path = root / name
        if path.exists() and path.read_text(encoding="utf-8") != content:
            raise UsageError(f"{name} is here already, and is another", hint="move it away, or give another key with --as")
        if not path.exists():
            written.append(name)
    for name in written:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(wanted[name], encoding="utf-8")
    _check(root, written)
    needed = {name for name, end in _VARIABLE.findall(text) if end == ")"}
    return Copied(tuple(written), tuple(sorted(needed)))


def _check(root: Path, written: list[str]) -> None:
    """What was copied must hold here; where it does not, it is taken away again."""
    try:
        project = load_project(root)
        problems = [one for one in check_destinations(project) if one.place.file in written]
    except DefinitionError as error:
        problems = [one for one in error.problems if one.place.file in written]
    if problems:
        for name in written:
            (root / name).unlink(missing_ok=True)
        raise DefinitionError(problems)


def _goes(sends: tuple[SendTo, ...], key: str) -> bool:
    return any(send.destination == key for send in sends)


def _listed(spec: Spec, origin: str) -> TypeListed:
    declaration = spec.declaration
    return TypeListed(
        spec.type,
        spec.name or spec.type,
        spec.description,
        tuple(spec.forms),
        spec.identifier_types,
        tuple(setting.name for setting in spec.settings),
        spec.secrets,
        None if declaration is None else declaration.api_version or None,
        None if declaration is None else declaration.docs or None,
        spec.proven_by,
        origin,
    )
