"""What mutants are held against: definitions, people at one instant in one warehouse, and what is right about them."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal

from tests.integration.agreement import Definitions, as_profile, renamed
from tests.integration.agreement_families import draw_sequences
from tests.integration.agreement_scenarios import Scenario, draw_batch, names_of, referred
from tests.integration.row_cases import row_cases
from tests.integration.sql_mutants import Mutant
from tests.integration.truth_cases import Case, keyed_cases
from tests.integration.value_grid import grid
from tests.reference import funnel_drawing, row_truths, rows
from tests.reference.funnel_drawing import AS_OFS
from tests.reference.history import Person
from tests.reference.history_strategies import history, pools_of
from tests.reference.interpreter import members
from tests.reference.row_strategies import draw_rows

from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.core.warehouse import instant_literal
from dbt_audiences.flow.evaluate import Answer, Answers, Evaluator
from dbt_audiences.run.compiled import ANY_AS_OF

SEED = 7
FIRST_SEEN = datetime(1900, 1, 1, tzinfo=UTC)
HISTORIES_EACH = 16
"""Drawn for each definition of a truth row, with times and values at its own edges."""
SEQUENCES, PEOPLE_EACH = 40, 24
TIMES_AGAIN = 3
TREES, HISTORIES_OF_TREE = 12, 25
COMPARISONS = 60
MOST_COMPARED = 8
"""Columns of a table that are compared where a fault is of none of them."""
LONGEST_SECONDS = 60
MOST_MEMORY = "2GB"
"""What the fault of one session may take."""
READERS = 40
"""How many audiences are asked about a fault in a table that belongs to no column."""
Verdict = Literal["wrong", "earlier", "the same"]
"""`earlier` is right too: an instant at which an answer may change is named before it does."""
Truth = tuple[Case, str, str]
"""A row of a truth table, the key of its audience, and what its people's names begin with."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Every definition; the truth rows; drawn scenarios; and files that definitions name."""

    definitions: Definitions
    truths: list[Truth]
    scenarios: list[Scenario]
    lists: dict[str, Sequence[str]]


def corpus() -> Corpus:
    """Every truth row with people drawn for its definition, drawn sequences, and a few deep trees."""
    rows.FILES.update(row_truths.LISTS)
    made, truths = keyed_cases()
    of_rows, truths_of_rows = _row_truths()
    made |= of_rows
    sequences = draw_sequences(SEED, SEQUENCES, PEOPLE_EACH).scenarios
    trees = draw_batch(TREES, HISTORIES_OF_TREE, SEED).scenarios
    values = grid(COMPARISONS, SEED)
    values = replace(values, histories=[[person] for person in values.people])  # so that one is asked about alone
    scenarios = [*_of_truths(made), *sequences, *_rows(), values, *trees]
    for scenario in scenarios:
        made |= scenario.definitions
    return Corpus(made, [*truths, *truths_of_rows], scenarios, row_truths.LISTS)


def _row_truths() -> tuple[Definitions, list[Truth]]:
    keys: dict[str, str] = {}
    definitions: Definitions = {}
    truths: list[Truth] = []
    for number, row in enumerate(row_cases()):
        key = keys.setdefault(repr(row.definition), f"row_{len(keys)}")
        definitions[key] = {"audience": key, **row.definition}
        truths.append((Case(row.definition, row.person, row.as_of, row.is_in, row.changes_at), key, f"row_{number}_"))
    return definitions, truths


def _of_truths(made: Definitions) -> Iterator[Scenario]:
    """For each audience of a truth row, alone or with its computed trait, people at its edges; or those of other rows."""
    chance = random.Random(SEED)
    audiences = [key for key, definition in made.items() if "audience" in definition]
    for number, key in enumerate(audiences):
        as_of = AS_OFS[number % len(AS_OFS)]
        own = {one: made[one] for one in referred(made, key)}
        histories = _histories(chance, as_of, own, key, PEOPLE_EACH, HISTORIES_EACH)
        yield Scenario(as_of, own, [[renamed(one, f"drawn_{number}_") for one in people] for people in histories])


