"""The truths about tests of one row as questions to the product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tests.reference import row_truths as truths
from tests.reference.history import Event, Person, TraitChange
from tests.reference.row_truths import AS_OF, LONG_AGO, TOMORROW
from tests.reference.truths import at


@dataclass(frozen=True, slots=True)
class Row:
    """One person who must be in the audience at as_of, or must not."""

    definition: dict[str, Any]
    person: Person
    is_in: bool
    as_of: datetime = AS_OF
    changes_at: datetime | Literal["unasked"] | None = "unasked"


def _person(properties: Any = None, traits: Any = (), **more: Any) -> Person:
    events = [Event("A", more.get("at", LONG_AGO), properties or {}, more.get("context", {}), source=more.get("source"))]
    changes = [TraitChange(name, value, LONG_AGO) for name, value in traits]
    return Person("ann", {"user_id": ["1"]}, events, [*changes, *more.get("later", [])], LONG_AGO)


def row_cases() -> Iterator[Row]:
    """Every row of every table."""
    for where, properties, is_in in truths.PROPERTIES:
        yield Row({"who": {"performed": "A", "where": where}}, _person(properties), is_in)
        if "property" in where and "parent" not in repr(where):
            yield from _as_others(where, properties, is_in)
    for comparison, left, right, is_in in truths.REFERENCES:
        yield from _compared(comparison, left, right, is_in)
    for test, zone, instant, is_in in truths.LOCAL:
        definition = {"who": {"performed": "A", "where": test}, "timezone": zone}
        yield Row(definition, _person(at=at(instant)), is_in, at("2026-06-01T00:00:00+00:00"))
    for length, zone, as_of, value, is_in, changes_at in truths.ANNIVERSARIES:
        definition = {"who": {"trait": "t", "anniversary_within_next": length}, "timezone": zone}
        changes = None if changes_at is None else at(changes_at)
        yield Row(definition, _person(traits=[("t", value)]), is_in, at(as_of), changes)
        where = {"property": "p.$", "anniversary_within_next": length}
        definition = {"who": {"performed": "A", "where": where}, "timezone": zone}
        yield Row(definition, _person({"p": [None, value]}), is_in, at(as_of), changes)
    for sources, context, source, is_in in truths.SOURCES:
        yield Row({"who": {"performed": "A", "sources": sources}}, _person(context=context, source=source), is_in)
        yield Row({"who": {"not_performed": "A", "sources": sources}}, _person(context=context, source=source), not is_in)
    yield from _changes()


def _as_others(where: dict[str, Any], properties: dict[str, Any], is_in: bool) -> Iterator[Row]:
    """The same of the context, and of traits."""
    operators = {name: literal for name, literal in where.items() if name != "property"}
    in_context = {"who": {"performed": "A", "where": {"context": where["property"], **operators}}}
    yield Row(in_context, _person(context=properties), is_in)
    as_trait = {"who": {"trait": where["property"], **operators}}
    yield Row(as_trait, _person(traits=properties.items()), is_in)


def _compared(comparison: dict[str, Any], left: Any, right: Any, is_in: bool) -> Iterator[Row]:
    """A property, an item and a trait, each compared with the trait."""
    one = _person({"p": left, "q": ["nothing", left]}, [("t", left), ("r", right)])
    yield Row({"who": {"performed": "A", "where": {"property": "p", **comparison}}}, one, is_in)
    yield Row({"who": {"not_performed": ["A", "B"], "where": {"property": "p", **comparison}}}, one, not is_in)
    yield Row({"who": {"trait": "t", **comparison}}, one, is_in)
    only = _person({"q": [left]}, [("r", right)])
    yield Row({"who": {"performed": "A", "where": {"property": "q.$", **comparison}}}, only, is_in)


def _changes() -> Iterator[Row]:
    later = [TraitChange("r", 1, TOMORROW)]
    above = {"performed": "A", "where": {"property": "p", "gt": {"trait": "r"}}}
    yield Row({"who": above}, _person({"p": 5}, [("r", 9)], later=later), False, changes_at=TOMORROW)
    yield Row({"who": above}, _person({"p": 5}, [], later=later), False, changes_at=TOMORROW)
    yield Row(
        {"who": {"trait": "t", "gt": {"trait": "r"}}}, _person(traits=[("t", 5)], later=later), False, changes_at=TOMORROW
    )
    yield Row({"who": {"trait": "t", "exists": True}}, _person(traits=[("t", 5)], later=later), True, changes_at=None)
