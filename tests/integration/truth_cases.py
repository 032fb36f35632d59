"""The truth tables of the reference as questions to the product: an audience, its people, an instant, and who must be in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from tests.reference import truths, value_truths
from tests.reference.history import Event, Person, TraitChange
from tests.reference.truths import AS_OF, at

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
ANY_NUMBER = {"any": [{"lt": 0}, {"gte": 0}]}
ANY_INSTANT = {"any": [{"lt": AS_OF}, {"gte": AS_OF}]}
MORE_DAYS = [
    ("2026-03-29", "America/Nuuk", "2026-03-29T01:00:00+00:00"),  # 23:00 was followed by 00:00
    ("2025-10-26", "America/Nuuk", "2025-10-26T02:00:00+00:00"),  # 00:00 was followed by 23:00
]
ODD_TEXTS = [
    *("It's", 'say "a"', "a\\b", "\\", "{{ x }}", "{% raw %}", "-- a", "/* a", "a;b", "%", "*", "$a", "#", "[0]", "~/a"),
    *("a\nb", "a\r\nb", "\t", "\x0b", "\u2028", "é", "İ", "\U0001f600", "a" * 70, "x.y"),
]
"""Names of events, properties and traits, and literals, that must come through YAML, Jinja and SQL as they are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One person who must be in the audience at as_of, or must not."""

    definition: dict[str, Any]
    person: Person
    as_of: datetime
    is_in: bool
    changes_at: datetime | Literal["unasked"] | None = "unasked"


def person(*, events: Any = (), traits: Any = (), **more: Any) -> Person:
    return Person("ann", more.get("identifiers", {"user_id": ["1"]}), list(events), list(traits), more.get("seen", LONG_AGO))


def cases() -> Iterator[Case]:
    """Every row of every table."""
    yield from _windows()
    yield from _days()
    yield from _values()
    yield from _counts()
    yield from _paths()
    yield from _eligible()
    yield from _traits()
    yield from _odd_texts()
    yield from _changes()


def _windows() -> Iterator[Case]:
    for window, zone, as_of, event, is_in in truths.WINDOWS:
        one = person(events=[Event("A", at(event))])
        yield Case({"who": {"performed": "A", **window}, "timezone": zone}, one, at(as_of), is_in)
        yield Case({"who": {"not_performed": "A", **window}, "timezone": zone}, one, at(as_of), not is_in)


def _days() -> Iterator[Case]:
    for written, zone, first in [*truths.DAYS, *MORE_DAYS]:
        day = date.fromisoformat(written)
        that_day = at(first) + timedelta(hours=6)
        for event, is_in in ((at(first), True), (at(first) - MICROSECOND, False)):
            one = person(events=[Event("A", event)], seen=at("1900-01-01T00:00:00+00:00"))
            yield Case({"who": {"performed": "A", "since": day}, "timezone": zone}, one, that_day, is_in)
            yield Case({"who": {"performed": "A", "until": day}, "timezone": zone}, one, that_day, not is_in)
            if day.year >= 1970:  # before, clocks also skipped midnight together with the minutes before it
                yield Case({"who": {"performed": "A", "within": "1 calendar_days"}, "timezone": zone}, one, that_day, is_in)


def _values() -> Iterator[Case]:
    for value, number in value_truths.NUMBERS:
        yield from _compared(ANY_NUMBER, value, number is not None)
        if number is not None:
            yield from _compared({"equals": Decimal(number)}, value, True)
    for value, instant in value_truths.INSTANTS:
        yield from _compared(ANY_INSTANT, value, instant is not None)
        if instant is not None:
            yield from _compared({"equals": at(instant)}, value, True)
    for value, boolean in value_truths.BOOLEANS:
        yield from _compared({"equals": True}, value, boolean is True)
        yield from _compared({"equals": False}, value, boolean is False)
    for value, text in value_truths.TEXTS:
        yield from _compared({"exists": True}, value, text is not None)
        if text is not None:
            yield from _compared({"equals": text}, value, True)
    for operators, value, is_in in value_truths.COMPARISONS:
        yield from _compared(operators, value, is_in)
    for pattern, value, is_in in value_truths.PATTERNS:
        yield from _compared({"matches": pattern}, value, is_in)


def _compared(operators: dict[str, Any], value: Any, is_in: bool) -> Iterator[Case]:
    """The value as a property and as a trait."""
    tests = operators.get("any", [operators])
    one = person(events=[Event("A", LONG_AGO, {"p": value})], traits=[TraitChange("p", value, LONG_AGO)])
    as_property = {"who": {"performed": "A", "where": {"any": [{"property": "p", **test} for test in tests]}}}
    as_trait = {"who": {"any": [{"trait": "p", **test} for test in tests]}}
    for definition in (as_property, as_trait):
        yield Case(definition, one, AS_OF, is_in)


def _counts() -> Iterator[Case]:
    for who, counts in truths.COUNTS:
        for count in range(4):
            events = [Event("A", AS_OF - timedelta(days=day), message_id=f"a{day}") for day in range(count)]
            yield Case({"who": who}, person(events=[Event("B", AS_OF), *events]), AS_OF, count in counts)


def _paths() -> Iterator[Case]:
    for path, found, is_in in truths.PATHS:
        for subject in ("property", "context"):
            definition = {"who": {"performed": "A", "where": {subject: path, "equals": "a"}}}
            event = Event("A", AS_OF, found) if subject == "property" else Event("A", AS_OF, {}, found)
            yield Case(definition, person(events=[event]), AS_OF, is_in)


def _eligible() -> Iterator[Case]:
    for keys, identifiers, is_in in truths.ELIGIBLE:
        yield Case({"who": "everyone", **keys}, person(identifiers=identifiers), AS_OF, is_in)
        yield Case({"who": {"not_performed": "A"}, **keys}, person(identifiers=identifiers), AS_OF, is_in)
    yield Case({"who": "everyone"}, person(seen=AS_OF), AS_OF, True)
    yield Case({"who": "everyone"}, person(seen=AS_OF + MICROSECOND), AS_OF, False)


def _traits() -> Iterator[Case]:
    for changes, value in truths.TRAITS:
        yield Case({"who": {"trait": "p", "exists": value is not None}}, person(traits=changes), AS_OF, True)
        yield Case({"who": {"trait": "p", "equals": value or ""}}, person(traits=changes), AS_OF, value is not None)


def _odd_texts() -> Iterator[Case]:
    for text in ODD_TEXTS:
        path = text.replace(".", r"\.")
        where = {"all": [{"property": path, "equals": text}, {"context": f"page.{path}", "contains": text}]}
        name = "star" if text == "*" else text  # `performed: "*"` is any event
        as_event = {"who": {"performed": name, "where": where}}
        as_trait = {"who": {"trait": path, "one_of": [text, f"{text}x"]}}
        for found in (text, "another"):
            event = Event(name, AS_OF, {text: found, "another": text}, {"page": {text: found, "another": text}})
            yield Case(as_event, person(events=[event]), AS_OF, found == text)
            yield Case(as_trait, person(traits=[TraitChange(text, found, AS_OF)]), AS_OF, found == text)
        yield Case(as_event, person(events=[Event("another", AS_OF, {text: text}, {"page": {text: text}})]), AS_OF, False)


CHANGES: list[
    Any
] = [  # condition; instants of A and the value of its `at` and of the trait `t`, from as_of; is it in; when that changes
    ({"performed": "A"}, [-DAY], None, True, None),
    ({"performed": "A"}, [], None, False, None),
    ({"performed": "A"}, [3 * DAY, 5 * DAY], None, False, 3 * DAY),
    ({"not_performed": "A"}, [3 * DAY, 5 * DAY], None, True, 3 * DAY),
    ({"performed": "A", "within": "7 days"}, [-5 * DAY, -DAY], None, True, 6 * DAY + MICROSECOND),
    ({"performed": "A", "within": "7 days"}, [-8 * DAY], None, False, None),
    ({"not_performed": "A", "within": "7 days"}, [-5 * DAY, -DAY], None, False, 6 * DAY + MICROSECOND),
    ({"performed": "A", "within": "7 days", "at_least": 2}, [-5 * DAY, -DAY], None, True, 2 * DAY + MICROSECOND),
    ({"performed": "A", "within": "7 days", "at_least": 2}, [-5 * DAY, DAY], None, False, DAY),
    ({"performed": "A", "within": "7 days", "at_most": 1}, [-5 * DAY, -DAY, -DAY], None, False, 6 * DAY + MICROSECOND),
    ({"performed": "A", "within": "7 days", "exactly": 1}, [-5 * DAY, DAY], None, True, DAY),
    ({"performed": "A", "at_least": 2}, [-5 * DAY, 2 * DAY, 3 * DAY], None, False, 2 * DAY),
    ({"performed": "A", "between": ["30 days", "7 days"]}, [-5 * DAY], None, False, 2 * DAY),
    ({"performed": "A", "between": ["30 days", "7 days"]}, [-8 * DAY], None, True, 22 * DAY + MICROSECOND),
    ({"performed": "A", "within": "1 month"}, [-9 * DAY], None, True, 22 * DAY + MICROSECOND),
    ({"performed": "A", "within": "2 calendar_days"}, [-DAY], None, True, timedelta(hours=12)),
    ({"performed": "A", "where": {"property": "at", "within_next": "7 days"}}, [-DAY], 10 * DAY, False, 3 * DAY),
    ({"performed": "A", "where": {"property": "at", "within_next": "7 days"}}, [-DAY], 5 * DAY, True, 5 * DAY + MICROSECOND),
    ({"not_performed": "A", "where": {"property": "at", "before_last": "7 days"}}, [-DAY], -5 * DAY, True, 2 * DAY),
    ({"performed": "A", "where": {"property": "at", "after_next": "7 days"}}, [-DAY], 10 * DAY, True, 3 * DAY + MICROSECOND),
    ({"trait": "t", "within_last": "7 days"}, [], -5 * DAY, True, 2 * DAY + MICROSECOND),
    ({"trait": "t", "within_last": "7 days"}, [], DAY, False, DAY),
    ({"trait": "t", "within_next": "2 calendar_days"}, [], 3 * DAY, False, DAY + timedelta(hours=12)),
    ({"trait": "t", "exists": True}, [], DAY, True, None),
]


def _changes() -> Iterator[Case]:
    for who, events, value, is_in, changes_in in CHANGES:
        at_value = None if value is None else (AS_OF + value).isoformat()
        one = person(
            events=[Event("A", AS_OF + event, {"at": at_value}, message_id=str(number)) for number, event in enumerate(events)],
            traits=[] if value is None else [TraitChange("t", at_value, LONG_AGO)],
        )
        yield Case({"who": who}, one, AS_OF, is_in, None if changes_in is None else AS_OF + changes_in)
    later = person(traits=[TraitChange("t", "a", LONG_AGO), TraitChange("t", "b", AS_OF + DAY)])
    yield Case({"who": {"trait": "t", "equals": "a"}}, later, AS_OF, True, AS_OF + DAY)
    yield Case({"who": "everyone"}, person(seen=AS_OF + DAY), AS_OF, False, AS_OF + DAY)
    yield Case({"who": "everyone"}, person(), AS_OF, True, None)
