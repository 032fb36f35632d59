"""Counts of events that hold between deadlines, two steps below the first event.

Each holds from an instant of the deadline on, until another or for good; among those with the same keys neither instant comes
earlier for the later event. So of the events of a span, which follow one another, some hold by a deadline if one that holds for
good has begun; or if the first of the others has begun, the last has not ended, and any at all, in the span or not, holds then:
one before the span ends no later than its first, and one after it begins no earlier than its last. Whether any at all holds is
asked once for each deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import parent_column
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.first import completed, ended
from dbt_audiences.compile.steps.items import Key
from dbt_audiences.compile.steps.keyed import key_of
from dbt_audiences.compile.steps.links import Link, counted
from dbt_audiences.compile.steps.reached import reached_at
from dbt_audiences.compile.steps.references import Split, carried_on, split
from dbt_audiences.compile.steps.tree import Test, is_all, parts_of, tests_in
from dbt_audiences.compile.steps.turned import Turn, tests_of, tree_of
from dbt_audiences.core.definitions import Child, Performed

FOR_GOOD, FOR_A_TIME = "ends_at is null", "ends_at is not null"


def between(turns: str, columns: list[str], step: Performed, scene: Scene, name: str) -> str:
    """The CTE of from when each event of the step holds, and until when: each part of what follows says one of both."""
    tree = tree_of(step)
    number = {id(test): place for place, test in enumerate(tests_in(tree), 1)}

    def instant(test: Test) -> Expression:
        return f"turns_{number[id(test)]}"

    begins = [reached_at(part, instant) for part in parts_of(tree) if is_all(part, ">=")]
    ends = [reached_at(part, instant) for part in parts_of(tree) if is_all(part, "<=")]
    call = package_call("step_between", turns, list(columns), begins=begins or None, ends=ends or None)
    return scene.ctes.add(f"{name}_between", call)


def entries_between(links: Sequence[Link], parts: Split, scene: Scene, name: str) -> list[dict[str, Expression]]:
    """What joins children that hold between instants to the events above: of the first link those that hold for good, and the
    others; then those at the events' own instant, which are all alike."""
    first, *at_once = links
    for_good, for_a_time = (replace(first, tests=(*first.tests, kept)) for kept in (FOR_GOOD, FOR_A_TIME))
    found: list[dict[str, Expression]] = []
    for link in (for_good, for_a_time, *at_once):
        ((_, counts),) = counted(link, parts, scene, name)
        entry = {"counts": counts, "completed": completed([link], parts, scene, name, "begins_at", 1)}
        found.append(entry if link is for_good else entry | {"ended": ended(link, parts, scene, name)})
    return found


def turns_between(test: Test, waits: bool, entries: int, first: int) -> tuple[Turn, ...]:
    """The turns of a count of one or none; `first` is the number of the first of its entries."""
    begins, ends = (">=", "<=") if test.sign == ">=" else ("<=", ">=")
    found = [Turn(begins, {"child": first, "bound": 1})]
    for number in range(first + 1, first + entries):
        found += [Turn(begins, {"child": number, "bound": 1}), Turn(ends, {"child": number, "bound": 1, "ended": True})]
    return (*found, *([Turn("<=", {"child": first, "settles": True})] if waits else []))


def spans_standing(spans: str, child: Child, below: dict[int, str], scene: Scene, name: str) -> str:
    """The CTE of a child's spans, and whether any of the events that hold for a time do by their deadlines; `below` are the
    CTEs of these by the numbers of the child's tests."""
    own, tests = split(child.step.where), tests_of(child.step)
    found: list[Expression] = []
    for number, events in below.items():
        keys = _keys_above(split(tests[number - 1].child.step.where), own, scene)
        line = package_call("step_standing_line", spans, events, keys=list(keys) or None)
        added = scene.ctes.add(f"{events}_standing_line", line)
        some = scene.ctes.add(f"{events}_standing", package_call("step_standing", added, keys=len(keys) or None))
        found.append([f"stands_{number}", some])
    return scene.ctes.add(f"{name}_spans_standing", package_call("step_spans_standing", spans, found)) if found else spans


def _keys_above(child: Split, step: Split, scene: Scene) -> list[Key]:
    """What is equal between a step's events and the one above, and so between those of its child and that one."""
    found: list[Key] = []
    for pair in child.pairs:
        left, _ = key_of(pair, scene)
        right: Expression = scene.tables.column_names[parent_column(carried_on(pair, step).comparison)]
        found.append([left, package_call("case_ignored", right) if pair.test.ignore_case else right])
    return found
