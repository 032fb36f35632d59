"""Drawn calls of many small groups of people, and what one run after the other makes of them, for both engines."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.reference.identity import Identifier, NamingCall, Resolved, Rules, resolve

START = datetime(2026, 1, 1)
COLUMNS = (
    "message_id", "type", "occurred_at", "user_id", "anonymous_id", "previous_id", "traits", "context", "loaded_at",
)  # fmt: skip
ALPHABETICAL = ("user_id", "email", "anonymous_id", "ios.id")
Row = tuple[object, ...]


@dataclass(frozen=True)
class Setting:
    """An identity.yml, the same for the interpreter, and the order of types."""

    text: str
    rules: Rules
    order: tuple[str, ...] = ALPHABETICAL


SETTINGS = {
    "as they are": Setting("", Rules({"user_id": (1, None), **dict.fromkeys(ALPHABETICAL[1:], (5, None))}, 100, 1000, 1000)),
    "narrow": Setting(
        "identifiers: {email: {limit: 2}, anonymous_id: {limit: 2 ever}, ios.id: {limit: none}}\n"
        "limits: {merges: 2, identifiers: 5, shared_by: 5}\n",
        Rules({"user_id": (1, None), "email": (2, None), "anonymous_id": (2, None)}, 2, 5, 5),
    ),
    "of a time": Setting(
        "identifiers: {user_id: {limit: 2 yearly}, email: {limit: 1 weekly}, anonymous_id: {limit: 2 monthly}}\n"
        "limits: {merges: none, identifiers: none, shared_by: none}\n",
        Rules({"user_id": (2, "year"), "email": (1, "week"), "anonymous_id": (2, "month"), "ios.id": (5, None)}),
    ),
    "only devices": Setting(
        "priority: [anonymous_id]\n"
        "identifiers: {user_id: {limit: none}, email: {limit: none}, anonymous_id: {limit: 3}}\n"
        "limits: {merges: none, identifiers: none}\n",
        Rules({"anonymous_id": (3, None), "ios.id": (5, None)}, None, None, 1000),
        ("anonymous_id", "user_id", "email", "ios.id"),
    ),
    "the other way round": Setting(
        "priority: [ios.id, anonymous_id]\nidentifiers: {user_id: {limit: none}, ios.id: {limit: 1}}\nlimits: {merges: 1}\n",
        Rules({"email": (5, None), "anonymous_id": (5, None), "ios.id": (1, None)}, 1, 1000, 1000),
        ("ios.id", "anonymous_id", "user_id", "email"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A call as its row and as the interpreter takes it."""

    group: int
    row: Row
    call: NamingCall


def drawn_calls(setting: Setting, groups: int, seed: int) -> list[Drawn]:
    """Some calls of each group, which shares no identifier with another."""
    chance = random.Random(seed)
    found = []
    for group in range(groups):
        days = chance.choice([3, 31, 400])
        pools = {
            "user_id": [f"u{group}-{number}" for number in range(chance.choice([1, 2, 3]))],
            "email": [f"e{group}-{number}@x.de" for number in range(chance.choice([1, 3]))],
            "anonymous_id": [f"a{group}-{number}" for number in range(chance.choice([2, 4, 8]))],
            "ios.id": [f"d{group}-{number}" for number in range(2)],
        }
        for number in range(chance.randint(2, 16)):
            at = START + timedelta(days=chance.randint(0, days), microseconds=chance.choice([0, 0, 1]))
            named = {kind: chance.choice(pool) for kind, pool in pools.items() if chance.random() < 0.45}
            if not named:
                continue
            previous = chance.choice(pools["anonymous_id"]) if chance.random() < 0.1 else None
            found.append(_drawn(setting, group, number, at, named, previous))
    return found


def _drawn(setting: Setting, group: int, number: int, at: datetime, named: dict[str, str], previous: str | None) -> Drawn:
    names = [(kind, named[kind]) for kind in setting.order if kind in named]
    if previous is not None and previous != named.get("anonymous_id"):
        place = next(
            (place for place, (kind, _) in enumerate(names) if setting.order.index(kind) > setting.order.index("anonymous_id")),
            len(names),
        )
        names.insert(place, ("anonymous_id", previous))
    traits = json.dumps({"email": named["email"]}) if "email" in named else None
    context = json.dumps({"device": {"type": "ios", "id": named["ios.id"]}}) if "ios.id" in named else None
    kind = "track" if previous is None else "alias"
    row = (
        f"{group}-{number}", kind, at, named.get("user_id"), named.get("anonymous_id"), previous, traits, context,
    )  # fmt: skip
    return Drawn(group, row, NamingCall(at, tuple(names)))


def expected(setting: Setting, calls: Iterable[Drawn]) -> dict[int, Resolved]:
    """What the interpreter says of each group."""
    of_groups: dict[int, list[NamingCall]] = defaultdict(list)
    for one in calls:
        of_groups[one.group].append(one.call)
    order = {kind: place for place, kind in enumerate(setting.order)}
    return {group: resolve(found, setting.rules, order) for group, found in of_groups.items()}


def found(sql: Callable[[str], Sequence[Row]]) -> dict[int, Resolved]:
    """The same of the tables of a warehouse."""
    profiles: dict[int, dict[object, set[Identifier]]] = defaultdict(lambda: defaultdict(set))
    first: dict[object, set[Identifier]] = defaultdict(set)
    identifiers = sql("select profile_id, type, value from audiences.profile_identifiers")
    assert len({(kind, value) for _, kind, value in identifiers}) == len(identifiers), "an identifier of two profiles"
    for profile_id, kind, value in identifiers:
        profiles[_group(value)][profile_id].add((str(kind), str(value)))
        first[profile_id].add((str(kind), str(value)))
    dropped: dict[int, set[tuple[Identifier, str, str | None, Identifier]]] = defaultdict(set)
    shared: dict[int, dict[Identifier, int]] = defaultdict(dict)
    violations = "select type, value, reason, exceeded_type, profile_id, shared_by from audiences.identity_violations"
    for kind, value, reason, exceeded, profile_id, others in sql(violations):
        name = (str(kind), str(value))
        if reason == "shared":
            shared[_group(value)][name] = int(str(others))
        else:
            of_call = min(first[profile_id])
            dropped[_group(value)].add((name, str(reason), None if exceeded is None else str(exceeded), of_call))
    return {
        group: Resolved(frozenset(map(frozenset, ones.values())), frozenset(dropped[group]), shared[group])
        for group, ones in profiles.items()
    }


def by_profiles(resolved: Resolved) -> Resolved:
    """The same with the least identifier of its profile in the place of what a call named first, as the tables have it."""
    least = {name: min(members) for members in resolved.profiles for name in members}
    dropped = {(name, reason, exceeded, least[of_call]) for name, reason, exceeded, of_call in resolved.dropped}
    return Resolved(resolved.profiles, frozenset(dropped), resolved.shared)


def _group(value: object) -> int:
    return int(str(value)[1:].partition("-")[0])
