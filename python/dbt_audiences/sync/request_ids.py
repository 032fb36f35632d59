"""Ids of requests: they begin with the number of the batch, so that rows kept in order are found without reading all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dbt_audiences.core.warehouse import text_literal, text_literals
from dbt_audiences.sync.channel import Side

_DIGITS = 8
"""As many as the statistics of DuckDB keep of a text."""


@dataclass(frozen=True, slots=True)
class RequestIds:
    """Of one side of one sync; `token` is in those of no other."""

    token: str
    side: Side | None

    def of(self, batch: int) -> str:
        """The id of a batch, counted from 0."""
        return f"{batch:0{_DIGITS}d}{self._end}"

    def sql(self, batch: str) -> str:
        """SQL of the same of a number that is not negative."""
        digits = f"cast({batch} as text)"
        return f"repeat('0', {_DIGITS} - length({digits})) || {digits} || {text_literal(self._end)}"

    @property
    def _end(self) -> str:
        return f"-{self.token}-{self.side or 'all'}"


def is_one_of(ids: Sequence[str]) -> str:
    """SQL of whether a row is of one of these requests."""
    listed = f"request_id in ({text_literals(ids) or 'null'})"
    numbers = [id_[:_DIGITS] for id_ in ids]
    if not numbers or not all(number.isascii() and number.isdigit() and len(number) == _DIGITS for number in numbers):
        return listed  # written down before ids were numbers
    beyond = f"{int(max(numbers)) + 1:0{_DIGITS}d}"
    return f"request_id >= '{min(numbers)}' and request_id < '{beyond}' and {listed}" if len(beyond) == _DIGITS else listed
