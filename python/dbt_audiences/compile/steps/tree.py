"""A `then` with its negations pushed down to the event conditions: what must hold of each child's count or value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dbt_audiences.core.definitions import All, Any, Child, Count, Duration, Not, Operator, Then, Value


@dataclass(frozen=True, slots=True)
class Values:
    """The values that stand so to a literal; without an operator all that are there."""

    operator: Operator | None
    literal: Value


@dataclass(frozen=True, slots=True)
class Test:
    """A bound of a child's count, or the comparisons of its aggregate (then `number` is None).

    negated  the comparisons must not hold, of an aggregate alone
    waits    a later event could undo it
    values   of which values of its aggregate the count is; None where events are counted
    """

    child: Child
    sign: Literal[">=", "<="]
    number: int | None
    negated: bool
    waits: bool
    values: Values | None = None


Tree: TypeAlias = "All[Tree] | Any[Tree] | Test"


def pushed_down(then: Then, *, negated: bool = False) -> Tree:
    """The tree of tests; a count with two bounds becomes two."""
    match then:
        case Not(child=child):
            return pushed_down(child, negated=not negated)
        case All(children=children, place=place):
            found = tuple(pushed_down(child, negated=negated) for child in children)
            return Any(found, place) if negated else All(found, place)
        case Any(children=children, place=place):
            found = tuple(pushed_down(child, negated=negated) for child in children)
            return All(found, place) if negated else Any(found, place)
    return _of_child(then, negated)


def _of_child(child: Child, negated: bool) -> Tree:
    measure = child.step.measure
    if not isinstance(measure, Count):
        at_once = ("lt", "lte") if negated else ("gt", "gte")
        return Test(child, ">=", None, negated, any(one.operator not in at_once for one in measure.comparisons))
    least = measure.exactly if measure.exactly is not None else measure.at_least
    most = measure.exactly if measure.exactly is not None else measure.at_most
    bounds: list[Tree] = []
    if least is not None and least > 0:
        bounds.append(Test(child, "<=", least - 1, False, True) if negated else Test(child, ">=", least, False, False))
    if most is not None:
        bounds.append(Test(child, ">=", most + 1, False, False) if negated else Test(child, "<=", most, False, True))
    if len(bounds) == 1:
        return bounds[0]
    return Any(tuple(bounds), child.place) if negated else All(tuple(bounds), child.place)


def tests_in(tree: Tree) -> Iterator[Test]:
    """The tests of a tree in the order written."""
    match tree:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from tests_in(child)
        case Test():
            yield tree


def is_all(tree: Tree, sign: str) -> bool:
    """Whether all of its tests are bounds of this sign."""
    return all(test.sign == sign for test in tests_in(tree))


def parts_of(tree: Tree) -> list[Tree]:
    """What must all hold: the tree taken apart at its outermost `all`s."""
    return [part for child in tree.children for part in parts_of(child)] if isinstance(tree, All) else [tree]


Counted: TypeAlias = tuple[int, Values | None]
"""What is counted: the child by its identity, and which of its values."""


def counted_of(test: Test) -> Counted:
    """What the test counts."""
    return id(test.child), test.values


def always_needed(tree: Tree) -> Iterator[Child]:
    """Children of which an event must be there, or the parent cannot hold."""
    match tree:
        case All(children=children):
            for child in children:
                yield from always_needed(child)
        case Test(number=number, sign=">=") if number:
            yield tree.child


def upper_bounds(child: Child) -> list[Duration]:
    """Lengths of time after the parent that a child must not exceed."""
    window = child.step.window
    ends = [window.within, window.between[0] if window.between is not None else None]
    return [end for end in ends if end is not None]


def lower_bounds(child: Child) -> list[Duration]:
    """Lengths of time after the parent that must have passed."""
    near = child.step.window.between[1] if child.step.window.between is not None else None
    return [bound for bound in (child.after, near) if bound is not None and bound.count > 0]


def tails(then: Then | None) -> list[tuple[Duration, ...]]:
    """Lengths of time that the steps below may take one after the other: a list for each way down."""
    match then:
        case None:
            return []
        case Not(child=child):
            return tails(child)
        case All(children=children) | Any(children=children):
            return list(dict.fromkeys(tail for child in children for tail in tails(child)))
    own = _shortest(upper_bounds(then))
    below = tails(then.step.then)
    return [(*own, *tail) for tail in below] or ([own] if own else [])


def _shortest(bounds: list[Duration]) -> tuple[Duration, ...]:
    if not bounds:
        return ()
    return (min(bounds, key=lambda one: seconds(one) or one.count * (2_419_200 if one.unit == "months" else 31_536_000)),)


_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


def seconds(duration: Duration) -> int:
    """How long it is where that is fixed, else 0."""
    return duration.count * _SECONDS.get(duration.unit, 0)


def longest_tails(found: list[tuple[Duration, ...]]) -> list[list[Duration]]:
    """The same without those that others cover: fixed lengths add up, and the longest of them stands for all."""
    fixed = [tail for tail in found if all(seconds(one) for one in tail)]
    most = max((sum(seconds(one) for one in tail) for tail in fixed), default=0)
    others = [list(tail) for tail in found if tail not in fixed]
    return [*([[Duration(most, "seconds")]] if most else []), *others]
