"""Values that conditions could not read, as the last build of each table counted them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dbt_audiences.core.personal import Personal
from dbt_audiences.core.warehouse import Warehouse


@dataclass(frozen=True, slots=True)
class UnreadableValue:
    """One property of an event, or one custom trait, whose values were not all of the type that conditions compare with.

    kind     event or trait
    path     the property or trait, by dots
    type     number, boolean or instant
    samples  up to three of the values
    """

    kind: str
    name: str
    path: str
    type: str
    count: int
    samples: tuple[str, ...]


def unreadable_values(warehouse: Warehouse, relations: Mapping[str, str], personal: Personal) -> tuple[UnreadableValue, ...]:
    """Of all tables that the project still has, the most first; personal ones have no samples."""
    rows = warehouse.fetch(
        f"select model, kind, name, path, type, value_count, samples from {relations['unreadable_values']} "
        "order by value_count desc, kind, name, path, type"
    )
    return tuple(
        UnreadableValue(
            str(kind),
            str(name),
            str(path),
            str(type_),
            int(str(count)),
            () if personal.has(str(path)) else tuple(json.loads(str(samples))),
        )
        for model, kind, name, path, type_, count, samples in rows
        if str(model) in relations
    )
