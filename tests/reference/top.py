"""The first by a trait: exact places, the highest numbers first, equal ones by the name of the profile."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.reference.values import number


def first(asked: dict[str, Any], values: Mapping[str, Any]) -> set[str]:
    """Who of the universe (name -> value of the trait, None without one) is among the first; without a number nobody is."""
    ranked = [(-found, name) for name, value in values.items() if (found := number(value)) is not None]
    if set(asked) - {"by", "percent", "count"} or len({"percent", "count"} & set(asked)) != 1:
        raise ValueError(f"top with {sorted(asked)}")
    if "count" in asked:
        return {name for _, name in sorted(ranked)[: asked["count"]]}
    most = math.ceil(Fraction(len(ranked)) * Fraction(str(asked["percent"])) / 100)
    return {name for _, name in sorted(ranked)[:most]}
