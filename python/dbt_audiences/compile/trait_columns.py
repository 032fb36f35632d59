"""Which columns of its events a computed trait, or an aggregate of a condition, is made of."""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.compile.items import Column
from dbt_audiences.core.definitions import ITEM, Aggregate
from dbt_audiences.core.project import Trait

_TYPES = {
    "sum": ("number",),
    "avg": ("number",),
    "most_frequent": ("text", "json"),
    "first": ("json",),
    "last": ("json",),
    "unique": ("text", "json"),
    "unique_count": ("text",),
}


@dataclass(frozen=True, slots=True)
class Made:
    """How a trait's values are read.

    types   what is read of each value; the first decides whether there is one
    values  the columns of the values, in the order of `types`; where `$` opens an array the one of its raw JSON
    paths   the keys before, between and after each `$`; one path without any
    order   what orders events of one instant
    """

    types: tuple[str, ...]
    values: tuple[Column, ...]
    paths: tuple[tuple[str, ...], ...]
    order: tuple[Column, ...]

    @property
    def opens(self) -> bool:
        """Whether items of arrays are the values."""
        return len(self.paths) > 1


def made_of(trait: Trait) -> Made:
    """What a computed trait reads of its events beside what its conditions do."""
    if trait.path is None:
        return Made((), (), (), ())
    types = _TYPES.get(trait.function) or (trait.as_type or "number",)
    order = (Column("call", ("received_at",), "instant"),) if trait.function in ("first", "last") else ()
    return _made(types, trait.path, order)


def made_of_aggregate(measure: Aggregate) -> Made:
    """What an aggregate reads of each event: values are told apart by their texts, all else is as it is ordered or summed."""
    return _made(("text",) if measure.function == "unique" else (measure.as_type,), measure.path, ())


def _made(types: tuple[str, ...], path: tuple[str, ...], order: tuple[Column, ...]) -> Made:
    paths: list[tuple[str, ...]] = [()]
    for key in path:
        if key == ITEM:
            paths.append(())
        else:
            paths[-1] += (key,)
    read = ("raw",) if len(paths) > 1 else types
    return Made(types, tuple(Column("property", paths[0], type_) for type_ in read), tuple(paths), order)
