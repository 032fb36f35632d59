"""`audiences import segment`: a file of Segment's definitions -> files of ours that our own reader accepts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dbt_audiences.core.errors import DefinitionError, Problem
from dbt_audiences.importing.segment.definitions import Made, translate
from dbt_audiences.importing.segment.records import read_records
from dbt_audiences.importing.segment.scene import Finding
from dbt_audiences.spec import load_project
from dbt_audiences.spec.identity import FILE


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it.

    written        files below `folder`, those that stood there with the same text among them
    not_expressed  what could not be said; a definition with any such part has no file, or a disabled one
    notes          what to know of files that were written
    """

    folder: str
    written: tuple[str, ...]
    not_expressed: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def import_segment(file: Path, folder: Path) -> Imported:
    """Read the file, translate it, check it as a project, and write what stood the test below `folder`."""
    translation = translate(read_records(file))
    problems = list(translation.problems)
    files = _accepted(translation.files, folder / FILE, problems)
    before = {str(problem) for problem in _problems_of(folder)}
    written = []
    for made in files:
        if _is_taken(made, folder, problems):
            continue
        path = folder / made.path
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        partial.write_text(made.text, encoding="utf-8")
        os.replace(partial, path)
        written.append(made.path)
    for problem in _problems_of(folder):
        if str(problem) not in before:
            message = f"beside what stood there already: {problem.message}"
            problems.append(Finding(Path(problem.place.file).stem, str(problem.place), "", _with_hint(message, problem)))
    keys = {made.key for made in files}
    notes = tuple(one for one in translation.notes if one.key in keys)
    return Imported(str(folder), tuple(sorted(written)), tuple(problems), notes)


def _accepted(files: Sequence[Made], identity: Path, problems: list[Finding]) -> list[Made]:
    """The files that our reader accepts as one project; one that falls takes those with it that refer to it.

    identity  an identity.yml that goes with them, where there is one
    """
    left = list(files)
    while found := _problems(left, identity):
        for problem in found:
            made = next(one for one in left if one.path == problem.place.file)
            text = _line(made, problem.place.line)
            problems.append(Finding(made.key, str(problem.place), text, _with_hint(problem.message, problem)))
        fallen = {problem.place.file for problem in found}
        left = [one for one in left if one.path not in fallen]
    return left


def _problems(files: Sequence[Made], identity: Path) -> tuple[Problem, ...]:
    """Everything our reader says of these files as a project of their own; what is wrong with identity.yml is not theirs."""
    with tempfile.TemporaryDirectory(prefix="audiences_") as name:
        root = Path(name)
        (root / "dbt_project.yml").write_text("name: imported\n", encoding="utf-8")
        if identity.is_file():
            shutil.copy(identity, root / FILE)
        for made in files:
            path = root / made.path
            path.parent.mkdir(exist_ok=True)
            path.write_text(made.text, encoding="utf-8")
        return tuple(problem for problem in _problems_of(root) if problem.place.file != FILE)


def _problems_of(root: Path) -> tuple[Problem, ...]:
    """Everything wrong with a project; nothing where there is none."""
    if not (root / "dbt_project.yml").is_file():
        return ()
    try:
        load_project(root)
    except DefinitionError as error:
        return error.problems
    return ()


def _with_hint(message: str, problem: Problem) -> str:
    return message if problem.hint is None else f"{message}: {problem.hint}"


def _line(made: Made, number: int) -> str:
    lines = made.text.splitlines()
    return lines[number - 1].strip() if number <= len(lines) else ""


def _is_taken(made: Made, folder: Path, problems: list[Finding]) -> bool:
    """Whether something else stands under this key already, which is left as it is."""
    for other in ("audiences", "traits"):
        path = folder / other / f"{made.key}.yml"
        if not path.is_file():
            continue
        if other == made.folder and path.read_text(encoding="utf-8", errors="replace") == made.text:
            return False
        message = "another definition has this key, and was left as it is: remove it, or give another --output"
        problems.append(Finding(made.key, f"{other}/{made.key}.yml", "", message))
        return True
    return False
