"""The examples of computed traits: whether everybody has the value that an example expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from dbt_audiences.core.definitions import TraitTest
from dbt_audiences.core.project import Audience, Example, Trait
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.nodes import parse_yaml


@dataclass(frozen=True, slots=True)
class WrongValue:
    """Somebody whose value is not the expected one; both as JSON writes them, None for missing."""

    name: str
    expected: str | None
    found: str | None


def asking(trait: Trait, key: str) -> Audience:
    """An audience that reads the trait, so that it is computed for everybody of an example."""
    who = {"trait": trait.key, "exists": True}
    text = json.dumps({"audience": key, "of": trait.of, "who": who})
    problems = Problems()
    audience = read_audience(parse_yaml(text, f"traits/{trait.key}.yml"), Path(), key, problems)
    assert not problems.found and isinstance(audience.who, TraitTest)
    return audience


def wrong_values(example: Example, found: dict[str, str]) -> Iterator[WrongValue]:
    """Those of an example whose value is another; `found` is name -> JSON text."""
    for name, expected in example.expect_values.items():
        text = found.get(name)
        if _same(expected) != (None if text is None else _same(json.loads(text, parse_float=Decimal))):
            yield WrongValue(name, None if expected is None else json.dumps(expected, ensure_ascii=False), text)


def _same(value: object) -> object:
    """A JSON value with its numbers as decimals; a truth is no number."""
    if isinstance(value, dict):
        return {key: _same(under) for key, under in value.items()}
    if isinstance(value, list):
        return [_same(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value if not isinstance(value, bool) else ("truth", value)
