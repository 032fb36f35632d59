"""All files of a project, read and checked together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.core.project import Audience, Destination, Project, Trait
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.destination import read_destination
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.hashes import definition_hash
from dbt_audiences.spec.models_yml import read_models
from dbt_audiences.spec.nodes import TOO_DEEP, MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.references import Definitions, check_references
from dbt_audiences.spec.reserved import reserved_reason
from dbt_audiences.spec.trait import read_trait

Definition = TypeVar("Definition", Audience, Trait, Destination)
FOLDERS = ("audiences", "traits", "destinations")


def load_project(root: Path) -> Project:
    """Everything that the project at `root` defines; raises `DefinitionError` with every problem found."""
    problems = Problems()
    name = _project_name(root)
    hashes: dict[str, str] = {}
    audiences = _folder(root, "audiences", read_audience, problems, hashes)
    traits = _folder(root, "traits", read_trait, problems, hashes)
    destinations = _folder(root, "destinations", read_destination, problems, {})
    event_sources, sql_traits = read_models(root, problems)
    _refuse_what_is_to_come(root, problems)
    places = [(key, one.place) for key, one in audiences.items()] + [(key, one.place) for key, one in traits.items()]
    for key, place in places:
        reason = reserved_reason(key)
        if reason is not None:
            problems.add(place, reason, "choose another key, and name the file after it")
    for key in sorted(audiences.keys() & traits.keys()):
        problems.add(traits[key].place, f"`{key}` is an audience too", "audiences and traits share one set of keys")
    unread = {path.stem for folder in FOLDERS for path in (root / folder).glob("*.yml")}
    unread -= {*audiences, *traits, *destinations}
    check_references(Definitions(audiences, traits, destinations, unread), problems)
    if problems.found:
        raise DefinitionError(problems.found)
    return Project(name, audiences, traits, destinations, event_sources, sql_traits, hashes)


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
) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for path in sorted((root / folder).glob("*")):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            _refuse_nested(root, folder, path, problems)
            continue
        if path.suffix != ".yml":
            if path.suffix.lower() in (".yml", ".yaml", ".json"):
                place = Place(path.relative_to(root).as_posix(), 1, 1)
                problems.add(place, f"a definition ends in `.yml`, not `{path.suffix}`", f"rename it to `{path.stem}.yml`")
            continue
        definition = problems.attempt(_file, root, path, read, problems, hashes)
        if definition is not None:
            found[path.stem] = definition
    return found


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


def _refuse_what_is_to_come(root: Path, problems: Problems) -> None:
    coming = [root / "identity.yml", root / "tracking_plan.yml", *sorted((root / "alerts").glob("*.yml"))]
    for path in coming:
        if path.is_file():
            place = Place(path.relative_to(root).as_posix(), 1, 1)
            what = "alerts are" if path.parent.name == "alerts" else f"`{path.name}` is"
            problems.add(place, f"{what} not supported yet", "move the file away until it is")
