"""Accounts: who belongs to which, which events are whose, and how a block of conditions asks the members."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tests.reference import history
from tests.reference.history import Event, Person, TraitChange
from tests.reference.values import text

HoldsFor = Callable[[Any, Person], bool]


@dataclass(frozen=True, slots=True)
class Account(Person):
    """An account as it is judged: the events that belong to it, and the traits that group calls gave it."""


@dataclass(frozen=True, slots=True)
class UserOfAccount(Person):
    """A user as an account's block judges one: `events` are those of this account, all else is the user's own."""

    of: Person | None = None


def whole(person: Person) -> Person:
    """Whose traits are asked for: the user with all events, or the account."""
    return person.of if isinstance(person, UserOfAccount) and person.of is not None else person


def every_account(people: Sequence[Person], definition: dict[str, Any], as_of: datetime) -> list[Account]:
    """Every account that a group call named."""
    names = {call.account for person in people for call in history.first_copies(person.groups)}
    return [account(name, people, definition, as_of) for name in sorted(names)]


def account(name: str, people: Sequence[Person], definition: dict[str, Any], as_of: datetime) -> Account:
    """One account, with what belongs to it under the rule that the audience chose; of members at as_of all they ever did."""
    is_rule_of_user = definition.get("account_events", "own") == "all_of_user"
    events: list[Event] = []
    traits: list[TraitChange] = []
    seen: list[datetime] = []
    for person in people:
        calls = [call for call in history.first_copies(person.groups) if call.account == name]
        seen += [call.at for call in calls]
        for call in calls:
            traits += [
                TraitChange(key, value, call.at, call.received_at, call.message_id) for key, value in call.traits.items()
            ]
        for event in history.first_copies(person.events):
            carried = group_id(event)
            is_by_group = carried is not None and not is_rule_of_user
            is_its = carried == name if is_by_group else is_member(person, name, as_of)
            if is_its:
                events.append(replace(event, message_id=event.message_id or f"{person.name} {event!r}"))
    return Account(name, {}, events, traits, min(seen))


def group_id(event: Event) -> str | None:
    """The account that the event says it belongs to: the call's own group id, else that of its context; `""` is none."""
    return event.group_id or text(event.context.get("groupId")) or None


def is_member(person: Person, name: str, as_of: datetime) -> bool:
    """Whether a group call by as_of made the person a member."""
    return any(call.account == name and call.at <= as_of for call in history.first_copies(person.groups))


def accounts_of(person: Person, definition: dict[str, Any], as_of: datetime, people: Sequence[Person]) -> Iterator[Account]:
    """The accounts of a user."""
    for name in sorted({call.account for call in person.groups}):
        if is_member(person, name, as_of):
            yield account(name, people, definition, as_of)


def users_of(judged: Account, users: Sequence[Person], definition: dict[str, Any], as_of: datetime) -> Iterator[UserOfAccount]:
    """The users of an account, each with the events of this account."""
    is_rule_of_user = definition.get("account_events", "own") == "all_of_user"
    for user in users:
        if is_member(user, judged.name, as_of):
            events = [
                event
                for event in history.first_copies(user.events)
                if is_rule_of_user or group_id(event) in (None, judged.name)
            ]
            yield UserOfAccount(
                user.name,
                user.identifiers,
                events,
                user.traits,
                user.first_seen_at,
                user.groups,
                user.sql_traits,
                user.related,
                user.lists,
                user,
            )


def block_holds(
    condition: dict[str, Any],
    judged: Person,
    definition: dict[str, Any],
    as_of: datetime,
    people: Sequence[Person],
    users: Sequence[Person],
    holds_for: HoldsFor,
) -> bool:
    """`users:` of an account, or `account:` of a user: each member must satisfy the whole of `who` by itself.

    users  the people who are eligible by the audience's own identifiers
    """
    (subject,) = {"users", "account"} & set(condition)
    if set(condition) != {subject, "who"}:
        raise NotImplementedError(f"block with {sorted(condition)}")
    if (subject == "users") != isinstance(judged, Account):
        raise ValueError(f"`{subject}:` stands among conditions on the same kind of entity")
    members: list[Person] = []
    if isinstance(judged, Account):
        members += users_of(judged, users, definition, as_of)
    else:
        members += accounts_of(judged, definition, as_of, people)
    results = [holds_for(condition["who"], member) for member in members]
    if condition[subject] == "none":
        return not any(results)
    if condition[subject] == "any":
        return any(results)
    if condition[subject] == "all":
        return bool(results) and all(results)
    raise ValueError(f"`{subject}: {condition[subject]}`")
