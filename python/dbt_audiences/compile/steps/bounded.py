"""Which sequences with `complete_within` need no look at each chain, and how the steps of these are judged.

Either the events of a step are complete in the order of time: among those with the same keys, the later one is never complete
before the earlier. So it is where every step is asked for `at_least` so many, and references go on along one key. Or a step
directly below the first event is followed by counts alone: then each of its events holds between instants of the deadline,
which are those at which the counts reach their bounds. One or none of what is counted may itself hold between such instants,
from one on and until another. What stands directly below the first event, with nothing below it, may be anything: the first
event says until when it counts. Where a name from above comes back, the events of later instants are one link, and those of
the same another.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbt_audiences.compile.steps.columns import has_names
from dbt_audiences.compile.steps.first import MOST_MERGED
from dbt_audiences.compile.steps.keyed import LISTS, is_keyed, without_one
from dbt_audiences.compile.steps.references import TEXTS, Keys, goes_on, keys_of, split
from dbt_audiences.compile.steps.ties import NO_NAMES, PLAIN, Above, ties
from dbt_audiences.compile.steps.tree import Test, is_all, parts_of, tests_in
from dbt_audiences.compile.steps.turned import bound, tests_of, tree_of
from dbt_audiences.compile.trait_columns import made_of_aggregate
from dbt_audiences.core.definitions import Aggregate, Child, Performed

MOST_BETWEEN = 2
"""Counts below one step of events that hold between deadlines; each doubles the instants at which that step's turn."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The identities of the children that hold between deadlines; all others are complete in the order of time or have nothing
    below them.

    turning  those below the first event, and whether they turn in the order of time
    between  those below these
    """

    turning: dict[int, bool] = field(default_factory=dict)
    between: set[int] = field(default_factory=set)


def by_deadlines(root: Performed) -> Deadlines | None:
    """The children that hold between deadlines. None where each chain must be looked at."""
    found = Deadlines()
    for test in tests_in(tree_of(root, is_first=True)):
        if test.child.step.then is None or _is_in_order(root, test, None, NO_NAMES):
            continue
        between = _between(root, test)
        if between is None:
            return None
        found.turning[id(test.child)] = _turns_in_order(test.child)
        found.between.update(between)
    return found


def _between(root: Performed, test: Test) -> set[int] | None:
    """The grandchildren that hold between deadlines, if counts alone follow the child's events, and all others that are counted
    are complete in the order of time; else None."""
    aboves, step, keys = _judged_under(root, test, NO_NAMES), test.child.step, keys_of(split(test.child.step.where))
    if aboves is None:
        return None
    others = [one for one in _tests_below(step) if not all(_turns_under(step, one, above) for above in aboves)]
    if len(others) > MOST_BETWEEN or not all(_is_between(step, one, above, keys) for above in aboves for one in others):
        return None
    return {id(one.child) for one in others}


def _is_between(step: Performed, test: Test, above: Above, keys: Keys) -> bool:
    """Whether it asks for one or none of events that hold from one instant of the deadline to another, both in their order; and
    by the keys of the first event it is known which of them hold by its deadline."""
    child, aboves = test.child, _judged_under(step, test, above)
    if (
        aboves is None
        or bound(test) > 1
        or test.values is not None
        or child.step.then is None
        or not goes_on(split(child.step.where), keys)
    ):
        return False
    if len(aboves) > 2 or (len(aboves) > 1 and has_names(child.step)):
        return False
    if not all(is_all(part, ">=") or is_all(part, "<=") for part in parts_of(tree_of(child.step))):
        return False
    tests = _tests_below(child.step)
    if any(one.sign == ">=" and one.waits for one in tests):
        return False
    are_linked = all(_judged_under(child.step, one, other) == [NO_NAMES] for other in aboves for one in tests)
    return are_linked and all(_is_chain(one.child, NO_NAMES) for one in tests) and _turns_in_order(child)


def _turns_under(step: Performed, test: Test, above: Above) -> bool:
    aboves, pairs = _judged_under(step, test, above, keyed=True), split(test.child.step.where).pairs
    has_lists = any(pair.comparison.operator in LISTS for pair in pairs)
    if aboves is None or (bound(test) > MOST_MERGED and (len(aboves) > 1 or has_lists)):
        return False
    return all(_is_chain(test.child, one) for one in aboves)


def _turns_in_order(child: Child) -> bool:
    keys = keys_of(split(child.step.where))
    below = [one.child for one in _tests_below(child.step)]
    blockers = [each.where for one in below for each in one.without]
    are_keys = all(goes_on(split(one.step.where), keys, TEXTS) for one in below)
    return are_keys and all(goes_on(split(where), keys) for where in blockers)


def _is_in_order(step: Performed, test: Test, keys: Keys | None, above: Above) -> bool:
    """Whether the child's events are complete in the order of time; `keys` are those of the step (none: it is the first)."""
    aboves = _judged_under(step, test, above)
    if test.sign == "<=" or test.waits or aboves is None or (len(aboves) > 1 and bound(test) > MOST_MERGED):
        return False
    wheres = [test.child.step.where, *(one.where for one in test.child.without)]
    return all(goes_on(split(where), keys) for where in wheres) and all(_is_chain(test.child, one) for one in aboves)


def _is_chain(child: Child, above: Above) -> bool:
    """Whether all that follows the child's events is complete in their order."""
    step = child.step
    if step.then is None:
        return True
    keys = keys_of(split(child.step.where))
    return all(_is_in_order(step, test, keys, above) for test in _tests_below(step))


def _tests_below(step: Performed) -> list[Test]:
    return [] if step.then is None else tests_of(step)


def _judged_under(step: Performed, test: Test, above: Above, *, keyed: bool = False) -> list[Above] | None:
    """The names above under which the child's events are judged, once for each link with the step's: those of later instants
    first. None where it is no count, or where more than equal keys and names that are written binds them.

    keyed  what else is found by equal keys may bind them: lists, items of arrays, and texts that lie within others; and one
           value or text that must differ
    """
    found, parts = ties(step, test.child, above), split(test.child.step.where)
    measure = test.child.step.measure
    if isinstance(measure, Aggregate) and (test.number is None or (made_of_aggregate(measure).opens and test.child.step.then)):
        return None
    if not (is_keyed(without_one(parts)) if keyed else goes_on(parts, None)):
        return None
    if any(tie.unlike or tie.above.carried for tie in found):
        return None
    return [NO_NAMES] if found == [PLAIN] else [NO_NAMES, *(tie.above for tie in found)]
