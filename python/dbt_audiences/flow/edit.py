"""`audiences enable` and `disable`: one line of one file, everything else as it was."""

from __future__ import annotations

import os
from pathlib import Path

from dbt_audiences.core.errors import AudiencesError, UsageError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.spec.fields import unknown
from dbt_audiences.spec.nodes import MapNode, Scalar, read_yaml


def set_enabled(workspace: Workspace, key: str, *, enabled: bool) -> Path:
    """Write `enabled:` into the file of an audience or a trait; a project that would be wrong then is left as it was."""
    project = workspace.project
    folder = "audiences" if key in project.audiences else "traits" if key in project.traits else None
    if folder is None:
        raise UsageError(f"there is no audience or trait `{key}`", hint=unknown(key, {*project.audiences, *project.traits}))
    path = workspace.root / folder / f"{key}.yml"
    before = path.read_bytes().decode("utf-8")
    after = _edited(workspace.root, path, before, enabled)
    if after == before:
        return path
    _write(path, after)
    try:
        Workspace(workspace.root, workspace.profiles_dir, workspace.target).files()
    except AudiencesError:
        _write(path, before)
        raise
    return path


def _edited(root: Path, path: Path, text: str, enabled: bool) -> str:
    tree = read_yaml(root, path)
    assert isinstance(tree, MapNode)
    word = "true" if enabled else "false"
    lines = text.splitlines(keepends=True)
    node = tree.entries.get("enabled")
    if isinstance(node, Scalar):
        line, column = node.place.line - 1, node.place.column - 1
        length = len(node.text) + (2 if node.is_quoted else 0)
        lines[line] = lines[line][:column] + word + lines[line][column + length :]
        return "".join(lines)
    if enabled:
        return text
    first = tree.key_places[next(iter(tree.entries))]
    ending = "\r\n" if lines[first.line - 1].endswith("\r\n") else "\n"
    if not lines[first.line - 1].endswith(("\n", "\r")):
        lines[first.line - 1] += ending
    lines.insert(first.line, f"enabled: {word}{ending}")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="")
    os.replace(beside, path)
