"""What the language has and the compiler cannot build yet: refused by name and place, never ignored."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Project, Trait


def unsupported(project: Project) -> list[Problem]:
    """Every use of something that cannot be built yet, in the enabled definitions of a project."""
    problems = []
    for audience in project.audiences.values():
        if audience.enabled:
            problems += [_problem(place, what) for place, what in _of_audience(audience)]
    for trait in project.traits.values():
        if trait.enabled:
            problems += [_problem(place, what) for place, what in _of_trait(trait)]
    return problems


def _problem(place: Place, what: str) -> Problem:
    return Problem(place, f"{what} not supported yet", hint="leave it out, or set `enabled: false` until it is")


def _of_audience(audience: Audience) -> Iterator[tuple[Place, str]]:
    place = audience.place
    if audience.compute == "realtime" or audience.every is not None:
        yield place, "`compute: realtime` and `every` are"


def _of_trait(trait: Trait) -> Iterator[tuple[Place, str]]:
    if trait.every is not None:
        yield trait.place, "`every` of a trait is"
