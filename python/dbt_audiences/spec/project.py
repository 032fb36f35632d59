"""All files of a project, read and checked together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dbt_audiences.core.alerts import Alert
from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.core.identity import Identity
from dbt_audiences.core.personal import Personal
from dbt_audiences.core.project import Audience, Destination, Project, Trait
from dbt_audiences.spec.alert import read_alert
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.destination import read_destination
from dbt_audiences.spec.destination_types import read_types
from dbt_audiences.spec.entities import check_related, check_tables
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.hashes import definition_hash
from dbt_audiences.spec.identity import check_identifiers, read_identity
from dbt_audiences.spec.models_yml import read_models
from dbt_audiences.spec.nodes import TOO_DEEP, MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.references import Definitions, check_alerts, check_references
from dbt_audiences.spec.reserved import reserved_reason
from dbt_audiences.spec.reuse import Reuse
from dbt_audiences.spec.sql_traits import check_sql_traits
from dbt_audiences.spec.tracking_plan import read_tracking_plan
from dbt_audiences.spec.trait import read_trait

Definition = TypeVar("Definition", Audience, Trait, Destination, Alert)
FOLDERS = ("audiences", "traits", "destinations", "alerts")
TYPES = ("destinations", "types")
"""Where a project declares destination types."""


def load_project(root: Path, reuse: Reuse | None = None) -> Project:
    """Everything that the project at `root` defines; raises `DefinitionError` with every problem found.

    reuse  what a reading before this one left; only files that changed since are read again
    """
    problems = Problems()
    name = _project_name(root)
    hashes: dict[str, str] = {}
    audiences = _folder(root, "audiences", read_audience, problems, hashes, reuse)
    traits = _folder(root, "traits", read_trait, problems, hashes, reuse)
    destinations = _folder(root, "destinations", read_destination, problems, {}, None)
    types = read_types(root, problems)
    destinations = {
        key: replace(one, declaration=types[one.type]) if one.type in types else one for key, one in destinations.items()
    }
    alerts = _folder(root, "alerts", read_alert, problems, {}, None)
    identity = read_identity(root, problems)
    declared = read_models(root, (identity or Identity()).types, problems)
    sql_traits = tuple(declared.sql_traits)
    read_tracking_plan(root, problems)
    places = [(key, one.place) for key, one in audiences.items()] + [(key, one.place) for key, one in traits.items()]
    for key, place in places:
        reason = reserved_reason(key)
        if reason is not None:
            problems.add(place, reason, "choose another key, and name the file after it")
    for key in sorted(audiences.keys() & traits.keys()):
        problems.add(traits[key].place, f"`{key}` is an audience too", "audiences and traits share one set of keys")
    unread = {path.stem for folder in FOLDERS[:3] for path in (root / folder).glob("*.yml")}
    unread -= {*audiences, *traits, *destinations}
    definitions = Definitions(audiences, traits, destinations, unread, sql_traits)
    check_references(definitions, problems)
    check_alerts(alerts.values(), definitions, problems)
    check_sql_traits(sql_traits, audiences, traits, problems)
    related = check_tables(tuple(declared.related), problems)
    check_related(audiences, related, problems)
    if identity is not None:
        check_identifiers((*audiences.values(), *traits.values()), sql_traits, identity, problems)
    if problems.found or identity is None:
        raise DefinitionError(problems.found)
    events = tuple(declared.events)
    return Project(
        name,
        audiences,
        traits,
        destinations,
        events,
        sql_traits,
        hashes,
        related=related,
        identity=identity,
        destination_types=types,
        alerts=alerts,
        personal=Personal(frozenset(declared.personal)),
    )


def load_alerts(root: Path) -> Project:
    """The alerts of a project and the destinations that they tell, without those of files in which something is wrong.

    For one that cannot be read as a whole; all else of it is empty. Raises as `load_project` where even its name is wrong.
    """
    problems = Problems()
    name = _project_name(root)
    destinations = _folder(root, "destinations", read_destination, problems, {}, None)
    alerts = _folder(root, "alerts", read_alert, problems, {}, None)
    wrong = {problem.place.file for problem in problems.found}
    return Project(
        name,
        {},
        {},
        {key: one for key, one in destinations.items() if one.place.file not in wrong},
        (),
        (),
        {},
        alerts={key: one for key, one in alerts.items() if one.place.file not in wrong},
    )


def _project_name(root: Path) -> str:
    path = root / "dbt_project.yml"
    if not path.is_file():
        raise UsageError(
            f"there is no dbt_project.yml in {root}", hint="go to a project, give --project-dir, or run `audiences init`"
        )
    try:
        tree = read_yaml(root, path)
    except Wrong as wrong:
        raise DefinitionError([wrong.problem]) from wrong
    name = tree.entries.get("name") if isinstance(tree, MapNode) else None
    if not isinstance(name, Scalar):
        raise UsageError("dbt_project.yml has no `name`", hint="dbt needs one too")
    return name.text


def _folder(
    root: Path,
    folder: str,
    read: Callable[[Node, Path, str, Problems], Definition],
    problems: Problems,
    hashes: dict[str, str],
    reuse: Reuse | None,
) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for path in sorted((root / folder).glob("*")):
        if path.name.startswith("."):
            continue
        if path.is_dir() and (folder, path.name) == TYPES:
            continue
        if path.is_dir():
            _refuse_nested(root, folder, path, problems)
            continue
        if path.suffix != ".yml":
            if path.suffix.lower() in (".yml", ".yaml", ".json"):
                place = Place(path.relative_to(root).as_posix(), 1, 1)
                problems.add(place, f"a definition ends in `.yml`, not `{path.suffix}`", f"rename it to `{path.stem}.yml`")
            continue
        definition = _reused(root, path, read, problems, hashes, reuse)
        if definition is not None:
            found[path.stem] = definition
    return found


def _reused(
    root: Path,
    path: Path,
    read: Callable[[Node, Path, str, Problems], Definition],
    problems: Problems,
    hashes: dict[str, str],
    reuse: Reuse | None,
) -> Definition | None:
    """The definition as it was read before, where the text is the same, was fine, and reads no other file."""

    before = len(problems.found)

    def fresh() -> tuple[Definition, str] | None:
        definition = problems.attempt(_file, root, path, read, problems, hashes)
        return None if definition is None or len(problems.found) > before else (definition, hashes[path.stem])

    text = path.read_bytes() if reuse is not None and path.is_file() else b""
    if reuse is None or not text or b"file" in text:
        return problems.attempt(_file, root, path, read, problems, hashes)
    found = reuse.get((path.relative_to(root).as_posix(), text), fresh)
    if found is None:
        return None
    hashes[path.stem] = found[1]
    return found[0]


def _refuse_nested(root: Path, folder: str, path: Path, problems: Problems) -> None:
    """A definition in a folder below is no definition, and nobody would notice."""
    for nested in sorted([*path.rglob("*.yml"), *path.rglob("*.yaml")]):
        place = Place(nested.relative_to(root).as_posix(), 1, 1)
        problems.add(place, f"a definition lies directly in `{folder}/`", "move it there; `folder:` groups audiences")


def _file(
    root: Path,
    path: Path,
    read: Callable[[Node, Path, str, Problems], Definition],
    problems: Problems,
    hashes: dict[str, str],
) -> Definition:
    tree = read_yaml(root, path)
    try:
        definition = read(tree, root, path.stem, problems)
        hashes[path.stem] = definition_hash(tree, definition)
    except RecursionError as error:
        raise Wrong(tree.place, TOO_DEEP, "use audiences of audiences") from error
    return definition
