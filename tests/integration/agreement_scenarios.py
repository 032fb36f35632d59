"""Scenarios for the agreement test: definitions with an instant and the histories of people that sit at their edges."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.integration.agreement import Definitions, rekeyed, renamed
from tests.reference.history import Event, Person
from tests.reference.strategies import as_ofs, definitions, histories

HISTORIES_EACH = 2


@dataclass(slots=True)
class Batch:
    """What is compiled together, and who is asked about at each instant; every name and key is unique."""

    definitions: Definitions = field(default_factory=dict)
    people: dict[datetime, list[Person]] = field(default_factory=dict)
    splits: dict[str, tuple[str, str]] = field(default_factory=dict)
    """An audience -> the audience of its `not`, and that of everyone with the same universe."""


def draw_batch(count: int, seed_number: int) -> Batch:
    """So many scenarios, always the same for one seed; some audiences stand there with their `not`, some in wider ones."""
    drawn: list[tuple[datetime, dict[str, dict[str, Any]], list[list[Person]]]] = []

    @seed(seed_number)
    @settings(
        max_examples=count, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        as_of = data.draw(as_ofs())
        made = data.draw(definitions())
        drawn.append((as_of, made, [data.draw(histories(as_of, made)) for _ in range(HISTORIES_EACH)]))

    draw()
    batch = Batch()
    for number, (as_of, made, several) in enumerate(drawn):
        batch.definitions |= rekeyed(made, f"s{number}_")
        for which, people in enumerate(several):
            batch.people.setdefault(as_of, []).extend(renamed(person, f"s{number}_{which}_") for person in people)
    narrow = [key for key, definition in batch.definitions.items() if definition["who"] != "everyone"]
    chance = random.Random(seed_number)
    for number in range(len(narrow) // 16):
        conditions = [batch.definitions[key]["who"] for key in chance.sample(narrow, chance.randint(5, 12))]
        batch.definitions[f"wide_{number}"] = {"audience": f"wide_{number}", "who": _tree(conditions, chance)}
    for key in narrow[::6]:
        definition = batch.definitions[key]
        batch.splits[key] = (f"{key}_not", f"{key}_universe")
        batch.definitions[f"{key}_not"] = {**definition, "audience": f"{key}_not", "who": {"not": definition["who"]}}
        batch.definitions[f"{key}_universe"] = {**definition, "audience": f"{key}_universe", "who": "everyone"}
    return batch


def _tree(conditions: list[Any], chance: random.Random) -> Any:
    """All these conditions in one tree, deep and wide."""
    if len(conditions) == 1:
        return chance.choice([conditions[0], {"not": conditions[0]}])
    cuts = sorted(chance.sample(range(1, len(conditions)), min(len(conditions) - 1, chance.choice([1, 2, 6]))))
    parts = [_tree(conditions[start:end], chance) for start, end in zip([0, *cuts], [*cuts, len(conditions)], strict=True)]
    return {chance.choice(["all", "any", "any", "none"]): parts}


def with_irrelevant_events(people: list[Person], as_of: datetime) -> list[Person]:
    """The same people, each with one more event of a name that no definition asks for."""
    irrelevant = Event("Irrelevant", as_of, {"price": 10, "kind": "a"})
    return [replace(person, events=[*person.events, irrelevant]) for person in people]


def referred(definitions: Mapping[str, dict[str, Any]], key: str) -> list[str]:
    """The audience itself after all that it refers to, directly or through others."""
    found: dict[str, None] = {}
    for other in _references(definitions[key]["who"]):
        found |= dict.fromkeys(referred(definitions, other))
    return [*found, key]


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [key for under in value for key in _references(under)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("in_audience", "not_in_audience") if name in value]
    return own + [key for under in value.values() for key in _references(under)]


def is_about_any_event(definitions: Mapping[str, dict[str, Any]], key: str) -> bool:
    """Whether an event of whatever name can matter to the audience."""
    return any("'*'" in repr(definitions[one]["who"]) for one in referred(definitions, key))
