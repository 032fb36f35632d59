"""A disagreement made small: the least history and the least part of a definition on which product and reference differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.integration.agreement import Definitions, answers, compiled, members_of
from tests.integration.agreement_scenarios import referred
from tests.reference.history import Person
from tests.reference.interpreter import members
from tests.reference.yaml_text import to_yaml

from dbt_audiences.flow.evaluate import Evaluator


def report(evaluator: Evaluator, definitions: Definitions, key: str, person: Person, as_of: datetime) -> str:
    """The definition, the history, and both answers, after everything was left out that does not matter."""
    person = _least_history(evaluator, definitions, key, person, as_of)
    definitions, key = _least_definition(definitions, key, person, as_of)
    person_has = "\n".join(f"  {call}" for call in (*person.events, *person.traits))
    expected = bool(members(definitions, key, [person], as_of))
    return (
        f"{''.join(to_yaml(definitions[one]) for one in referred(definitions, key))}"
        f"as_of {as_of.isoformat()}, first seen {person.first_seen_at.isoformat()}, {person.identifiers}\n{person_has}\n"
        f"expected {'in' if expected else 'out'}, got {'out' if expected else 'in'}\n"
    )


def _differs(evaluator: Evaluator, definitions: Definitions, key: str, person: Person, as_of: datetime) -> bool:
    said = person.name in members_of(answers(evaluator, [person], as_of, [key]), key)
    return said is not bool(members(definitions, key, [person], as_of))


def _least_history(evaluator: Evaluator, definitions: Definitions, key: str, person: Person, as_of: datetime) -> Person:
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in _smaller_histories(person):
            if _differs(evaluator, definitions, key, candidate, as_of):
                person, is_smaller = candidate, True
                break
    return person


def _smaller_histories(person: Person) -> Iterator[Person]:
    for index in range(len(person.events)):
        yield replace(person, events=person.events[:index] + person.events[index + 1 :])
    for index in range(len(person.traits)):
        yield replace(person, traits=person.traits[:index] + person.traits[index + 1 :])
    for index, event in enumerate(person.events):
        for name in event.properties:
            fewer = {other: value for other, value in event.properties.items() if other != name}
            yield replace(
                person, events=[*person.events[:index], replace(event, properties=fewer), *person.events[index + 1 :]]
            )


def _least_definition(definitions: Definitions, key: str, person: Person, as_of: datetime) -> tuple[Definitions, str]:
    """The smallest part of the condition that still differs by itself, all parts compiled together."""
    parts = [definitions[key]["who"], *_parts(definitions[key]["who"])]
    wanted: Definitions = {one: definitions[one] for one in referred(definitions, key)}
    names = [f"part_{number}" for number in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        wanted[name] = {**definitions[key], "audience": name, "who": part}
    with compiled(wanted) as evaluator:
        differing = [name for name in names if _differs(evaluator, wanted, name, person, as_of)]
    least = min(differing, key=lambda name: len(repr(wanted[name]["who"])), default=key)
    return wanted, least


def _parts(who: Any) -> Iterator[Any]:
    children: Sequence[Any] = ()
    if isinstance(who, list):
        children = who
    elif isinstance(who, dict):
        children = [child for name in ("all", "any", "none", "not") if name in who for child in _listed(who[name])]
        if "where" in who:
            for part in [*_listed(who["where"]), *_parts(who["where"])]:
                yield {**who, "where": part}
            for name in ("within", "between", "since", "until"):
                if name in who:
                    yield {other: value for other, value in who.items() if other != name}
        operators = [name for name in who if name not in ("trait", "property", "context")]
        if {"trait", "property", "context"} & set(who) and len(operators) > 1:
            for name in operators:
                yield {other: value for other, value in who.items() if other not in operators or other == name}
    for child in children:
        yield child
        yield from _parts(child)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
