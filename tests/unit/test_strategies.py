"""The drawn tests draw the whole language: a word that the schemas know is drawn, here or elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.reference.strategies import definitions

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
DRAWS = 1500
SAY_NOTHING = {
    "audience", "name", "description", "owner", "folder", "enabled", "compute", "every", "tags", "meta", "send_to", "examples",
    "static",
}  # fmt: skip
"""Keys of a definition that say nothing of who is in, or of what a value is, and `static`, whose members are a file's."""
OF_EXAMPLES_AND_SENDS = {
    "accounts", "as_of", "at", "created", "destination", "entered", "entering_count", "entering_share", "events",
    "existing_members", "exited", "expect", "given", "holdout", "in", "leaving_count", "leaving_share", "list", "lists",
    "memberships", "out", "properties", "refuse_above", "related", "traits",
}  # fmt: skip
ITEM, REFERENCE = "`$` in a path", "a trait on the right"
DRAWN_ELSEWHERE = {
    "audience": {
        **dict.fromkeys(("then", "complete_within", "after", "strictly", "wait", "without", "parent"), "funnel_drawing.py"),
        **dict.fromkeys(("local", "any_item", "all_items", "no_item", "file", "column", ITEM, REFERENCE), "row_strategies.py"),
        **dict.fromkeys(("has", "top", "by", "percent", "count"), "source_strategies.py"),
        "anniversary_within_next": "row_strategies.py",
    },
    "trait": dict.fromkeys(("then", "complete_within"), "funnel_drawing.py"),
}
"""Words that an agreement test of their own draws, and the file of `tests/reference/` that does."""


def _words(schema: Any) -> Iterator[str]:
    """Every key that a schema allows anywhere."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"]
        for under in schema.values():
            yield from _words(under)
    elif isinstance(schema, list):
        for under in schema:
            yield from _words(under)


def _said(value: Any) -> Iterator[str]:
    """Every key that a definition has anywhere, and what it says without a key."""
    if isinstance(value, dict):
        yield from value
        for key, under in value.items():
            if isinstance(under, str) and "$" in under and key in ("property", "context"):
                yield ITEM
            if isinstance(under, dict) and "trait" in under and key not in ("where", "who", "not"):
                yield REFERENCE
            yield from _said(under)
    elif isinstance(value, list):
        for under in value:
            yield from _said(under)


def _drawn() -> list[dict[str, Any]]:
    """Definitions as the agreement tests draw them."""
    found: list[dict[str, Any]] = []

    @seed(1)
    @settings(
        max_examples=DRAWS, phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(definitions())
    def draw(made: dict[str, dict[str, Any]]) -> None:
        found.extend(made.values())

    draw()
    return found


def test_every_word_of_the_language_is_drawn() -> None:
    drawn = _drawn()
    for kind in ("audience", "trait"):
        schema = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
        words = {*_words(schema), ITEM, REFERENCE} if kind == "audience" else set(schema["properties"])
        words -= SAY_NOTHING | OF_EXAMPLES_AND_SENDS
        missing = words - set(_said([one for one in drawn if kind in one])) - set(DRAWN_ELSEWHERE[kind])
        assert not missing, f"of an {kind} the strategies never draw {sorted(missing)}"
