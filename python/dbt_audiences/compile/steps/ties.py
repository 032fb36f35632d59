"""Events of one instant: which of them count as in order, by their names and those of the steps above.

Two events of one instant are in order where their names differ, and where the later step's name is that of no earlier step of
its chain at that instant. So whether an event holds may depend on the names above it, as far as they stand at its own instant.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.compile.needs import children_of
from dbt_audiences.compile.steps.tree import lower_bounds
from dbt_audiences.compile.tables import ANY_EVENT
from dbt_audiences.core.definitions import Child, Performed

Names = frozenset[str]
"""Names of the steps above at the same instant."""

NO_NAMES: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Tie:
    """Which children of the parent's own instant count.

    parents   names of parents that it is about: those in `names`, or with `others` all but those; both none is all parents
    excluded  names that the child must not have
    unlike    the child must not have the parent's name, whatever it is
    above     the names under which the child is judged
    """

    names: tuple[str, ...] | None
    others: bool
    excluded: Names
    unlike: bool
    above: Names


def can_tie(child: Child) -> bool:
    """Whether a child may stand at its parent's instant."""
    return not child.strictly and not lower_bounds(child)


def names_below(step: Performed) -> Names:
    """Names of the steps below that may stand at the step's own instant."""
    found: set[str] = set()
    for child in children_of(step.then):
        if can_tie(child):
            found |= {*child.step.events, *names_below(child.step)}
    return frozenset(found)


def ties(parent: Performed, child: Child, above: Names) -> list[Tie]:
    """How children at the instant of their parents count, which have these names above; parents in no tie have none that do."""
    if not can_tie(child):
        return []
    below = names_below(child.step)

    def tie(names: tuple[str, ...] | None, others: bool, known: Names, unlike: bool) -> Tie:
        told = known if ANY_EVENT in below else known & below
        excluded = known if child.step.events == (ANY_EVENT,) else known & frozenset(child.step.events)
        return Tie(names, others, excluded, unlike, told)

    is_any = child.step.events == (ANY_EVENT,)
    if parent.events != (ANY_EVENT,):
        found = [tie((name,), False, above | {name}, False) for name in parent.events]
    else:
        told = sorted({*child.step.events, *below} - {ANY_EVENT})
        found = [tie((name,), False, above | {name}, False) for name in told]
        found.append(tie(tuple(told), True, above, is_any))
    if len({(one.excluded, one.unlike, one.above) for one in found}) == 1:
        found = [Tie(None, False, found[0].excluded, found[0].unlike, found[0].above)]
    return [one for one in found if is_any or frozenset(child.step.events) - one.excluded]


def is_any_below_any(step: Performed) -> bool:
    """Whether an event of any name may stand at the instant of one of any name two or more steps above it."""
    return step.events == (ANY_EVENT,) and any(
        ANY_EVENT in names_below(child.step) for child in children_of(step.then) if can_tie(child)
    )
