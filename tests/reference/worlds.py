"""Accounts for drawn people: group calls early and late, and events that say which account they belong to."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from tests.reference import vocabulary as words
from tests.reference.history import Event, GroupCall, Person


def is_about_accounts(definitions: Mapping[str, dict[str, Any]]) -> bool:
    """Whether any definition judges accounts, or users by their accounts."""
    return any(definition.get("of") == "accounts" or "'account'" in repr(definition) for definition in definitions.values())


def in_accounts(person: Person, chance: Random, time: Callable[[], datetime], traits: Callable[[], dict[str, Any]]) -> Person:
    """The same person with up to three group calls; events may carry an account of theirs, or one that is not."""
    calls: list[GroupCall] = []
    for place in range(chance.choice([1, 2, 1, 0, 3])):
        at = time()
        which = chance.choice([place, place, *range(place)])  # at times a copy of a call before
        arrived = at if chance.randrange(2) else None
        calls.append(GroupCall(chance.choice(words.ACCOUNTS), at, traits(), arrived, f"{person.name}-g{which}"))
    events = [_of_account(event, chance) for event in person.events]
    first_seen_at = min([person.first_seen_at, *(call.at for call in calls)])
    return replace(person, events=events, groups=calls, first_seen_at=first_seen_at)


def _of_account(event: Event, chance: Random) -> Event:
    """The event as the call or its context says it belongs to an account, or as it was."""
    said = chance.choice(["nothing", "nothing", "call", "context", "both", "nobody"])
    one, other = chance.choice(words.ACCOUNTS), chance.choice(words.ACCOUNTS)
    if said == "nobody":
        return replace(event, group_id="", context={**event.context, "groupId": chance.choice([None, ""])})
    if said in ("context", "both"):
        event = replace(event, context={**event.context, "groupId": other})
    return replace(event, group_id=one) if said in ("call", "both") else event
