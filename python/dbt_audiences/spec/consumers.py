"""Everything in a project that refers to an audience or a trait, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.project import Audience, Project, Trait
from dbt_audiences.spec.uses import Uses, uses_of


@dataclass(frozen=True, slots=True)
class Consumer:
    """What refers to a key: an audience, a trait, a destination or an alert; `how` is the word that does it."""

    kind: Literal["audience", "trait", "destination", "alert"]
    key: str
    how: Literal["in_audience", "trait", "requires", "priority", "send_to", "example", "audience"]
    place: Place


def consumers_of(project: Project, key: str) -> list[Consumer]:
    """All that refers to a key, disabled definitions too, in the order of file and line, each line once."""
    found = [one for one in _consumers(project, key) if one.key != key or one.kind in ("destination", "alert")]
    unique = {(one.kind, one.key, one.how, one.place.line): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.place.file, one.place.line, one.place.column))


def unconnected(project: Project) -> set[str]:
    """Audiences and computed traits that are sent nowhere and that nothing refers to, but for examples."""
    return {
        one.key
        for one in project.computed
        if not any(send.enabled for send in one.send_to) and all(use.how == "example" for use in consumers_of(project, one.key))
    }


def _consumers(project: Project, key: str) -> Iterator[Consumer]:
    definitions: list[Audience | Trait] = [*project.audiences.values(), *project.traits.values()]
    for one in definitions:
        kind: Literal["audience", "trait"] = "audience" if isinstance(one, Audience) else "trait"
        for how, place in _uses(project, uses_of(one), key):
            yield Consumer(kind, one.key, how, place)
        for send in one.send_to:
            is_trait = key in project.traits or project.sql_trait(key) is not None
            if is_trait and any(here.split(".")[0] == key for here, _ in send.traits):
                yield Consumer(kind, one.key, "send_to", send.place)
        for example in one.examples:
            people = [*example.given, *(user for person in example.given for user in person.users)]
            if any(key in person.memberships for person in people):
                yield Consumer(kind, one.key, "example", example.place)
    for destination in project.destinations.values():
        if destination.requires is not None:
            for _, place in _uses(project, uses_of(destination.requires), key):
                yield Consumer("destination", destination.key, "requires", place)
        if any(key in order for order in destination.priority):
            yield Consumer("destination", destination.key, "priority", destination.place)
    for alert in project.alerts.values():
        if alert.audience == key:
            yield Consumer("alert", alert.key, "audience", alert.audience_place)


def _uses(project: Project, uses: Uses, key: str) -> Iterator[tuple[Literal["in_audience", "trait"], Place]]:
    if key in project.audiences:
        yield from (("in_audience", use.place) for use in uses.audiences if use.key == key)
    else:
        yield from (("trait", use.place) for use in uses.traits if use.key == key)
