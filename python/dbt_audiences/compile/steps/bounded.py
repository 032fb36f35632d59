"""Which sequences with `complete_within` need no look at each chain, and how the steps of these are judged.

Either the events of a step are complete in the order of time: among those with the same keys, the later one is never complete
before the earlier. So it is where every step is asked for `at_least` so many, all steps must hold, and references go on along
one key. Or a step directly below the first event is followed by counts alone: then each of its events holds between instants
of the deadline, which are those at which the counts reach their bounds. What stands directly below the first event, with
nothing below it, may be anything: the first event says until when it counts.
"""

from __future__ import annotations

from dbt_audiences.compile.steps.references import Pair, Split, split
from dbt_audiences.compile.steps.ties import NO_NAMES, PLAIN, ties
from dbt_audiences.compile.steps.tree import Test, Tree, pushed_down, tests_in
from dbt_audiences.core.definitions import Aggregate, Any, Child, Performed

Keys = frozenset[tuple[str, tuple[str, ...], str | None, bool]]
"""The values that are equal to those above: from where, the path, as what type they are read, and whether in any case."""


def turning_children(root: Performed) -> dict[int, bool] | None:
    """The identities of the children that hold between deadlines, and whether they turn in the order of time; all others are
    complete in that order or have nothing below them. None where each chain must be looked at."""
    found = {}
    for test in _tests_below(root):
        if test.child.step.then is None or _is_in_order(root, test, None):
            continue
        if not _turns(root, test):
            return None
        found[id(test.child)] = _turns_in_order(test.child)
    return found


def _turns(root: Performed, test: Test) -> bool:
    """Whether counts alone follow the child's events, and what is counted is complete in the order of time."""
    step = test.child.step
    return _is_linked(root, test) and all(_is_linked(step, one) and _is_chain(one.child) for one in _tests_below(step))


def _turns_in_order(child: Child) -> bool:
    keys = _keys(child)
    below = [one.child for one in _tests_below(child.step)]
    wheres = [where for one in below for where in (one.step.where, *(each.where for each in one.without))]
    return all(_goes_on(split(where), keys) for where in wheres)


def _is_in_order(step: Performed, test: Test, keys: Keys | None) -> bool:
    """Whether the child's events are complete in the order of time; `keys` are those of the step (none: it is the first)."""
    if test.sign == "<=" or not _is_linked(step, test):
        return False
    wheres = [test.child.step.where, *(one.where for one in test.child.without)]
    return all(_goes_on(split(where), keys) for where in wheres) and _is_chain(test.child)


def _is_chain(child: Child) -> bool:
    """Whether all that follows the child's events is complete in their order."""
    step = child.step
    if step.then is None:
        return True
    keys = _keys(child)
    return not _has_any(pushed_down(step.then)) and all(_is_in_order(step, test, keys) for test in _tests_below(step))


def _keys(child: Child) -> Keys:
    pairs = split(child.step.where).pairs
    return frozenset((pair.test.origin, pair.test.path, pair.comparison.type, pair.test.ignore_case) for pair in pairs)


def _tests_below(step: Performed) -> list[Test]:
    return [] if step.then is None else list(tests_in(pushed_down(step.then)))


def _has_any(tree: Tree) -> bool:
    return isinstance(tree, Any) or (not isinstance(tree, Test) and any(_has_any(child) for child in tree.children))


def _is_linked(step: Performed, test: Test) -> bool:
    """Whether it is a count of what nothing but equal keys binds to the step."""
    is_count = not isinstance(test.child.step.measure, Aggregate)
    return is_count and _has_one_link(step, test.child) and _goes_on(split(test.child.step.where), None)


def _has_one_link(step: Performed, child: Child) -> bool:
    return ties(step, child, NO_NAMES) in ([], [PLAIN])


def _goes_on(parts: Split, keys: Keys | None) -> bool:
    """Whether what is compared with the event above is among the keys of that."""
    if parts.mixed or any(pair.comparison.operator != "equals" for pair in parts.pairs):
        return False
    return keys is None or all(_is_key(pair, keys) for pair in parts.pairs)


def _is_key(pair: Pair, keys: Keys) -> bool:
    """Whether events with the same keys are all compared with the same value."""
    cases = {False, pair.test.ignore_case}
    return any(("property", pair.reference.path, pair.reference.type, any_case) in keys for any_case in cases)
