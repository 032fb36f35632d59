"""The truth tables of the reference as questions to the product: an audience, its people, an instant, and who must be in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from tests.integration.agreement import Definitions, rekeyed
from tests.reference import bounded_truths, entity_truths, funnel_truths, measure_truths, truths, value_truths
from tests.reference.history import Event, GroupCall, Person, TraitChange
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


TWO_IDENTIFIERS = {"user_id": ["1"], "email": ["ann@example.com"]}


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody who must be in the audience at as_of, or must not: ann, or another user or account by name.

    computed  the computed trait that the audience knows as `computed`
    """

    definition: dict[str, Any]
    person: Person
    as_of: datetime
    is_in: bool
    changes_at: datetime | Literal["unasked"] | None = "unasked"
    name: str = "ann"
    others: tuple[Person, ...] = ()
    computed: dict[str, Any] | None = None

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody there is."""
        return (self.person, *self.others)


def person(*, events: Any = (), traits: Any = (), **more: Any) -> Person:
    seen, groups = more.get("seen", LONG_AGO), more.get("groups", [])
    return Person("ann", more.get("identifiers", {"user_id": ["1"]}), list(events), list(traits), seen, groups)


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
    yield from _funnels()
    yield from measures()
    yield from _computed()
    yield from _accounts()


def keyed_cases() -> tuple[Definitions, list[tuple[Case, str, str]]]:
    """One key for all cases of a definition, and the cases with their keys and what their names begin with."""
    keys: dict[str, str] = {}
    definitions: Definitions = {}
    asked = []
    for number, case in enumerate(cases()):
        prefix = keys.setdefault(repr((case.definition, case.computed)), f"case_{len(keys)}_")
        made = {"audience": {"audience": "audience", **case.definition}}
        if case.computed is not None:
            made["computed"] = {"trait": "computed", "performed": "A", **case.computed}
        definitions |= rekeyed(made, prefix)
        asked.append((case, f"{prefix}audience", f"case_{number}_"))
    return definitions, asked


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
                who = {"performed": "A", "within": "1 calendar_days"}
                yield Case({"who": who, "timezone": zone}, one, that_day, is_in)
                if not is_in:  # the day before ends with the first midnight
                    yield Case({"who": who, "timezone": zone}, one, at(first) - MICROSECOND, True, at(first))


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
    for keys, is_in, changes_at in (({}, True, None), ({"identifiers": ["email"]}, False, AS_OF + DAY)):
        one = replace(person(identifiers={"user_id": ["1"], "email": ["a@b.c"]}), seen_later={"email": AS_OF + DAY})
        yield Case({"who": "everyone", **keys}, one, AS_OF, is_in, changes_at)
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
    yield Case({"who": "everyone"}, person(seen=AS_OF), AS_OF, True, None)
    two = replace(person(seen=AS_OF + DAY, identifiers=TWO_IDENTIFIERS), seen_later={"email": AS_OF + 2 * DAY})
    yield Case({"who": "everyone"}, two, AS_OF, False, AS_OF + DAY)


def _funnels() -> Iterator[Case]:
    for who, events, is_in in funnel_truths.FUNNELS + bounded_truths.BOUNDED:
        yield Case({"who": who}, _person_with(events), AS_OF, is_in)
        yield Case({"who": {"not": who}}, _person_with(events), AS_OF, not is_in)
    for who, events, is_in, changes_in in funnel_truths.FUNNEL_CHANGES + bounded_truths.BOUNDED_CHANGES:
        yield Case({"who": who}, _person_with(events), AS_OF, is_in, None if changes_in is None else AS_OF + changes_in)


def _person_with(events: Any) -> Person:
    return person(
        events=[Event(name, AS_OF + at, *more, message_id=str(number)) for number, (name, at, *more) in enumerate(events)]
    )


def measures() -> Iterator[Case]:
    """Aggregates, habits, conditions on traits that held for a time, histories; each also under `not`."""
    for asked, values, is_in in measure_truths.AGGREGATES:
        events = [
            Event("A", AS_OF - DAY / 2 - DAY * number, {} if value is None else {"p": value}, message_id=f"m{number}")
            for number, value in enumerate(values)
        ]
        yield from _and_not({"performed": "A", **asked}, person(events=events), is_in)
    for asked, values, trait, is_in in measure_truths.BESIDE_TRAITS:
        events = [Event("A", AS_OF - DAY / 2 - DAY * n, {"p": value}, message_id=f"m{n}") for n, value in enumerate(values)]
        traits = [] if trait is None else [TraitChange("t", trait, LONG_AGO)]
        yield from _and_not({"performed": "A", **asked}, person(events=events, traits=traits), is_in)
    for asked, instants, is_in, changes_in in measure_truths.HABITS:
        events = [Event("A", AS_OF + at, {"p": 1}, message_id=f"m{number}") for number, at in enumerate(instants)]
        yield from _and_not({"performed": "A", **asked}, person(events=events), is_in, changes_in)
    for asked, changes, is_in, changes_in in measure_truths.HELD:
        traits = [TraitChange("t", value, AS_OF + at, None, *message) for at, value, *message in changes]
        yield from _and_not({"trait": "t", **asked}, person(traits=traits), is_in, changes_in)
    for history, instant, is_in in measure_truths.REACHES:
        one = person(events=[Event("A", AS_OF + instant)])
        yield Case({"who": {"performed": "A"}, "history": history}, one, AS_OF, is_in)
        yield Case({"who": {"performed": "A", "unique": "p", "equals": 0}, "history": history}, one, AS_OF, True)


def _and_not(
    who: dict[str, Any], one: Person, is_in: bool, changes_in: timedelta | Literal["unasked"] | None = "unasked"
) -> Iterator[Case]:
    changes_at = AS_OF + changes_in if isinstance(changes_in, timedelta) else changes_in
    yield Case({"who": who}, one, AS_OF, is_in, changes_at)
    yield Case({"who": {"not": who}}, one, AS_OF, not is_in, changes_at)


def _computed() -> Iterator[Case]:
    for computed, values, value in entity_truths.COMPUTED:
        days = [AS_OF - DAY * number for number in range(len(values))][::-1]
        events = [Event("A", day, {"p": value}, message_id=str(day)) for day, value in zip(days, values, strict=True)]
        one = person(events=events)
        asked: dict[str, Any] = {"exists": False} if value is None else {"equals": value}
        yield Case({"who": {"trait": "computed", **asked}}, one, AS_OF, True, computed=computed)
        yield Case({"who": {"trait": "computed", "exists": value is None}}, one, AS_OF, False, computed=computed)
    for arrivals, first, last in entity_truths.OF_ONE_INSTANT:
        events = [Event("A", AS_OF, {"p": name}, {}, name, arrived) for name, arrived in arrivals]
        for function, value in (("first", first), ("last", last)):
            asked = {"trait": "computed", "equals": value}
            yield Case({"who": asked}, person(events=events), AS_OF, True, computed={function: "p"})
    two = replace(person(identifiers=TWO_IDENTIFIERS), seen_later={"email": AS_OF + DAY})
    yield Case({"who": {"trait": "computed", "equals": 0}}, two, AS_OF, True, computed={"count": True})
    for minutes, count in entity_truths.SESSIONS:
        at_minutes = [AS_OF - timedelta(minutes=minute) for minute in minutes]
        one = person(events=[Event("A", at, {}, message_id=str(number)) for number, at in enumerate(at_minutes)])
        who = {"trait": "computed", "equals": count}
        yield Case({"who": who}, one, AS_OF, True, computed={"count": True, "session": "30 minutes"})


def _accounts() -> Iterator[Case]:
    known_by_two = replace(
        person(identifiers=TWO_IDENTIFIERS, groups=[GroupCall("acme", LONG_AGO)]), seen_later={"email": AS_OF + DAY}
    )
    definition: dict[str, Any] = {"of": "accounts", "who": {"users": "any", "who": "everyone"}}
    yield Case(definition, known_by_two, AS_OF, True, name="acme")
    for keys, people, inside in entity_truths.OF_ACCOUNTS:
        for name in ("acme", "beta"):
            if any(call.account == name for one in people for call in one.groups):
                definition = {"of": "accounts", **keys}
                yield Case(definition, people[0], AS_OF, name in inside, name=name, others=tuple(people[1:]))
    arrived_last = [
        GroupCall("acme", AS_OF, {"p": "old"}, None, "b"),
        GroupCall("acme", AS_OF, {"p": "new"}, AS_OF - DAY, "a"),
    ]
    definition = {"of": "accounts", "who": {"trait": "p", "equals": "new"}}
    yield Case(definition, person(groups=arrived_last), AS_OF, True, name="acme")
    joins = AS_OF + 3 * DAY
    did = person(events=[Event("A", AS_OF - DAY)], groups=[GroupCall("acme", joins)])
    known = Person("bob", {"user_id": ["2"]}, [], [], LONG_AGO, groups=[GroupCall("acme", LONG_AGO)])
    definition = {"of": "accounts", "who": {"trait": "computed", "equals": 1}}
    yield Case(definition, did, AS_OF, False, joins, "acme", (known,), {"of": "accounts", "count": True})
    for who, people, inside in entity_truths.OF_USERS:
        for one in people:
            others = tuple(other for other in people if other is not one)
            yield Case({"who": who}, one, AS_OF, one.name in inside, name=one.name, others=others)
