"""Drawn people in three copies: under one id, under two that are tied from the start, and under two that the last load ties.

The copies share nothing, accounts neither. What a person did is the same in each, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.integration.agreement import LOADED_AT, Definitions, as_profile, renamed
from tests.integration.agreement_scenarios import draw_batch
from tests.integration.increments import COLUMNS
from tests.reference.funnel_drawing import conditions
from tests.reference.funnel_drawing import histories as funnel_histories
from tests.reference.history import Person

from dbt_audiences.core.warehouse import naive
from dbt_audiences.flow.evaluate import Call

ONE, TIED, LATE = "one", "tied", "late"
SCENARIOS, HISTORIES_EACH, SEQUENCES, PEOPLE_EACH, LOADS = 5, 8, 3, 30, 3
INSERT = f"insert into raw.calls ({COLUMNS}) values ({', '.join('?' * 13)})"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Definitions, the first instant at which they are asked, and the rows of `raw.calls` of each load."""

    definitions: Definitions
    as_of: datetime
    loads: Sequence[list[tuple[Any, ...]]]
    people: int


def draw(seed: int) -> Drawn:
    """Audiences of every kind, funnels among them, and the people at their edges, in their three copies."""
    chance = Random(seed)
    batch = draw_batch(SCENARIOS, HISTORIES_EACH, seed)
    made: Definitions = {key: one for scenario in batch.scenarios for key, one in scenario.definitions.items()}
    as_of = batch.scenarios[0].as_of
    people = [person for scenario in batch.scenarios for history in scenario.histories for person in history]
    for number in range(SEQUENCES):
        key, who = f"q{number}", conditions(chance)
        made[key] = {"audience": key, "who": who, "include_anonymous": True}
        people += [renamed(one, f"{key}_") for one in funnel_histories(chance, as_of, who, PEOPLE_EACH)]
    made["anybody"] = {"audience": "anybody", "who": {"performed": "*"}, "include_anonymous": True}
    loads: list[list[tuple[Any, ...]]] = [[] for _ in range(LOADS)]
    for person in people:
        for load, row in _rows(person, chance):
            loads[load].append(row)
    stamped = ((load, place, row) for load, rows in enumerate(loads) for place, row in enumerate(rows))
    stamps = {(load, place): naive(LOADED_AT) + timedelta(days=load, seconds=place) for load, place, _ in stamped}
    rows_of = [[(*row[:11], stamps[load, place], row[12]) for place, row in enumerate(rows)] for load, rows in enumerate(loads)]
    return Drawn(made, as_of, rows_of, len(people))


def _rows(person: Person, chance: Random) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Load and row of each call of a person, and of the one that ties two ids; calls of one message id come together."""
    calls = as_profile(person).calls
    if not calls:
        return
    messages = dict.fromkeys(call.message_id for call in calls)
    kinds = {message: chance.choice(["user_id", "anonymous_id"]) for message in messages}
    together = {message: chance.randrange(LOADS) for message in messages}
    apart = {message: chance.randrange(LOADS) for message in messages}
    link = Call(f"{person.name}-link", "identify", min(call.at for call in calls), traits="{}")
    for copy, loads, tied_in in ((ONE, together, 0), (TIED, together, 0), (LATE, apart, LOADS - 1)):
        for call in calls:
            kind = "user_id" if copy == ONE else kinds[call.message_id]
            yield loads[call.message_id], _row(person, call, copy, user=kind == "user_id", anonymous=kind != "user_id")
        yield tied_in, _row(person, link, copy, user=True, anonymous=copy != ONE)


def _row(person: Person, call: Call, copy: str, *, user: bool, anonymous: bool) -> tuple[Any, ...]:
    call = replace(call, message_id=f"{copy}:{call.message_id}", group_id=call.group_id and f"{copy}:{call.group_id}")
    return (
        call.message_id, call.type, naive(call.at), call.received_at and naive(call.received_at),
        f"{copy}:{person.name}" if user else None, f"{copy}:{person.name}" if anonymous else None, call.event, call.group_id,
        call.properties, call.traits, call.context, None, call.source,
    )  # fmt: skip
