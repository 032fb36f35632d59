"""Expressions -> the `who` of an audience: combinations, traits, memberships, users of accounts, events."""

from __future__ import annotations

from typing import Any

from dbt_audiences.core.definitions import Entity
from dbt_audiences.importing.segment import events
from dbt_audiences.importing.segment.comparing import compared, trait_path, turned
from dbt_audiences.importing.segment.computed import computed_trait
from dbt_audiences.importing.segment.counting import NEVER
from dbt_audiences.importing.segment.scene import CannotSay, Known, Scene, Yaml
from dbt_audiences.importing.segment.tree import (
    And,
    Comparison,
    Expression,
    Extract,
    Filter,
    Literal,
    Not,
    Or,
    Quantified,
    Reduced,
    Where,
)

_MADE = {"mode": "most_frequent", "first": "first", "last": "last"}
_FORMER = (
    "`not_in_audience` also holds for those who never were members; Segment's pages do not say whether these have the trait"
)


def translated(node: Expression, scene: Scene, judged: Entity) -> Any:
    """The condition; what cannot be said below a junction is noted, and its siblings are still read."""
    match node:
        case And(children=children):
            return {"all": _each(children, scene, judged)}
        case Or(children=children):
            return {"any": _each(children, scene, judged)}
        case Not(child=Or(children=children)):
            return {"none": _each(children, scene, judged)}
        case Not(child=child):
            made = translated(child, scene, judged)
            return {"not": made} if isinstance(made, str) else events.opposite(made)
        case Quantified():
            return _quantified(node, scene, judged)
        case Comparison():
            return _comparison(node, scene, judged)


def _each(children: tuple[Expression, ...], scene: Scene, judged: Entity) -> list[Any]:
    found = [scene.attempt(translated, child, scene, judged) for child in children]
    return [one for one in found if one is not None]


def _quantified(node: Quantified, scene: Scene, judged: Entity) -> Yaml:
    if judged == "users":
        where = "users have no users of their own" if scene.of == "users" else "it stands inside of another ANY or ALL"
        raise CannotSay(node, f"`{node.quantifier}` asks for the users of an account: {where}")
    child, word = node.child, node.quantifier.lower()
    if node.quantifier == "ALL" and isinstance(child, Not):
        child, word = child.child, "none"
    return {"users": word, "who": translated(child, scene, "users")}


def _comparison(node: Comparison, scene: Scene, judged: Entity) -> Any:
    if isinstance(node.left, Literal):
        node = turned(node, wants_right=True)
    if isinstance(node.left, Extract) and any(isinstance(one, Reduced) for one in node.arguments):
        node = turned(node, wants_right=True)
    left = node.left
    if isinstance(left, Reduced):
        return _of_any_user(node, scene, judged, _event(node, left, scene))
    if isinstance(left, Literal):
        raise CannotSay(node, "two literals are compared")
    if left.origin != "trait":
        raise CannotSay(node, f"`{left.origin}` stands outside of `where`, where there is no event to read it from")
    audience = scene.audiences.get(left.path)
    if audience is not None:
        return _membership(node, audience, scene, judged)
    test = compared({"trait": trait_path(left.path, scene)}, node, scene)
    known = scene.traits.get(left.path)
    if known is not None and known.of == "accounts" and judged == "users":
        raise CannotSay(node, f"`{left.path}` is a trait of accounts, and users are judged here")
    return _of_any_user(node, scene, judged, test) if known is not None and known.of == "users" else test


def _of_any_user(node: Expression, scene: Scene, judged: Entity, made: Any) -> Any:
    """A condition on users where accounts are judged: Segment's builder then asks for any user."""
    if judged == "users" or made == "everyone":
        return made
    scene.note(node, "without ANY or ALL it is read as `users: any`, the default of Segment's builder")
    return {"users": "any", "who": made}


def _membership(node: Comparison, audience: Known, scene: Scene, judged: Entity) -> Yaml:
    right = node.arguments[0] if len(node.arguments) == 1 else None
    said = str(right.value).lower() if isinstance(right, Literal) else ""
    if node.function not in ("equals", "differs") or said not in ("true", "false"):
        raise CannotSay(node, f"`{audience.key}` is an audience: somebody is in it or not, and nothing else can be asked")
    is_in = (node.function == "equals") == (said == "true")
    if not is_in:
        scene.note(node, _FORMER)
    made: Yaml = {"in_audience" if is_in else "not_in_audience": audience.key}
    return _of_any_user(node, scene, judged, made) if audience.of == "users" else made


def _event(node: Comparison, reduced: Reduced, scene: Scene) -> Any:
    if reduced.reducer in _MADE:
        return _by_trait(node, reduced, scene)
    parts = [part for one in reduced.filters if isinstance(one, Where) for part in events.conjuncts(one.expression)]
    of_profile = [part for part in parts if events.is_profile_test(part)]
    if of_profile:
        return _beside(node, reduced, of_profile, scene)

    def make(of: Reduced, measure: Yaml, _: bool) -> Yaml:
        return events.event(of, measure, scene, is_step=False)

    found = events.measured(node, scene, make)
    if isinstance(found, bool):
        return "everyone" if found else {"not": "everyone"}
    return found


def _beside(node: Comparison, reduced: Reduced, of_profile: list[Expression], scene: Scene) -> Any:
    """Traits compared inside of `where` say the same of every event: they go beside it.

    Where no event at all fits too, as for `at most`, so does a profile for which the traits do not hold.
    """
    rest: list[Filter] = []
    for one in reduced.filters:
        if isinstance(one, Where):
            kept = [part for part in events.conjuncts(one.expression) if part not in of_profile]
            rest += [Where(part, place=one.place) for part in kept]
        else:
            rest.append(one)
    alone = Reduced(
        reduced.event, tuple(rest), reduced.reducer, reduced.of, reduced.as_type, reduced.minimum, reduced.counted,
        place=reduced.place,
    )  # fmt: skip
    if reduced.reducer != "count":
        raise CannotSay(node, "a trait is compared inside of `where` of an aggregate: move it beside the event")
    made = _event(Comparison(alone, node.function, node.arguments, place=node.place), alone, scene)
    traits = [translated(part, scene, "users") for part in of_profile]
    if _fits_none(made):
        return {"any": [made, {"not": traits[0] if len(traits) == 1 else {"all": traits}}]}
    return {"all": [*traits, made]}


def _fits_none(made: Any) -> bool:
    """Whether somebody without a single event is in."""
    if made == "everyone":
        return True
    if "not" in made:
        return not _fits_none(made["not"])
    if "any" in made:
        return any(_fits_none(one) for one in made["any"])
    return "not_performed" in made or "at_most" in made or {key: made.get(key) for key in NEVER} == NEVER


def _by_trait(node: Comparison, reduced: Reduced, scene: Scene) -> Yaml:
    """`mode`, `first` and `last` compared: a computed trait of their own, and a condition on it."""
    function = _MADE[reduced.reducer]
    number = len(scene.made) + 1
    key = f"{scene.key[: 60 - len(function)]}_{function}" + (f"_{number}" if number > 1 else "")
    made = computed_trait(reduced, scene, key, "users")
    same = next((other for other, one in scene.made.items() if one | {"trait": key} == made), None)
    if same is None:
        scene.made[key] = made
        scene.note(node, f"`{reduced.reducer}` is the computed trait `{key}`, which the condition reads")
    return compared({"trait": same or key}, node, scene)
