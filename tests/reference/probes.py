"""What to put into a history so that the conditions of given definitions nearly hold: their edges, from both sides."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import aggregates, computed
from tests.reference import vocabulary as words
from tests.reference.values import is_number, path
from tests.reference.windows import first_instant

WINDOW_KEYS = ("within", "between", "since", "until")
SUBJECTS = ("property", "context", "trait")
PATTERN_BAIT: list[Any] = [
    *("a", "A", "a\n", "A\nb", "e\nb", "a.b", "It's", "é", "٣", "\u00a0", "123", "ab cd", "", "\\"),
    *(123, True),
]
SMALL: list[Any] = [5, 2.5, "5", 0, -5, 1, 10, 0.1, "a", "b", True, 1 / 3]
COMPUTED_BAIT: tuple[Any, ...] = (
    *(1, 2, 2, "2", 2.0, 0.1, 0.2, "b", "a", "a", "A", "10", 10, True, "true", None, "n/a", {"x": 1}, {"x": "a"}),
    *(["a", "b", "a"], [10, "10", 10.0], [[1], [2, 1]], [{"x": 2}, {"x": "a"}, {}], [None, 1], []),
    *("2026-03-10", "2026-03-09T12:00:00Z", 1773144000, "2026-03-10T12:00:00.5Z"),
)
TINY = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Probe:
    """One condition's names of events (none: it is about a trait), times at its edges, and values for its paths."""

    names: tuple[str, ...]
    times: tuple[datetime, ...]
    values: tuple[tuple[str, tuple[str, ...], tuple[Any, ...]], ...]


def probes(definitions: Mapping[str, dict[str, Any]], as_of: datetime) -> list[Probe]:
    """A probe for each event and trait condition of the definitions."""
    found: list[Probe] = []
    for definition in definitions.values():
        zone = definition.get("timezone", "UTC")
        if "who" in definition:
            found += [_probe(leaf, as_of, zone) for leaf in _leaves(definition["who"])]
            found += [Probe((), (), (("trait", tuple(path(one)), (*SMALL, None)),)) for one in _referred(definition["who"])]
        else:
            found.append(_computed(definition, as_of, zone))
    return found


def _computed(definition: dict[str, Any], as_of: datetime, zone: str) -> Probe:
    """The events of a computed trait, with values that it may be made of, and the edges of its session."""
    of_events = {name: written for name, written in definition.items() if name != "trait"}
    probe = _probe(of_events, as_of, zone)
    times = probe.times
    if "session" in definition:
        times = tuple(words.boundary_instants(as_of, _known([definition["session"]], zone)))
    made_of = [definition[name] for name in computed.FUNCTIONS if name in definition and name != "count"]
    keys = [tuple(path(written.split(".$")[0])) for written in made_of]
    return Probe(probe.names, times, (*probe.values, *(("property", one, COMPUTED_BAIT) for one in keys)))


