"""Lists kept in files: `one_of: {file: lists/vips.csv}`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from dbt_audiences.core.definitions import ListFile, Place
from dbt_audiences.spec.fields import Fields, Problems, nearest
from dbt_audiences.spec.nodes import MapNode, Wrong


def read_list_file(node: MapNode, root: Path) -> ListFile:
    """The texts of a CSV or TSV file below the project, trimmed, without blanks and repeats; an empty file is fine."""
    fields = Fields(node, "the list", Problems())
    path, column = fields.text("file"), fields.text("column")
    fields.finish()
    if fields.problems.found or path is None:
        problem = fields.problems.found[0]
        raise Wrong(problem.place, problem.message, problem.hint)
    place = node.entries["file"].place
    rows = _rows(root, path, place)
    index = 0
    if column is not None and rows:
        header = [name.strip() for name in rows[0]]
        if column not in header:
            hint = nearest(column, header) or "its header: " + ", ".join(header)
            raise Wrong(node.entries["column"].place, f"`{path}` has no column `{column}`", hint)
        index, rows = header.index(column), rows[1:]
    values = (row[index].strip() for row in rows if len(row) > index)
    return ListFile(path, column, tuple(dict.fromkeys(value for value in values if value)))


def _rows(root: Path, path: str, place: Place) -> list[list[str]]:
    if not path.lower().endswith((".csv", ".tsv")):
        raise Wrong(place, f"`{path}` is neither `.csv` nor `.tsv`", "one value a line, or a `column:` of its header")
    try:
        full = (root / path).resolve()
        if not full.is_relative_to(root.resolve()):
            raise Wrong(place, f"`{path}` lies outside the project", "copy it below the project")
        text = full.read_bytes().decode("utf-8-sig")
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else getattr(error, "strerror", None)
        hint = "the path starts at the project's folder"
        raise Wrong(place, f"the file `{path}` cannot be read: {reason or 'it refers to itself'}", hint) from error
    delimiter = "\t" if full.suffix.lower() == ".tsv" else ","
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error as error:
        raise Wrong(place, f"the file `{path}` cannot be read: {error}", "save it as plain CSV or TSV in UTF-8") from error
