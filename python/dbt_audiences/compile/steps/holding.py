"""The events of a step for which all of its `then` holds: each step after those below it, each event once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import children_of, parent_column, parent_references
from dbt_audiences.compile.reader import TraitKey
from dbt_audiences.compile.rows import joined_names
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.between import between, entries_between, spans_standing, turns_between
from dbt_audiences.compile.steps.bounded import Deadlines, by_deadlines
from dbt_audiences.compile.steps.columns import columns_above, compared_with, has_names, name_of
from dbt_audiences.compile.steps.events import StepEvents
from dbt_audiences.compile.steps.first import completed
from dbt_audiences.compile.steps.links import Link, counted
from dbt_audiences.compile.steps.reached import completed_at
from dbt_audiences.compile.steps.references import split
from dbt_audiences.compile.steps.spans import blocked_by, span
from dbt_audiences.compile.steps.tied import at_once, by_names, tied
from dbt_audiences.compile.steps.ties import EVENT, NO_NAMES, PLAIN, Above, Tie, can_tie, ties
from dbt_audiences.compile.steps.tree import Test, Tree, counted_of, lower_bounds, pushed_down, tests_in, upper_bounds
from dbt_audiences.compile.steps.turned import (
    Turn,
    Turning,
    bound,
    counted_by_deadline,
    tests_of,
    tree_of,
    turned,
    turns,
    turns_of,
)
from dbt_audiences.compile.steps.values import opened, value_entry, value_test, with_values
from dbt_audiences.compile.trait_columns import made_of_aggregate
from dbt_audiences.compile.where import all_of
from dbt_audiences.compile.windows import duration_argument
from dbt_audiences.core.definitions import Aggregate, All, Any, Child, Performed

ROOT_COLUMNS = ["entity_id", "deadline_at"]
"""What events carry where each chain is judged by itself."""


@dataclass(frozen=True, slots=True)
class Held:
    """The CTE of the events that hold (profile_id, occurred_at, message_id, the columns asked for), and those of the instants
    at which time alone may change them (profile_id, changes_at)."""

    rows: str
    turning: tuple[str, ...]


def held(step: Performed, scene: Scene, columns: list[str]) -> Held:
    """Adds the CTEs of a sequence; `columns` are those of its first event that its own measure reads."""
    assert step.then is not None
    return _Sequence(scene, step, list(columns), StepEvents(scene, step)).build()


@dataclass(slots=True)
class _Sequence:
    scene: Scene
    root: Performed
    columns: list[str]
    events: StepEvents
    bounded: str = ""
    waiting: list[Expression] = field(default_factory=list)
    made: dict[tuple[int, Above], str] = field(default_factory=dict)
    bases: dict[int, str] = field(default_factory=dict)
    """The CTEs of the events of steps below the first, before anything is asked of what follows them."""
    opened: dict[str, str] = field(default_factory=dict)
    is_in_order: bool = False
    """Whether `complete_within` is judged by when each event's chain is complete; else each chain is judged by itself."""
    deadlines: Deadlines = field(default_factory=Deadlines)
    turned: dict[str, Turning] = field(default_factory=dict)
    """How the events of CTEs turn."""

    def build(self) -> Held:
        root, ctes = self.root, self.scene.ctes
        name = name_of(root)
        if root.complete_within is not None:
            deadlines = by_deadlines(root)
            self.is_in_order, self.deadlines = deadlines is not None, deadlines or Deadlines()
        columns = sorted({*self.columns, *columns_above(root, self.scene)})
        self.events.prunes = root.complete_within is None or self.is_in_order
        if self.events.prunes:
            for child in children_of(root.then):
                self.events.base(child)
        rows = self.events.rows(root, root.where, columns, f"{name}_rows", None, self.events.needed(root))
        if root.complete_within is not None:
            kept: list[Expression] = [*columns, *(["event"] if has_names(root) else [])]
            if self.is_in_order:
                call = package_call("with_deadline", rows, kept, duration_argument(root.complete_within))
                rows = self.bounded = ctes.add(f"{name}_bounded", call)
            else:
                call = package_call("roots", rows, kept, duration_argument(root.complete_within))
                rows = self.events.roots = ctes.add(f"{name}_roots", call)
        found = self._held(root, rows, NO_NAMES, columns, name)
        call = package_call(
            "steps_turning",
            events=list(self.events.read.values()),
            turning=self.events.turning or None,
            waiting=self.waiting or None,
        )
        return Held(found, (ctes.add(f"{name}_turning", call), *dict.fromkeys(self.events.of_traits)))

    def _step(self, child: Child, above: Above, parents: str = "") -> str:
        """The CTE of a child's events that hold by themselves, with these names above them at their own instant: that of events
        of the CTE `parents`."""
        if (id(child), above) not in self.made:
            base = self.bases[id(child.step)] = self.events.base(child)
            if child.step.then is None:
                found = base
            elif id(child) in self.deadlines.turning or id(child) in self.deadlines.between:
                found = self._turned(child, base if above == NO_NAMES else at_once(parents, base, self.scene), above)
            else:
                found = self._held(child.step, base, above, self.events.columns(child), base)
            self.made[id(child), above] = found
        return self.made[id(child), above]

    def _held(self, step: Performed, rows: str, above: Above, columns: list[str], name: str) -> str:
        assert step.then is not None
        tree = tree_of(step, is_first=step is self.root) if self.is_in_order else pushed_down(step.then)
        tests = list(tests_in(tree))
        children = list({counted_of(test): test for test in tests}.values())
        number = {counted_of(test): place + 1 for place, test in enumerate(children)}
        waits = {counted_of(test) for test in tests if test.waits and self._can_wait(test.child)}
        carried = self._carried(step, columns, above)
        completes = {counted_of(test): test.number for test in tests if self._completes(step, test)}
        entries: list[Expression] = []
        for test in children:
            one = counted_of(test)
            entries += self._entries(step, rows, above, test, one in waits, completes.get(one))
        is_bounded = step is self.root and self.is_in_order
        judged = self.scene.ctes.add(
            f"{name}_judged", package_call("step_judged", rows, [*carried, *(["deadline_at"] if is_bounded else [])], entries)
        )
        pending: list[Expression] = []
        traits = joined_names(compared_with(step), self.scene).traits

        def expression(node: Tree) -> Expression:
            match node:
                case All(children=below):
                    return all_of([expression(one) for one in below])
                case Any(children=below):
                    return package_call("any_of", [expression(one) for one in below])
            n = number[counted_of(node)]
            test = self._test(node, n, traits)
            if is_bounded and counted_of(node) in completes:
                return all_of([test, f"completed_{n} <= deadline_at"])
            if not (node.waits and self._can_wait(node.child)):
                return test
            pending.append([test, f"settles_{n}"])
            return package_call("settled", test, f"settles_{n}")

        is_first = step is self.root and self.events.roots is not None
        finished = completed_at(tree, number) if completes and step is not self.root else []
        holds = expression(tree)
        if pending:
            whose = "entity_id" if self.events.roots is not None else None
            self.waiting.append({"judged": judged, "tests": pending} | ({"id": whose} if whose else {}))
        call = package_call(
            "step_held",
            judged,
            list(columns) if step is self.root else list(carried),
            holds,
            id="entity_id" if is_first else None,
            completed=finished or None,
        )
        return self.scene.ctes.add(f"{name}_held", call)

    def _turned(self, child: Child, rows: str, above: Above) -> str:
        """The CTE of when a child's events begin and cease to hold, as the deadline of the whole is later."""
        turning, instants, carried = self._turns(child, rows, above)
        if id(child) in self.deadlines.between:
            return between(instants, carried, child.step, self.scene, rows)
        found = turned(child.step, turning, instants, carried, self.scene, rows)
        self.turned[found] = turning
        return found

    def _turns(self, child: Child, rows: str, above: Above) -> tuple[Turning, str, list[str]]:
        """The CTE of the instants of the deadline at which what follows a child's events turns, and what these are."""
        step, carried = child.step, self._carried(child.step, self.events.columns(child))
        entries: list[Expression] = []
        pending: list[Expression] = []
        turns_by_test: list[tuple[Turn, ...]] = []
        stands: list[str | None] = []
        for number, test in enumerate(tests_of(step), 1):
            wait, first = test.waits and self._can_wait(test.child), len(entries) + 1
            is_between = id(test.child) in self.deadlines.between
            joined = self._entries(step, rows, above, test, wait, bound(test))
            entries += joined
            turns_by_test.append(turns_between(test, wait, len(joined), first) if is_between else turns_of(test, first, wait))
            stands.append(f"stands_{number}" if is_between else None)
            if wait:
                pending.append(["true" if is_between else self._test(test, first, {}), f"settles_{first}"])
        judged = self.scene.ctes.add(f"{rows}_judged", package_call("step_judged", rows, carried, entries))
        if pending:
            self.waiting.append({"judged": judged, "tests": pending})
            deadlines: Expression = {"judged": self.bounded, "tests": [["true", "deadline_at"]]}
            self.waiting += [] if deadlines in self.waiting else [deadlines]
        turning = Turning(tuple(turns_by_test), tuple(stands))
        return turning, turns(turning, judged, carried, self.scene, rows), carried

    def _completes(self, step: Performed, test: Test) -> bool:
        """Whether it must be known when a child is complete: only the first event's own spans end at the deadline."""
        is_own = step is self.root and (test.child.step.then is None or id(test.child) in self.deadlines.turning)
        return bool(test.number) and test.sign == ">=" and self.is_in_order and not is_own

    def _can_wait(self, child: Child) -> bool:
        is_bounded = self.root.complete_within is not None
        return child.wait and bool(upper_bounds(child) or child.step.window.until or is_bounded)

    def _test(self, test: Test, number: int, traits: Mapping[TraitKey, str]) -> Expression:
        measure = test.child.step.measure
        if test.number is not None or not isinstance(measure, Aggregate):
            return f"count_{number} {test.sign} {test.number}"
        compared = value_test(measure, split(test.child.step.where), self.scene, number, traits)
        return package_call("not_true", compared) if test.negated else compared

    def _entries(
        self, step: Performed, rows: str, above: Above, test: Test, waits: bool, completes: int | None
    ) -> list[dict[str, Expression]]:
        """What joins a child to the step's events: the CTEs of its spans and counts, and of when so many are complete."""
        child, scene = test.child, self.scene
        name, measure = name_of(child.step), child.step.measure
        parts = split(child.step.where)
        spans, links = self._links(step, rows, above, child, waits, name)
        entry: dict[str, Expression] = {"spans": spans} if waits else {}
        if isinstance(measure, Aggregate) and test.values is not None:
            links = with_values(links, measure, test.values, scene)
        elif isinstance(measure, Aggregate):
            return [entry | value_entry(measure, links, parts, scene, name, self.events.columns(child))]
        if id(child) in self.deadlines.between:
            first, *others = entries_between(links, parts, scene, name)
            return [entry | first, *others]
        in_order = self.deadlines.turning.get(id(child))
        if in_order is None:
            counts = [one for link in links for one in counted(link, parts, scene, name)]
        else:
            numbered = [(number, test.child) for number, test in enumerate(tests_of(child.step), 1)]
            below = {number: self._step(one, NO_NAMES) for number, one in numbered if id(one) in self.deadlines.between}
            spans, counts = spans_standing(spans, child, below, scene, name), []
            for link in [replace(link, spans=spans) for link in links]:
                counts += counted_by_deadline(self.turned[link.children], link, parts, scene, name, in_order=in_order)
        if completes is not None:
            by = "occurred_at" if child.step.then is None else "completed_at"
            entry["completed"] = completed(links, parts, scene, name, by, completes)
        if len(counts) == 1:
            return [entry | {"counts": counts[0][1]}]
        return [entry | {"counts": scene.ctes.add(f"{name}_counts", package_call("step_counts", counts))}]

    def _links(self, step: Performed, rows: str, above: Above, child: Child, waits: bool, name: str) -> tuple[str, list[Link]]:
        """The CTE of a step's spans for a child, and how its events are followed: at later instants, and at their own."""
        kept = sorted({self.scene.tables.column_names[parent_column(one)] for one in parent_references(child)})
        spans = self._spans(step, rows, above, child, kept, waits, name)
        parents = self.bases.get(id(step), rows)
        links = [self._link(spans, rows, child, tie, parents) for tie in ties(step, child, above)]
        if not (len(links) == 1 and not links[0].is_tied):
            strictly = can_tie(child) or (child.strictly and not lower_bounds(child))
            links.insert(0, Link(spans, self._followers(child, self._step(child, NO_NAMES), NO_NAMES), strictly))
        return spans, links

    def _followers(self, child: Child, events: str, above: Above) -> str:
        """The CTE of what is counted of a child's events that hold: these, or the items that its aggregate is made of."""
        measure = child.step.measure
        if not isinstance(measure, Aggregate) or not made_of_aggregate(measure).opens:
            return events
        if events not in self.opened:
            self.opened[events] = opened(
                measure, events, self._carried(child.step, self.events.columns(child), above), self.scene
            )
        return self.opened[events]

    def _carried(self, step: Performed, columns: list[str], above: Above = NO_NAMES) -> list[str]:
        named = [EVENT] if has_names(step) else []
        return [*columns, *named, *(ROOT_COLUMNS if self.events.roots is not None else []), *above.columns]

    def _link(self, spans: str, rows: str, child: Child, tie: Tie, parents: str) -> Link:
        """All children where the names cannot matter; else those at the parent's own instant."""
        if tie == PLAIN:
            return Link(spans, self._followers(child, self._step(child, NO_NAMES), NO_NAMES))
        if tie.above.carried:
            columns = self.events.columns(child)
            found = by_names(rows, self.events.base(child), child.step, tie, self._carried(child.step, columns), self.scene)
            held = self._held(child.step, found, tie.above, columns, found)
        else:
            held = self._step(child, tie.above, parents)
        return tied(spans, self._followers(child, held, tie.above), child.step, tie)

    def _spans(self, step: Performed, rows: str, above: Above, child: Child, kept: list[str], waits: bool, name: str) -> str:
        names = [*([EVENT] if has_names(step) else []), *above.columns] if can_tie(child) else []
        columns = [*kept, *names, *(["deadline_at"] if id(child) in self.deadlines.turning else [])]
        blocked = blocked_by(self.events, rows, child, name)
        is_bounded = self.events.roots is not None or (step is self.root and self.is_in_order)
        return self.scene.ctes.add(f"{name}_span", span(rows, child, columns, blocked, waits=waits, is_bounded=is_bounded))
