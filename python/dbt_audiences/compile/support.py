"""What the language has and the compiler cannot build yet: refused by name and place, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import (
    ITEM,
    Aggregate,
    All,
    Any,
    Condition,
    Everyone,
    InAudience,
    ItemTest,
    ListFile,
    Members,
    Not,
    Performed,
    Place,
    PropertyTest,
    Reference,
    TraitTest,
    Where,
)
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Destination, Project, SendTo

IDENTIFIER_TYPES = ("user_id", "email", "anonymous_id", "android.idfa", "ios.idfa")


def unsupported(project: Project) -> list[Problem]:
    """Every use of something that cannot be built yet, in the enabled definitions of a project."""
    problems = []
    for audience in project.audiences.values():
        if audience.enabled:
            problems += [_problem(place, what) for place, what in _of_audience(audience, project)]
    for trait in project.traits.values():
        if trait.enabled:
            problems.append(_problem(trait.place, "computed traits are"))
    for sql_trait in project.sql_traits:
        problems.append(_problem(sql_trait.place, "SQL traits are"))
    for destination in project.destinations.values():
        if destination.enabled:
            problems += [_problem(place, what) for place, what in _of_destination(destination)]
    return problems


def _problem(place: Place, what: str) -> Problem:
    return Problem(place, f"{what} not supported yet", hint="leave it out, or set `enabled: false` until it is")


def _of_audience(audience: Audience, project: Project) -> Iterator[tuple[Place, str]]:
    place = audience.place
    if audience.of == "accounts":
        yield place, "audiences of accounts (`of: accounts`) are"
    if audience.history != "all":
        yield place, "`history` other than `all` is"
    if audience.compute == "realtime" or audience.every is not None:
        yield place, "`compute: realtime` and `every` are"
    for kind in (*audience.identifiers, *(k for e in audience.examples for p in e.given for k in p.identifiers)):
        if kind not in IDENTIFIER_TYPES:
            yield place, f"identifiers of a type of your own (`{kind}`) are"
    for leaf in leaves(audience.who):
        yield from _of_condition(leaf, project)
    for send in audience.send_to:
        yield from _of_send(send)


def _of_condition(leaf: Condition, project: Project) -> Iterator[tuple[Place, str]]:
    match leaf:
        case Performed():
            yield from _of_performed(leaf)
        case TraitTest():
            if leaf.held_for is not None:
                yield leaf.place, "`held_for` is"
            if not leaf.custom and leaf.path[0] in project.traits:
                yield leaf.place, "conditions on computed traits are"
            yield from _of_test(PropertyTest("trait", leaf.path, leaf.comparisons, leaf.ignore_case, leaf.place))
        case Members():
            yield leaf.place, "`users:` and `account:` are"
        case InAudience() | Everyone() | All() | Any() | Not():
            pass


def _of_performed(leaf: Performed) -> Iterator[tuple[Place, str]]:
    if isinstance(leaf.measure, Aggregate):
        yield leaf.place, f"`{leaf.measure.function}:` in a condition is"
    for name, given in (
        ("sources", leaf.sources),
        ("regularly", leaf.regularly),
        ("then", leaf.then),
        ("complete_within", leaf.complete_within),
    ):
        if given is not None:
            yield leaf.place, f"`{name}` is"
    yield from _of_where(leaf.where)


def _of_where(where: Where | None) -> Iterator[tuple[Place, str]]:
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from _of_where(child)
        case Not(child=child):
            yield from _of_where(child)
        case ItemTest():
            yield where.place, f"`{where.which}` is"
        case PropertyTest():
            yield from _of_test(where)


def _of_test(test: PropertyTest) -> Iterator[tuple[Place, str]]:
    if ITEM in test.path:
        yield test.place, "`$` in a path is"
    if test.ignore_case:
        yield test.place, "`ignore_case` is"
    for comparison in test.comparisons:
        if isinstance(comparison.operand, Reference):
            yield comparison.place, f"`{{{comparison.operand.of}: ...}}` is"
        if isinstance(comparison.operand, ListFile):
            yield comparison.place, "`{file: ...}` is"


def _of_send(send: SendTo) -> Iterator[tuple[Place, str]]:
    if send.holdout is not None:
        yield send.place, "`holdout` is"
    if send.users:
        yield send.place, "`users: true` is"
    for kind in send.identifiers or ():
        if kind not in IDENTIFIER_TYPES:
            yield send.place, f"identifiers of a type of your own (`{kind}`) are"


def _of_destination(destination: Destination) -> Iterator[tuple[Place, str]]:
    if destination.requires is not None:
        yield destination.place, "`requires` is"
    if destination.priority:
        yield destination.place, "`priority` is"
    if destination.rate_limit is not None:
        yield destination.place, "`rate_limit` is"
    if destination.every is not None:
        yield destination.place, "`every` of a destination is"
