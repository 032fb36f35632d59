"""The parts of a definition as audiences of their own, so that production's SQL answers each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.compile.project import generate
from dbt_audiences.core.definitions import (
    All,
    Any,
    Comparison,
    Condition,
    Count,
    Everyone,
    Not,
    Performed,
    TraitTest,
    Window,
)
from dbt_audiences.core.project import Audience
from dbt_audiences.flow.evaluate import Evaluator
from dbt_audiences.flow.explaining.ranked import Ranking, told, told_audience
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.sync.engine import identifiers_of

_NONE: Ranking = {}


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the tree with its number in the order written, how deep it stands, and the numbers of the nodes below it.

    The keys are audiences that ask: `key` the node itself; `any_key` of a trait whether it has a value; of a count, `one_key`
    whether there is one event, `match_key` whether there is one when windows are left out, `root_key` without what follows.
    """

    node: Condition
    number: int
    depth: int
    below: tuple[int, ...]

    @property
    def key(self) -> str:
        """Of the node."""
        return f"asked_{self.number}"


ELIGIBLE = "asked_eligible"


def parts(who: Condition) -> list[Part]:
    """Every node of a tree, each before what stands below it; a `none` is one node."""
    found: list[Part] = []

    def visit(node: Condition, depth: int) -> int:
        number = len(found)
        found.append(Part(node, number, depth, ()))
        below = tuple(visit(child, depth + 1) for child in _children(node))
        found[number] = replace(found[number], below=below)
        return number

    visit(who, 0)
    return found


def _children(node: Condition) -> Sequence[Condition]:
    match node:
        case All(children=children) | Any(children=children) | Not(child=Any(children=children)):
            return children
        case Not(child=child):
            return (child,)
    return ()


def variants(part: Part) -> Iterator[tuple[str, Condition]]:
    """Further questions about a leaf, by their keys' endings."""
    node = part.node
    if isinstance(node, TraitTest):
        exists = Comparison("exists", True, None, node.place)
        yield "any", replace(node, comparisons=(exists,), ignore_case=False, held_for=None)
    if isinstance(node, Performed) and isinstance(node.measure, Count) and node.regularly is None:
        one = replace(node, measure=Count(at_least=1), negated=False)
        yield "one", one
        yield "match", replace(one, window=Window(), then=None, complete_within=None)
        yield "root", replace(one, then=None, complete_within=None)


def evaluator(
    workspace: Workspace, audience: Audience, tree: Sequence[Part], first_runs: Mapping[str, datetime], ranking: Ranking = _NONE
) -> Evaluator:
    """All questions about an audience, compiled once; audiences and traits that they refer to are there too.

    first_runs  of the audience, whose events count for its questions from then on, and of others
    ranking     audiences in which a membership is given
    """
    project = workspace.project

    def asked(key: str, who: Condition, **changed: object) -> Audience:
        return replace(audience, key=key, who=who, enabled=True, send_to=(), examples=(), **changed)  # type: ignore[arg-type]

    questions = [asked(ELIGIBLE, Everyone(audience.place))]
    for part in tree:
        questions.append(asked(part.key, told(part.node)))
        for ending, node in variants(part):
            questions.append(asked(f"{part.key}_{ending}", node, **({"history": "all"} if ending == "match" else {})))
    keys = [question.key for question in questions]
    others = {key: replace(one, send_to=()) for key, one in project.audiences.items() if one.enabled}
    others |= {key: told_audience(one) for key, one in ranking.items()}
    changed = replace(
        project,
        audiences={**others, **{question.key: question for question in questions}},
        hashes={**project.hashes, **dict.fromkeys((*keys, *ranking), "")},
    )
    with workspace.scratch(generate(changed, identifiers_of(project.destinations))) as copy:
        (copy / "models" / "audiences" / "audiences.yml").unlink(missing_ok=True)  # its tests would only cost time
        known = dict.fromkeys(keys, first_runs[audience.key]) if audience.key in first_runs else {}
        return Evaluator(copy, keys, {**first_runs, **known}, workspace.parsed_before("explain"), workspace.project.identity)
