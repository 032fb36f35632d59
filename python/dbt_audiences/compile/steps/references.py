"""What a `where` says of one event alone, and what it compares with the event above."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from dbt_audiences.compile.needs import is_of_parent, own_comparisons
from dbt_audiences.core.definitions import ITEM, All, Comparison, PropertyTest, Reference, Where

Keys = frozenset[tuple[str, tuple[str, ...], str | None, bool]]
"""The values that are equal to those above: from where, the path, as what type they are read, and whether in any case."""

TEXTS = ("contains", "starts_with", "ends_with")

ORDER = ("lt", "lte", "gt", "gte", "before", "after")


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison of a property with one of the event above."""

    test: PropertyTest
    comparison: Comparison

    @property
    def reference(self) -> Reference:
        """The right side."""
        assert isinstance(self.comparison.operand, Reference)
        return self.comparison.operand


@dataclass(frozen=True, slots=True)
class Split:
    """What must all hold of a `whole` test: of the event alone, plain pairs, and trees that have pairs in them."""

    alone: Where | None
    pairs: tuple[Pair, ...]
    mixed: tuple[Where, ...]
    whole: Where | None


def split(where: Where | None) -> Split:
    """Takes a `where` apart at its outermost `all`s."""
    alone: list[Where] = []
    pairs: list[Pair] = []
    mixed: list[Where] = []
    for part in _conjuncts(where):
        if not any(is_of_parent(one) for one in own_comparisons(part)):
            alone.append(part)
        elif isinstance(part, PropertyTest) and ITEM not in part.path:
            own = tuple(one for one in part.comparisons if not is_of_parent(one))
            if own:
                alone.append(replace(part, comparisons=own))
            pairs += [Pair(part, one) for one in part.comparisons if is_of_parent(one)]
        else:
            mixed.append(part)
    place = where.place if where is not None else None
    joined = None if not alone or place is None else alone[0] if len(alone) == 1 else All(tuple(alone), place)
    return Split(joined, tuple(pairs), tuple(mixed), where)


def _conjuncts(where: Where | None) -> Iterator[Where]:
    if isinstance(where, All):
        for child in where.children:
            yield from _conjuncts(child)
    elif where is not None:
        yield where


def keys_of(parts: Split) -> Keys:
    """What is equal to values of the event above."""
    return frozenset(_key(pair) for pair in parts.pairs if pair.comparison.operator == "equals")


def _key(pair: Pair) -> tuple[str, tuple[str, ...], str | None, bool]:
    return pair.test.origin, pair.test.path, pair.comparison.type, pair.test.ignore_case


def goes_on(parts: Split, keys: Keys | None, texts: Collection[str] = ()) -> bool:
    """Whether nothing but equal values, or these comparisons of texts, binds to the event above, and these values are among the
    keys of that."""
    if parts.mixed or any(pair.comparison.operator not in ("equals", *texts) for pair in parts.pairs):
        return False
    return keys is None or all(keys & {*_the_same(pair)} for pair in parts.pairs)


def _the_same(pair: Pair) -> list[tuple[str, tuple[str, ...], str | None, bool]]:
    """Keys of the event above with which all events are compared with the same value."""
    cases = sorted({False, pair.test.ignore_case})
    return [("property", pair.reference.path, pair.reference.type, any_case) for any_case in cases]


def carried_on(pair: Pair, above: Split) -> Pair:
    """The pair of the event above with whose value this one is compared, too."""
    return next(one for one in above.pairs if _key(one) in _the_same(pair))
