"""The children that stand at the very instant of the events above, where it is their names that say which of them count."""

from __future__ import annotations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.columns import has_names
from dbt_audiences.compile.steps.links import Link
from dbt_audiences.compile.steps.ties import EVENT, Tie
from dbt_audiences.core.definitions import Performed


def by_names(parents: str, children: str, step: Performed, tie: Tie, columns: list[str], scene: Scene) -> str:
    """The CTE of a step's events, each once for every combination of names above it at its instant."""
    name = "children.event" if has_names(step) else package_call("text_literal", step.events[0])
    call = package_call("step_by_names", parents, children, list(tie.unlike), name, list(columns))
    return scene.ctes.add(f"{children}_by_names", call)


def at_once(parents: str, children: str, scene: Scene) -> str:
    """The CTE of a step's events that stand at the instant of one above."""
    return scene.ctes.add(f"{children}_at_once", package_call("step_at_once", parents, children))


def tied(spans: str, children: str, step: Performed, tie: Tie) -> Link:
    """What follows at the events' own instant; `children` are those that hold under the names of the tie."""
    asked: list[Expression] = []
    if tie.names is not None and (tie.names or not tie.others):
        asked.append(package_call("one_of", EVENT, list(tie.names), "text", negated=True if tie.others else None))
    tests: list[Expression] = []
    if tie.excluded and has_names(step):
        tests.append(package_call("one_of", EVENT, sorted(tie.excluded), "text", negated=True))
    keys = tuple(zip(tie.above.columns, tie.unlike, strict=True)) if tie.above.carried else ()
    unlike = () if keys else tie.unlike
    if not has_names(step):
        asked += [package_call("one_of", column, list(step.events), "text", negated=True) for column in unlike]
        unlike = ()
    return Link(spans, children, is_tied=True, unlike=unlike, asked=tuple(asked), tests=tuple(tests), keys=keys)
