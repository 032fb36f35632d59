"""The events of each step as they are read, before anything is asked of what follows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from dbt_audiences.compile.jinja import Expression, Sum, package_call
from dbt_audiences.compile.needs import EVENT_NAME, children_of
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import Rows, event_rows, joined_of
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.columns import columns_above, columns_below, compared_with, has_names, name_of
from dbt_audiences.compile.steps.references import split
from dbt_audiences.compile.steps.tree import always_needed, pushed_down
from dbt_audiences.compile.tables import ANY_EVENT
from dbt_audiences.compile.where import turns
from dbt_audiences.compile.windows import window_argument
from dbt_audiences.core.definitions import Child, Performed, Place, Where, Window


@dataclass(slots=True)
class StepEvents:
    """Reads the steps of one sequence.

    read       event -> the relation that its events are read from
    turning    which events time alone changes, and when
    of_traits  CTEs of when the traits change that events are compared with
    roots      the CTE of the first events, where the chain of each is judged by itself
    prunes     whether events are left out of whom has none of a step that must follow
    """

    scene: Scene
    root: Performed
    read: dict[str, Expression] = field(default_factory=dict)
    turning: list[Expression] = field(default_factory=list)
    of_traits: list[str] = field(default_factory=list)
    roots: str | None = None
    prunes: bool = True
    bases: dict[int, str] = field(default_factory=dict)

    def base(self, child: Child) -> str:
        """The CTE of a child's own events; where chains are judged by themselves, of those that may belong to each."""
        if id(child) in self.bases:
            return self.bases[id(child)]
        for inner in children_of(child.step.then):
            if self.roots is None:
                self.base(inner)
        step, name, columns = child.step, name_of(child.step), self.columns(child)
        place = child.place if id(child) not in self.bases else None
        rows = self.rows(step, split(step.where).alone, columns, name, place, self.needed(step))
        self.bases[id(child)] = self.of_roots(rows, columns + (["event"] if has_names(step) else []))
        return self.bases[id(child)]

    def needed(self, step: Performed) -> str | None:
        """The CTE of a child without which no event of the step holds."""
        if step.then is None or not self.prunes:
            return None
        needed = list(always_needed(pushed_down(step.then)))
        return self.base(needed[-1]) if needed else None

    def of_roots(self, rows: str, columns: list[str]) -> str:
        """The CTE of those of these events that may belong to each chain."""
        if self.roots is None:
            return rows
        return self.scene.ctes.add(f"{rows}_of_roots", package_call("of_roots", rows, self.roots, list(columns)))

    def columns(self, child: Child) -> list[str]:
        """Columns of a child that the steps around it read."""
        return sorted({*columns_above(child.step, self.scene), *columns_below(child, self.scene)})

    def rows(
        self,
        step: Performed,
        where: Where | None,
        columns: list[str],
        name: str,
        place: Place | None,
        pruned_by: str | None,
    ) -> str:
        """The CTE of a step's own events, without what its children ask."""
        scene = self.scene
        rows = self._relations(step, where)
        window = window_argument(Window(since=step.window.since, until=step.window.until), scene)
        windows = [one for one in (self._floor(), window if step is not self.root else None) if one is not None]
        return scene.ctes.add(
            name,
            package_call(
                "step_rows",
                list(rows.relations),
                columns=list(columns) or None,
                where=rows.where,
                windows=list(windows) or None,
                names=self._names(step) if has_names(step) else None,
                pruned_by=pruned_by,
            ),
            place,
        )

    def _relations(self, step: Performed, where: Where | None) -> Rows:
        """The relations of a step's events, with all that they are compared with; what time alone makes of that is noted."""
        scene = self.scene
        for event in step.events:
            self.read.setdefault(event, scene.events(event, step.place))
        joined = joined_of(compared_with(step), scene, step.place)
        rows = event_rows(step.events, where, scene, step.place, sources=step.sources, joined=joined)
        self.of_traits += joined.turning
        found = turns(step.where, Reader(scene.tables, scene.timezone, joined.traits, joined.lists))
        if found:
            self.turning += [{"event": relation, "turns": Sum(tuple(found))} for relation in rows.relations]
        return rows

    def _names(self, step: Performed) -> list[Expression]:
        tables = self.scene.tables
        if step.events == (ANY_EVENT,):
            return [tables.column_names[EVENT_NAME]]
        return [package_call("text_literal", event) for event in step.events]

    def _floor(self) -> dict[str, Expression] | None:
        """What is older than the first event may be is no event of the chain."""
        window = self.root.window
        return window_argument(Window(window.within, window.between, window.since, None), self.scene)
