"""The fewest rows that give an answer: they do, and none of them can be left out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dbt_audiences.flow.explaining.smallest import smallest

rows = st.lists(st.integers(-3, 5), max_size=40)


@given(rows, st.sampled_from(["sum", "negatives", "first", "distinct"]), st.integers(-2, 8))
def test_the_rest_is_not_needed_and_each_row_that_stays_is(given_rows: list[int], kind: str, bound: int) -> None:
    def answer(some: Sequence[int]) -> bool:
        return {
            "sum": sum(some) >= bound,
            "negatives": sum(one < 0 for one in some) <= bound,
            "first": (some[0] if some else 0) == bound,
            "distinct": len(set(some)) >= bound,
        }[kind]

    wanted = answer(given_rows)

    def give_same(selections: Sequence[Sequence[int]]) -> list[bool]:
        return [answer(one) == wanted for one in selections]

    kept = smallest(given_rows, give_same)
    assert answer(kept) == wanted
    assert all(answer([*kept[:index], *kept[index + 1 :]]) != wanted for index in range(len(kept)))
