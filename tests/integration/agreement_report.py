"""A disagreement made small: the least history and the least part of a definition on which product and reference differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.integration.agreement import Definitions, answers, compiled, members_of
from tests.integration.agreement_scenarios import History, names_of, referred
from tests.reference.history import Event, Person
from tests.reference.interpreter import members
from tests.reference.yaml_text import to_yaml

from dbt_audiences.flow.evaluate import Evaluator

SUBJECTS = {"trait", "property", "context"}
WINDOWS = ("within", "between", "since", "until", "session")
MANNERS = ("held_for", "ignore_case", "as")
"""Words that say how a value is compared, and nothing alone."""
COUNTS = ("at_least", "at_most", "exactly", "regularly", "sources", "complete_within")


def report(evaluator: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime) -> str:
    """The definitions, the history, and both answers, after everything was left out that does not matter."""
    people = _least_history(evaluator, definitions, key, people, as_of)
    definitions, key, first_runs = _least_definition(evaluator, definitions, key, people, as_of)
    lines = []
    for person in people:
        lines.append(f"{person.name}, first seen {person.first_seen_at.isoformat()}, {person.identifiers}")
        lines += [f"  {call}" for call in (*person.events, *person.traits, *person.groups)]
    expected = sorted(members(definitions, key, people, as_of, first_runs))
    with compiled({one: definitions[one] for one in referred(definitions, key)}) as fresh:
        fresh.first_runs = first_runs
        said = sorted(_said(fresh, key, people, as_of))
    return (
        f"{''.join(to_yaml(definitions[one]) for one in referred(definitions, key))}"
        f"as of {as_of.isoformat()}\n" + "\n".join(lines) + f"\nexpected {expected}, got {said}\n"
    )


def _said(evaluator: Evaluator, key: str, people: History, as_of: datetime) -> set[str]:
    return members_of(answers(evaluator, people, as_of, [key]), key) & names_of(people)


def _differs(evaluator: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime) -> bool:
    return _said(evaluator, key, people, as_of) != members(definitions, key, people, as_of, evaluator.first_runs)


def _least_history(evaluator: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime) -> History:
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in _smaller_histories(people):
            if _differs(evaluator, definitions, key, candidate, as_of):
                people, is_smaller = candidate, True
                break
    return people


def _smaller_histories(people: History) -> Iterator[History]:
    for index, person in enumerate(people):
        before, after = people[:index], people[index + 1 :]
        yield [*before, *after]
        for smaller in _smaller_people(person):
            yield [*before, smaller, *after]


def _smaller_people(person: Person) -> Iterator[Person]:
    for events in _without_one(person.events):
        yield replace(person, events=events)
    for traits in _without_one(person.traits):
        yield replace(person, traits=traits)
    for groups in _without_one(person.groups):
        yield replace(person, groups=groups)
    for index, event in enumerate(person.events):
        for smaller in _smaller_events(event):
            yield replace(person, events=[*person.events[:index], smaller, *person.events[index + 1 :]])


def _without_one(calls: Sequence[Any]) -> Iterator[list[Any]]:
    for index in range(len(calls)):
        yield [*calls[:index], *calls[index + 1 :]]


def _smaller_events(event: Event) -> Iterator[Event]:
    for name in event.properties:
        yield replace(event, properties={other: value for other, value in event.properties.items() if other != name})
    for name in event.context:
        yield replace(event, context={other: value for other, value in event.context.items() if other != name})
    if event.received_at is not None:
        yield replace(event, received_at=None)
    if event.group_id is not None:
        yield replace(event, group_id=None)


def _least_definition(
    asked: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime
) -> tuple[Definitions, str, Mapping[str, datetime]]:
    """The smallest part of the condition that still differs by itself, all parts compiled together."""
    parts = [definitions[key]["who"], *_parts(definitions[key]["who"])]
    wanted: Definitions = {one: definitions[one] for one in referred(definitions, key)}
    names = [f"part_{number}" for number in range(len(parts))]
    for name, part in zip(names, parts, strict=True):
        wanted[name] = {**definitions[key], "audience": name, "who": part}
    first_runs = {**asked.first_runs, **dict.fromkeys(names, asked.first_runs.get(key, as_of))}
    with compiled(wanted) as evaluator:
        evaluator.first_runs = first_runs
        differing = [name for name in names if _differs(evaluator, wanted, name, people, as_of)]
    least = min(differing, key=lambda name: len(repr(wanted[name]["who"])), default=key)
    return wanted, least, first_runs


def _parts(who: Any) -> Iterator[Any]:
    """What is left where one thing is left out, again and again."""
    children: Sequence[Any] = ()
    if isinstance(who, list):
        children = who
    elif isinstance(who, dict):
        children = [child for name in ("all", "any", "none", "not") if name in who for child in _listed(who[name])]
        if "who" in who:
            for part in _parts(who["who"]):
                yield {**who, "who": part}
            yield {**who, "who": "everyone"}
        if "where" in who:
            for part in [*_listed(who["where"]), *_parts(who["where"])]:
                yield {**who, "where": part}
        for name in ("where", *WINDOWS, *COUNTS):
            if name in who and not SUBJECTS & set(who):
                yield {other: value for other, value in who.items() if other != name}
        operators = [name for name in who if name not in (*SUBJECTS, *MANNERS)]
        if SUBJECTS & set(who) and len(operators) > 1:
            for name in operators:
                yield {other: value for other, value in who.items() if other not in operators or other == name}
        for name in MANNERS:
            if name in who and SUBJECTS & set(who):
                yield {other: value for other, value in who.items() if other != name}
    for child in children:
        yield child
        yield from _parts(child)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
