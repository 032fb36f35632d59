"""What to put into a history so that the conditions of given definitions nearly hold: their edges, from both sides."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.reference import vocabulary as words
from tests.reference.values import is_number, path
from tests.reference.windows import first_instant

WINDOW_KEYS = ("within", "between", "since", "until")
SUBJECTS = ("property", "context", "trait")
PATTERN_BAIT: list[Any] = [
    *("a", "A", "a\n", "A\nb", "e\nb", "a.b", "It's", "é", "٣", "\u00a0", "123", "ab cd", "", "\\"),
    *(123, True),
]
TINY = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Probe:
    """One condition's names of events (none: it is about a trait), times at its edges, and values for its paths."""

    names: tuple[str, ...]
    times: tuple[datetime, ...]
    values: tuple[tuple[str, tuple[str, ...], tuple[Any, ...]], ...]


def probes(definitions: Mapping[str, dict[str, Any]], as_of: datetime) -> list[Probe]:
    """A probe for each event and trait condition of the definitions."""
    return [
        _probe(leaf, as_of, definition.get("timezone", "UTC"))
        for definition in definitions.values()
        for leaf in _leaves(definition["who"])
    ]


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


def _probe(leaf: dict[str, Any], as_of: datetime, zone: str) -> Probe:
    if "trait" in leaf:
        return Probe((), (), (_about(leaf, as_of, zone),))
    written = leaf.get("performed", leaf.get("not_performed"))
    names = tuple(written) if isinstance(written, list) else tuple(words.EVENT_NAMES) if written == "*" else (written,)
    ends = [end for key in WINDOW_KEYS if key in leaf for end in (leaf[key] if key == "between" else [leaf[key]])]
    times = tuple(words.boundary_instants(as_of, _known(ends, zone)))
    return Probe(names, times, tuple(_about(under, as_of, zone) for under in _leaves(leaf.get("where", []))))


def _known(ends: list[Any], zone: str) -> words.Mentioned:
    lengths = tuple(end for end in ends if isinstance(end, str) and end != "ever")
    return words.Mentioned(lengths, tuple(end for end in ends if isinstance(end, date)), (zone,), (), ())


def _about(leaf: dict[str, Any], as_of: datetime, zone: str) -> tuple[str, tuple[str, ...], tuple[Any, ...]]:
    subject = next(name for name in SUBJECTS if name in leaf)
    near = [value for name, literal in leaf.items() if name != subject for value in _near(name, literal, as_of, zone)]
    return subject, tuple(path(leaf[subject])), (*near, None, "n/a")


def _near(name: str, literal: Any, as_of: datetime, zone: str) -> list[Any]:
    if isinstance(literal, list):
        return [value for item in literal for value in _near(name, item, as_of, zone)]
    if name == "exists":
        return ["", [], {}, None, False]
    if name == "matches":
        return PATTERN_BAIT
    if name in ("within_last", "within_next", "before_last", "after_next"):
        return _forms(words.boundary_instants(as_of, _known([literal], zone)))
    if isinstance(literal, bool):
        return [True, False, "TRUE", "False", "true", 1, 0, " true"]
    if isinstance(literal, datetime):
        return _forms([literal, literal - words.MICROSECOND, literal + words.MICROSECOND])
    if isinstance(literal, date):
        midnight = datetime(literal.year, literal.month, literal.day, tzinfo=UTC)
        return _forms([midnight, midnight - words.MICROSECOND, first_instant(literal, ZoneInfo(zone))])
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
