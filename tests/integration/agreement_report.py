"""A disagreement made small: the least history and the least part of a definition on which product and reference differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.integration.agreement import Definitions, answers, compiled, members_of, refused
from tests.integration.agreement_scenarios import History, names_of, referred
from tests.reference.history import Event, Person
from tests.reference.interpreter import members
from tests.reference.yaml_text import to_yaml

from dbt_audiences.flow.evaluate import Evaluator

SUBJECTS = {"trait", "property", "context"}
WINDOWS = ("within", "between", "since", "until", "session", "after", "wait", "strictly")
MANNERS = ("held_for", "ignore_case", "as")
"""Words that say how a value is compared, and nothing alone."""
NESTED = ("where", "then", "without")
COUNTS = ("at_least", "at_most", "exactly", "regularly", "sources", "complete_within")


def report(
    evaluator: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime, files: Mapping[str, str]
) -> str:
    """The definitions, the history, and both answers, after everything was left out that does not matter."""
    people = _least_history(evaluator, definitions, key, people, as_of)
    definitions, key, first_runs = _least_definition(evaluator, definitions, key, people, as_of, files)
    with compiled({one: definitions[one] for one in referred(definitions, key)}, files) as fresh:
        fresh.first_runs = first_runs
        people = _least_history(fresh, definitions, key, people, as_of)
        expected = sorted(members(definitions, key, people, as_of, first_runs))
        said = sorted(_said(fresh, key, people, as_of))
    return (
        f"{''.join(to_yaml(definitions[one]) for one in referred(definitions, key))}"
        f"as of {as_of.isoformat()}\n" + "\n".join(_lines(people)) + f"\nexpected {expected}, got {said}\n"
    )


def _lines(people: History) -> Iterator[str]:
    for person in people:
        yield f"{person.name}, first seen {person.first_seen_at.isoformat()}, {person.identifiers}"
        yield from (f"  {call}" for call in (*person.events, *person.traits, *person.groups))
        related = {table: rows for table, rows in person.related.items() if rows}
        yield from (f"  {beside}" for beside in (person.sql_traits, related) if beside)


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
    if len(people) > 3:
        yield people[: len(people) // 2]
        yield people[len(people) // 2 :]
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
    for name in person.sql_traits:
        yield replace(person, sql_traits={other: value for other, value in person.sql_traits.items() if other != name})
    for table, rows in person.related.items():
        for smaller_rows in _smaller_rows(rows):
            yield replace(person, related={**person.related, table: smaller_rows})
    for index, event in enumerate(person.events):
        for smaller in _smaller_events(event):
            yield replace(person, events=[*person.events[:index], smaller, *person.events[index + 1 :]])


def _without_one(calls: Sequence[Any]) -> Iterator[list[Any]]:
    for index in range(len(calls)):
        yield [*calls[:index], *calls[index + 1 :]]


def _smaller_rows(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """A row less, or a row with a column less, or the same of the rows below."""
    yield from _without_one(rows)
    for index, row in enumerate(rows):
        before, after = rows[:index], rows[index + 1 :]
        for name, value in row.items():
            if isinstance(value, list) and all(isinstance(one, dict) for one in value):
                yield from ([*before, {**row, name: below}, *after] for below in _smaller_rows(value))
            else:
                yield [*before, {other: given for other, given in row.items() if other != name}, *after]


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
    asked: Evaluator, definitions: Definitions, key: str, people: History, as_of: datetime, files: Mapping[str, str]
) -> tuple[Definitions, str, Mapping[str, datetime]]:
    """The smallest part of the condition that still differs by itself, then of that, until there is none."""
    wanted: Definitions = {one: definitions[one] for one in referred(definitions, key)}
    first_runs = dict(asked.first_runs)
    number = 0
    while True:
        parts: Definitions = {}
        for part in _parts(wanted[key]["who"]):
            number += 1
            parts[f"part_{number}"] = {**wanted[key], "audience": f"part_{number}", "who": part}
        while is_refused := refused({**wanted, **parts}, files):
            parts = {name: one for name, one in parts.items() if name not in is_refused}
        first_runs |= dict.fromkeys(parts, first_runs.get(key, as_of))
        made = {**wanted, **parts}
        with compiled(made, files) as evaluator:
            evaluator.first_runs = first_runs
            differing = [name for name in parts if _differs(evaluator, made, name, people, as_of)]
        least = min(differing, key=lambda name: len(repr(made[name]["who"])), default=key)
        if len(repr(made[least]["who"])) >= len(repr(wanted[key]["who"])):
            return wanted, key, first_runs
        wanted, key = {one: made[one] for one in referred(made, least)}, least


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
        for name in (one for one in NESTED if one in who):
            for part in [*_listed(who[name]), *_parts(who[name])]:
                yield {**who, name: part}
        for name in (*NESTED, *WINDOWS, *COUNTS):
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
