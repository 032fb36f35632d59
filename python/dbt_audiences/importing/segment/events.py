"""Events: filters -> windows, sources, `where` and `then`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dbt_audiences.importing.segment.comparing import compared, is_event, is_profile, is_row, length, path, turned
from dbt_audiences.importing.segment.counting import NEVER, aggregate, counts
from dbt_audiences.importing.segment.scene import CannotSay, Scene, Yaml
from dbt_audiences.importing.segment.tree import (
    And,
    Between,
    Comparison,
    ExpiresAfter,
    Expression,
    Extract,
    Filter,
    Not,
    Or,
    Quantified,
    Reduced,
    Sources,
    Span,
    Where,
    Within,
)

_SECONDS = {
    "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800, "months": 2_592_000, "years": 31_536_000,
}  # fmt: skip
_KINDS = {
    "row": "properties", "event": "other events", "profile": "traits", "parent": "the parent's properties",
    "nothing": "literals",
}  # fmt: skip
_WAIT = (
    "judged at once (`wait: false`), since Segment says nothing of waiting until the window is over; without that line it waits"
)


def measured(node: Comparison, scene: Scene, make: Callable[[Reduced, Yaml, bool], Yaml]) -> Yaml | bool:
    """A reduced event compared; True or False where every count or none fits.

    make  the condition of one measure, and whether a `not` goes around it
    """
    reduced = node.left
    assert isinstance(reduced, Reduced)
    if reduced.reducer in ("sum", "avg", "min", "max", "unique"):
        return make(reduced, aggregate(node, reduced, scene), False)
    if reduced.reducer != "count":
        raise CannotSay(node, f"`{reduced.reducer}` of child events is a value that no step of ours compares")
    found = counts(node)
    if isinstance(found, bool):
        return found
    negated = "not" in found
    inner = found["not"] if negated else found
    made = [make(reduced, one, negated) for one in inner.get("any", [inner])]
    either = made[0] if len(made) == 1 else {"any": made}
    return {"not": either} if negated else either


def event(reduced: Reduced, measure: Yaml, scene: Scene, *, is_step: bool) -> Yaml:
    """An event condition of ours with everything that the filters say."""
    if reduced.event in ("", "*"):
        raise CannotSay(reduced, "an event needs a name; `*` as one would be any event here")
    made: Yaml = {"not_performed": reduced.event} if measure == NEVER else {"performed": reduced.event} | measure
    if measure == {"at_least": 1}:
        del made["at_least"]
    return made | filtered(reduced, scene, is_step=is_step)


def filtered(reduced: Reduced, scene: Scene, *, is_step: bool) -> Yaml:
    """within, between, sources, where and then."""
    made = _windows(reduced, is_step) | _sources(reduced, scene)
    rows: list[Any] = []
    steps: list[Any] = []
    for expression in (part for one in reduced.filters if isinstance(one, Where) for part in conjuncts(one.expression)):
        kinds = set(_kinds(expression))
        if kinds == {"row"}:
            rows.append(_tree(expression, lambda leaf, _: _row(leaf, scene)))
        elif kinds == {"event"}:
            steps.append(_tree(expression, lambda leaf, negated: _step(leaf, scene, negated)))
        elif kinds == {"profile"}:
            raise CannotSay(expression, "a trait is compared inside of `where`, which judges events: move it beside the event")
        elif kinds == {"parent"}:
            raise CannotSay(expression, "the parent is judged inside of its child: move it into the parent's `where`")
        else:
            several = " and ".join(_KINDS[kind] for kind in _KINDS if kind in kinds)
            raise CannotSay(expression, f"{several} stand in one OR or NOT, and each has a place of its own here")
    if rows:
        made["where"] = rows
    if steps:
        made["then"] = steps
    return made


def conjuncts(expression: Expression) -> Iterator[Expression]:
    """What must all hold, one by one; the negation of an OR is that of each, which may stand in places of their own."""
    match expression:
        case And(children=children):
            for child in children:
                yield from conjuncts(child)
        case Not(child=Not(child=child)):
            yield from conjuncts(child)
        case Not(child=Or(children=children)) if len(set(_kinds(expression))) > 1:
            for child in children:
                yield from conjuncts(Not(child, place=expression.place))
        case _:
            yield expression


def is_profile_test(expression: Expression) -> bool:
    """Whether only traits are compared, which are the same for every event."""
    return set(_kinds(expression)) == {"profile"}


def _kinds(expression: Expression) -> Iterator[str]:
    match expression:
        case And(children=children) | Or(children=children):
            for child in children:
                yield from _kinds(child)
        case Not(child=child) | Quantified(child=child):
            yield from _kinds(child)
        case Comparison():
            sides = (expression.left, *expression.arguments)
            for kind, is_it in (("event", is_event), ("row", is_row), ("profile", is_profile)):
                if any(is_it(side) for side in sides):
                    yield kind
                    return
            yield "parent" if any(isinstance(side, Extract) for side in sides) else "nothing"


def _tree(expression: Expression, leaf: Callable[[Comparison, bool], Yaml], *, negated: bool = False) -> Yaml:
    match expression:
        case And(children=children):
            return {"all": [_tree(child, leaf, negated=negated) for child in children]}
        case Or(children=children):
            return {"any": [_tree(child, leaf, negated=negated) for child in children]}
        case Not(child=Or(children=children)):
            return {"none": [_tree(child, leaf, negated=not negated) for child in children]}
        case Not(child=child):
            return opposite(_tree(child, leaf, negated=not negated))
        case Quantified():
            raise CannotSay(expression, f"`{expression.quantifier}` asks for users, and here are events")
        case Comparison():
            return leaf(expression, negated)


def opposite(made: Yaml) -> Yaml:
    """The negation, in the fewest words."""
    if list(made) == ["not"] and isinstance(made["not"], dict):
        return dict(made["not"])
    if list(made) == ["in_audience"]:
        return {"not_in_audience": made["in_audience"]}
    if "performed" in made and not {"at_least", "at_most", "exactly", "sum", "avg", "min", "max", "unique"} & set(made):
        return {"not_performed" if key == "performed" else key: value for key, value in made.items()}
    return {"not": made}


def _row(node: Comparison, scene: Scene) -> Yaml:
    node = turned(node, wants_right=not is_row(node.left))
    left = node.left
    assert isinstance(left, Extract)
    return compared({left.origin: path(left.path)}, node, scene)


def _step(node: Comparison, scene: Scene, negated: bool) -> Yaml:
    node = turned(node, wants_right=not isinstance(node.left, Reduced))

    def make(reduced: Reduced, measure: Yaml, is_negated: bool) -> Yaml:
        made = event(reduced, measure, scene, is_step=True)
        made["strictly"] = True
        if ("within" in made or "between" in made) and _can_be_undone(measure, negated is not is_negated):
            made["wait"] = False
            scene.note(node, _WAIT)
        return _then_last(made)

    found = measured(node, scene, make)
    if isinstance(found, bool):
        raise CannotSay(node, f"every number of events makes this {'true' if found else 'false'}, so it is no step")
    return found


def _can_be_undone(measure: Yaml, negated: bool) -> bool:
    """Whether a later event could make a step false again, which ours then waits for."""
    if "at_least" in measure:
        return negated
    if "at_most" in measure or measure == NEVER:
        return not negated
    if "exactly" in measure:
        return True
    at_once = ("lt", "lte") if negated else ("gt", "gte")
    return any(key not in (*at_once, "as", "sum", "avg", "min", "max", "unique") for key in measure)


def _then_last(made: Yaml) -> Yaml:
    return {key: value for key, value in made.items() if key != "then"} | {key: made[key] for key in made if key == "then"}


def _windows(reduced: Reduced, is_step: bool) -> Yaml:
    made: Yaml = {}
    within: Span | None = None
    for one in reduced.filters:
        if isinstance(one, Within | Between):
            _check_window(one, reduced, is_step)
        if isinstance(one, Within):
            within = one.span if within is None or _seconds(one.span) < _seconds(within) else within
        elif isinstance(one, Between):
            if "between" in made:
                raise CannotSay(reduced, "two `between` stand at one event, and ours takes one", place=one.place)
            made["between"] = [length(end) for end in one.ends]
        elif isinstance(one, ExpiresAfter):
            raise CannotSay(reduced, "`expires_after` belongs to computed traits", place=one.place)
    return ({} if within is None else {"within": length(within)}) | made


def _check_window(one: Filter, reduced: Reduced, is_step: bool) -> None:
    parent = one.parent if isinstance(one, Within | Between) else False
    if is_step and not parent:
        message = "the window of a child counts from now, and in `then` every one counts from the parent"
        raise CannotSay(reduced, message, place=one.place)
    if parent and not is_step:
        raise CannotSay(reduced, "`parent:` stands at an event that has no parent", place=one.place)


def _seconds(span: Span) -> int:
    return span.count * _SECONDS[span.unit]


def _sources(reduced: Reduced, scene: Scene) -> Yaml:
    names = [name for one in reduced.filters if isinstance(one, Sources) for name in one.exclude]
    if not names:
        return {}
    scene.note(reduced, "sources are named by Segment's ids: load their calls with `--source` and that id, or rename them")
    return {"sources": {"exclude": list(dict.fromkeys(names))}}
