"""Comparisons: Segment's functions -> our operators, with what each does to a missing value."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dbt_audiences.core.definitions import Place
from dbt_audiences.importing.segment.calls import literal_text
from dbt_audiences.importing.segment.scene import CannotSay, Scene, Yaml
from dbt_audiences.importing.segment.tree import Comparison, Extract, Literal, Reduced, Scalar, Span
from dbt_audiences.spec.nodes import Scalar as YamlScalar
from dbt_audiences.spec.nodes import Wrong

FLIPPED = {
    "equals": "equals", "differs": "differs", "less_than": "greater_than", "greater_than": "less_than",
    "at_most": "at_least", "at_least": "at_most",
}  # fmt: skip
_OPERATORS = {
    "equals": "equals", "differs": "not_equals", "less_than": "lt", "greater_than": "gt", "at_most": "lte",
    "at_least": "gte", "one_of": "one_of", "none_of": "none_of", "contains": "contains", "omits": "contains",
    "starts_with": "starts_with", "ends_with": "ends_with", "before_date": "before", "after_date": "after",
    "within_last": "within_last", "within_next": "within_next", "before_last": "before_last", "after_next": "after_next",
}  # fmt: skip
_ORDER = ("less_than", "greater_than", "at_most", "at_least")
_NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\s*", re.ASCII)


def turned(node: Comparison, *, wants_right: bool) -> Comparison:
    """The comparison with its sides changed, where it may be; `wants_right` says that only the right one can be judged."""
    if not wants_right:
        return node
    right = node.arguments[0] if len(node.arguments) == 1 else None
    if right is None or isinstance(right, Span) or node.function not in FLIPPED:
        raise CannotSay(node, "what is left of the comparison can only stand on its right")
    return Comparison(right, FLIPPED[node.function], (node.left,), place=node.place)


def compared(subject: Yaml, node: Comparison, scene: Scene) -> Yaml:
    """`subject` with the operator; `omits` keeps what is missing, as Segment says, and so becomes a `not`."""
    test = subject | operators(node, scene)
    return {"not": test} if node.function == "omits" else test


def operators(node: Comparison, scene: Scene) -> Yaml:
    """The operator and its right side; that of `omits` still has to be negated."""
    function = node.function
    if function in ("exists", "absent"):
        return {"exists": function == "exists"}
    operator = _OPERATORS[function]
    if function == "none_of":
        scene.note(node, "of a missing value Segment says nothing here; ours is false for one, like `not_equals`")
    several = len(node.arguments) > 1
    if function in ("contains", "omits") and several:
        return {"contains_any": [_text(node, one) for one in node.arguments]}
    if function in ("one_of", "none_of"):
        return {operator: _list(node, scene)}
    (right,) = node.arguments
    if isinstance(right, Span):
        return {operator: length(right)}
    if isinstance(right, Literal):
        return {operator: _literal(node, right)}
    return {operator: reference(node, right, scene)}


def length(span: Span) -> str:
    """A length of time as we write it."""
    return f"{span.count} {span.unit if span.count != 1 else span.unit[:-1]}"


def reference(node: Comparison, right: Scalar, scene: Scene) -> Yaml:
    """`{trait: ...}` or `{parent: ...}`."""
    if isinstance(right, Extract) and right.origin == "trait":
        if right.path in scene.audiences:
            raise CannotSay(node, f"`{right.path}` is an audience, and only `in_audience` reads one")
        return {"trait": trait_path(right.path, scene)}
    if isinstance(right, Extract) and right.origin == "property" and right.parent:
        return {"parent": path(right.path)}
    what = "two values of one event are compared" if isinstance(right, Extract) else "a count stands right of the comparison"
    raise CannotSay(node, f"{what}; a right side of ours is a value, a trait, or a property of the parent")


def path(written: str) -> str:
    r"""A path of ours; any number of backslashes before a dot at Segment is one here."""
    return re.sub(r"\\+\.", r"\\.", written)


def trait_path(written: str, scene: Scene) -> str:
    """The path of a trait: a computed one of the file under its key here, else a custom one."""
    known = scene.traits.get(written)
    if known is not None:
        return known.key
    made = path(written)
    return f"custom.{made}" if made.startswith("custom.") else made


def instant(node: Comparison, literal: Literal) -> datetime:
    """The instant of a literal, quoted or not; without an offset it is UTC, here as there."""
    try:
        return YamlScalar(Place("", 1, 1), literal_text(literal), is_quoted=True).instant()
    except Wrong as error:
        raise CannotSay(node, f"`{literal_text(literal)}` is no ISO 8601 date or time") from error


def number(text: str) -> Decimal | None:
    """The number that a text writes, or None."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _literal(node: Comparison, literal: Literal) -> Any:
    function = node.function
    if function in ("before_date", "after_date"):
        return instant(node, literal)
    if function in ("contains", "omits", "starts_with", "ends_with"):
        return literal_text(literal)
    if function in _ORDER:
        return _ordered(node, literal)
    return instant(node, literal) if literal.is_instant else literal.value


def _ordered(node: Comparison, literal: Literal) -> Any:
    """What orders: Segment takes a text for any other literal, so a text that writes a number or a time is one."""
    if isinstance(literal.value, bool):
        raise CannotSay(node, "true and false have no order")
    if isinstance(literal.value, Decimal):
        return literal.value
    found = number(literal.value)
    if found is not None:
        return found
    try:
        return instant(node, literal)
    except CannotSay:
        return literal.value


def _text(node: Comparison, argument: Scalar | Span) -> str:
    if not isinstance(argument, Literal):
        raise CannotSay(node, "several texts to look for must be written out")
    return literal_text(argument)


def _list(node: Comparison, scene: Scene) -> Any:
    """A list of one type, or a reference; literals of several types become texts, which Segment takes for all others."""
    only = node.arguments[0]
    if len(node.arguments) == 1 and isinstance(only, Extract):
        return reference(node, only, scene)
    literals = [one for one in node.arguments if isinstance(one, Literal)]
    if len(literals) < len(node.arguments):
        raise CannotSay(node, "a list holds values that must be written out, or is a single reference")
    kinds = {"instant" if one.is_instant else type(one.value).__name__ for one in literals}
    if len(kinds) > 1:
        return [literal_text(one) for one in literals]
    return [instant(node, one) if one.is_instant else one.value for one in literals]


def is_profile(node: Scalar | Span) -> bool:
    """Whether this is a value of the profile, not of an event."""
    return isinstance(node, Extract) and node.origin == "trait"


def is_row(node: Scalar | Span) -> bool:
    """Whether this is a value of the event that `where` judges."""
    return isinstance(node, Extract) and node.origin != "trait" and not node.parent


def is_event(node: Scalar | Span) -> bool:
    """Whether events are reduced here."""
    return isinstance(node, Reduced)
