"""What definitions say of one another: unknown names, wrong kinds, cycles, consumers of what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dbt_audiences.core.definitions import (
    All,
    Any,
    Audience,
    Child,
    Comparison,
    Condition,
    Destination,
    Entity,
    InAudience,
    ItemTest,
    Members,
    Not,
    Performed,
    Place,
    PropertyTest,
    Reference,
    Then,
    Top,
    Trait,
    TraitTest,
    Where,
)
from dbt_audiences.spec.fields import Problems, nearest

CYCLE = "The audience would create a cycle by referencing another audience"


@dataclass(slots=True)
class _Uses:
    """What one definition refers to: (key, place, kind of entity judged there)."""

    audiences: list[tuple[str, Place, Entity]] = field(default_factory=list)
    traits: list[tuple[str, Place]] = field(default_factory=list)


def check_references(
    audiences: dict[str, Audience], traits: dict[str, Trait], destinations: dict[str, Destination], problems: Problems
) -> None:
    """Note every reference that leads nowhere, to the wrong kind, or round in a circle."""
    uses: dict[str, _Uses] = {}
    for key, audience in audiences.items():
        uses[key] = _Uses()
        _of_condition(audience.who, audience.of, uses[key])
    for key, trait in traits.items():
        uses[key] = _Uses()
        _of_performed(trait.performed, uses[key])
    for key, used in uses.items():
        for name, place, of in used.audiences:
            _check_audience(name, place, of, audiences, traits, problems)
        if key in audiences and not audiences[key].enabled:
            _check_consumers(key, audiences, uses, problems)
    _check_cycles(uses, audiences, traits, problems)
    connections = [*(one.send_to for one in audiences.values()), *(one.send_to for one in traits.values())]
    for sends in connections:
        for send in sends:
            if send.destination not in destinations:
                hint = nearest(send.destination, destinations) or f"write destinations/{send.destination}.yml"
                problems.add(send.place, f"there is no destination `{send.destination}`", hint)


def _check_audience(
    name: str, place: Place, of: Entity, audiences: dict[str, Audience], traits: dict[str, Trait], problems: Problems
) -> None:
    found = audiences.get(name)
    if found is None:
        if name in traits:
            problems.add(place, f"`{name}` is a trait", f"write `trait: {name}`")
        else:
            problems.add(place, f"there is no audience `{name}`", nearest(name, audiences) or f"write audiences/{name}.yml")
    elif of == "accounts" and found.of == "users":
        problems.add(place, f"`{name}` is an audience of users, and accounts are judged here", "put it below `users: any`")


def _check_consumers(key: str, audiences: dict[str, Audience], uses: dict[str, _Uses], problems: Problems) -> None:
    consumers = [
        other
        for other, used in uses.items()
        if any(name == key for name, _, _ in used.audiences) and (other not in audiences or audiences[other].enabled)
    ]
    if consumers:
        problems.add(
            audiences[key].place,
            f"`{key}` is disabled, but {', '.join(f'`{one}`' for one in consumers)} refer to it",
            "disable those first, or enable this one",
        )


def _check_cycles(
    uses: dict[str, _Uses], audiences: dict[str, Audience], traits: dict[str, Trait], problems: Problems
) -> None:
    edges = {
        key: [name for name, _, _ in used.audiences if name in audiences] + [name for name, _ in used.traits if name in traits]
        for key, used in uses.items()
    }
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        if start in done:
            continue
        stack.append((start, iter(edges[start])))
        path.append(start)
        while stack:
            key, children = stack[-1]
            child = next(children, None)
            if child is None:
                done.add(key)
                stack.pop()
                path.pop()
            elif child in path:
                circle = [*path[path.index(child) :], child]
                first = audiences.get(child) or traits[child]
                problems.add(first.place, CYCLE, " -> ".join(circle))
            elif child not in done:
                stack.append((child, iter(edges[child])))
                path.append(child)


def _of_condition(node: Condition, of: Entity, uses: _Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _of_condition(child, of, uses)
        case Not(child=child):
            _of_condition(child, of, uses)
        case Members():
            _of_condition(node.who, node.of, uses)
        case InAudience():
            uses.audiences.append((node.key, node.place, of))
        case Performed():
            _of_performed(node, uses)
        case TraitTest():
            if not node.custom:
                uses.traits.append((node.path[0], node.place))
            _of_comparisons(node.comparisons, uses)
        case Top():
            uses.traits.append((node.by, node.place))


def _of_performed(node: Performed, uses: _Uses) -> None:
    _of_where(node.where, uses)
    if node.then is not None:
        _of_then(node.then, uses)


def _of_then(node: Then, uses: _Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _of_then(child, uses)
        case Not(child=child):
            _of_then(child, uses)
        case Child():
            _of_performed(node.step, uses)
            for without in node.without:
                _of_where(without.where, uses)


def _of_where(node: Where | None, uses: _Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _of_where(child, uses)
        case Not(child=child):
            _of_where(child, uses)
        case ItemTest():
            _of_where(node.where, uses)
        case PropertyTest():
            _of_comparisons(node.comparisons, uses)


def _of_comparisons(comparisons: tuple[Comparison, ...], uses: _Uses) -> None:
    for one in comparisons:
        if isinstance(one.operand, Reference) and one.operand.of == "trait":
            uses.traits.append((one.operand.path[0], one.operand.place))
