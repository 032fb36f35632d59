"""What mutants are held against: definitions, people at one instant in one warehouse, and what is right about them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from tests.integration.agreement import Definitions, as_profile, renamed
from tests.integration.agreement_scenarios import Scenario, draw_batch, names_of, referred
from tests.integration.sql_mutants import Mutant
from tests.integration.truth_cases import Case, keyed_cases
from tests.reference.history import Person
from tests.reference.interpreter import members

from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.flow.evaluate import Answer, Answers, Evaluator

SCENARIOS, HISTORIES_EACH, SEED = 24, 25, 7
READERS = 40
"""How many audiences are asked about a fault in a table that belongs to no column."""
Truth = tuple[Case, str, str]
"""A row of a truth table, the key of its audience, and what its people's names begin with."""


def corpus() -> tuple[Definitions, list[Truth], list[Scenario]]:
    """Every truth row, and drawn scenarios."""
    made, truths = keyed_cases()
    batch = draw_batch(SCENARIOS, HISTORIES_EACH, SEED)
    for scenario in batch.scenarios:
        made |= scenario.definitions
    return made, truths, batch.scenarios


@dataclass(slots=True)
class Question:
    """What is right about some entities and one audience: who is in, and when an answer changes.

    changes  exactly when, where that is a row of a truth table
    """

    names: set[str]
    members: set[str]
    changes: dict[str, datetime | None] = field(default_factory=dict)
    people: Sequence[Person] = ()
    definitions: Definitions | None = None


class Session:
    """People in a warehouse, asked about at one instant."""

    def __init__(self, evaluator: Evaluator, as_of: datetime, people: Sequence[Person], questions: dict[str, Question]) -> None:
        self._stack = ExitStack()
        self._evaluator, self._as_of, self._questions = evaluator, as_of, questions
        self._loaded = self._stack.enter_context(evaluator.load([as_profile(person) for person in people]))
        self._right: Answers = {}
        self._right = self._loaded.answers(as_of, set(questions))
        wrong = [key for key in questions if self._is_wrong(key, self._right)]
        assert not wrong, f"wrong without any fault: {wrong}"

    def close(self) -> None:
        """Gives the warehouse back."""
        self._stack.close()

    def notices(self, name: str, mutant: Mutant) -> bool:
        """Whether an audience is answered wrongly when this model has this query."""
        with self._loaded.replaced(name, mutant.sql):
            for key in self._asked(name, mutant.column):
                try:
                    said = self._loaded.answers(self._as_of, [key])
                except AudiencesError:
                    return True
                if self._is_wrong(key, said):
                    return True
        return False

    def _asked(self, name: str, column: str | None) -> list[str]:
        """The audience itself; or those that read the column of the table, the first of them where it is no one's."""
        if name in self._questions:
            return [name]
        models = self._evaluator.models
        reading = [key for key in self._questions if name in self._evaluator.reads[key] - {key}]
        of_column = [key for key in reading if column is not None and re.search(rf"\b{column}\b", models[key])]
        return of_column or reading[:READERS]

    def _is_wrong(self, key: str, said: Answers) -> bool:
        question, answers = self._questions[key], said[key]
        if {name for name in question.names if name in answers and answers[name].is_member} != question.members:
            return True
        if any(at != "unasked" and answers[name].changes_at != at for name, at in question.changes.items()):
            return True
        right = self._right[key]
        return any(self._is_late(question, key, name, right[name], answers.get(name)) for name in question.names & set(right))

    def _is_late(self, question: Question, key: str, name: str, right: Answer, said: Answer | None) -> bool:
        """Whether the instant said is past, or the answer changes before it though no other audience is asked."""
        if said is None:
            return False
        if said.changes_at is not None and said.changes_at <= self._as_of:
            return True
        is_later = right.changes_at is not None and (said.changes_at is None or said.changes_at > right.changes_at)
        if not is_later or question.definitions is None or right.changes_at is None:
            return False
        return (name in members(question.definitions, key, question.people, right.changes_at)) is not right.is_member


def sessions(evaluator: Evaluator, truths: Sequence[Truth], scenarios: Sequence[Scenario]) -> Iterator[Session]:
    """A session for each instant: those of the truth rows, then those of the scenarios."""
    for as_of in sorted({case.as_of for case, _, _ in truths}):
        rows = [row for row in truths if row[0].as_of == as_of]
        questions: dict[str, Question] = {}
        for case, key, prefix in rows:
            question = questions.setdefault(key, Question(set(), set()))
            question.names.add(f"{prefix}{case.name}")
            if case.is_in:
                question.members.add(f"{prefix}{case.name}")
            if case.changes_at != "unasked":
                question.changes[f"{prefix}{case.name}"] = case.changes_at
        people = [renamed(person, prefix) for case, _, prefix in rows for person in case.people]
        yield Session(evaluator, as_of, people, questions)
    for as_of in sorted({scenario.as_of for scenario in scenarios}):
        now = [scenario for scenario in scenarios if scenario.as_of == as_of]
        questions = {}
        for scenario in now:
            for key in scenario.audiences:
                is_alone = all("trait" in scenario.definitions[one] for one in referred(scenario.definitions, key)[:-1])
                questions[key] = Question(
                    names_of(scenario.people),
                    scenario.expected(key, as_of),
                    people=scenario.people,
                    definitions=scenario.definitions if is_alone else None,
                )
        yield Session(evaluator, as_of, [person for scenario in now for person in scenario.people], questions)
