"""What a condition becomes: a CTE, and the answer of an entity that the CTE has no row for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaf:
    """`cte` yields `profile_id`, `value` and `changes_at`; an entity without a row has the value `default`.

    turning  further CTEs with `profile_id` and `changes_at` alone: instants at which the value may change too
    """

    cte: str
    default: bool
    turning: tuple[str, ...] = ()
