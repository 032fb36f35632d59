"""Histories for hypothesis: calls at the edges of windows, values that nearly are what a definition asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from tests.reference import vocabulary as words
from tests.reference.history import Event, Person, TraitChange
from tests.reference.probes import Probe, probes


@dataclass(frozen=True, slots=True)
class Pools:
    """What one draw of a history chooses from: times, JSON values, names of events."""

    times: st.SearchStrategy[datetime]
    values: st.SearchStrategy[Any]
    names: list[str]
    event_probes: list[Probe]
    trait_probes: list[Probe]


@st.composite
def histories(draw: st.DrawFn, as_of: datetime, definitions: Mapping[str, dict[str, Any]] | None = None) -> list[Person]:
    """One to four people; each was first seen at or before the first call of theirs.

    With definitions, times and values crowd around what those mention. A message_id belongs to one person, and to an
    event or to a trait change; a repeated one is a copy, loaded later.
    """
    known = words.mentioned(definitions) if definitions else words.EVERYTHING
    aimed = probes(definitions or {}, as_of)
    aims = [probe for probe in aimed if probe.names], [probe for probe in aimed if not probe.names]
    boundaries = words.boundary_instants(as_of, known)
    shared = draw(st.lists(_any_of(boundaries), min_size=1, max_size=4))
    times = st.one_of(_any_of(shared), _any_of(boundaries))
    pools = Pools(times, values(times, [words.as_json(literal) for literal in known.literals]), list(known.names), *aims)
    long_before = boundaries[0] - timedelta(days=800)
    people = ("ann", "bob", "cid", "dea")[: draw(st.sampled_from([3, 2, 4, 1]))]
    return [draw(_people(name, pools, long_before)) for name in people]


@st.composite
def _people(draw: st.DrawFn, name: str, pools: Pools, long_before: datetime) -> Person:
    events = [draw(_events(f"{name}-e", position, pools)) for position in range(draw(st.sampled_from([2, 3, 5, 1, 0])))]
    traits = [draw(_trait_changes(f"{name}-t", position, pools)) for position in range(draw(st.sampled_from([2, 4, 1, 0])))]
    kinds = draw(st.lists(st.sampled_from(words.IDENTIFIERS), min_size=1, max_size=2, unique=True))
    identifiers = {kind: [f"{kind}-{name}"] for kind in kinds}
    seen = draw(st.one_of(*[st.just(long_before)] * 3, pools.times))
    first_seen_at = min([seen, *(event.at for event in events), *(change.at for change in traits)])
    return Person(name, identifiers, events, traits, first_seen_at)


def _arrivals(at: datetime) -> st.SearchStrategy[datetime | None]:
    late = [timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(days=40)]
    return st.one_of(st.none(), st.sampled_from(late).map(lambda delay: at + delay))


def _message_id(draw: st.DrawFn, prefix: str, position: int) -> str:
    """Mostly a new one, at times that of a call before."""
    copied = draw(st.integers(0, 7))
    return f"{prefix}{copied if copied < position and draw(st.booleans()) else position}"


@st.composite
def _events(draw: st.DrawFn, prefix: str, position: int, pools: Pools) -> Event:
    is_aimed = bool(pools.event_probes) and draw(st.integers(0, 4)) > 0
    probe: Probe | None = draw(_any_of(pools.event_probes)) if is_aimed else None
    times, names = pools.times, _any_of(pools.names)
    if probe is not None:
        times, names = st.one_of(_any_of(list(probe.times)), pools.times), _any_of(list(probe.names))
    at = draw(times)
    objects = {
        "property": draw(_objects(pools.values)) if probe is None or draw(st.integers(0, 2)) == 0 else {},
        "context": draw(_contexts(pools.values)) if probe is None else {},
    }
    for subject, keys, near in probe.values if probe is not None else ():
        _put(objects[subject], keys, draw(st.one_of(_any_of(list(near)), _any_of(list(near)), pools.values)))
    return Event(
        name=draw(names),
        at=at,
        properties=objects["property"],
        context=objects["context"],
        message_id=_message_id(draw, prefix, position),
        received_at=draw(_arrivals(at)),
    )


def _objects(value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    flat: dict[str, st.SearchStrategy[Any]] = {key: value for key in ("price", "kind", "at", "deep.x", "odd key")}
    return st.fixed_dictionaries({}, optional={**flat, "deep": st.one_of(_one("x", value), value)})


def _contexts(value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={"page": st.one_of(_one("url", value), value), "kind": value})


def _put(target: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Sets the value at the path, over what stands in its way; the target was drawn for this and is shared with nobody."""
    for key in keys[:-1]:
        under = target.get(key)
        target[key] = dict(under) if isinstance(under, dict) else {}
        target = target[key]
    target[keys[-1]] = value


@st.composite
def _trait_changes(draw: st.DrawFn, prefix: str, position: int, pools: Pools) -> TraitChange:
    is_aimed = bool(pools.trait_probes) and draw(st.integers(0, 4)) > 0
    if is_aimed:
        ((_, keys, near),) = draw(_any_of(pools.trait_probes)).values
        holder: dict[str, Any] = {}
        _put(holder, keys, draw(st.one_of(_any_of(list(near)), _any_of(list(near)), pools.values)))
        ((name, given),) = holder.items()
    else:
        name = draw(st.sampled_from(["plan", "score", "born", "address"]))
        given = draw(st.one_of(_one("city", pools.values), pools.values) if name == "address" else pools.values)
    at = draw(pools.times)
    # Copies keep the name: one message_id is one call, and a call of other traits cannot be told from a copy.
    message_id = _message_id(draw, f"{prefix}-{name}-", position)
    return TraitChange(name, given, at, draw(_arrivals(at)), message_id)


def values(times: st.SearchStrategy[datetime], literals: list[Any]) -> st.SearchStrategy[Any]:
    """JSON values: the literals of definitions, what nearly converts, and instants near the boundaries in every form."""
    forms = st.integers(0, len(words.written_forms(words.AS_OFS[0])) - 1)
    near = st.builds(lambda at, form: words.written_forms(at)[form], times, forms)
    asked = _any_of(literals or words.OTHER_VALUES)
    return st.one_of(asked, asked, _any_of(words.OTHER_VALUES), near)


def _any_of(pool: list[Any]) -> st.SearchStrategy[Any]:
    """As sampled_from, but without a description as long as the pool."""
    return st.integers(0, len(pool) - 1).map(pool.__getitem__)


def _one(name: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return value.map(lambda drawn: {name: drawn})
