"""Which events, properties and traits the enabled definitions of a project name, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dbt_audiences.core.definitions import (
    Aggregate,
    All,
    Any,
    Child,
    Condition,
    ItemTest,
    Members,
    Not,
    Performed,
    Place,
    PropertyTest,
    Then,
    Top,
    TraitTest,
    Where,
)
from dbt_audiences.core.project import Audience, Project, Trait


@dataclass(frozen=True, slots=True)
class Reading:
    """A name that a definition reads; of a property its first key, and the events that it is read of."""

    kind: Literal["event", "property", "trait"]
    name: str
    events: tuple[str, ...]
    place: Place


def readings(project: Project) -> Iterator[Reading]:
    """Every name, in the order of files and lines; the same one as often as it stands there."""
    definitions: list[Audience | Trait] = [*project.audiences.values(), *project.traits.values()]
    for definition in definitions:
        if not definition.enabled:
            continue
        if isinstance(definition, Audience):
            yield from _condition(definition.who)
        else:
            yield from _performed(definition.performed)
            if definition.path is not None:
                yield Reading("property", definition.path[0], definition.performed.events, definition.performed.place)


def _condition(node: Condition) -> Iterator[Reading]:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from _condition(child)
        case Not(child=child):
            yield from _condition(child)
        case Members():
            yield from _condition(node.who)
        case Performed():
            yield from _performed(node)
        case TraitTest():
            yield Reading("trait", node.path[0], (), node.place)
        case Top():
            yield Reading("trait", node.path[0], (), node.place)


def _performed(step: Performed) -> Iterator[Reading]:
    yield from (Reading("event", event, (), step.place) for event in step.events)
    yield from _where(step.where, step.events)
    if isinstance(step.measure, Aggregate):
        yield Reading("property", step.measure.path[0], step.events, step.place)
    if step.then is not None:
        yield from _then(step.then)


def _then(node: Then) -> Iterator[Reading]:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from _then(child)
        case Not(child=child):
            yield from _then(child)
        case Child():
            yield from _performed(node.step)
            for without in node.without:
                yield Reading("event", without.event, (), node.place)
                yield from _where(without.where, (without.event,))


def _where(node: Where | None, events: tuple[str, ...]) -> Iterator[Reading]:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from _where(child, events)
        case Not(child=child):
            yield from _where(child, events)
        case ItemTest():
            yield Reading("property", node.path[0], events, node.place)
        case PropertyTest(origin="property"):
            yield Reading("property", node.path[0], events, node.place)
