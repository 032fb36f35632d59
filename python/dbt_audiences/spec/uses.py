"""What definitions refer to, found by walking their trees."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbt_audiences.core.definitions import (
    Aggregate,
    All,
    Any,
    Child,
    Comparison,
    Condition,
    Entity,
    InAudience,
    ItemTest,
    Members,
    Not,
    Performed,
    Place,
    PropertyTest,
    Reference,
    Related,
    Then,
    Top,
    TraitTest,
    Where,
)
from dbt_audiences.core.project import Audience, Trait


@dataclass(frozen=True, slots=True)
class Use:
    """A key referred to, where, and the kind of entity that is judged there; `held` where `held_for` looks at its history."""

    key: str
    place: Place
    of: Entity
    held: bool = False


@dataclass(slots=True)
class Uses:
    """What one definition refers to; custom traits stand among `traits`, as only the project knows which keys it has."""

    audiences: list[Use] = field(default_factory=list)
    traits: list[Use] = field(default_factory=list)


def uses_of(definition: Audience | Trait | Condition) -> Uses:
    """What a definition, or a condition on users, refers to."""
    uses = Uses()
    if isinstance(definition, Audience):
        _condition(definition.who, definition.of, uses)
    elif isinstance(definition, Trait):
        _performed(definition.performed, definition.of, uses)
    else:
        _condition(definition, "users", uses)
    return uses


def _condition(node: Condition, of: Entity, uses: Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _condition(child, of, uses)
        case Not(child=child):
            _condition(child, of, uses)
        case Members():
            _condition(node.who, node.of, uses)
        case InAudience():
            uses.audiences.append(Use(node.key, node.place, of))
        case Performed():
            _performed(node, of, uses)
        case TraitTest():
            if not node.custom:
                uses.traits.append(Use(node.path[0], node.place, of, held=node.held_for is not None))
            _comparisons(node.comparisons, of, uses)
        case Related():
            _where(node.where, of, uses)
        case Top():
            if not node.custom:
                uses.traits.append(Use(node.path[0], node.place, of))


def _performed(node: Performed, of: Entity, uses: Uses) -> None:
    if isinstance(node.measure, Aggregate):
        _comparisons(node.measure.comparisons, of, uses)
    _where(node.where, of, uses)
    if node.then is not None:
        _then(node.then, of, uses)


def _then(node: Then, of: Entity, uses: Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _then(child, of, uses)
        case Not(child=child):
            _then(child, of, uses)
        case Child():
            _performed(node.step, of, uses)
            for without in node.without:
                _where(without.where, of, uses)


def _where(node: Where | None, of: Entity, uses: Uses) -> None:
    match node:
        case All(children=children) | Any(children=children):
            for child in children:
                _where(child, of, uses)
        case Not(child=child):
            _where(child, of, uses)
        case ItemTest() | Related():
            _where(node.where, of, uses)
        case PropertyTest():
            _comparisons(node.comparisons, of, uses)


def _comparisons(comparisons: tuple[Comparison, ...], of: Entity, uses: Uses) -> None:
    for one in comparisons:
        reference = one.operand
        if isinstance(reference, Reference) and reference.of == "trait" and not _is_custom(reference.path):
            uses.traits.append(Use(reference.path[0], reference.place, of))


def _is_custom(path: tuple[str, ...]) -> bool:
    return path[0] == "custom" and len(path) > 1
