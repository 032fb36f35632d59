"""The fewest rows that give the same answer: leaving any one of them out changes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")

GiveSame = Callable[[Sequence[Sequence[Row]]], list[bool]]
"""For each of several selections of rows, whether they alone give the answer that all give; asked many at a time."""

MOST_ROWS = 200_000
"""Rows of all selections asked about at once."""


def smallest(rows: Sequence[Row], give_same: GiveSame[Row]) -> list[Row]:
    """A subset of rows, in their order, that gives the same answer and of which none can be left out.

    Halves, quarters and so on are left out as long as the answer stays (delta debugging, Zeller and Hildebrandt 2002, over
    complements). The newest rows are kept where there is a choice, as they stand last.
    """
    if give_same([[]])[0]:
        return []
    kept = _newest(list(rows), give_same)
    pieces = 2
    while len(kept) > 1:
        pieces = min(pieces, len(kept))
        size = -(-len(kept) // pieces)
        starts = range(0, len(kept), size)
        without = [kept[:start] + kept[start + size :] for start in starts]
        answers = _asked(without, give_same)
        if True in answers:
            kept = without[answers.index(True)]
            pieces = max(2, pieces - 1)
        elif size == 1:
            return kept
        else:
            pieces = min(len(kept), 2 * pieces)
    return kept


def _newest(rows: list[Row], give_same: GiveSame[Row]) -> list[Row]:
    """The newest 1, 2, 4... rows, as few of these as give the answer; all of them where only all do."""
    size = 1
    while size < len(rows):
        if give_same([rows[-size:]])[0]:
            return rows[-size:]
        size *= 4
    return rows


def _asked(selections: list[list[Row]], give_same: GiveSame[Row]) -> list[bool]:
    most = max(1, MOST_ROWS // max(1, max(len(one) for one in selections)))
    answers: list[bool] = []
    for start in range(0, len(selections), most):
        answers += give_same(selections[start : start + most])
        if True in answers:
            return answers
    return answers
