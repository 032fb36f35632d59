"""What the language has and the compiler cannot build yet: refused by name and place, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Destination, Project, SendTo, SqlTrait, Trait


def unsupported(project: Project) -> list[Problem]:
    """Every use of something that cannot be built yet, in the enabled definitions of a project."""
    problems = []
    for audience in project.audiences.values():
        if audience.enabled:
            problems += [_problem(place, what) for place, what in _of_audience(audience)]
    for trait in project.traits.values():
        if trait.enabled:
            problems += [_problem(place, what) for place, what in _of_trait(trait)]
    for sql_trait in project.sql_traits:
        problems += [_problem(place, what) for place, what in _of_sql_trait(sql_trait)]
    for destination in project.destinations.values():
        if destination.enabled:
            problems += [_problem(place, what) for place, what in _of_destination(destination)]
    return problems


def _problem(place: Place, what: str) -> Problem:
    return Problem(place, f"{what} not supported yet", hint="leave it out, or set `enabled: false` until it is")


def _of_audience(audience: Audience) -> Iterator[tuple[Place, str]]:
    place = audience.place
    if audience.compute == "realtime" or audience.every is not None:
        yield place, "`compute: realtime` and `every` are"
    for send in audience.send_to:
        yield from _of_send(send)


def _of_trait(trait: Trait) -> Iterator[tuple[Place, str]]:
    if trait.every is not None:
        yield trait.place, "`every` of a trait is"
    for send in trait.send_to:
        yield from _of_send(send)


def _of_sql_trait(sql_trait: SqlTrait) -> Iterator[tuple[Place, str]]:
    for send in sql_trait.send_to:
        yield from _of_send(send)


def _of_send(send: SendTo) -> Iterator[tuple[Place, str]]:
    if send.holdout is not None:
        yield send.place, "`holdout` is"


def _of_destination(destination: Destination) -> Iterator[tuple[Place, str]]:
    if destination.requires is not None:
        yield destination.place, "`requires` is"
    if destination.priority:
        yield destination.place, "`priority` is"
