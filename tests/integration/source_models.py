"""The models of drawn tests: what SQL traits and related rows are read from, in `raw` or, in memory, from nowhere."""

from __future__ import annotations

from tests.reference.source_strategies import TABLES
from tests.reference.sql_traits import NAMES

META = {
    "scores": "sql_trait: {of: users, identifier: user_id}",
    "orders": "entity: {name: orders, user_id: customer, references: {items: item}}",
    "items": "entity: {name: items, key: id}",
    "makers": "entity: {name: makers, references: {items: item}}",
}
"""Model -> its meta: orders refer to items, makers refer to items too, from below."""
COLUMNS = {
    "scores": ("user_id", *NAMES),
    "orders": ("customer", "item", *TABLES["orders"]),
    "items": ("id", *TABLES["items"]),
    "makers": ("item", *TABLES["makers"]),
}


def files() -> dict[str, str]:
    """The models and their yml."""
    found = {}
    for model, meta in META.items():
        columns = ", ".join(f'"{column}"' for column in COLUMNS[model])
        found[f"models/drawn/{model}.sql"] = f"select {columns} from raw.{model}\n"
        found[f"models/drawn/{model}.yml"] = f"models:\n  - name: {model}\n    config: {{meta: {{{meta}}}}}\n"
    return found
