"""Comparisons: the operators of a mapping, with their right sides checked and typed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from dbt_audiences.core.definitions import ITEM, Comparison, Duration, Operator, Place, Reference, Value, ValueType
from dbt_audiences.spec.fields import Fields, boolean_of
from dbt_audiences.spec.list_files import read_list_file
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Wrong
from dbt_audiences.spec.patterns import check_pattern
from dbt_audiences.spec.values import duration_of, instant_literal_of, literal_of, literals_of, path_of, text_literal_of

OPERATORS: tuple[Operator, ...] = get_args(Operator)
_TEXT: tuple[Operator, ...] = ("contains", "not_contains", "starts_with", "ends_with")
_ORDER: tuple[Operator, ...] = ("lt", "lte", "gt", "gte")
RELATIVE: tuple[Operator, ...] = ("within_last", "within_next", "before_last", "after_next", "anniversary_within_next")
_LISTS: tuple[Operator, ...] = ("one_of", "none_of", "contains_any")
ReferenceType = Literal["number", "text", "instant"]
AS_TYPES: dict[str, ReferenceType] = {"number": "number", "text": "text", "time": "instant"}


def read_comparisons(
    fields: Fields, root: Path, *, parent: bool, reads_as: ReferenceType | None = None
) -> tuple[Comparison, ...]:
    """Every operator of the mapping.

    parent    whether `{parent: ...}` has something to refer to
    reads_as  what a reference is read as, where that is known already
    """
    as_type = fields.one_of("as", tuple(AS_TYPES)) if "as" in fields else None
    wanted = AS_TYPES[as_type] if as_type is not None else reads_as
    found = []
    for operator in OPERATORS:
        node = fields.take(operator)
        if node is not None:
            found.append(_comparison(operator, node, root, fields.place_of(operator), wanted, parent))
    if not found and not _is_misspelt(fields):
        raise Wrong(fields.place, f"{fields.what} needs a comparison", "such as `equals:`, `gt:`, or `exists: true`")
    if as_type is not None and found and not any(isinstance(one.operand, Reference) for one in found):
        raise Wrong(
            fields.place_of("as"), "`as` says how two values are read when the right one is a reference", "leave it out"
        )
    return tuple(found)


def _is_misspelt(fields: Fields) -> bool:
    """Whether an unknown key may be why no operator was found; its own message says more than a second one."""
    return any(key not in fields.taken and key not in ("ignore_case", "as") for key in fields.node.entries)


def read_ignore_case(fields: Fields, comparisons: tuple[Comparison, ...]) -> bool:
    """`ignore_case:`, which only comparisons of texts take."""
    ignored = fields.boolean("ignore_case", False)
    odd = next((one for one in comparisons if one.type not in ("text", None)), None)
    place = fields.place_of("ignore_case")
    if ignored and odd is not None:
        kind = "truth" if odd.type == "boolean" else f"{odd.type}s"
        raise Wrong(
            place, f"`ignore_case` needs texts, and `{odd.operator}` here compares {kind}", "quote the value if it is text"
        )
    if ignored and comparisons and all(one.type is None for one in comparisons):
        raise Wrong(place, "`ignore_case` needs a comparison of texts", "leave it out")
    return ignored


def _comparison(
    operator: Operator, node: Node, root: Path, place: Place, as_type: ReferenceType | None, parent: bool
) -> Comparison:
    what = f"`{operator}`"
    if isinstance(node, MapNode) and not ("file" in node.entries and operator in _LISTS):
        return _reference(operator, node, place, as_type, parent)
    if operator == "exists":
        return Comparison(operator, boolean_of(node, what), None, place)
    if operator == "anniversary_within_next":
        return Comparison(operator, _days_of(node, what), "instant", place)
    if operator in RELATIVE:
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
    literal = literal_of(node, what)
    if operator in _ORDER and literal.type == "boolean":
        raise Wrong(node.place, f"{what} cannot order true and false", "write `equals: true`")
    return _one(operator, literal, place)


def _days_of(node: Node, what: str) -> Duration:
    """Days, weeks or calendar days, fewer than a year has: every day comes round within one."""
    duration = duration_of(node, what)
    if duration.unit not in ("days", "weeks", "calendar_days"):
        raise Wrong(node.place, f"{what} counts days, and not {duration.unit}", "such as `7 days`, or `7 calendar_days`")
    if duration.count * (7 if duration.unit == "weeks" else 1) > 365:
        raise Wrong(node.place, f"{what} must be shorter than a year, in which every day comes round", "365 days at most")
    return duration


def _one(operator: Operator, value: Value, place: Place) -> Comparison:
    return Comparison(operator, value, value.type, place)


def _list(operator: Operator, node: Node, root: Path, place: Place) -> Comparison:
    if isinstance(node, MapNode):
        return Comparison(operator, read_list_file(node, root), "text", place)
    if operator == "contains_any":
        if not isinstance(node, ListNode) or not node.items:
            raise Wrong(node.place, "`contains_any` must be a list of texts, and not an empty one", "such as [a, b]")
        return Comparison(operator, tuple(text_literal_of(item, "`contains_any`") for item in node.items), "text", place)
    values = literals_of(node, f"`{operator}`")
    return Comparison(operator, values, values[0].type, place)


def _reference(operator: Operator, node: MapNode, place: Place, as_type: ReferenceType | None, parent: bool) -> Comparison:
    of = next(iter(node.entries), "")
    if len(node.entries) != 1 or of not in ("parent", "trait"):
        raise Wrong(node.place, f"`{operator}` takes a value, or a reference", "{trait: name} or {parent: property}")
    if operator in ("exists", "matches", *RELATIVE):
        raise Wrong(node.place, f"`{operator}` takes no reference", "write the value itself")
    if of == "parent" and not parent:
        raise Wrong(
            node.place, "`{parent: ...}` needs an event above it", "it belongs below `then:`, `any_item:` or `without:`"
        )
    default: ValueType = "number" if operator in _ORDER else "instant" if operator in ("before", "after") else "text"
    kind: ReferenceType = as_type or default  # type: ignore[assignment]  # never "boolean"
    fixed = "instant" if operator in ("before", "after") else "text" if operator in (*_TEXT, "contains_any") else kind
    if kind != fixed:
        raise Wrong(place, f"`{operator}` always compares {'times' if fixed == 'instant' else 'texts'}", "leave `as` out")
    path = path_of(node.entries[of], f"`{of}`")
    if ITEM in path:
        raise Wrong(
            node.entries[of].place, "a reference cannot open an array with `$`", "name the array itself, or use `any_item`"
        )
    return Comparison(operator, Reference("parent" if of == "parent" else "trait", path, kind, node.place), kind, place)
