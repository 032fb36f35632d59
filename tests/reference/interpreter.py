"""Who is in an audience: the whole language that is supported, evaluated person by person."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import history
from tests.reference.comparisons import all_hold
from tests.reference.history import Event, Person
from tests.reference.values import at_path, path
from tests.reference.windows import Clock, duration, is_at_or_after_start, is_in_windows

COMBINERS = {"all", "any", "none", "not"}
DEFAULT_IDENTIFIERS = ["user_id", "email", "android.idfa", "ios.idfa"]
EVENT_KEYS = {"performed", "not_performed", "at_least", "at_most", "exactly", "within", "between", "since", "until", "where"}
READ_KEYS = {"audience", "of", "include_anonymous", "identifiers", "history", "timezone", "who"}
IDLE_KEYS = {"name", "description", "owner", "folder", "enabled", "compute", "every", "tags", "meta", "send_to", "examples"}

Definitions = Mapping[str, dict[str, Any]]


def members(definitions: Definitions, key: str, people: Sequence[Person], as_of: datetime) -> set[str]:
    """The names of the people who are in the audience at as_of."""
    history.check(people)
    return _members(definitions, key, people, as_of.astimezone(UTC), ())


def _members(
    definitions: Definitions, key: str, people: Sequence[Person], as_of: datetime, consumers: tuple[str, ...]
) -> set[str]:
    if key in consumers:
        raise ValueError(f"the audience would create a cycle: {' -> '.join((*consumers, key))}")
    definition = definitions[key]
    _check(definition)
    clock = Clock(as_of, ZoneInfo(definition.get("timezone", "UTC")))

    def is_in_audience(person: Person, other: str) -> bool:
        return person.name in _members(definitions, other, people, as_of, (*consumers, key))

    def holds(person: Person) -> bool:
        def leaf(condition: dict[str, Any]) -> bool:
            return _condition_holds(condition, person, definition, clock, set(definitions), is_in_audience)

        return definition["who"] == "everyone" or tree_holds(definition["who"], leaf)

    return {person.name for person in people if is_eligible(person, definition, as_of) and holds(person)}


def _check(definition: dict[str, Any]) -> None:
    unknown = set(definition) - READ_KEYS - IDLE_KEYS
    if unknown or definition.get("of", "users") != "users" or definition.get("history") == "none":
        raise NotImplementedError(f"{sorted(unknown)}, of: accounts or history: none")
    if "include_anonymous" in definition and "identifiers" in definition:
        raise ValueError("include_anonymous and identifiers together")


def is_eligible(person: Person, definition: dict[str, Any], as_of: datetime) -> bool:
    """Whether the profile is of the audience's universe: an identifier that counts, and seen by as_of."""
    counted = DEFAULT_IDENTIFIERS + (["anonymous_id"] if definition.get("include_anonymous", False) else [])
    counted = definition.get("identifiers", counted)
    return person.first_seen_at <= as_of and any(person.identifiers.get(kind) for kind in counted)


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


def _condition_holds(
    condition: dict[str, Any],
    person: Person,
    definition: dict[str, Any],
    clock: Clock,
    keys: set[str],
    is_in_audience: Callable[[Person, str], bool],
) -> bool:
    subjects = {"performed", "not_performed", "trait", "in_audience", "not_in_audience"} & set(condition)
    if len(subjects) != 1:
        raise NotImplementedError(f"condition {sorted(condition)}")
    subject = subjects.pop()
    if subject in ("performed", "not_performed"):
        return _performed_holds(condition, person, definition.get("history", "all"), clock)
    if subject == "trait":
        operators = {name: literal for name, literal in condition.items() if name != "trait"}
        return all_hold(operators, _trait(condition["trait"], person, clock, keys), clock)
    if len(condition) != 1:
        raise NotImplementedError(f"condition {sorted(condition)}")
    return is_in_audience(person, condition[subject]) == (subject == "in_audience")


def _trait(written: str, person: Person, clock: Clock, keys: set[str]) -> Any:
    names = path(written)
    if names[0] == "custom" and len(names) > 1:
        names = names[1:]
    elif names[0] in keys:
        raise ValueError(f"{names[0]} is an audience; it is read by in_audience only")
    return at_path(history.current_traits(person, clock.as_of), names)


def _performed_holds(condition: dict[str, Any], person: Person, reach: str, clock: Clock) -> bool:
    if set(condition) - EVENT_KEYS:
        raise NotImplementedError(f"event condition with {sorted(set(condition) - EVENT_KEYS)}")
    count = sum(
        _is_named(event, condition)
        and is_in_windows(event.at, condition, clock)
        and (reach == "all" or is_at_or_after_start(event.at, duration(reach), clock))
        and ("where" not in condition or tree_holds(condition["where"], _where_leaf(event, clock)))
        for event in history.counted_events(person, clock.as_of)
    )
    return _is_count_right(count, condition)


def _is_named(event: Event, condition: dict[str, Any]) -> bool:
    written = condition.get("performed", condition.get("not_performed"))
    names = written if isinstance(written, list) else [written]
    return "*" in names or event.name in names


def _where_leaf(event: Event, clock: Clock) -> Callable[[dict[str, Any]], bool]:
    def leaf(condition: dict[str, Any]) -> bool:
        subjects = {"property", "context"} & set(condition)
        if len(subjects) != 1:
            raise NotImplementedError(f"where with {sorted(condition)}")
        subject = subjects.pop()
        source = event.properties if subject == "property" else event.context
        operators = {name: literal for name, literal in condition.items() if name != subject}
        keys = path(condition[subject])
        if "$" in keys:
            raise NotImplementedError("arrays opened by $")
        return all_hold(operators, at_path(source, keys), clock)

    return leaf


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
