"""A `where`, and the comparisons of a trait, as one expression over a row, and when time changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from dbt_audiences.compile.comparisons import comparison_call, turn_of
from dbt_audiences.compile.jinja import Call, Expression, Sum, package_call
from dbt_audiences.compile.reader import Array, Reader
from dbt_audiences.core.definitions import ITEM, All, Any, Comparison, ItemTest, Not, PropertyTest, TraitTest, Where

Inside = Callable[[Reader], Expression]
Turns = Callable[[Reader], list[Expression]]
Which = Literal["any_item", "all_items", "no_item"]


def where_expression(where: Where, reader: Reader) -> Expression:
    """The tree of tests as one expression that gives SQL; a missing value makes it null, which counts as false."""
    match where:
        case All(children=children):
            return all_of([where_expression(child, reader) for child in children])
        case Any(children=children):
            return package_call("any_of", [where_expression(child, reader) for child in children])
        case Not(child=child):
            return package_call("not_true", where_expression(child, reader))
        case PropertyTest():
            return comparisons_expression(where.origin, where.path, where.comparisons, where.ignore_case, reader)
        case ItemTest(which=which, path=path, where=of_item):
            return _opened(which, "property", path, reader, reader, lambda inner: where_expression(of_item, inner))
    raise AssertionError(type(where).__name__)


def trait_expression(test: TraitTest, reader: Reader) -> Expression:
    """All comparisons of a trait."""
    return comparisons_expression("trait", test.path[1:], test.comparisons, test.ignore_case, reader)


def all_of(tests: list[Expression]) -> Expression:
    """One test as it is, several joined."""
    return tests[0] if len(tests) == 1 else package_call("all_of", tests)


def comparisons_expression(
    origin: str, path: tuple[str, ...], comparisons: tuple[Comparison, ...], ignore_case: bool, reader: Reader
) -> Expression:
    """All comparisons of one value. Where `$` opens arrays one item must satisfy all; `exists: false` says that none has it."""

    def inside(path: tuple[str, ...], asked: tuple[Comparison, ...], inner: Reader) -> Expression:
        tests = []
        for one in asked:
            column = inner.column(inner_origin(inner, origin), path, one.type or "presence")
            tests.append(comparison_call(column, one, inner, ignore_case=ignore_case and one.type == "text"))
        return all_of(tests)

    if ITEM not in path:
        return inside(path, comparisons, reader)
    place = len(path) - path[::-1].index(ITEM) - 1
    before, rest = path[:place], path[place + 1 :]
    kept = tuple(one for one in comparisons if not _is_absence(one))
    tests: list[Expression] = []
    if kept:
        found = _opened("any_item", origin, before, reader, reader.above, lambda inner: inside(rest, kept, inner))
        tests.append(found)
    if len(kept) < len(comparisons):
        absent = next(one for one in comparisons if _is_absence(one))
        present = (Comparison("exists", True, None, absent.place),)
        tests.append(_opened("no_item", origin, before, reader, reader.above, lambda inner: inside(rest, present, inner)))
    return all_of(tests)


def inner_origin(reader: Reader, origin: str) -> str:
    """Where values are looked for: inside an item there is one place only."""
    return "item" if reader.item else origin


def _is_absence(comparison: Comparison) -> bool:
    return comparison.operator == "exists" and comparison.operand is False


def _opened(
    which: Which, origin: str, path: tuple[str, ...], reader: Reader, above: Reader | None, inside: Inside
) -> Expression:
    """Whether any, all or none of the items of an array satisfy a test; several `$` open arrays within arrays."""
    if ITEM not in path:
        return _held(which, reader.array(inner_origin(reader, origin), path, above), inside)
    place = path.index(ITEM)
    outer = reader.array(inner_origin(reader, origin), path[:place], reader.above)
    if which == "all_items":
        some = _opened("any_item", origin, path, reader, above, lambda inner: package_call("anything"))
        each = _opened("no_item", origin, path, reader, above, lambda inner: package_call("not_true", inside(inner)))
        return all_of([some, each])

    def deeper(inner: Reader) -> Expression:
        return _opened("any_item", origin, path[place + 1 :], inner, above, inside)

    return _held(which, outer, deeper)


def _held(which: Which, array: Array, inside: Inside) -> Call:
    test = inside(array.reader)
    return package_call("items_hold", which, array.column, array.item, _fields(array), test)


def _fields(array: Array) -> list[Expression]:
    return [[name, type_] for name, type_ in sorted(array.reader.fields.items())]


def turns(where: Where | None, reader: Reader) -> list[Expression]:
    """For each test of a date against as_of, the call that gives the next instants at which it changes."""
    match where:
        case All(children=children) | Any(children=children):
            return [turn for child in children for turn in turns(child, reader)]
        case Not(child=child):
            return turns(child, reader)
        case PropertyTest():
            return comparisons_turns(where.origin, where.path, where.comparisons, reader)
        case ItemTest(path=path, where=of_item):
            return _opened_turns("property", path, reader, lambda inner: turns(of_item, inner))
    return []


def comparisons_turns(
    origin: str, path: tuple[str, ...], comparisons: tuple[Comparison, ...], reader: Reader
) -> list[Expression]:
    """The same for the comparisons of one value."""

    def inside(path: tuple[str, ...], inner: Reader) -> list[Expression]:
        return [
            turn
            for one in comparisons
            for turn in turn_of(inner.column(inner_origin(inner, origin), path, one.type or "presence"), one, reader.timezone)
        ]

    if ITEM not in path:
        return inside(path, reader)
    place = len(path) - path[::-1].index(ITEM) - 1
    return _opened_turns(origin, path[:place], reader, lambda inner: inside(path[place + 1 :], inner))


def _opened_turns(origin: str, path: tuple[str, ...], reader: Reader, inside: Turns) -> list[Expression]:
    place = path.index(ITEM) if ITEM in path else len(path)
    array = reader.array(inner_origin(reader, origin), path[:place], None)
    found = inside(array.reader) if place == len(path) else _opened_turns(origin, path[place + 1 :], array.reader, inside)
    if not found:
        return []
    return [package_call("item_changes_at", array.column, array.item, _fields(array), Sum(tuple(found)))]
