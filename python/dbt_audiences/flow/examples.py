"""`audiences test`: the examples of definitions, checked without a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dbt_audiences.core.project import Audience, Example
from dbt_audiences.flow.evaluate import Evaluator, person_of
from dbt_audiences.flow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: who was expected and missing, and who was in and should not be; both empty when it holds."""

    audience: str
    example: str
    place: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the definition does what the example says."""
        return not self.missing and not self.unexpected


def run_examples(
    workspace: Workspace, keys: Sequence[str], progress: Callable[[str, int, int], None] | None = None
) -> list[ExampleResult]:
    """Every example of the audiences (all without keys), in the order written."""
    chosen = [workspace.audience(key) for key in keys] or list(workspace.project.audiences.values())
    wanted = [audience for audience in chosen if audience.examples and audience.enabled]
    if not wanted:
        return []
    with workspace.scratch() as copy:
        evaluator = Evaluator(copy, [audience.key for audience in wanted])
    pairs = [(audience, example) for audience in wanted for example in audience.examples]
    results = []
    for done, (audience, example) in enumerate(pairs, start=1):
        results.append(_run(evaluator, audience, example))
        if progress is not None:
            progress(f"{audience.key}: {example.name}", done, len(pairs))
    return results


def _run(evaluator: Evaluator, audience: Audience, example: Example) -> ExampleResult:
    people = [person_of(person, example.as_of) for person in example.given]
    members = evaluator.members(people, example.as_of, [audience.key])[audience.key]
    return ExampleResult(
        audience.key,
        example.name,
        str(example.place),
        tuple(name for name in example.expect_in if name not in members),
        tuple(name for name in example.expect_out if name in members),
    )
