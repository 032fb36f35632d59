"""Who is in an audience: the whole language that is supported, evaluated person by person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import accounts, aggregates, computed, entities, funnels, habits, held, history, reach, sql_traits, top
from tests.reference.history import Event, Person
from tests.reference.rows import Row, is_of_source, leaves, one_test_holds, values_hold
from tests.reference.values import path
from tests.reference.windows import Clock, is_in_windows

COMBINERS = {"all", "any", "none", "not"}
DEFAULT_IDENTIFIERS = ["user_id", "email", "android.idfa", "ios.idfa"]
EVENT_KEYS = {
    *("performed", "not_performed", "at_least", "at_most", "exactly", "within", "between", "since", "until", "where"),
    *("then", "complete_within", "sources", "regularly"),
}
READ_KEYS = {"audience", "of", "include_anonymous", "identifiers", "history", "timezone", "account_events", "who"}
IDLE_KEYS = {"name", "description", "owner", "folder", "enabled", "compute", "every", "tags", "meta", "send_to", "examples"}
SUBJECTS = {"performed", "not_performed", "trait", "in_audience", "not_in_audience", "in_list"}

Definitions = Mapping[str, dict[str, Any]]


def members(
    definitions: Definitions,
    key: str,
    people: Sequence[Person],
    as_of: datetime,
    first_runs: Mapping[str, datetime] | None = None,
) -> set[str]:
    """The names of the people, or of the accounts, who are in the audience at as_of.

    Audiences without a first run have it then.
    """
    history.check(people)
    return _members(definitions, key, people, as_of.astimezone(UTC), first_runs or {}, ())


@dataclass(frozen=True, slots=True)
class Asked:
    """What every condition of one audience is judged by."""

    definition: dict[str, Any]
    definitions: Definitions
    people: Sequence[Person]
    clock: Clock
    is_reached: Callable[[Event], bool]
    is_in_audience: Callable[[Person, str], bool]

    def eligible(self) -> list[Person]:
        """The people who are of the audience's universe."""
        return [one for one in self.people if is_eligible(one, self.definition, self.clock.as_of)]

    def holds(self, who: Any, one: Person) -> bool:
        """Whether the conditions hold for somebody, or for an account."""
        return who == "everyone" or tree_holds(who, lambda condition: _condition_holds(condition, one, self))


def _members(
    definitions: Definitions,
    key: str,
    people: Sequence[Person],
    as_of: datetime,
    first_runs: Mapping[str, datetime],
    consumers: tuple[str, ...],
) -> set[str]:
    if key in consumers:
        raise ValueError(f"the audience would create a cycle: {' -> '.join((*consumers, key))}")
    definition = definitions[key]
    _check(definition)
    clock = Clock(as_of, ZoneInfo(definition.get("timezone", "UTC")))

    def is_in_audience(person: Person, other: str) -> bool:
        return person.name in _members(definitions, other, people, as_of, first_runs, (*consumers, key))

    def is_reached(event: Event) -> bool:
        return reach.reaches(event.at, definition, first_runs.get(key, as_of), clock)

    asked = Asked(definition, definitions, people, clock, is_reached, is_in_audience)
    judged = accounts.every_account(people, definition, as_of) if definition.get("of") == "accounts" else people
    return {one.name for one in judged if is_eligible(one, definition, as_of) and asked.holds(definition["who"], one)}


def _check(definition: dict[str, Any]) -> None:
    unknown = set(definition) - READ_KEYS - IDLE_KEYS
    if unknown:
        raise NotImplementedError(f"{sorted(unknown)}")
    if "include_anonymous" in definition and "identifiers" in definition:
        raise ValueError("include_anonymous and identifiers together")


