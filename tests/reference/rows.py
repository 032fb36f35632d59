"""Tests of one row: of an event, or of one item of an array, with all that it can be compared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.reference.comparisons import ORDER, TEXT, all_hold
from tests.reference.sql_traits import CUSTOM
from tests.reference.values import at_path, instant, lowered, number, path, text
from tests.reference.windows import Clock

MODIFIERS = ("ignore_case", "as")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
READ_AS: dict[str, Callable[[Any], Any]] = {"number": number, "text": text, "time": instant}
LISTS = ("one_of", "none_of", "contains_any")
Tree = Callable[[Any, Callable[[Any], bool]], bool]
FILES: dict[str, list[str]] = {}
"""The texts of the list files that tests have written."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is judged.

    value   the JSON of an event's properties, of an item, or of a trait
    traits  the traits at as_of of the entity judged
    above   the row that `{parent: ...}` refers to
    """

    value: Any
    traits: Mapping[str, Any]
    context: Any = None
    at: datetime | None = None
    above: "Row | None" = None


def one_test_holds(
    condition: dict[str, Any], row: Row, clock: Clock, tree: Callable[[Any, Callable[[Any], bool]], bool]
) -> bool:
    """One test of a `where`; `tree` judges trees of such tests."""
    subjects = {"property", "context", "local", "any_item", "all_items", "no_item"} & set(condition)
    if len(subjects) != 1:
        raise NotImplementedError(f"where with {sorted(condition)}")
    subject = subjects.pop()
    operators = {name: literal for name, literal in condition.items() if name != subject}
    if subject in ("any_item", "all_items", "no_item"):
        if set(operators) != {"where"}:
            raise ValueError(f"{subject} takes a where and nothing else")
        items = leaves(row.value, [*path(condition[subject]), "$"])
        held = [
            tree(operators["where"], lambda one, item=item: one_test_holds(one, Row(item, row.traits, above=row), clock, tree))  # type: ignore[misc]
            for item in items
        ]
        return {"any_item": any(held), "all_items": bool(held) and all(held), "no_item": not any(held)}[subject]
    if subject == "local":
        return values_hold(operators, [_local(condition["local"], row, clock)], row, clock)
    source = row.value if subject == "property" else row.context
    return values_hold(operators, leaves(source, path(condition[subject])), row, clock)


def _local(part: str, row: Row, clock: Clock) -> Any:
    assert row.at is not None
    local = row.at.astimezone(clock.zone)
    return local.hour if part == "hour" else WEEKDAYS[local.weekday()]


def leaves(value: Any, keys: list[str]) -> list[Any]:
    """The values under a path; each `$` opens an array, a value that is none is one item, null is no item."""
    if "$" not in keys:
        return [at_path(value, keys)]
    place = keys.index("$")
    array = at_path(value, keys[:place])
    items = array if isinstance(array, list) else [] if array is None else [array]
    return [leaf for item in items for leaf in leaves(item, keys[place + 1 :])]


def values_hold(operators: dict[str, Any], values: list[Any], row: Row, clock: Clock) -> bool:
    """Whether one of the values satisfies every operator; `exists: false` asks that none is there."""
    asked = {name: literal for name, literal in operators.items() if name not in MODIFIERS}
    if not asked:
        raise ValueError("a condition without a comparison")
    if asked.get("exists") is False:
        del asked["exists"]
        if any(value is not None for value in values):
            return False
        if not asked:
            return True
    modifiers = {name: operators[name] for name in MODIFIERS if name in operators}

    def holds(value: Any) -> bool:
        return all(_one_holds(name, literal, value, modifiers, row, clock) for name, literal in asked.items())

    return any(holds(value) for value in values)


def _one_holds(name: str, literal: Any, value: Any, modifiers: dict[str, Any], row: Row, clock: Clock) -> bool:
    is_case_ignored = modifiers.get("ignore_case", False)
    if name == "anniversary_within_next":
        return _comes_round(value, literal, clock)
    if isinstance(literal, dict) and "file" in literal:
        return _is_listed(name, FILES[literal["file"]], text(value), is_case_ignored)
    if isinstance(literal, dict):
        return _compares(name, _right(literal, row), value, modifiers.get("as"), is_case_ignored)
    case = {"ignore_case": True} if is_case_ignored else {}
    return all_hold({name: literal, **case}, value, clock)


def _right(reference: dict[str, Any], row: Row) -> Any:
    ((of, written),) = reference.items()
    names = path(written)
    if of == "trait":
        if names[0] == "custom" and len(names) > 1:
            return at_path(row.traits.get(CUSTOM, row.traits), names[1:])
        return at_path(row.traits, names)
    if of != "parent" or row.above is None:
        raise ValueError(f"nothing to refer to: {reference}")
    return at_path(row.above.value, names)


def _compares(name: str, right: Any, left: Any, read_as: str | None, is_case_ignored: bool) -> bool:
    default = "number" if name in ("lt", "lte", "gt", "gte") else "time" if name in ("before", "after") else "text"
    convert = READ_AS[read_as or default]
    one = convert(left)
    if name in LISTS:
        other = convert(right)
        if isinstance(right, list):
            return _is_listed(name, [found for item in right if (found := convert(item)) is not None], one, is_case_ignored)
        return other is not None and _is_listed(name, [other], one, is_case_ignored)
    other = convert(right)
    if one is None or other is None:
        return False
    if is_case_ignored and isinstance(one, str):
        one, other = lowered(one), lowered(other)
    if name in ("before", "after"):
        return bool(one < other if name == "before" else one > other)
    return (ORDER | TEXT)[name](one, other)


def _is_listed(name: str, items: list[Any], value: Any, is_case_ignored: bool) -> bool:
    if value is None:
        return False
    if is_case_ignored and isinstance(value, str):
        value, items = lowered(value), [lowered(item) for item in items]
    if name == "contains_any":
        return any(item in value for item in items)
    return (value in items) == (name == "one_of")


def _comes_round(value: Any, written: str, clock: Clock) -> bool:
    """Every day of the window by itself: is it the value's day of the year?"""
    born = instant(value)
    if born is None:
        return False
    count, unit = written.split()
    days = int(count) * (7 if unit.startswith("week") else 1) - (1 if unit.startswith("calendar") else 0)
    today = clock.as_of.astimezone(clock.zone).date()
    return any(_is_its_day(born, today + timedelta(days=step)) for step in range(days + 1))


def _is_its_day(born: datetime, day: date) -> bool:
    if (born.month, born.day) == (2, 29) and day.month == 2:
        last = (date(day.year, 3, 1) - timedelta(days=1)).day
        return day.day == last
    return (born.month, born.day) == (day.month, day.day)


def is_of_source(sources: dict[str, list[str]], context: Any, loaded_as: str | None) -> bool:
    """Whether an event came from a source that counts; one that names none came from none of them."""
    named = text(at_path(context, ["source"]))
    source = loaded_as if named is None else named
    if "only" in sources:
        return source in sources["only"]
    return source not in sources["exclude"]
