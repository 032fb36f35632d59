"""Events of a step that hold between instants of the deadline by which a whole sequence must be complete."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.extremes import by_counts
from dbt_audiences.compile.steps.keyed import key_of
from dbt_audiences.compile.steps.links import Counts, Link, ranked
from dbt_audiences.compile.steps.references import Split
from dbt_audiences.compile.steps.tree import Test, Tree, pushed_down, tests_in
from dbt_audiences.compile.where import all_of
from dbt_audiences.core.definitions import All, Any, Performed


def tests_of(step: Performed) -> list[Test]:
    """The tests below a step, in the order of the numbers of their columns."""
    return list(tests_in(tree_of(step)))


def tree_of(step: Performed, *, is_first: bool = False) -> Tree:
    """What must hold of a step's children, by counts as far as they serve: of the first event, where others follow a child."""
    assert step.then is not None
    return by_counts(pushed_down(step.then), leaves_last=is_first)


def bound(test: Test) -> int:
    """With which of the child's events, in the order in which they are complete, the test turns."""
    assert test.number is not None
    return test.number if test.sign == ">=" else test.number + 1


@dataclass(frozen=True, slots=True)
class Turn:
    """An instant of the deadline at which an event may turn.

    sign    ">=" where reaching it can only let the event hold, "<=" where it can only end that
    called  how the macro `step_turns` finds it
    """

    sign: str
    called: dict[str, Expression]


@dataclass(frozen=True, slots=True)
class Turning:
    """How the events of a step turn.

    turns   for each test those of its count: one; or of events that hold between deadlines several
    stands  for each test the column of whether events that hold for a time do by the deadline, or none
    """

    turns: tuple[tuple[Turn, ...], ...]
    stands: tuple[str | None, ...]

    @property
    def all(self) -> list[Turn]:
        """The turns in the order of the numbers of their columns."""
        return [turn for turns in self.turns for turn in turns]

    @property
    def standing(self) -> list[str]:
        """The columns of what stands."""
        return [name for name in self.stands if name is not None]


def turns_of(test: Test, child: int, waits: bool) -> tuple[Turn, ...]:
    """The turn of a count of what is complete in the order of time; and that of waiting, where the count begins to hold."""
    called: dict[str, Expression] = {"child": child, "bound": bound(test)}
    if waits and test.sign == ">=":
        return Turn(">=", called), Turn("<=", {"child": child, "settles": True})
    return (Turn(test.sign, called | ({"waits": True} if waits else {})),)


def turns(turning: Turning, judged: str, columns: list[str], scene: Scene, name: str) -> str:
    """The CTE of the instants of the deadline at which the counts turn."""
    called: list[Expression] = [turn.called for turn in turning.all]
    call = package_call("step_turns", judged, list(columns), called, standing=list(turning.standing) or None)
    return scene.ctes.add(f"{name}_turns", call)


def turned(step: Performed, turning: Turning, instants: str, columns: list[str], scene: Scene, name: str) -> str:
    """The CTE of the instants of the deadline at which the step's events begin to hold, and cease to."""
    tree = tree_of(step)
    numbers: dict[int, tuple[list[int], str | None]] = {}
    first = 1
    for test, own, stands in zip(tests_in(tree), turning.turns, turning.stands, strict=True):
        numbers[id(test)] = list(range(first, first + len(own))), stands
        first += len(own)
    at, before = (_holds(tree, numbers, when) for when in ("at", "before"))
    signs: list[Expression] = [turn.sign for turn in turning.all]
    call = package_call("step_turned", instants, [*columns, *turning.standing], signs, at, before)
    return scene.ctes.add(f"{name}_turned", call)


def _holds(tree: Tree, numbers: dict[int, tuple[list[int], str | None]], when: str) -> Expression:
    match tree:
        case All(children=children):
            return all_of([_holds(child, numbers, when) for child in children])
        case Any(children=children):
            return package_call("any_of", [_holds(child, numbers, when) for child in children])
    own, stands = numbers[id(tree)]
    reached = [package_call("turn_reached", number, True if when == "before" else None) for number in own]
    if stands is None:
        if tree.sign == "<=":
            return package_call("not_true", reached[0])
        return all_of([reached[0], *(package_call("not_true", one) for one in reached[1:])])
    for_good, *others = reached
    settles = others.pop() if len(others) % 2 else None
    held = [for_good, all_of([stands, others[0], package_call("not_true", others[1])])]
    held += [all_of([begun, package_call("not_true", over)]) for begun, over in zip(others[2::2], others[3::2], strict=True)]
    some = package_call("any_of", held)
    if tree.sign == ">=":
        return some
    none = package_call("not_true", some)
    return none if settles is None else all_of([none, package_call("not_true", settles)])


def counted_by_deadline(turning: Turning, link: Link, split: Split, scene: Scene, name: str, *, in_order: bool) -> Counts:
    """The CTEs whose counts, added up with their signs, are those of the step's events that hold by each span's `deadline_at`;
    by one sort where those turn in the order of time."""
    link = replace(link, keys=(*link.keys, *((stands, stands) for stands in turning.standing)))
    keys = [*(key_of(pair, scene) for pair in split.pairs), *link.equal]
    if in_order:
        turns = turning.all
        ending: list[Expression] = [number for number, turn in enumerate(turns, 1) if turn.sign == "<="]
        strictly = True if link.strictly else None
        call = package_call(
            "step_turned_line",
            link.spans,
            link.children,
            keys=list(keys) or None,
            strictly=strictly,
            tied=True if link.is_tied else None,
            asked=list(link.asked) or None,
            tests=list(link.tests) or None,
        )
        line = scene.ctes.add(f"{name}_line", call)
        found = package_call("step_turned_found", line, len(turns), keys=len(keys) or None, ending=ending or None)
        return [[1, scene.ctes.add(f"{name}_found", found)]]
    test = package_call("compared_columns", "children.turns_at", "lte", "spans.deadline_at", "instant")
    return ranked(link, keys, ["turns_at", "deadline_at"], "lte", "instant", scene, name, split, test, weight="sign")
