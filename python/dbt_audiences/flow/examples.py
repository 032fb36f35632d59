"""`audiences test`: the examples of definitions, checked without a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.compile.project import generate
from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import Top
from dbt_audiences.core.project import Audience, Example
from dbt_audiences.flow.evaluate import Evaluator, Person, people_of
from dbt_audiences.flow.example_people import Case, batches
from dbt_audiences.flow.explaining.explanation import Explanation, explain_person
from dbt_audiences.flow.explaining.questions import evaluator, parts
from dbt_audiences.flow.given_sql_traits import with_sql_traits
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.sync.engine import identifiers_of

MOST_EXPLAINED = 5
"""Audiences with failed examples whose people are explained: each costs a compile of its own."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: who was expected and missing, and who was in and should not be; both empty when it holds.

    explanations  why those are in or are not
    """

    audience: str
    example: str
    place: str
    expected_in: tuple[str, ...]
    expected_out: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    explanations: tuple[Explanation, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the definition does what the example says."""
        return not self.missing and not self.unexpected


def run_examples(
    workspace: Workspace, keys: Sequence[str], progress: Callable[[str, int, int], None] | None = None
) -> list[ExampleResult]:
    """Every example of the audiences (all without keys), in the order written; the models are compiled and built once."""
    chosen = [workspace.audience(key) for key in keys] or list(workspace.project.audiences.values())
    wanted = [audience for audience in chosen if audience.examples and audience.enabled]
    if not wanted:
        return []
    asked = _evaluator(workspace, [audience.key for audience in wanted])
    pairs = [(audience, example) for audience in wanted for example in audience.examples]
    members: dict[tuple[str, int], frozenset[str]] = {}
    declared = tuple(asked.sql_traits.values())
    for cases in batches(pairs, declared, _ranks(workspace, asked)):
        for case, found in _members(asked, cases):
            members[case.audience.key, id(case.example)] = found
            if progress is not None:
                progress(f"{case.audience.key}: {case.example.name}", len(members), len(pairs))
    results = [_result(audience, example, members[audience.key, id(example)]) for audience, example in pairs]
    return _explained(workspace, pairs, results)


def _evaluator(workspace: Workspace, keys: Sequence[str]) -> Evaluator:
    project = workspace.project
    unsent = replace(project, audiences={key: replace(one, send_to=()) for key, one in project.audiences.items()})
    with workspace.scratch(generate(unsent, identifiers_of(project.destinations))) as copy:
        (copy / "models" / "audiences" / "audiences.yml").unlink(missing_ok=True)  # its tests would only cost time
        return Evaluator(copy, keys, target=workspace.parsed_before("examples"))


def _members(asked: Evaluator, cases: Sequence[Case]) -> Iterator[tuple[Case, frozenset[str]]]:
    """The members that each case's audience has among the case's people, by the names that the example gives."""
    first_runs = {case.audience.key: case.example.created for case in cases if case.example.created is not None}
    with asked.load([person for case in cases for person in case.people], first_runs) as loaded:
        for as_of in sorted({case.example.as_of for case in cases}):
            now = [case for case in cases if case.example.as_of == as_of]
            answers = loaded.answers(as_of, {case.audience.key for case in now})
            for case in now:
                key = case.audience.key
                found = {
                    person.profile_id.removeprefix(case.prefix)
                    for person in case.people
                    if key in person.memberships
                    or (person.profile_id in answers[key] and answers[key][person.profile_id].is_member)
                }
                yield case, frozenset(found)


def _ranks(workspace: Workspace, asked: Evaluator) -> frozenset[str]:
    """Audiences that compare people with one another, or refer to one that does."""
    audiences = workspace.project.audiences.values()
    own = {one.key for one in audiences if any(isinstance(leaf, Top) for leaf in leaves(one.who))}
    return frozenset(key for key, reads in asked.reads.items() if reads & own)


def _result(audience: Audience, example: Example, members: frozenset[str]) -> ExampleResult:
    return ExampleResult(
        audience.key,
        example.name,
        str(example.place),
        example.expect_in,
        example.expect_out,
        tuple(name for name in example.expect_in if name not in members),
        tuple(name for name in example.expect_out if name in members),
    )


def _around(example: Example, name: str) -> list[Person]:
    """Whose calls count too where accounts are given."""
    if all(given.of == "users" for given in example.given):
        return []
    return [person for person in people_of(example) if person.profile_id != name]


def _explained(
    workspace: Workspace, pairs: Sequence[tuple[Audience, Example]], results: list[ExampleResult]
) -> list[ExampleResult]:
    """The results, those of the first few audiences that fail with an explanation of each person concerned."""
    failed = list(dict.fromkeys(result.audience for result in results if not result.holds))[:MOST_EXPLAINED]
    for key in failed:
        audience = workspace.audience(key)
        tree = parts(audience.who)
        if any(isinstance(part.node, Top) for part in tree):
            continue  # one person alone ranks first
        evaluators: dict[datetime | None, Evaluator] = {}
        for place, ((_, example), result) in enumerate(zip(pairs, results, strict=True)):
            if result.audience != key or result.holds:
                continue
            if example.created not in evaluators:
                first_runs = {} if example.created is None else {key: example.created}
                evaluators[example.created] = evaluator(workspace, audience, tree, first_runs)
            asked = evaluators[example.created]
            concerned = {*result.missing, *result.unexpected}
            explanations = [
                explain_person(asked, audience, tree, person, example.as_of, around=_around(example, person.profile_id))
                for person in with_sql_traits(people_of(example), tuple(asked.sql_traits.values()))
                if person.profile_id in concerned
            ]
            results[place] = replace(result, explanations=tuple(explanations))
    return results
