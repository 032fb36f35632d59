"""How much: counts, and aggregates with their comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dbt_audiences.core.definitions import Aggregate, Comparison, Count, Operator
from dbt_audiences.spec.comparisons import AS_TYPES, OPERATORS, read_comparisons
from dbt_audiences.spec.fields import Fields
from dbt_audiences.spec.nodes import MapNode, Node, Wrong
from dbt_audiences.spec.values import path_of

AGGREGATES: tuple[Literal["sum", "avg", "min", "max", "unique"], ...] = ("sum", "avg", "min", "max", "unique")


def read_measure(fields: Fields, root: Path, *, parent: bool) -> Count | Aggregate:
    """How many, or an aggregate with its comparisons; at_least 1 where nothing is said.

    parent  whether this is a step below another event: there `after:` is its window, and `{parent: ...}` means something
    """
    operators = tuple(one for one in OPERATORS if not (parent and one == "after"))
    fields.refuse_together(*AGGREGATES)
    function = next((name for name in AGGREGATES if name in fields), None)
    at_least, at_most, exactly = fields.whole("at_least", 1), fields.whole("at_most", 0), fields.whole("exactly", 0)
    counted = next((key for key in ("at_least", "at_most", "exactly") if key in fields), None)
    if function is not None:
        if counted is not None:
            raise Wrong(fields.place_of(counted), f"`{function}` stands instead of counting", f"leave `{counted}` out")
        return _aggregate(function, fields, root, parent, operators)
    if exactly is not None and (at_least is not None or at_most is not None):
        raise Wrong(fields.place_of("exactly"), "`exactly` goes with neither `at_least` nor `at_most`", "leave one out")
    if at_least is not None and at_most is not None and at_most < at_least:
        raise Wrong(fields.place_of("at_most"), f"no count is at least {at_least} and at most {at_most}", "swap the two")
    for operator in operators:
        if operator in fields and operator not in fields.taken:
            hint = "count with `at_least`, or say what is compared: `sum: property`"
            raise Wrong(fields.place_of(operator), f"`{operator}` compares nothing here", hint)
    return Count(at_least, at_most, exactly) if counted else Count(at_least=1)


def _aggregate(
    function: Literal["sum", "avg", "min", "max", "unique"],
    fields: Fields,
    root: Path,
    parent: bool,
    operators: tuple[Operator, ...],
) -> Aggregate:
    path = path_of(fields.need(function), f"`{function}`")
    as_word = fields.one_of("as", tuple(AS_TYPES)) if "as" in fields else None
    if as_word is not None and function not in ("min", "max"):
        raise Wrong(fields.place_of("as"), f"`{function}` is always of numbers", "leave `as` out")
    as_type = AS_TYPES[as_word] if as_word is not None else "number"
    comparisons: list[Comparison] = []
    for operator in operators:
        if operator in fields:
            one = Fields(_only(fields, operator), fields.what, fields.problems)
            comparisons += read_comparisons(one, root, parent=parent, reads_as=as_type)
            fields.taken.add(operator)
    if not comparisons:
        raise Wrong(fields.place, f"`{function}` needs a comparison", "such as `gte: 500`")
    for given in comparisons:
        if given.type not in (as_type, None):
            hint = "`as: time` or `as: text` orders others" if function in ("min", "max") else "compare with an unquoted number"
            named = {"instant": "a time", "boolean": "true or false"}
            right = named.get(given.type or "", f"a {given.type}")
            raise Wrong(
                given.place, f"`{function}` gives {named.get(as_type, f'a {as_type}')}, and this compares with {right}", hint
            )
    return Aggregate(function, path, as_type, tuple(comparisons))


def _only(fields: Fields, key: str) -> Node:
    return MapNode(fields.place, {key: fields.node.entries[key]}, {key: fields.place_of(key)})
