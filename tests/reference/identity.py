"""Who is one profile, one call after the other: plain union-find, and the limits as each call finds them.

What it says of limits follows Segment's documentation of identity resolution: a call that would make a profile exceed one is
tried again without the last of its identifiers.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Identifier = tuple[str, str]
"""Type and value."""


@dataclass(frozen=True)
class NamingCall:
    """When a call was made and what it names, what goes before the others first."""

    at: datetime
    names: tuple[Identifier, ...]


@dataclass(frozen=True)
class Rules:
    """Limits: of a type how many values, ever (None) or in a week, month or year; none where a type is missing."""

    types: Mapping[str, tuple[int, str | None]] = field(default_factory=dict)
    merges: int | None = None
    identifiers: int | None = None
    shared_by: int | None = None


@dataclass
class Profile:
    members: set[Identifier]
    merges: int = 0


@dataclass(frozen=True)
class Resolved:
    """The identifiers of each profile; what was left out for good: (identifier, reason, exceeded type, the call's first)."""

    profiles: frozenset[frozenset[Identifier]]
    dropped: frozenset[tuple[Identifier, str, str | None, Identifier]]
    shared: Mapping[Identifier, int]


def resolve(calls: Iterable[NamingCall], rules: Rules, order_of: Mapping[str, int]) -> Resolved:
    """Profiles of these calls; `order_of` says which type goes before which."""
    calls = list(calls)
    others: dict[Identifier, set[Identifier]] = defaultdict(set)
    seen: dict[Identifier, datetime] = {}
    for call in calls:
        for name in call.names:
            others[name] |= {one for one in call.names if one != name}
            seen[name] = min(seen.get(name, call.at), call.at)
    shared = {
        name: len(found) for name, found in others.items() if rules.shared_by is not None and len(found) > rules.shared_by
    }

    def age(name: Identifier) -> tuple[datetime, int, str]:
        return seen[name], order_of[name[0]], name[1]

    def turn(call: NamingCall) -> tuple[datetime, bool, list[tuple[datetime, int, str]]]:
        return call.at, len(call.names) > 1, [age(name) for name in call.names]

    profile_of: dict[Identifier, Profile] = {name: Profile({name}) for name in shared}
    left = (NamingCall(call.at, tuple(name for name in call.names if name not in shared)) for call in calls)
    cut: dict[tuple[Identifier, NamingCall], None] = {}
    for call in sorted((call for call in left if call.names), key=turn):
        for end in range(len(call.names), 0, -1):
            together = _together(call.names[:end], profile_of)
            if end == 1 or _excess(together, rules, call.at, seen, order_of) is None:
                for name in together.members:
                    profile_of[name] = together
                break
        for name in call.names[end:]:
            if name not in profile_of[call.names[0]].members:
                cut[name, call] = None
    dropped = set()
    for name, call in cut:
        if name in profile_of[call.names[0]].members:
            continue
        with_it = _together(call.names[: call.names.index(name) + 1], profile_of)
        found = _excess(with_it, rules, call.at, seen, order_of)
        assert found is not None
        dropped.add((name, *found, call.names[0]))
    return Resolved(frozenset(frozenset(one.members) for one in profile_of.values()), frozenset(dropped), shared)


def _together(names: tuple[Identifier, ...], profile_of: Mapping[Identifier, Profile]) -> Profile:
    """The profile that these names would be."""
    joined = {id(found): found for name in names if (found := profile_of.get(name)) is not None}
    members = set(names).union(*(found.members for found in joined.values()))
    return Profile(members, max(0, sum(found.merges + 1 for found in joined.values()) - 1))


def _excess(
    profile: Profile, rules: Rules, at: datetime, seen: Mapping[Identifier, datetime], order_of: Mapping[str, int]
) -> tuple[str, str | None] | None:
    """Reason and type of what the profile has too much of, if anything."""
    for kind in sorted(rules.types, key=order_of.__getitem__):
        most, period = rules.types[kind]
        since = datetime.min if period is None else _before(at, period)
        if sum(1 for one in profile.members if one[0] == kind and seen[one] > since) > most:
            return ("value_limit" if period is None else "value_time_limit"), kind
    if rules.merges is not None and profile.merges > rules.merges:
        return "merge_limit", None
    if rules.identifiers is not None and len(profile.members) > rules.identifiers:
        return "identifier_limit", None
    return None


def _before(at: datetime, period: str) -> datetime:
    """A period earlier; of a month that is too short its last day."""
    if period == "week":
        return at - timedelta(days=7)
    year, month = (at.year - 1, at.month) if period == "year" else (at.year - (at.month == 1), (at.month - 2) % 12 + 1)
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))