def _leaves(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for branch in tree:
            yield from _leaves(branch)
    elif isinstance(tree, dict):
        if {"performed", "not_performed", *SUBJECTS} & set(tree):
            yield tree
        else:
            for branch in tree.values():
                yield from _leaves(branch)


def _referred(tree: Any) -> Iterator[str]:
    """Paths of the traits that conditions compare with."""
    if isinstance(tree, list):
        for branch in tree:
            yield from _referred(branch)
    elif isinstance(tree, dict):
        if set(tree) == {"trait"}:
            yield tree["trait"]
        for branch in tree.values():
            yield from _referred(branch)


def _probe(leaf: dict[str, Any], as_of: datetime, zone: str) -> Probe:
    if "trait" in leaf:
        return Probe((), (), (_about(leaf, as_of, zone),))
    written = leaf.get("performed", leaf.get("not_performed"))
    names = tuple(written) if isinstance(written, list) else tuple(words.EVENT_NAMES) if written == "*" else (written,)
    if "regularly" in leaf:
        count, unit = leaf["regularly"]["each"].split(" ")
        spans = range(1, leaf["regularly"]["of_last"] + 1)
        leaf = {**leaf, "between": [f"{number * int(count)} {unit}" for number in spans]}
    ends = [end for key in WINDOW_KEYS if key in leaf for end in (leaf[key] if key == "between" else [leaf[key]])]
    times = tuple(words.boundary_instants(as_of, _known(ends, zone)))
    about = [_about(under, as_of, zone) for under in _leaves(leaf.get("where", []))]
    return Probe(names, times, (*about, *_aggregated(leaf, as_of, zone)))


def _aggregated(leaf: dict[str, Any], as_of: datetime, zone: str) -> Iterator[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    """Values for an aggregate: small ones that add up, and what is near the literals; lists where an array is opened."""
    for function in aggregates.FUNCTIONS & set(leaf):
        keys = path(leaf[function])
        near = [
            value
            for name, literal in leaf.items()
            if name in aggregates.OPERATORS
            for value in _near(name, literal, as_of, zone)
        ]
        values: list[Any] = [*SMALL, *near, *SMALL, None]
        if "$" in keys:
            last = keys[keys.index("$") + 1 :]
            items = [{last[0]: value} if last else value for value in values]
            values = [*([one, other] for one, other in zip(items, items[3:], strict=False)), *items[:4], []]
            keys = keys[: keys.index("$")]
        yield "property", tuple(keys), tuple(values)


def _known(ends: list[Any], zone: str) -> words.Mentioned:
    lengths = tuple(end for end in ends if isinstance(end, str) and words.is_length(end))
    instants = [end if isinstance(end, date) else _read(end) for end in ends if isinstance(end, date) or "-" in end]
    return words.Mentioned(lengths, tuple(instants), (zone,), (), ())


def _read(written: str) -> date:
    """A day or an instant that a definition writes in quotes."""
    is_day = len(written) == len("2026-03-01")
    return date.fromisoformat(written) if is_day else datetime.fromisoformat(written)


def _about(leaf: dict[str, Any], as_of: datetime, zone: str) -> tuple[str, tuple[str, ...], tuple[Any, ...]]:
    subject = next(name for name in SUBJECTS if name in leaf)
    near = [value for name, literal in leaf.items() if name != subject for value in _near(name, literal, as_of, zone)]
    return subject, tuple(path(leaf[subject])), (*near, None, "n/a")


def _near(name: str, literal: Any, as_of: datetime, zone: str) -> list[Any]:
    if isinstance(literal, list):
        return [value for item in literal for value in _near(name, item, as_of, zone)]
    if isinstance(literal, dict):
        return SMALL  # a reference
    if name == "exists":
        return ["", [], {}, None, False]
    if name == "matches":
        return PATTERN_BAIT
    if name in ("within_last", "within_next", "before_last", "after_next"):
        return _forms(words.boundary_instants(as_of, _known([literal], zone)))
    if isinstance(literal, bool):
        return [True, False, "TRUE", "False", "true", 1, 0, " true"]
    if isinstance(literal, datetime):
        literal = literal if literal.tzinfo is not None else literal.replace(tzinfo=ZoneInfo(zone))
        return _forms(words.beside(literal))
    if isinstance(literal, date):
        midnight = datetime(literal.year, literal.month, literal.day, tzinfo=UTC)
        return _forms([*words.beside(midnight)[:2], first_instant(literal, ZoneInfo(zone))])
    return _near_number(literal) if is_number(literal) else _near_text(literal)


def _forms(instants: list[datetime]) -> list[Any]:
    """The exact text of each first, so that it is drawn often, then the stranger forms."""
    exact = [words.written_forms(at)[0] for at in instants]
    return exact + exact + [form for at in instants[:6] for form in words.written_forms(at)]


def _near_number(literal: Any) -> list[Any]:
    exact = Decimal(literal)
    texts = [format(exact + step, "f") for step in (TINY, -TINY, TINY / 2, -TINY / 2, TINY * 4 / 10)]
    text = format(exact, "f")
    return [
        *(words.as_json(literal), words.as_json(literal), text, f" {text}\n", f"{text}e0", f"+{text}", int(exact) + 1),
        *(int(exact) - 1, bool(exact), *texts, "0x10", f"\u00a0{text}", [words.as_json(literal)]),
    ]


def _near_text(literal: str) -> list[Any]:
    around = [literal + "\n", f" {literal} ", f"x{literal}", f"{literal}x", f"x{literal}x", literal.upper(), literal.lower()]
    try:
        parsed = [json.loads(literal)]
    except ValueError:
        parsed = []
    as_float = [float(value) for value in parsed if is_number(value)]
    return [literal, literal, *around, *parsed, *as_float, literal[:-1]]
