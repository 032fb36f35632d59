"""Which sequences with `complete_within` need no look at each chain, and how the steps of these are judged.

Either the events of a step are complete in the order of time: among those with the same keys, the later one is never complete
before the earlier. So it is where every step is asked for `at_least` so many, all steps must hold, and references go on along
one key. Or a step directly below the first event is followed by counts alone: then each of its events holds between instants
of the deadline, which are those at which the counts reach their bounds. What stands directly below the first event, with
nothing below it, may be anything: the first event says until when it counts.
"""

from __future__ import annotations

from dbt_audiences.compile.steps.references import Pair, Split, split
from dbt_audiences.compile.steps.ties import NO_NAMES, PLAIN, Above, ties
from dbt_audiences.compile.steps.tree import Test, Tree, pushed_down, tests_in
from dbt_audiences.compile.steps.turned import bound
from dbt_audiences.core.definitions import Aggregate, Any, Child, Performed

Keys = frozenset[tuple[str, tuple[str, ...], str | None, bool]]
"""The values that are equal to those above: from where, the path, as what type they are read, and whether in any case."""


def turning_children(root: Performed) -> dict[int, bool] | None:
    """The identities of the children that hold between deadlines, and whether they turn in the order of time; all others are
    complete in that order or have nothing below them. None where each chain must be looked at."""
    found = {}
    for test in _tests_below(root):
        if test.child.step.then is None or _is_in_order(root, test, None, NO_NAMES):
            continue
        if not _turns(root, test):
            return None
        found[id(test.child)] = _turns_in_order(test.child)
    return found


def _turns(root: Performed, test: Test) -> bool:
    """Whether counts alone follow the child's events, and what is counted is complete in the order of time."""
    aboves, step = _judged_under(root, test, NO_NAMES), test.child.step
    return aboves is not None and all(_turns_under(step, one, above) for above in aboves for one in _tests_below(step))


def _turns_under(step: Performed, test: Test, above: Above) -> bool:
    aboves = _judged_under(step, test, above)
    if aboves is None or (len(aboves) > 1 and bound(test) > 1):
        return False
    return all(_is_chain(test.child, one) for one in aboves)


def _turns_in_order(child: Child) -> bool:
    keys = _keys(child)
    below = [one.child for one in _tests_below(child.step)]
    wheres = [where for one in below for where in (one.step.where, *(each.where for each in one.without))]
    return all(_goes_on(split(where), keys) for where in wheres)


def _is_in_order(step: Performed, test: Test, keys: Keys | None, above: Above) -> bool:
    """Whether the child's events are complete in the order of time; `keys` are those of the step (none: it is the first)."""
    aboves = _judged_under(step, test, above)
    if test.sign == "<=" or aboves is None or (len(aboves) > 1 and test.number != 1):
        return False
    wheres = [test.child.step.where, *(one.where for one in test.child.without)]
    return all(_goes_on(split(where), keys) for where in wheres) and all(_is_chain(test.child, one) for one in aboves)


def _is_chain(child: Child, above: Above) -> bool:
    """Whether all that follows the child's events is complete in their order."""
    step = child.step
    if step.then is None:
        return True
    keys = _keys(child)
    return not _has_any(pushed_down(step.then)) and all(_is_in_order(step, test, keys, above) for test in _tests_below(step))


def _keys(child: Child) -> Keys:
    pairs = split(child.step.where).pairs
    return frozenset((pair.test.origin, pair.test.path, pair.comparison.type, pair.test.ignore_case) for pair in pairs)


def _tests_below(step: Performed) -> list[Test]:
    return [] if step.then is None else list(tests_in(pushed_down(step.then)))


def _has_any(tree: Tree) -> bool:
    return isinstance(tree, Any) or (not isinstance(tree, Test) and any(_has_any(child) for child in tree.children))


def _judged_under(step: Performed, test: Test, above: Above) -> list[Above] | None:
    """The names above under which the child's events are judged, once for each link with the step's: those of later instants
    first. None where it is no count, or where more than equal keys and names that are written binds them."""
    found = ties(step, test.child, above)
    if isinstance(test.child.step.measure, Aggregate) or not _goes_on(split(test.child.step.where), None):
        return None
    if any(tie.unlike or tie.above.carried for tie in found):
        return None
    return [NO_NAMES] if found == [PLAIN] else [NO_NAMES, *(tie.above for tie in found)]


def _goes_on(parts: Split, keys: Keys | None) -> bool:
    """Whether what is compared with the event above is among the keys of that."""
    if parts.mixed or any(pair.comparison.operator != "equals" for pair in parts.pairs):
        return False
    return keys is None or all(_is_key(pair, keys) for pair in parts.pairs)


def _is_key(pair: Pair, keys: Keys) -> bool:
    """Whether events with the same keys are all compared with the same value."""
    cases = {False, pair.test.ignore_case}
    return any(("property", pair.reference.path, pair.reference.type, any_case) in keys for any_case in cases)
