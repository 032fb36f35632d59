"""The people of many examples in one warehouse, each example's apart from all others'."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dbt_audiences.core.identity import Identity
from dbt_audiences.core.project import Audience, Example
from dbt_audiences.flow.evaluate import Call, Person, people_of
from dbt_audiences.flow.given_sql_traits import DeclaredRows, with_sql_traits

_OURS = ("user_id", "anonymous_id")
"""Identifiers that no condition can read: a prefix keeps those of two examples apart."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """An example with its people under names of its own: `prefix` and the name that the example gives."""

    audience: Audience
    example: Example
    prefix: str
    people: tuple[Person, ...]


@dataclass(slots=True)
class _Batch:
    cases: list[Case] = field(default_factory=list)
    calling: set[Pair] = field(default_factory=set)
    known: set[Pair] = field(default_factory=set)


def batches(
    pairs: Iterable[tuple[Audience, Example]], declared: Sequence[DeclaredRows], ranks: Container[str], identity: Identity
) -> Iterator[list[Case]]:
    """As few lists as may be loaded together: no call of one example is by an identifier that another example knows.

    declared  the SQL traits that are read
    ranks     audiences that compare people with one another
    """
    found: list[_Batch] = []
    for number, (audience, example) in enumerate(pairs):
        people = with_sql_traits(people_of(example, identity), declared)
        prefix = f"e{number}:"
        case = Case(audience, example, prefix, tuple(_apart(person, prefix) for person in people))
        if audience.key in ranks or example.created is not None or any(_is_apart(person) for person in people):
            yield [Case(audience, example, "", tuple(people))]
            continue
        calling = {_caller(person) for person in case.people if person.identifiers}
        known = {(kind, value) for person in case.people for kind, values in person.identifiers.items() for value in values}
        batch = next((one for one in found if not calling & one.known and not known & one.calling), None)
        if batch is None:
            batch = _Batch()
            found.append(batch)
        batch.cases.append(case)
        batch.calling |= calling
        batch.known |= known
    yield from (batch.cases for batch in found)


def _caller(person: Person) -> Pair:
    """The identifier that a person's calls are by."""
    kind = "user_id" if "user_id" in person.identifiers else next(iter(person.identifiers))
    return kind, person.identifiers[kind][0]


def _is_apart(person: Person) -> bool:
    """Whether an account is named where conditions can read it, or something is found by an identifier that stays as it is."""
    if person.sql_traits or person.related:
        return True
    return any("groupId" in (call.context if isinstance(call.context, dict | str) else {}) for call in person.calls)


def _apart(person: Person, prefix: str) -> Person:
    return replace(
        person,
        profile_id=f"{prefix}{person.profile_id}",
        identifiers={
            kind: [f"{prefix}{value}" for value in values] if kind in _OURS else list(values)
            for kind, values in person.identifiers.items()
        },
        calls=[_call(call, prefix) for call in person.calls],
    )


def _call(call: Call, prefix: str) -> Call:
    group_id = None if call.group_id is None else f"{prefix}{call.group_id}"
    return replace(call, message_id=f"{prefix}{call.message_id}", group_id=group_id)
