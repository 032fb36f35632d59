"""Sequences: for which of its parent events all of a `then` holds, event by event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tests.reference import aggregates
from tests.reference.comparisons import ORDER
from tests.reference.history import Event
from tests.reference.rows import Row, is_of_source, one_test_holds, values_hold
from tests.reference.values import instant, number, path, text
from tests.reference.windows import Clock, duration, literal_bound, plus_months, plus_seconds

MICROSECOND = timedelta(microseconds=1)
AGGREGATES = ("sum", "avg", "min", "max", "unique")
CONVERTED: dict[str, Callable[[Any], Any]] = {"number": number, "text": text, "time": instant}
STEP_KEYS = {
    *("performed", "not_performed", "at_least", "at_most", "exactly", "within", "between", "since", "until", "where", "then"),
    *("sources", "after", "strictly", "wait", "without", *AGGREGATES),
}

TreeHolds = Callable[[Any, Callable[[dict[str, Any]], bool]], bool]
"""How the interpreter judges a tree of tests of one event."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A parent event after those above it, what the profile did by as_of, and the instant that bounds the whole chain."""

    events: tuple[Event, ...]
    known: Sequence[Event]
    clock: Clock
    deadline: datetime | None
    tree_holds: TreeHolds
    traits: Mapping[str, Any]

    @property
    def parent(self) -> Event:
        return self.events[-1]


def is_followed(
    parent: Event,
    condition: dict[str, Any],
    known: Sequence[Event],
    clock: Clock,
    tree_holds: TreeHolds,
    traits: Mapping[str, Any],
) -> bool:
    """Whether all of the condition's `then` holds for this one parent event."""
    written = condition.get("complete_within")
    deadline = None if written is None else _plus(parent.at, written)
    return _holds(condition["then"], Chain((parent,), known, clock, deadline, tree_holds, traits), negated=False)


def _plus(at: datetime, written: str) -> datetime:
    length = duration(written)
    if length.kind == "calendar_days":
        raise ValueError("calendar_days do not go inside then")
    return plus_seconds(at, length.count) if length.kind == "seconds" else plus_months(at, length.count)


def _holds(tree: Any, chain: Chain, *, negated: bool) -> bool:
    """A tree of children; what negates is pushed down to them first."""
    if isinstance(tree, list):
        if not tree:
            raise ValueError("an empty list")
        results = [_holds(under, chain, negated=negated) for under in tree]
        return any(results) if negated else all(results)
    combiners = {"all", "any", "none", "not"} & set(tree)
    if not combiners:
        return _child_holds(tree, chain, negated)
    if set(tree) - combiners:
        raise ValueError(f"two conditions in one mapping: {sorted(tree)}")
    results = []
    for combiner in combiners:
        under = tree[combiner]
        if combiner == "not":
            results.append(_holds(under, chain, negated=not negated))
        elif combiner == "all":
            results.append(_holds(under, chain, negated=negated))
        else:
            is_negated = negated if combiner == "any" else not negated
            each = [_holds(one, chain, negated=is_negated) for one in under]
            results.append(all(each) if is_negated else any(each))
    return any(results) if negated else all(results)


def _child_holds(child: dict[str, Any], chain: Chain, negated: bool) -> bool:
    if set(child) - STEP_KEYS - set(ORDER) - {"as", "before", "exists", "one_of", "none_of"}:
        raise NotImplementedError(f"a step with {sorted(set(child) - STEP_KEYS)}")
    found = [event for event in chain.known if _is_child(event, child, chain)]
    is_settled = _is_settled(child, chain)
    function = next((name for name in AGGREGATES if name in child), None)
    if function is not None:
        return _aggregate_holds(function, child, found, chain, is_settled, negated)
    count = len(found)
    if "not_performed" in child:
        least, most = None, 0
    elif "exactly" in child:
        least, most = child["exactly"], child["exactly"]
    else:
        least, most = child.get("at_least"), child.get("at_most")
        least = 1 if least is None and most is None else least
    enough = least is None or count >= least
    few = most is None or count <= most
    if negated:
        return (not few) or (not enough and is_settled)
    return enough and few and (most is None or is_settled)


