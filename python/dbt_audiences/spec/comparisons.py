"""Comparisons: the operators of a mapping, with their right sides checked and typed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from dbt_audiences.core.definitions import Comparison, ListFile, Operator, Place, Reference, Value, ValueType
from dbt_audiences.spec.fields import Fields, Problems
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.patterns import check_pattern
from dbt_audiences.spec.values import duration_of, instant_literal_of, literal_of, literals_of, path_of, text_literal_of

OPERATORS: tuple[Operator, ...] = get_args(Operator)
_TEXT: tuple[Operator, ...] = ("contains", "not_contains", "starts_with", "ends_with")
_ORDER: tuple[Operator, ...] = ("lt", "lte", "gt", "gte")
_RELATIVE: tuple[Operator, ...] = ("within_last", "within_next", "before_last", "after_next")
_LISTS: tuple[Operator, ...] = ("one_of", "none_of", "contains_any")
_NO_CASE: tuple[Operator, ...] = (
    "equals", "not_equals", "one_of", "none_of", "contains", "not_contains", "contains_any", "starts_with", "ends_with", "matches",
)  # fmt: skip
ReferenceType = Literal["number", "text", "instant"]
AS_TYPES: dict[str, ReferenceType] = {"number": "number", "text": "text", "time": "instant"}


def read_comparisons(fields: Fields, root: Path, *, needed: bool, parent: bool = True) -> tuple[Comparison, ...]:
    """Every operator of the mapping; `parent` tells whether `{parent: ...}` has something to refer to."""
    as_type = fields.one_of("as", tuple(AS_TYPES)) if "as" in fields else None
    found = []
    for operator in OPERATORS:
        node = fields.take(operator)
        if node is not None:
            found.append(_comparison(operator, node, root, fields.place_of(operator), AS_TYPES.get(as_type or ""), parent))
    if not found and needed:
        raise Wrong(fields.place, f"{fields.what} needs a comparison", "such as `equals:`, `gt:`, or `exists: true`")
    if as_type is not None and not any(isinstance(one.operand, Reference) for one in found):
        raise Wrong(fields.place_of("as"), "`as` says how two values are read when the right one is a reference", "leave it out")
    return tuple(found)


def read_ignore_case(fields: Fields, comparisons: tuple[Comparison, ...]) -> bool:
    """`ignore_case:`, which only comparisons of texts take."""
    ignored = fields.boolean("ignore_case", False)
    odd = next((one for one in comparisons if one.operator not in _NO_CASE or one.type not in ("text", None)), None)
    if ignored and odd is not None:
        raise Wrong(fields.place_of("ignore_case"), f"`ignore_case` needs texts, and `{odd.operator}` here compares {odd.type or 'none'}")
    return ignored


def _comparison(
    operator: Operator, node: Node, root: Path, place: Place, as_type: ReferenceType | None, parent: bool
) -> Comparison:
    what = f"`{operator}`"
    if isinstance(node, MapNode) and not ("file" in node.entries and operator in _LISTS):
        return _reference(operator, node, place, as_type, parent)
    if operator == "exists":
        value = node.value() if isinstance(node, Scalar) else None
        if not isinstance(value, bool):
            raise Wrong(node.place, "`exists` must be true or false")
        return Comparison(operator, value, None, place)
    if operator in _RELATIVE:
        return Comparison(operator, duration_of(node, what), "instant", place)
    if operator == "matches":
        text = text_literal_of(node, what).value
        assert isinstance(text, str)
        check_pattern(text, node.place)
        return Comparison(operator, text, "text", place)
    if operator in ("before", "after"):
        return _one(operator, instant_literal_of(node, what), place)
    if operator in _TEXT:
        return _one(operator, text_literal_of(node, what), place)
    if operator in _LISTS:
        return _list(operator, node, root, place)
    value_of: Callable[[Node, str], Value] = literal_of
    literal = value_of(node, what)
    if operator in _ORDER and literal.type == "boolean":
        raise Wrong(node.place, f"{what} cannot order true and false", "write `equals: true`")
    return _one(operator, literal, place)


def _one(operator: Operator, value: Value, place: Place) -> Comparison:
    return Comparison(operator, value, value.type, place)


def _list(operator: Operator, node: Node, root: Path, place: Place) -> Comparison:
    if isinstance(node, MapNode):
        return Comparison(operator, _list_file(node, root), "text", place)
    if operator == "contains_any":
        if not isinstance(node, ListNode) or not node.items:
            raise Wrong(node.place, "`contains_any` must be a list of texts, and not an empty one")
        return Comparison(operator, tuple(text_literal_of(item, "`contains_any`") for item in node.items), "text", place)
    values = literals_of(node, f"`{operator}`")
    return Comparison(operator, values, values[0].type, place)


def _reference(
    operator: Operator, node: MapNode, place: Place, as_type: ReferenceType | None, parent: bool
) -> Comparison:
    if len(node.entries) != 1 or next(iter(node.entries)) not in ("parent", "trait"):
        raise Wrong(node.place, f"`{operator}` takes a value, or a reference", "{trait: name} or {parent: property}")
    if operator in ("exists", "matches", *_RELATIVE):
        raise Wrong(node.place, f"`{operator}` takes no reference")
    of = next(iter(node.entries))
    if of == "parent" and not parent:
        raise Wrong(node.place, "`{parent: ...}` needs an event above it", "it belongs below `then:`, `any_item:` or `without:`")
    default: ValueType = "number" if operator in _ORDER else "instant" if operator in ("before", "after") else "text"
    kind: ReferenceType = as_type or default  # type: ignore[assignment]  # never "boolean"
    path = path_of(node.entries[of], f"`{of}`")
    return Comparison(operator, Reference("parent" if of == "parent" else "trait", path, kind, node.place), kind, place)


def _list_file(node: MapNode, root: Path) -> ListFile:
    fields = Fields(node, "the list", Problems())
    path, column = fields.text("file") or "", fields.text("column")
    fields.finish()
    if fields.problems.found:
        problem = fields.problems.found[0]
        raise Wrong(problem.place, problem.message, problem.hint)
    place = node.entries["file"].place
    full = (root / path).resolve()
    if not full.is_relative_to(root.resolve()):
        raise Wrong(place, f"`{path}` lies outside the project")
    try:
        text = full.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(place, f"the file `{path}` cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from error
    rows = list(csv.reader(text.splitlines(keepends=True), delimiter="\t" if full.suffix == ".tsv" else ","))
    index = 0
    if column is not None:
        header = [name.strip() for name in rows[0]] if rows else []
        if column not in header:
            raise Wrong(place, f"`{path}` has no column `{column}`", "its header: " + ", ".join(header))
        index, rows = header.index(column), rows[1:]
    values = (row[index].strip() for row in rows if len(row) > index)
    return ListFile(path, column, tuple(dict.fromkeys(value for value in values if value)))