def is_eligible(person: Person, definition: dict[str, Any], as_of: datetime) -> bool:
    """Whether the profile is of the audience's universe: an identifier that counts, and seen by as_of; every account is."""
    if isinstance(person, accounts.Account):
        return person.first_seen_at <= as_of
    counted = DEFAULT_IDENTIFIERS + (["anonymous_id"] if definition.get("include_anonymous", False) else [])
    counted = definition.get("identifiers", counted)
    return any(person.seen_later.get(kind, person.first_seen_at) <= as_of for kind in counted if person.identifiers.get(kind))


def tree_holds(condition: Any, leaf: Callable[[dict[str, Any]], bool]) -> bool:
    """A tree of all, any, none and not: a bare list is `all`, several of them in one mapping must all hold."""
    if isinstance(condition, list):
        return _combined("all", condition, leaf)
    if not isinstance(condition, dict):
        raise ValueError(f"{condition!r} is no condition")
    if not COMBINERS & set(condition):
        return leaf(condition)
    if set(condition) - COMBINERS:
        raise ValueError(f"two conditions in one mapping: {sorted(condition)}")
    return all([_combined(combiner, under, leaf) for combiner, under in condition.items()])


def _combined(combiner: str, under: Any, leaf: Callable[[dict[str, Any]], bool]) -> bool:
    if combiner == "not":
        return not tree_holds(under, leaf)
    if not isinstance(under, list) or not under:
        raise ValueError(f"{combiner} takes a list that is not empty")
    results = [tree_holds(condition, leaf) for condition in under]
    return {"all": all(results), "any": any(results), "none": not any(results)}[combiner]


def _condition_holds(condition: dict[str, Any], person: Person, asked: Asked) -> bool:
    clock = asked.clock
    if {"users", "account"} & set(condition):
        of, people = asked.definition, asked.people
        return accounts.block_holds(condition, person, of, clock.as_of, people, asked.eligible(), asked.holds)
    if "has" in condition:
        return entities.has(condition, person.related, _known_traits(person, clock), clock, tree_holds)
    if "top" in condition:
        if isinstance(person, accounts.Account):
            raise NotImplementedError("top of accounts")
        by = condition["top"]["by"]
        return person.name in top.first(
            condition["top"], {one.name: _trait(by, one, clock, asked)[0] for one in asked.eligible()}
        )
    subjects = SUBJECTS & set(condition)
    if len(subjects) != 1:
        raise NotImplementedError(f"condition {sorted(condition)}")
    subject = subjects.pop()
    if subject in ("performed", "not_performed"):
        return _performed_holds(condition, person, asked.is_reached, clock)
    if subject == "trait":
        operators = {name: literal for name, literal in condition.items() if name not in ("trait", "held_for")}
        if "held_for" in condition:
            keys = _held_path(condition["trait"], asked.definitions)
            return held.holds(accounts.whole(person), keys, operators, condition["held_for"], clock)
        row = Row(None, _known_traits(person, clock))
        return values_hold(operators, _trait(condition["trait"], person, clock, asked), row, clock)
    if len(condition) != 1:
        raise NotImplementedError(f"condition {sorted(condition)}")
    key = condition[subject]
    if subject == "in_list":
        return key in person.lists
    judged = [person]
    if asked.definitions[key].get("of") == "accounts" and not isinstance(person, accounts.Account):
        judged = list(accounts.accounts_of(person, asked.definition, clock.as_of, asked.people))
    return any(asked.is_in_audience(one, key) for one in judged) == (subject == "in_audience")


def _held_path(written: str, definitions: Definitions) -> list[str]:
    names = path(written)
    if names[0] == "custom" and len(names) > 1:
        return names[1:]
    if names[0] in definitions:
        raise ValueError(f"held_for is for custom traits, and {names[0]} is none")
    return names


