"""Histories drawn at random: calls at the edges of windows, values that nearly are what a definition asks for.

They are drawn from a seed and not piece by piece, since a test needs thousands of them; what makes a found difference small is
`tests/integration/agreement_report.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.reference import vocabulary as words
from tests.reference.history import Event, Person, TraitChange
from tests.reference.probes import Probe, probes
from tests.reference.worlds import in_accounts, is_about_accounts

NAMES = ("ann", "bob", "cid", "dea")
LATE = [timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=40)]


@dataclass(frozen=True, slots=True)
class Pools:
    """What histories choose from, for one instant and what is defined: times, JSON values, names of events, aims."""

    boundaries: Sequence[datetime]
    literals: Sequence[Any]
    names: Sequence[str]
    event_probes: Sequence[Probe]
    trait_probes: Sequence[Probe]
    is_about_accounts: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """One history while it is drawn: where it chooses from, by what chance, and the few times that its people share."""

    pools: Pools
    chance: Random
    shared: Sequence[datetime]

    def time(self) -> datetime:
        """A time of this history, or another at the edge of something."""
        return self.chance.choice(self.shared if self.chance.random() < 0.5 else self.pools.boundaries)

    def value(self) -> Any:
        """A JSON value: a literal of a definition, what nearly converts, or an instant near the boundaries in any form."""
        kind = self.chance.randrange(4)
        if kind < 2 and self.pools.literals:
            return self.chance.choice(self.pools.literals)
        if kind < 3:
            return self.chance.choice(words.OTHER_VALUES)
        return self.chance.choice(words.written_forms(self.time()))


def histories(as_of: datetime, definitions: Mapping[str, dict[str, Any]] | None = None) -> st.SearchStrategy[list[Person]]:
    """One to four people; each was first seen at or before the first call of theirs.

    With definitions, times and values crowd around what those mention. A message_id belongs to one person, and to calls of one
    kind; a repeated one is a copy, loaded later.
    """
    pools = pools_of(as_of, definitions)
    return st.integers(0, 2**62).map(lambda seed: history(pools, Random(seed)))


def pools_of(as_of: datetime, definitions: Mapping[str, dict[str, Any]] | None = None) -> Pools:
    """What to choose from."""
    known = words.mentioned(definitions) if definitions else words.EVERYTHING
    aimed = probes(definitions or {}, as_of)
    return Pools(
        words.boundary_instants(as_of, known),
        [words.as_json(literal) for literal in known.literals],
        known.names,
        [probe for probe in aimed if probe.names],
        [probe for probe in aimed if not probe.names],
        definitions is None or is_about_accounts(definitions),
    )


def history(pools: Pools, chance: Random) -> list[Person]:
    """One history."""
    shared = [chance.choice(pools.boundaries) for _ in range(chance.randint(1, 4))]
    drawing = Drawing(pools, chance, shared)
    people = [_person(name, drawing) for name in NAMES[: chance.choice([3, 2, 4, 1])]]
    if pools.is_about_accounts or chance.randrange(10) == 0:
        people = [in_accounts(person, chance, drawing.time, lambda: _group_traits(drawing)) for person in people]
    return people


def _person(name: str, drawing: Drawing) -> Person:
    chance = drawing.chance
    events = _several(chance.choice([2, 3, 5, 1, 0]), lambda place: _event(f"{name}-e", place, drawing))
    traits = _several(chance.choice([2, 4, 1, 0]), lambda place: _trait_change(f"{name}-t", place, drawing))
    identifiers = {kind: [f"{kind}-{name}"] for kind in chance.sample(words.IDENTIFIERS, chance.randint(1, 2))}
    long_before = drawing.pools.boundaries[0] - timedelta(days=800)
    seen = long_before if chance.randrange(4) else drawing.time()
    first_seen_at = min([seen, *(event.at for event in events), *(change.at for change in traits)])
    lists = frozenset(chance.sample(words.LISTS, chance.randint(0, len(words.LISTS))))
    return Person(name, identifiers, events, traits, first_seen_at, lists=lists)


def _several(count: int, one: Callable[[int], Any]) -> list[Any]:
    return [one(place) for place in range(count)]


def _arrival(at: datetime, chance: Random) -> datetime | None:
    return at + chance.choice(LATE) if chance.randrange(2) else None


def _message_id(chance: Random, prefix: str, place: int) -> str:
    """Mostly a new one, at times that of a call before."""
    copied = chance.randrange(12)
    return f"{prefix}{copied if copied < place else place}"


def _event(prefix: str, place: int, drawing: Drawing) -> Event:
    pools, chance = drawing.pools, drawing.chance
    probe = chance.choice(pools.event_probes) if pools.event_probes and chance.randrange(5) else None
    name, at = chance.choice(pools.names), drawing.time()
    if probe is not None:
        name = chance.choice(probe.names)
        at = chance.choice(probe.times) if probe.times and chance.randrange(2) else at
    objects = {
        "property": _object(drawing) if probe is None or chance.randrange(3) == 0 else {},
        "context": _context(drawing) if probe is None else {},
    }
    for subject, keys, near in probe.values if probe is not None else ():
        _put(objects[subject], keys, chance.choice(near) if chance.randrange(3) else drawing.value())
    return Event(
        name=name,
        at=at,
        properties=objects["property"],
        context=objects["context"],
        message_id=_message_id(chance, prefix, place),
        received_at=_arrival(at, chance),
        source=chance.choice([None, None, None, *words.SOURCES]),
    )


def _object(drawing: Drawing) -> dict[str, Any]:
    chance = drawing.chance
    made = {key: drawing.value() for key in ("price", "kind", "at", "deep.x", "odd key") if chance.randrange(2)}
    if chance.randrange(2):
        made["deep"] = {"x": drawing.value()} if chance.randrange(2) else drawing.value()
    return made


def _context(drawing: Drawing) -> dict[str, Any]:
    chance = drawing.chance
    made = {"kind": drawing.value()} if chance.randrange(2) else {}
    if chance.randrange(8) == 0:
        made["source"] = chance.choice([*words.SOURCES, "", None])
    if chance.randrange(2):
        made["page"] = {"url": drawing.value()} if chance.randrange(2) else drawing.value()
    return made


def _put(target: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Sets the value at the path, over what stands in its way; the target was drawn for this and is shared with nobody."""
    for key in keys[:-1]:
        under = target.get(key)
        target[key] = dict(under) if isinstance(under, dict) else {}
        target = target[key]
    target[keys[-1]] = value


def _trait(drawing: Drawing) -> tuple[str, Any]:
    """A trait's name and value."""
    pools, chance = drawing.pools, drawing.chance
    if pools.trait_probes and chance.randrange(5):
        ((_, keys, near),) = chance.choice(pools.trait_probes).values
        holder: dict[str, Any] = {}
        _put(holder, keys, chance.choice(near) if chance.randrange(3) else drawing.value())
        ((name, given),) = holder.items()
        return name, given
    name = chance.choice(["plan", "score", "born", "address"])
    return name, {"city": drawing.value()} if name == "address" and chance.randrange(2) else drawing.value()


def _trait_change(prefix: str, place: int, drawing: Drawing) -> TraitChange:
    name, given = _trait(drawing)
    at = drawing.time()
    # Copies keep the name: one message_id is one call, and a call of other traits cannot be told from a copy.
    message_id = _message_id(drawing.chance, f"{prefix}-{name}-", place)
    return TraitChange(name, given, at, _arrival(at, drawing.chance), message_id)


def _group_traits(drawing: Drawing) -> dict[str, Any]:
    """Traits as a group call gives them: those that conditions ask for, with values near what they ask."""
    return dict([_trait(drawing)]) if drawing.chance.randrange(3) else {}
