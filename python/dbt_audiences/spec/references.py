"""What definitions say of one another: references that exist, of the right kind, without cycles, and not to what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from dbt_audiences.core.alerts import Alert
from dbt_audiences.core.definitions import Entity, Place
from dbt_audiences.core.project import Audience, Destination, Sendable, SqlTrait, Trait
from dbt_audiences.spec.fields import Problems, nearest
from dbt_audiences.spec.uses import Use, Uses, uses_of

CYCLE = "The audience would create a cycle by referencing another audience"


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions that could be read; `unread` are the keys of those that could not, and tell why themselves."""

    audiences: dict[str, Audience]
    traits: dict[str, Trait]
    destinations: dict[str, Destination]
    unread: Set[str]
    sql_traits: tuple[SqlTrait, ...] = ()

    def kind_of_sql_trait(self, name: str) -> Entity | None:
        """Whose the SQL trait of this name is; None where there is none."""
        return next((one.of for one in self.sql_traits if name in one.values), None)


def check_references(known: Definitions, problems: Problems) -> None:
    """Note every reference that leads nowhere, to the wrong kind, or round in a circle."""
    definitions: list[tuple[str, Audience | Trait]] = [*known.audiences.items(), *known.traits.items()]
    uses = {key: uses_of(one) for key, one in definitions}
    required = {
        f"destination {key}": uses_of(one.requires) for key, one in known.destinations.items() if one.requires is not None
    }
    for used in (*uses.values(), *required.values()):
        for use in used.audiences:
            _check_audience(use, known, problems)
        for use in used.traits:
            _check_trait(use, known, problems)
    for key, one in definitions:
        if not one.enabled:
            _check_consumers(key, one, {**uses, **required}, known, problems)
    _check_cycles(uses, known, problems)
    _check_destinations(known, problems)
    _check_memberships(known, problems)


def _check_audience(use: Use, known: Definitions, problems: Problems) -> None:
    found = known.audiences.get(use.key)
    if found is None:
        if use.key in known.traits:
            problems.add(use.place, f"`{use.key}` is a trait", f"write `trait: {use.key}`")
        elif use.key not in known.unread:
            problems.add(use.place, f"there is no audience `{use.key}`", _missing(use.key, known))
    elif use.of == "accounts" and found.of == "users":
        message = f"`{use.key}` is an audience of users, and accounts are judged here"
        problems.add(use.place, message, "put it below `users: any`")


def _missing(key: str, known: Definitions) -> str:
    return nearest(key, known.audiences) or f"write audiences/{key}.yml"


def _check_trait(use: Use, known: Definitions, problems: Problems) -> None:
    custom = f"`custom.{use.key}` reaches a custom trait of that name"
    if use.key in known.audiences:
        problems.add(use.place, f"`{use.key}` is an audience, which only `in_audience` reads", custom)
        return
    found = known.traits.get(use.key)
    of = known.kind_of_sql_trait(use.key) if found is None else found.of
    if of is None:
        return
    if of != use.of:
        below = "account" if of == "accounts" else "users"
        message = f"`{use.key}` is a trait of {of}, and {use.of} are judged here"
        problems.add(use.place, message, f"put it below `{below}: any`")
    if use.held:
        problems.add(
            use.place, f"`held_for` needs a custom trait, and `{use.key}` is {'computed' if found else 'a SQL trait'}", custom
        )


def _check_consumers(key: str, one: Audience | Trait, uses: dict[str, Uses], known: Definitions, problems: Problems) -> None:
    consumers = [
        other
        for other, used in uses.items()
        if any(use.key == key for use in (used.audiences if isinstance(one, Audience) else used.traits))
        and _is_enabled(other, known)
    ]
    if consumers:
        message = f"`{key}` is disabled, but {_listed(consumers)} {'refers' if len(consumers) == 1 else 'refer'} to it"
        problems.add(one.place, message, "disable what refers to it first, or enable this one")


def _is_enabled(key: str, known: Definitions) -> bool:
    definition = known.audiences.get(key) or known.traits.get(key) or known.destinations[key.removeprefix("destination ")]
    return definition.enabled


def _listed(keys: list[str]) -> str:
    return ", ".join(f"`{key}`" for key in keys)


def _check_cycles(uses: dict[str, Uses], known: Definitions, problems: Problems) -> None:
    edges = {
        key: {
            **{use.key: use.place for use in reversed(used.traits) if use.key in known.traits},
            **{use.key: use.place for use in reversed(used.audiences) if use.key in known.audiences},
        }
        for key, used in uses.items()
    }
    done: set[str] = set()
    for start in edges:
        if start in done:
            continue
        path = [start]
        stack: list[tuple[str, Iterator[str]]] = [(start, iter(edges[start]))]
        while stack:
            key, children = stack[-1]
            child = next(children, None)
            if child is None:
                done.add(key)
                stack.pop()
                path.pop()
            elif child in path:
                circle = [*path[path.index(child) :], child]
                problems.add(edges[circle[0]][circle[1]], CYCLE, " -> ".join(circle))
            elif child not in done:
                stack.append((child, iter(edges[child])))
                path.append(child)


def _check_destinations(known: Definitions, problems: Problems) -> None:
    connections: Iterable[Sendable] = (*known.audiences.values(), *known.traits.values(), *known.sql_traits)
    for send in (send for one in connections for send in one.send_to):
        _check_destination(send.destination, send.place, known, problems)
    for destination in known.destinations.values():
        for key in (key for order in destination.priority for key in order):
            if key not in known.audiences and key not in known.unread:
                message = f"`priority` names `{key}`, and there is no such audience"
                problems.add(destination.place, message, _missing(key, known))


def _check_memberships(known: Definitions, problems: Problems) -> None:
    definitions: Iterable[Audience | Trait] = (*known.audiences.values(), *known.traits.values())
    for example in (example for one in definitions for example in one.examples):
        people = [*example.given, *(user for person in example.given for user in person.users)]
        for name, key in ((person.name, key) for person in people for key in person.memberships):
            if key not in known.audiences and key not in known.unread:
                message = f"`{name}` is in `{key}`, and there is no such audience"
                problems.add(example.place, message, _missing(key, known))


def check_alerts(alerts: Iterable[Alert], known: Definitions, problems: Problems) -> None:
    """Note every audience and destination that an alert names and that is not there."""
    for alert in alerts:
        if alert.audience is not None and alert.audience not in {*known.audiences, *known.unread}:
            sent = {*known.traits, *(one.key for one in known.sql_traits)}  # deliveries of traits are watched alike
            if alert.destination is None and alert.audience in known.traits:
                message = f"`{alert.audience}` is a trait, and `{alert.on}` is of audiences"
                problems.add(alert.audience_place, message, "name an audience")
            elif alert.destination is None or alert.audience not in sent:
                problems.add(alert.audience_place, f"there is no audience `{alert.audience}`", _missing(alert.audience, known))
        if alert.destination is not None:
            _check_destination(alert.destination, alert.destination_place, known, problems)
        for recipient in alert.recipients:
            if recipient.key is not None:
                _check_destination(recipient.key, recipient.place, known, problems)


def _check_destination(key: str, place: Place, known: Definitions, problems: Problems) -> None:
    if key not in known.destinations and key not in known.unread:
        hint = nearest(key, known.destinations) or f"write destinations/{key}.yml"
        problems.add(place, f"there is no destination `{key}`", hint)