def _trait(written: str, person: Person, clock: Clock, asked: Asked) -> list[Any]:
    """The trait's value; several where the path opens an array."""
    names, definitions = path(written), asked.definitions
    custom = history.current_traits(person, clock.as_of)
    if names[0] == "custom" and len(names) > 1:
        return leaves(custom, names[1:])
    if "trait" in definitions.get(names[0], {}):
        return leaves(_computed_trait(definitions[names[0]], accounts.whole(person), asked.people, clock.as_of), names[1:])
    if names[0] in definitions:
        raise ValueError(f"{names[0]} is an audience; it is read by in_audience only")
    return leaves(sql_traits.current(custom, person.sql_traits, is_custom=False), names)


def _known_traits(person: Person, clock: Clock) -> dict[str, Any]:
    custom = history.current_traits(person, clock.as_of)
    return sql_traits.current(custom, person.sql_traits, is_custom=False) | {sql_traits.CUSTOM: custom}


def _computed_trait(definition: dict[str, Any], person: Person, people: Sequence[Person], as_of: datetime) -> Any:
    """The value of a trait that the project computes, over all that the user did or that belongs to the account.

    What belongs to an account is the trait's to say, whatever the audience that asks counts.
    """
    if isinstance(person, accounts.Account):
        person = accounts.account(person.name, people, definition, as_of)
    clock = Clock(as_of, ZoneInfo(definition.get("timezone", "UTC")))
    asked = {name: written for name, written in definition.items() if name not in computed.OWN_KEYS}
    return computed.value(definition, _matching_events(asked, person, lambda event: True, clock), clock)


def _performed_holds(condition: dict[str, Any], person: Person, is_reached: Callable[[Event], bool], clock: Clock) -> bool:
    is_aggregate = bool(aggregates.FUNCTIONS & set(condition))
    of_events = {name: written for name, written in condition.items() if not is_aggregate or name not in aggregates.KEYS}
    events = _matching_events(of_events, person, is_reached, clock)

    def satisfies(some: list[Event]) -> bool:
        return (
            aggregates.holds(condition, some, _known_traits(person, clock), clock)
            if is_aggregate
            else _is_count_right(len(some), condition)
        )

    if "regularly" in condition:
        return habits.holds(condition["regularly"], events, satisfies, clock)
    return satisfies(events)


def _matching_events(
    condition: dict[str, Any], person: Person, is_reached: Callable[[Event], bool], clock: Clock
) -> list[Event]:
    """The events that a condition, or a computed trait, is about: by name, window, `where`, source and what follows them."""
    if set(condition) - EVENT_KEYS:
        raise NotImplementedError(f"event condition with {sorted(set(condition) - EVENT_KEYS)}")
    reached = [event for event in history.counted_events(person, clock.as_of) if is_reached(event)]
    traits = _known_traits(person, clock)
    return [
        event
        for event in reached
        if _is_named(event, condition)
        and is_in_windows(event.at, condition, clock)
        and ("where" not in condition or tree_holds(condition["where"], _where_leaf(event, person, clock)))
        and ("sources" not in condition or is_of_source(condition["sources"], event.context, event.source))
        and ("then" not in condition or funnels.is_followed(event, condition, reached, clock, tree_holds, traits))
    ]


def _is_named(event: Event, condition: dict[str, Any]) -> bool:
    written = condition.get("performed", condition.get("not_performed"))
    names = written if isinstance(written, list) else [written]
    return "*" in names or event.name in names


def _where_leaf(event: Event, person: Person, clock: Clock) -> Callable[[dict[str, Any]], bool]:
    row = Row(event.properties, _known_traits(person, clock), event.context, event.at)
    return lambda condition: one_test_holds(condition, row, clock, tree_holds)


def _is_count_right(count: int, condition: dict[str, Any]) -> bool:
    bounds = {"at_least", "at_most", "exactly"} & set(condition)
    if "not_performed" in condition:
        if bounds:
            raise ValueError("not_performed has no counts")
        return count == 0
    if "exactly" in bounds:
        if len(bounds) > 1:
            raise ValueError("exactly stands alone")
        return bool(count == condition["exactly"])
    if not bounds:
        return count >= 1
    return bool(condition.get("at_least", 0) <= count <= condition.get("at_most", count))
