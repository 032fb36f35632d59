"""Events of a step that hold between instants of the deadline by which a whole sequence must be complete."""

from __future__ import annotations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.keyed import key_of
from dbt_audiences.compile.steps.links import Counts, Link, ranked
from dbt_audiences.compile.steps.references import Split
from dbt_audiences.compile.steps.tree import Test, Tree, pushed_down, tests_in
from dbt_audiences.compile.where import all_of
from dbt_audiences.core.definitions import All, Any, Performed


def tests_of(step: Performed) -> list[Test]:
    """The tests below a step, in the order of the numbers of their columns."""
    assert step.then is not None
    return list(tests_in(pushed_down(step.then)))


def bound(test: Test) -> int:
    """With which of the child's events, in the order in which they are complete, the test turns."""
    assert test.number is not None
    return test.number if test.sign == ">=" else test.number + 1


def turned(step: Performed, judged: str, columns: list[str], waits: list[bool], scene: Scene, name: str) -> str:
    """The CTE of the instants of the deadline at which the step's events begin to hold, and cease to."""
    assert step.then is not None
    tree, tests = pushed_down(step.then), tests_of(step)
    turns: list[Expression] = [
        {"bound": bound(test)} | ({"waits": True} if wait else {}) for test, wait in zip(tests, waits, strict=True)
    ]
    instants = scene.ctes.add(f"{name}_turns", package_call("step_turns", judged, list(columns), turns))
    bounds: list[Expression] = [test.sign for test in tests]
    at, before = (_holds(tree, {id(test): n for n, test in enumerate(tests_in(tree), 1)}, when) for when in ("at", "before"))
    return scene.ctes.add(f"{name}_turned", package_call("step_turned", instants, list(columns), bounds, at, before))


def _holds(tree: Tree, numbers: dict[int, int], when: str) -> Expression:
    match tree:
        case All(children=children):
            return all_of([_holds(child, numbers, when) for child in children])
        case Any(children=children):
            return package_call("any_of", [_holds(child, numbers, when) for child in children])
    reached = package_call("turn_reached", numbers[id(tree)], True if when == "before" else None)
    return reached if tree.sign == ">=" else package_call("not_true", reached)


def counted_by_deadline(step: Performed, link: Link, split: Split, scene: Scene, name: str, *, in_order: bool) -> Counts:
    """The CTEs whose counts, added up with their signs, are those of the step's events that hold by each span's `deadline_at`;
    by one sort where those turn in the order of time."""
    keys = [key_of(pair, scene) for pair in split.pairs]
    if in_order:
        tests = tests_of(step)
        ending: list[Expression] = [number for number, test in enumerate(tests, 1) if test.sign == "<="]
        strictly = True if link.strictly else None
        call = package_call(
            "step_turned_line",
            link.spans,
            link.children,
            len(tests),
            keys=keys or None,
            strictly=strictly,
            tied=True if link.is_tied else None,
            asked=list(link.asked) or None,
            tests=list(link.tests) or None,
        )
        line = scene.ctes.add(f"{name}_line", call)
        found = package_call("step_turned_found", line, keys=len(keys) or None, ending=ending or None)
        return [[1, scene.ctes.add(f"{name}_found", found)]]
    test = package_call("compared_columns", "children.turns_at", "lte", "spans.deadline_at", "instant")
    return ranked(link, keys, ["turns_at", "deadline_at"], "lte", "instant", scene, name, split, test, weight="sign")
