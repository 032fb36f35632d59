"""What is personal taken out of what a sync shows, and of what destinations say of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dbt_audiences.core.personal import Hidden, Personal
from dbt_audiences.sync.channel import Channel, Outcome, Request, Side, Unit
from dbt_audiences.sync.json_text import parsed


class Masked:
    """A channel that shows nothing personal; what is sent is as it was."""

    def __init__(self, channel: Channel, personal: Personal) -> None:
        self._channel, self._personal = channel, personal
        self.content_type, self.batch_size, self.is_whole = channel.content_type, channel.batch_size, channel.is_whole

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """As the channel does."""
        return self._channel.draft(request_id, side, units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """The request with the personal values masked."""
        units = list(units)
        values = [value for unit in units for value in self._personal.values([dict(unit.identifiers), parsed(unit.traits)])]
        return self._masked(self._channel.shown(request_id, side, units), Hidden.of(values))

    def shown_again(self, request: Request) -> dict[str, object]:
        """The same of one that was written down before."""
        return self._masked(self._channel.shown_again(request), self._hidden(request))

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """What became of each, in words that repeat nothing personal of it."""
        outcomes = self._channel.deliver(requests)
        return [self._without(request, outcome) for request, outcome in zip(requests, outcomes, strict=True)]

    def try_out(self) -> Outcome:
        """As the channel does."""
        return self._channel.try_out()

    def tidy(self, kept: Sequence[str]) -> None:
        """As the channel does."""
        self._channel.tidy(kept)

    def close(self) -> None:
        """As the channel does."""
        self._channel.close()

    def _masked(self, shown: dict[str, object], hidden: Hidden) -> dict[str, object]:
        masked = self._personal.content(shown, hidden)
        assert isinstance(masked, dict)
        return masked

    def _hidden(self, request: Request) -> Hidden:
        return Hidden.of(self._personal.values(parsed(request.body)))

    def _without(self, request: Request, outcome: Outcome) -> Outcome:
        if not (outcome.reason or outcome.refused or outcome.postponed):
            return outcome
        hidden = self._hidden(request)
        return replace(
            outcome,
            reason=None if outcome.reason is None else hidden.out_of(outcome.reason),
            refused=tuple((id_, hidden.out_of(said)) for id_, said in outcome.refused),
            postponed=tuple((id_, hidden.out_of(said)) for id_, said in outcome.postponed),
        )
