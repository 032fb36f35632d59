"""Events of one instant: which of them count as in order, by their names and those of the steps above.

Two events of one instant are in order where their names differ, and where the later step's name is that of no earlier step of
its chain at that instant. So whether an event holds may depend on the names above it, as far as they stand at its own instant.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.compile.needs import children_of
from dbt_audiences.compile.steps.columns import has_names
from dbt_audiences.compile.steps.tree import lower_bounds
from dbt_audiences.compile.tables import ANY_EVENT
from dbt_audiences.core.definitions import Child, Performed

EVENT = "event"
"""The column of an event's own name."""


@dataclass(frozen=True, slots=True)
class Above:
    """The names of the steps above at the same instant.

    names    those that the definition says
    carried  how many more each event has in columns, as they differ from chain to chain
    """

    names: frozenset[str] = frozenset()
    carried: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the names that are carried."""
        return tuple(f"above_{number + 1}" for number in range(self.carried))


NO_NAMES = Above()


@dataclass(frozen=True, slots=True)
class Tie:
    """Which children of the parent's own instant count.

    parents   names of parents that it is about: those in `names`, or with `others` all but those; both none is all parents
    excluded  names that the child must not have
    unlike    columns of the parent, all of different names, of which the child must have none
    above     the names under which the child is judged; those that it carries are those of `unlike`
    """

    names: tuple[str, ...] | None
    others: bool
    excluded: frozenset[str]
    unlike: tuple[str, ...]
    above: Above


PLAIN = Tie(None, False, frozenset(), (), NO_NAMES)
"""Names cannot matter."""


def can_tie(child: Child) -> bool:
    """Whether a child may stand at its parent's instant."""
    return not child.strictly and not lower_bounds(child)


def names_below(step: Performed) -> frozenset[str]:
    """Names of the steps below that may stand at the step's own instant."""
    found: set[str] = set()
    for child in children_of(step.then):
        if can_tie(child):
            found |= {*child.step.events, *names_below(child.step)}
    return frozenset(found)


def ties(parent: Performed, child: Child, above: Above) -> list[Tie]:
    """How children at the instant of their parents count, which have these names above; parents in no tie have none that do."""
    if not can_tie(child):
        return []
    is_any = child.step.events == (ANY_EVENT,)
    below = names_below(child.step)

    def tie(
        names: tuple[str, ...] | None, others: bool, known: frozenset[str], unlike: tuple[str, ...] = (), carried: int = 0
    ) -> Tie:
        told = known if ANY_EVENT in below else known & below
        excluded = known if is_any else known & frozenset(child.step.events)
        return Tie(names, others, excluded, unlike, Above(told, carried))

    if above.carried or (parent.events == (ANY_EVENT,) and ANY_EVENT in below):
        own = (EVENT,) if has_names(parent) else ()
        columns, known = (*above.columns, *own), above.names | (frozenset() if own else frozenset(parent.events))
        found = [tie(None, False, known, columns, len(columns) if below else 0)]
    elif parent.events != (ANY_EVENT,):
        found = [tie((name,), False, above.names | {name}) for name in parent.events]
    else:
        told = sorted({*child.step.events, *below} - {ANY_EVENT})
        found = [tie((name,), False, above.names | {name}) for name in told]
        found.append(tie(tuple(told), True, above.names, (EVENT,) if is_any else ()))
    if len({(one.excluded, one.unlike, one.above) for one in found}) == 1:
        found = [Tie(None, False, found[0].excluded, found[0].unlike, found[0].above)]
    return [one for one in found if is_any or frozenset(child.step.events) - one.excluded]