def drawn_again(evaluator: Evaluator, scenario: Scenario, key: str) -> Iterator[Session]:
    """Many more people for one audience of a scenario, in a warehouse of their own."""
    chance = random.Random(f"{SEED} {key}")
    own = {one: scenario.definitions[one] for one in referred(scenario.definitions, key)}
    for number in range(TIMES_AGAIN):
        histories = _histories(chance, scenario.as_of, own, key, 4 * PEOPLE_EACH, 2 * HISTORIES_EACH)
        for at in _instants_in(own) if "then" in repr(own) else []:
            histories += [[_numbered(one, at.isoformat())] for one in funnel_drawing.histories(chance, at, own, PEOPLE_EACH)]
        histories = [[renamed(one, f"again_{number}_") for one in people] for people in histories]
        more = Scenario(scenario.as_of, own, histories, first_run=scenario.first_run)
        question = Question(names_of(more.people), more.expected(key, more.as_of), scenario=more)
        yield Session(evaluator, more.as_of, more.people, {key: question})


def _histories(
    chance: random.Random, as_of: datetime, own: Definitions, key: str, people: int, histories: int
) -> list[list[Person]]:
    """People at the edges of an audience with all that it refers to."""
    if "then" in repr(own):
        found = funnel_drawing.histories(chance, as_of, own, people)
        return [[one] for one in (funnel_drawing.crowded(chance, found) if chance.random() < 0.3 else found)]
    if "row_" in key:
        return [[_numbered(_one_of(chance), which) for which in range(people)]]
    pools = pools_of(as_of, own)
    return [[_numbered(one, which) for one in history(pools, chance)] for which in range(histories)]


def _instants_in(written: object) -> list[datetime]:
    if isinstance(written, dict | list):
        return [at for under in (written.values() if isinstance(written, dict) else written) for at in _instants_in(under)]
    return [written] if isinstance(written, datetime) else []


def _one_of(chance: random.Random) -> Person:
    """One person who did what up to three of the truth rows did, at times of a few days."""
    chosen = chance.sample(_people_of_rows(), chance.choice([1, 2, 2, 3]))
    events = [
        replace(event, at=event.at - timedelta(days=number), message_id=f"e{number}")
        for number, event in enumerate(event for one in chosen for event in one.events)
    ]
    traits = [
        replace(change, at=change.at - timedelta(days=number), message_id=f"t{number}")
        for number, change in enumerate(change for one in chosen for change in one.traits)
    ]
    return replace(chosen[0], events=events, traits=traits, first_seen_at=FIRST_SEEN)


@cache
def _people_of_rows() -> list[Person]:
    return [row.person for row in row_cases() if row.person.events or row.person.traits]


def _numbered(person: Person, number: int) -> Person:
    return renamed(person, f"{number}_")


def _rows() -> Iterator[Scenario]:
    definitions, people, as_of = draw_rows(SEED)
    for key, definition in definitions.items():
        made = {f"drawn_{key}": {"audience": f"drawn_{key}", **definition}}
        yield Scenario(as_of, made, [[renamed(one, f"drawn_{key}_")] for one in people[:PEOPLE_EACH]])


@dataclass(slots=True)
class Question:
    """What is right about some entities and one audience: who is in, and when an answer changes.

    changes   exactly when, where that is a row of a truth table
    scenario  what the reference can be asked about, where the audience refers to no other
    """

    names: set[str]
    members: set[str]
    changes: dict[str, datetime | None] = field(default_factory=dict)
    scenario: Scenario | None = None

    def is_in(self, key: str, name: str, as_of: datetime) -> bool:
        """Whether somebody is in, as the reference has it."""
        assert self.scenario is not None
        people = self.scenario.history_of(name)
        return name in members(self.scenario.definitions, key, people, as_of, self.scenario.first_runs)