def _is_child(event: Event, child: dict[str, Any], chain: Chain) -> bool:
    """Whether an event follows the parent as the child asks, with all of its own children."""
    parent, at = chain.parent, event.at
    within = [child["within"]] if "within" in child else []
    after = [child["after"]] if "after" in child else []
    if "between" in child:
        far, near = _ends(child["between"])
        within += [] if far is None else [far]
        after.append(near)
    return (
        _is_named(event, child.get("performed", child.get("not_performed")))
        and at >= parent.at
        and not (child.get("strictly", False) and at == parent.at)
        and all(at > earlier.at for earlier in chain.events if earlier.name == event.name)
        and all(_plus(parent.at, one) <= at for one in after)
        and all(at <= _plus(parent.at, one) for one in within)
        and ("since" not in child or literal_bound(child["since"], chain.clock) <= at)
        and ("until" not in child or at < literal_bound(child["until"], chain.clock))
        and (chain.deadline is None or at <= chain.deadline)
        and ("sources" not in child or is_of_source(child["sources"], event.context, event.source))
        and _is_right(event, child.get("where"), chain)
        and not any(parent.at < other.at < at for other in _blockers(child, chain))
        and ("then" not in child or _holds(child["then"], replace(chain, events=(*chain.events, event)), negated=False))
    )


def _ends(between: list[str]) -> tuple[str | None, str]:
    lengths = [one for one in between if one != "ever"]
    if len(lengths) == 1:
        return None, lengths[0]
    near, far = sorted(lengths, key=lambda one: duration(one).count)
    return far, near


def _is_named(event: Event, written: Any) -> bool:
    return written == "*" or event.name in (written if isinstance(written, list) else [written])


def _blockers(child: dict[str, Any], chain: Chain) -> list[Event]:
    """Events of `without`, wherever they stand."""
    written = child.get("without", [])
    asked = [
        one if isinstance(one, dict) else {"performed": one} for one in (written if isinstance(written, list) else [written])
    ]
    return [
        event
        for event in chain.known
        if any(_is_named(event, one["performed"]) and _is_right(event, one.get("where"), chain) for one in asked)
    ]


def _is_settled(child: dict[str, Any], chain: Chain) -> bool:
    """Whether no later event could undo what the child's events come to: once its window has passed, and those below it."""
    if not child.get("wait", True):
        return True
    ends = [_plus(chain.parent.at, child["within"])] if "within" in child else []
    if "between" in child and _ends(child["between"])[0] is not None:
        ends.append(_plus(chain.parent.at, str(_ends(child["between"])[0])))
    if "until" in child:
        ends.append(literal_bound(child["until"], chain.clock) - MICROSECOND)
    last = chain.deadline
    if ends or last is not None:
        ends += [event.at for event in _blockers(child, chain) if event.at > chain.parent.at]
    if ends:
        end = max(_after(min(ends), child.get("then", [])), min(ends))
        last = end if last is None else min(end, last)
    return last is None or chain.clock.as_of > last


def _after(at: datetime, then: Any) -> datetime:
    """The instant, later by the longest that the steps of a `then` may take one after the other."""
    if isinstance(then, list):
        return max((_after(at, under) for under in then), default=at)
    combiners = {"all", "any", "none", "not"} & set(then)
    if combiners:
        return max(_after(at, then[combiner]) for combiner in combiners)
    ends = [_plus(at, then["within"])] if "within" in then else []
    if "between" in then and _ends(then["between"])[0] is not None:
        ends.append(_plus(at, str(_ends(then["between"])[0])))
    return _after(min(ends, default=at), then.get("then", []))


# --- one event against the event above ---------------------------------------------------------------------------------------


def _is_right(event: Event, where: Any, chain: Chain) -> bool:
    row = replace(_row(event, chain), above=_row(chain.parent, chain))
    return where is None or chain.tree_holds(where, lambda test: one_test_holds(test, row, chain.clock, chain.tree_holds))


def _row(event: Event, chain: Chain) -> Row:
    return Row(event.properties, chain.traits, event.context, event.at)


# --- aggregates --------------------------------------------------------------------------------------------------------------


def _aggregate_holds(
    function: str, child: dict[str, Any], found: list[Event], chain: Chain, is_settled: bool, negated: bool
) -> bool:
    operators = {name: literal for name, literal in child.items() if name not in STEP_KEYS}
    values = [one for event in found for one in aggregates.values(event.properties, path(child[function]))]
    value = aggregates.made(function, child.get("as", "number"), values)
    holds = values_hold(operators, [value], Row(None, chain.traits, above=_row(chain.parent, chain)), chain.clock)
    at_once = {"lt", "lte"} if negated else {"gt", "gte"}
    return (holds != negated) and (is_settled or not set(operators) - {"as"} - at_once)
