"""The face that channels in code share: the outbox keeps what is stated, and requests are carried out one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from dbt_audiences.sync.channel import Channel, Opening, Outcome, Request, Side, Unit
from dbt_audiences.sync.declared.statement import Row, Statement, body_of, rows_of, statement_of

REASON_LENGTH = 300


class Carrier(Protocol):
    """What one destination makes of statements."""

    def shown(self, statement: Statement) -> dict[str, object]:
        """What `carry` would do, without secrets; leaves no trace."""

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Do it; never raises for what the other side does. Done twice under one id it comes to the same, as far as may be."""

    def try_out(self) -> Outcome:
        """Whether it can be reached and takes the credentials; changes nothing there."""

    def close(self) -> None:
        """Release connections."""


def stated(made: Callable[[Opening], Carrier], *, kind: str, batch_size: int) -> Callable[[Opening], Channel]:
    """How channels of a type are opened.

    kind        of the bodies in the outbox
    batch_size  units in a request where `settings:` say nothing
    """

    def opened(opening: Opening) -> Channel:
        size = opening.settings.get("batch_size", batch_size)
        assert isinstance(size, int)  # the settings were checked
        return _Stated(opening, made(opening), f"application/vnd.dbt-audiences.{kind}+json", size)

    return opened


class _Stated:
    """A channel around a carrier."""

    is_whole = False

    def __init__(self, opening: Opening, carrier: Carrier, content_type: str, batch_size: int) -> None:
        self._envelope, self._carrier = opening.envelope, carrier
        self.content_type = content_type
        self.batch_size: int | None = batch_size

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """What is stated, as the outbox keeps it."""
        return body_of(self._envelope, side or "add", units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """What would be done."""
        return self._carrier.shown(statement_of(self.draft(request_id, side, units)))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._carrier.shown(statement_of(request.body))

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """Carry out each; after one that says stop, the others stay."""
        return one_by_one(requests, lambda request: self._carrier.carry(request.id, statement_of(request.body)))

    def try_out(self) -> Outcome:
        """As the carrier does."""
        return self._carrier.try_out()

    def tidy(self, kept: Sequence[str]) -> None:
        """Nothing is prepared."""

    def close(self) -> None:
        """Release connections."""
        self._carrier.close()


def one_by_one(requests: Sequence[Request], carry: Callable[[Request], Outcome]) -> list[Outcome]:
    """The outcome of each; what comes after one that stops is not sent."""
    outcomes: list[Outcome] = []
    for request in requests:
        is_stopped = bool(outcomes) and outcomes[-1].stops
        outcomes.append(Outcome("unsent", stops=True) if is_stopped else carry(request))
    return outcomes


def rows_with_any(statement: Statement) -> list[Row]:
    """A row for each unit, whatever its identifiers."""
    return rows_of(statement, (), any_identifier=True)[0]


def first_line(error: BaseException | str) -> str:
    """The beginning of another's words, on one line."""
    lines = str(error).strip().splitlines()
    return lines[0][:REASON_LENGTH] if lines else type(error).__name__


def without(text: str, secrets: Mapping[str, Any]) -> str:
    """The text without the values of secrets; what is shorter than four characters stays, as it is part of many words."""
    for value in sorted((str(one) for one in secrets.values()), key=len, reverse=True):
        if len(value) >= 4:
            text = text.replace(value, "***")
    return text