class Session:
    """People in a warehouse, asked about at one instant."""

    def __init__(self, evaluator: Evaluator, as_of: datetime, people: Sequence[Person], questions: dict[str, Question]) -> None:
        self._stack = ExitStack()
        self._evaluator, self._as_of, self._questions = evaluator, as_of, questions
        self._loaded = self._stack.enter_context(evaluator.load([as_profile(person) for person in people]))
        # A fault that joins everything with everything would take the machine's memory before its time is up.
        self._loaded._warehouse.execute(f"set memory_limit = '{MOST_MEMORY}'")
        self._loaded._warehouse.execute("set temp_directory = ''")
        self._right: Answers = {}
        self._kept: dict[str, list[str]] = {}
        self._right = self._loaded.answers(as_of, set(questions))
        wrong = [key for key in questions if self._is_wrong(key, self._right)]
        assert not wrong, f"wrong without any fault: {wrong}"

    def close(self) -> None:
        """Gives the warehouse back."""
        self._stack.close()

    def verdict(self, name: str, mutant: Mutant) -> Verdict:
        """What the audiences say when this model has this query."""
        if name in self._evaluator.audiences:
            return self._judged(name, mutant, [name] if name in self._questions else [])
        readers = [key for key in self._questions if name in self._evaluator.reads[key]]
        if not readers:
            return "the same"
        try:
            with self._in_time():
                changed = self._changed(name, mutant)
        except AudiencesError:
            return "wrong"
        asked = readers if changed is None else [key for key in readers if not self._questions[key].names.isdisjoint(changed)]
        models = self._evaluator.models
        of_column = [key for key in asked if mutant.column is not None and re.search(rf"\b{mutant.column}\b", models[key])]
        try:
            return self._judged(name, mutant, of_column or asked[:READERS])
        finally:
            self._restore(name)

    def _judged(self, name: str, mutant: Mutant, asked: Sequence[str]) -> Verdict:
        found: Verdict = "the same"
        with self._in_time(), self._loaded.replaced(name, mutant.sql):
            for key in asked:
                try:
                    said = self._loaded.answers(self._as_of, [key])
                except AudiencesError:
                    return "wrong"
                if self._is_wrong(key, said):
                    return "wrong"
                if said[key] != self._right[key]:
                    found = "earlier"
        return found

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """What takes longer is stopped, and so noticed: a join of everything with everything would never end."""
        stop = threading.Timer(LONGEST_SECONDS, self._loaded._warehouse.connection.interrupt)
        stop.start()
        try:
            yield
        finally:
            stop.cancel()

    def _restore(self, name: str) -> None:
        relation = self._evaluator.relations[name]
        self._loaded._warehouse.execute(f"create or replace table {relation} as from right_{name}")
        if self._now(name) == self._evaluator.models[name]:
            self._loaded._built.add(name)

    def _now(self, name: str, sql: str | None = None) -> str:
        template = self._evaluator.models[name] if sql is None else sql
        return template.replace(instant_literal(ANY_AS_OF), instant_literal(self._as_of))

    def _changed(self, name: str, mutant: Mutant) -> set[str] | None:
        """Of whom a table says otherwise with this query; None where its rows are of nobody."""
        warehouse, right = self._loaded._warehouse, f"right_{name}"
        if name not in self._kept:
            warehouse.execute(f"create temp table {right} as {self._now(name)}")
            self._kept[name] = [str(row[0]) for row in warehouse.fetch(f"describe {right}")]
        columns = self._kept[name]
        asked = [mutant.column] if mutant.column in columns else columns[:MOST_COMPARED]
        whose = "profile_id" if "profile_id" in columns else "null"
        rows = f"select {whose} as whose, {', '.join(map(str, asked))} from"
        warehouse.execute(f"create or replace temp table wrong as {rows} ({self._now(name, mutant.sql)}) as made")
        found = f"(from wrong except all {rows} {right}) union all ({rows} {right} except all from wrong)"
        changed = {one for (one,) in warehouse.fetch(f"select distinct whose from ({found}) as changed")}
        return None if changed and whose == "null" else {str(one) for one in changed}

    def _is_wrong(self, key: str, said: Answers) -> bool:
        question, answers = self._questions[key], said[key]
        if {name for name in question.names if name in answers and answers[name].is_member} != question.members:
            return True
        said_at = {name: answers[name].changes_at if name in answers else None for name in question.changes}
        if said_at != question.changes:
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
        if not is_later or question.scenario is None or right.changes_at is None:
            return False
        return question.is_in(key, name, right.changes_at) is not right.is_member


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
    evaluator.first_runs = {key: at for scenario in scenarios for key, at in scenario.first_runs.items()}
    for as_of in sorted({scenario.as_of for scenario in scenarios}):
        now = [scenario for scenario in scenarios if scenario.as_of == as_of]
        questions = {}
        for scenario in now:
            for key in scenario.audiences:
                is_alone = all("trait" in scenario.definitions[one] for one in referred(scenario.definitions, key)[:-1])
                questions[key] = Question(
                    names_of(scenario.people),
                    scenario.expected(key, as_of),
                    scenario=scenario if is_alone else None,
                )
        yield Session(evaluator, as_of, [person for scenario in now for person in scenario.people], questions)
