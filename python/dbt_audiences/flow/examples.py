"""`audiences test`: the examples of definitions, checked without a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from dbt_audiences.compile.project import generate
from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import Top
from dbt_audiences.core.identity import Identity
from dbt_audiences.core.project import Audience, Example, Trait
from dbt_audiences.flow.evaluate import Evaluator, Person, people_of
from dbt_audiences.flow.example_people import Case, batches
from dbt_audiences.flow.explaining.explanation import Explanation, explain_person
from dbt_audiences.flow.explaining.questions import evaluator, parts
from dbt_audiences.flow.explaining.ranked import ranking_of
from dbt_audiences.flow.given_sql_traits import with_sql_traits
from dbt_audiences.flow.trait_examples import WrongValue, asking, wrong_values
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.sync.engine import identifiers_of

MOST_EXPLAINED = 5
"""Audiences with failed examples whose people are explained: each costs a compile of its own."""

Answered = tuple[Case, frozenset[str] | dict[str, str]]
"""A case, with its members or the values of its trait, by the names of the example."""
_AT_ONCE, _FEW = 2, 20
"""DuckDB answers in two threads; fewer cases than these are not worth a second warehouse."""


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: who was expected and missing, and who was in and should not be; both empty when it holds.

    explanations  why those are in or are not
    wrong_values  of a computed trait, in place of these: who has another value than expected
    """

    audience: str
    example: str
    place: str
    expected_in: tuple[str, ...]
    expected_out: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    explanations: tuple[Explanation, ...] = ()
    wrong_values: tuple[WrongValue, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the definition does what the example says."""
        return not self.missing and not self.unexpected and not self.wrong_values


def run_examples(
    workspace: Workspace, keys: Sequence[str], progress: Callable[[str, int, int], None] | None = None
) -> list[ExampleResult]:
    """Every example of the audiences and computed traits (all without keys); the models are compiled and built once."""
    project = workspace.project
    chosen = [project.traits.get(key) or workspace.audience(key) for key in keys] or [
        *project.audiences.values(),
        *project.traits.values(),
    ]
    wanted = [one for one in chosen if one.examples and one.enabled]
    if not wanted:
        return []
    names = (name for name in (f"who_has_{number}" for number in count(1)) if name not in project.audiences)
    traits = dict(zip(names, (one for one in wanted if isinstance(one, Trait)), strict=False))
    audiences = [one for one in wanted if isinstance(one, Audience)]
    readers = [asking(trait, name) for name, trait in traits.items()]
    asked = _evaluator(workspace, audiences, readers)
    pairs = [(audience, example) for audience in audiences for example in audience.examples]
    of_traits = [(reader, example) for reader in readers for example in traits[reader.key].examples]
    members: dict[tuple[str, int], frozenset[str]] = {}
    declared = tuple(asked.sql_traits.values())
    values: dict[tuple[str, int], dict[str, str]] = {}
    read = {name: trait.key for name, trait in traits.items()}
    together = batches([*pairs, *of_traits], declared, _ranks(workspace, asked), project.identity)
    for case, found in _side_by_side(lambda cases: _answers(asked, cases, read), together):
        place = case.audience.key, id(case.example)
        if isinstance(found, dict):
            values[place] = found
        else:
            members[place] = found
        if progress is not None:
            done = len(members) + len(values)
            progress(f"{case.audience.key}: {case.example.name}", done, len(pairs) + len(of_traits))
    results = [_result(audience, example, members[audience.key, id(example)]) for audience, example in pairs]
    return [
        *_explained(workspace, pairs, results),
        *(_of_trait(traits[one.key], example, values[one.key, id(example)]) for one, example in of_traits),
    ]


def _evaluator(workspace: Workspace, audiences: Sequence[Audience], asking: Sequence[Audience]) -> Evaluator:
    """The models of these audiences, and of some that no file defines."""
    project, keys = workspace.project, [one.key for one in (*audiences, *asking)]
    known = {key: replace(one, send_to=()) for key, one in project.audiences.items()}
    hashes = {**dict.fromkeys(keys, ""), **project.hashes}
    unsent = replace(project, audiences={**known, **{one.key: one for one in asking}}, hashes=hashes)
    with workspace.scratch(generate(unsent, identifiers_of(project.destinations))) as copy:
        (copy / "models" / "audiences" / "audiences.yml").unlink(missing_ok=True)  # its tests would only cost time
        return Evaluator(copy, keys, target=workspace.parsed_before("examples"), identity=project.identity)


def _side_by_side(
    answers: Callable[[Sequence[Case]], Iterator[Answered]], together: Iterable[Sequence[Case]]
) -> Iterator[Answered]:
    """The answers to each list of cases that may be loaded together, long ones in halves at the same time."""

    def halves() -> Iterator[Sequence[Case]]:
        for cases in together:
            ordered = sorted(cases, key=lambda case: case.example.as_of)
            size = max(_FEW, -(-len(ordered) // _AT_ONCE))
            yield from (ordered[start : start + size] for start in range(0, len(ordered), size))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(lambda cases: list(answers(cases)), halves()):
            yield from found


def _answers(asked: Evaluator, cases: Sequence[Case], traits: Mapping[str, str]) -> Iterator[Answered]:
    """The members that each case has among its people, or the values of the trait that its audience reads (`traits`)."""
    first_runs = {case.audience.key: case.example.created for case in cases if case.example.created is not None}
    with asked.load([person for case in cases for person in case.people], first_runs) as loaded:
        for as_of in sorted({case.example.as_of for case in cases}):
            now = [case for case in cases if case.example.as_of == as_of]
            answers = loaded.answers(as_of, {case.audience.key for case in now})
            for case in now:
                key = case.audience.key
                if key in traits:
                    held = loaded.values(traits[key])
                    names = {person.profile_id: person.profile_id.removeprefix(case.prefix) for person in case.people}
                    yield case, {name: held[id_] for id_, name in names.items() if id_ in held}
                    continue
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


def _of_trait(trait: Trait, example: Example, found: dict[str, str]) -> ExampleResult:
    wrong = tuple(wrong_values(example, found))
    return ExampleResult(trait.key, example.name, str(example.place), (), (), (), (), wrong_values=wrong)


def _around(example: Example, name: str, identity: Identity) -> list[Person]:
    """Whose calls count too where accounts are given."""
    if all(given.of == "users" for given in example.given):
        return []
    return [person for person in people_of(example, identity) if person.profile_id != name]


def _explained(
    workspace: Workspace, pairs: Sequence[tuple[Audience, Example]], results: list[ExampleResult]
) -> list[ExampleResult]:
    """The results, those of the first few audiences that fail with an explanation of each person concerned."""
    failed = list(dict.fromkeys(result.audience for result in results if not result.holds))[:MOST_EXPLAINED]
    for key in failed:
        audience = workspace.audience(key)
        tree = parts(audience.who)
        if ranking_of(audience, workspace.project.audiences):
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
                explain_person(
                    asked, audience, tree, person, example.as_of, around=_around(example, person.profile_id, asked.identity)
                )
                for person in with_sql_traits(people_of(example, asked.identity), tuple(asked.sql_traits.values()))
                if person.profile_id in concerned
            ]
            results[place] = replace(result, explanations=tuple(explanations))
    return results
