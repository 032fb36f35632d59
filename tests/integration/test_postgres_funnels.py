"""Sequences on a real Postgres: the members and next changes that DuckDB gives, for drawn sequences and written truths."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.integration.agreement import as_profile, renamed
from tests.integration.postgres import Server
from tests.integration.sides import Side, empty_sides, evaluator
from tests.integration.truth_cases import _person_with
from tests.reference import bounded_truths, funnel_truths
from tests.reference.funnel_drawing import AS_OFS, MICROSECOND, conditions, histories
from tests.reference.history import Person
from tests.reference.yaml_text import to_yaml

SEED, DRAWN, PEOPLE = 20260312, 24, 6
AS_OF = AS_OFS[0]


def drawn() -> tuple[dict[str, Any], list[Person]]:
    """Audiences by key, and whom to ask about: as many truths as drawn sequences, for the time that each statement takes."""
    chance = random.Random(SEED)
    whos = {f"d{number}": conditions(chance) for number in range(DRAWN)}
    people = [renamed(person, f"{key}-") for key, who in whos.items() for person in histories(chance, AS_OF, who, PEOPLE)]
    for number, (who, events, _) in enumerate(funnel_truths.FUNNELS + bounded_truths.BOUNDED):
        people.append(renamed(_person_with(events), f"t{number}-"))
        if number % 6 == 0:
            whos[f"t{number}"] = who
    return whos, people


def load(side: Side, people: list[Person]) -> None:
    side.load(
        [
            {
                "message_id": call.message_id,
                "type": call.type,
                "occurred_at": call.at.replace(tzinfo=None),
                "user_id": person.name,
                "event": call.event,
                "properties": call.properties,
                "context": call.context,
            }
            for person in people
            for call in as_profile(person).calls
        ]
    )


def read_by(side: Side, keys: Iterable[str]) -> list[str]:
    """What the audiences read: they themselves are asked afterwards, and need not be built."""
    side.workspace.compile(check=False)
    side.workspace.dbt.parse()
    return sorted(f"+{name}" for name in side.workspace.dbt.graph.ancestors(list(keys)) - set(keys))


def test_sequences_say_the_same_on_both_engines(server: Server, tmp_path: Path) -> None:
    whos, people = drawn()
    audiences = {key: to_yaml({"audience": key, "who": who}) for key, who in whos.items()}
    evaluators = []
    for side in empty_sides(tmp_path, server.database("funnels"), audiences):
        load(side, people)
        side.run(AS_OF, *read_by(side, whos))
        evaluators.append(evaluator(side))
    wrong: list[tuple[str, datetime, Any]] = []
    members = 0
    for key in whos:
        for as_of in (AS_OF, AS_OF + MICROSECOND):
            one, other = (evaluate(key, as_of) for evaluate in evaluators)
            members += sum(bool(row[1]) for row in one)
            if one != other:
                wrong.append((key, as_of, sorted({*one} ^ {*other}, key=repr)[:4]))
    assert wrong == []
    assert members > 100
