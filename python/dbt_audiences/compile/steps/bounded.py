"""Which sequences with `complete_within` need no look at each chain: those whose steps are complete in the order of time."""

from __future__ import annotations

from dbt_audiences.compile.steps.references import Split, split
from dbt_audiences.compile.steps.ties import NO_NAMES, Tie, ties
from dbt_audiences.compile.steps.tree import Tree, pushed_down
from dbt_audiences.core.definitions import Aggregate, All, Any, Child, Performed, Reference

Keys = frozenset[tuple[str, ...]]


def is_in_order(root: Performed) -> bool:
    """Whether among the events of each step, those with the same keys, the later one is never complete before the earlier.

    So it is where every step is asked for `at_least` so many, all steps must hold, and references go on along one key. What is
    asked directly below the first event, with nothing below it, may be anything: the first event says until when it counts.
    """
    return root.then is not None and _is(root, pushed_down(root.then), None, is_first=True)


def _is(step: Performed, tree: Tree, keys: Keys | None, *, is_first: bool) -> bool:
    if isinstance(tree, All):
        return all(_is(step, child, keys, is_first=is_first) for child in tree.children)
    if isinstance(tree, Any):
        return is_first and all(_is(step, child, keys, is_first=True) for child in tree.children)
    child = tree.child
    if is_first and child.step.then is None:
        return True
    if isinstance(child.step.measure, Aggregate) or tree.sign == "<=":
        return False
    parts = split(child.step.where)
    if not _has_one_link(step, child) or not _goes_on(parts, keys):
        return False
    if any(not _goes_on(split(one.where), keys) for one in child.without):
        return False
    own = frozenset(pair.test.path for pair in parts.pairs)
    return child.step.then is None or _is(child.step, pushed_down(child.step.then), own, is_first=False)


def _has_one_link(step: Performed, child: Child) -> bool:
    return ties(step, child, NO_NAMES) in ([], [Tie(None, False, NO_NAMES, False, NO_NAMES)])


def _goes_on(parts: Split, keys: Keys | None) -> bool:
    """Whether what is compared with the event above is among the keys of that (none: it is the first)."""
    if parts.mixed or any(pair.comparison.operator != "equals" for pair in parts.pairs):
        return False
    references = [pair.comparison.operand for pair in parts.pairs]
    return keys is None or all(isinstance(one, Reference) and one.path in keys for one in references)
