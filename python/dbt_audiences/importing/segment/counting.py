"""Counts and aggregates compared: how often, how much."""

from __future__ import annotations

import math
from decimal import Decimal

from dbt_audiences.importing.segment.calls import literal_text
from dbt_audiences.importing.segment.comparing import number, operators, path
from dbt_audiences.importing.segment.scene import CannotSay, Scene, Yaml
from dbt_audiences.importing.segment.tree import Comparison, Extract, Literal, Reduced

NEVER: Yaml = {"exactly": 0}
_ORDERING = ("equals", "differs", "less_than", "greater_than", "at_most", "at_least")


def counts(node: Comparison) -> Yaml | bool:
    """`at_least`, `at_most` or `exactly` of a count compared; True or False where every count or none fits.

    What no single key says (`differs`, `one_of`) comes as `{"not": ...}` or `{"any": [...]}` of such.
    """
    if node.function in ("one_of", "none_of"):
        chosen = [_fitting("equals", _number(node, index)) for index in range(len(node.arguments))]
        some = [one for one in chosen if isinstance(one, dict)]
        if not some:
            return node.function == "none_of"
        either = some[0] if len(some) == 1 else {"any": some}
        return {"not": either} if node.function == "none_of" else either
    if node.function not in _ORDERING:
        raise CannotSay(node, f"a count is a number, and `{node.function}` is not for numbers")
    return _fitting(node.function, _number(node, 0))


def _fitting(function: str, value: Decimal) -> Yaml | bool:
    whole = value == value.to_integral_value()
    up, down = math.ceil(value), math.floor(value)
    match function:
        case "at_least" | "greater_than":
            least = up if function == "at_least" else down + 1
            return True if least <= 0 else {"at_least": least}
        case "at_most" | "less_than":
            most = down if function == "at_most" else up - 1
            return False if most < 0 else NEVER if most == 0 else {"at_most": most}
        case _:
            exact: Yaml = {"exactly": int(value)}
            same: Yaml | bool = exact if whole and value >= 0 else False
            if function == "equals":
                return same
            if isinstance(same, bool):
                return not same
            return {"at_least": 1} if same == NEVER else {"not": same}


def _number(node: Comparison, index: int) -> Decimal:
    given = node.arguments[index]
    if isinstance(given, Literal) and not isinstance(given.value, bool) and not given.is_instant:
        found = given.value if isinstance(given.value, Decimal) else number(given.value)
        if found is not None:
            return found
    raise CannotSay(node, "a count is compared with a number that is written out")


def aggregate(node: Comparison, reduced: Reduced, scene: Scene) -> Yaml:
    """`sum: p`, `as:` and the operator; `sum` and `unique` are 0 without a value, the others missing."""
    of = property_of(reduced)
    made: Yaml = {reduced.reducer: of}
    as_text = reduced.as_type == "string" and reduced.reducer in ("min", "max")
    if as_text:
        made["as"] = "text"
    if node.function == "exists" and reduced.reducer in ("avg", "min", "max"):
        return made | {"exists": True}
    if node.function == "absent" and reduced.reducer in ("avg", "min", "max"):
        return made | {"exists": False}
    if node.function not in (*_ORDERING, "one_of", "none_of"):
        raise CannotSay(node, f"`{reduced.reducer}` gives a single value that `{node.function}` does not compare here")
    if as_text:
        return made | operators(_as_texts(node), scene)
    return made | operators(_as_numbers(node), scene)


def property_of(reduced: Reduced) -> str:
    """The property that a reducer reads."""
    of = reduced.of
    assert of is not None
    if of.origin == "context":
        raise CannotSay(reduced, "a reducer of ours reads a property, never the context")
    if of.parent:
        raise CannotSay(reduced, "a reducer of ours reads a property of its own events, not of the parent")
    return path(of.path)


def _as_numbers(node: Comparison) -> Comparison:
    arguments = []
    for given in node.arguments:
        if isinstance(given, Literal):
            found = number(given.value) if isinstance(given.value, str) else given.value
            if found is None or isinstance(found, bool):
                raise CannotSay(node, "the aggregate is a number, and this compares with something else")
            given = Literal(found, place=given.place)
        arguments.append(given)
    return Comparison(node.left, node.function, tuple(arguments), place=node.place)


def _as_texts(node: Comparison) -> Comparison:
    texts = [Literal(literal_text(one), place=one.place) if isinstance(one, Literal) else one for one in node.arguments]
    if any(not isinstance(one, Literal | Extract) for one in texts):
        raise CannotSay(node, "the aggregate is a text, and this compares with something else")
    return Comparison(node.left, node.function, tuple(texts), place=node.place)
