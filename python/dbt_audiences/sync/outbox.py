"""The sending half of a sync: requests are written down, sent, and settled, a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.sync import payloads
from dbt_audiences.sync.channel import Channel, Outcome, Request, Side, Unit
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.request_ids import RequestIds
from dbt_audiences.sync.settle import Halves, RefusedRow, settle
from dbt_audiences.sync.units import batches_of

WAVE_UNITS = 8_000
WAVE_REQUESTS = 40
SMALLEST_WAVE = 4
SLOW_SECONDS = 5.0
"""A wave that takes longer is followed by a smaller one."""

TIME_IS_UP = "its time limit is used up: the rest follows with the next sync"
REJECTIONS_WITHOUT_SUCCESS = 100
"""Rejected rows, with none taken, after which the destination is taken to reject everything."""


class Outbox:
    """Sends the requests of one sync and counts what became of their units."""

    def __init__(
        self,
        warehouse: Warehouse,
        ledger: Ledger,
        channel: Channel,
        effects: Effects,
        progress: Callable[[int, int], None] | None,
        deadline: datetime | None = None,
    ) -> None:
        self._deadline = deadline
        self.is_late = False
        self._is_resuming = False
        self._warehouse = warehouse
        self._ledger = ledger
        self._channel = channel
        self._effects = effects
        self._progress = progress
        self.expected = self.delivered = self.rejected = 0
        self.is_stopped = False
        self.is_held = False
        self.has_sent = False
        self.trouble: str | None = None
        self.rejection: str | None = None

    @property
    def pending(self) -> int:
        """Units that are neither delivered nor rejected."""
        return self.expected - self.delivered - self.rejected

    def expect(self, units: int) -> None:
        """Count units that are to be sent."""
        self.expected += units

    def resume(self) -> None:
        """Send again, as they were, the requests of earlier syncs whose fate is unknown."""
        self._is_resuming = True
        waiting = self._ledger.attempted()
        self.expect(sum(rows for _, rows in waiting))
        ids = [id_ for id_, _ in waiting]
        self._channel.tidy([request.body for wave in self._loaded(ids) for request in wave])
        while ids and not self._is_at_end():
            # One alone until something was taken: that one says whether the destination is back.
            wave = WAVE_REQUESTS if self.delivered else 1
            requests = self._ledger.load(ids[:wave])
            ids = ids[wave:]
            self._ledger.mark_again(requests, self._effects.clock())
            self._drain(requests)
        self._is_resuming = False

    def send_batches(self, ids: RequestIds, side: Side, batches: int, sync_id: str, created_at: datetime) -> None:
        """Send the numbered units, wave by wave; what is not reached stays planned."""
        size = self._channel.batch_size or 1
        full_wave = max(1, min(WAVE_REQUESTS, WAVE_UNITS // size))
        first = 0
        while first < batches and not self._is_at_end():
            # One alone until something was taken: a destination that takes nothing learns little and is asked little.
            wave = full_wave if self.delivered else 1
            began = self._effects.clock()
            found = batches_of(self._warehouse, self._ledger, first, first + wave)
            first += wave
            requests = [
                Request(ids.of(batch), self._channel.draft(ids.of(batch), side, units), len(units))
                for batch, units in found.items()
            ]
            self._send_new(requests, sync_id, created_at)
            if (self._effects.clock() - began).total_seconds() > SLOW_SECONDS:
                full_wave = max(SMALLEST_WAVE, full_wave // 2)  # so that its time limit is not far exceeded

    def _is_at_end(self) -> bool:
        """Whether nothing more may be sent now: it was stopped, or its time is used up."""
        if not self.is_stopped and self._deadline is not None and self._effects.clock() >= self._deadline:
            self.is_stopped = self.is_late = True
            self.trouble = self.trouble or TIME_IS_UP
        return self.is_stopped

    def send_streamed(self, request_id: str, row_count: int, units: Iterator[Unit], sync_id: str, created_at: datetime) -> None:
        """Send all units as one request."""
        if self._is_at_end():
            return
        try:
            body = self._channel.draft(request_id, None, units)
        except OSError as error:
            self.is_stopped = True
            self.trouble = error.strerror or str(error)
            return
        self._send_new([Request(request_id, body, row_count)], sync_id, created_at)

    def _send_new(self, requests: Sequence[Request], sync_id: str, created_at: datetime) -> None:
        at = self._effects.clock()
        self._ledger.mark_attempted(requests, sync_id, self._channel.content_type, created_at, at)
        self._drain(requests)

    def _loaded(self, ids: Sequence[str]) -> Iterator[list[Request]]:
        for first in range(0, len(ids), WAVE_REQUESTS):
            yield self._ledger.load(ids[first : first + WAVE_REQUESTS])

    def _drain(self, requests: Sequence[Request]) -> None:
        """Send written requests, and the halves of those that were rejected for a row; larger ones first."""
        waiting = list(requests)
        while waiting and not self.is_stopped:
            wave, waiting = waiting[:WAVE_REQUESTS], waiting[WAVE_REQUESTS:]
            answers = self._channel.deliver(wave)
            self.is_held = self.is_held or any(outcome.verdict == "held" for outcome in answers)
            outcomes = [_in_doubt_if_tried(request, outcome) for request, outcome in zip(wave, answers, strict=True)]
            waiting += self._settle(list(zip(wave, outcomes, strict=True)))
        if self.rejected >= REJECTIONS_WITHOUT_SUCCESS and not self.delivered:
            self.is_stopped = True
            self.trouble = self.trouble or f"it rejected the first {self.rejected:,} and took none: {self.rejection}"

    def _settle(self, outcomes: Sequence[tuple[Request, Outcome]]) -> list[Request]:
        refused: list[RefusedRow] = []
        divided: dict[str, Halves] = {}
        for request, outcome in outcomes:
            rejected = 0
            if outcome.verdict == "delivered":
                rows, rejected = self._named(request, outcome.refused)
                later, waiting = self._named(request, outcome.postponed, is_postponed=True)
                refused += rows + later
                self.delivered += request.row_count - rejected - waiting
            elif outcome.verdict == "rejected" and outcome.divides and request.row_count > 1:
                divided[request.id] = self._halves(request)
            elif outcome.verdict == "rejected":
                rejected = request.row_count
            elif outcome.verdict == "unsent" and not outcome.stops:
                self.expected -= request.row_count
            self.rejected += rejected
            self._note(request, outcome, rejected)
        at, is_of_plan = self._effects.clock(), not self._is_resuming
        settle(self._warehouse, self._ledger, outcomes, refused, divided, at, is_of_plan)
        if self._progress is not None:
            self._progress(self.delivered, self.expected)
        return [half for halves in divided.values() for half in (halves.first, halves.second)]

    def _note(self, request: Request, outcome: Outcome, rejected: int) -> None:
        if rejected and self.rejection is None:
            self.rejection = outcome.refused[0][1] if outcome.refused else outcome.reason
        if outcome.verdict in ("pending", "held") or (outcome.verdict == "unsent" and outcome.stops):
            self.trouble = self.trouble or outcome.reason
        if outcome.postponed:
            self.trouble = self.trouble or outcome.postponed[0][1]
        if outcome.verdict != "unsent":
            self.has_sent = True
        if outcome.stops:
            self.is_stopped = True

    def _named(
        self, request: Request, named: Sequence[tuple[str, str]], *, is_postponed: bool = False
    ) -> tuple[list[RefusedRow], int]:
        """The rows that an answer names as not taken, and the number of their units.

        A row that several calls carry is not taken when none of them is.
        """
        if not named:
            return [], 0
        reasons = dict(named)
        blamed: dict[tuple[str, str], str] = {}
        taken: set[tuple[str, str]] = set()
        count = 0
        rows = self._ledger.rows_of(request.id)
        profiles = {(str(row[1]), str(row[2])): str(row[0]) for row in rows}
        for mention in payloads.mentions(request.body):
            owners = {profiles[identifier] for identifier in mention.identifiers if identifier in profiles}
            reason = reasons.get(mention.name) or next((reasons[owner] for owner in owners if owner in reasons), None)
            if reason is None:
                taken |= mention.identifiers
            else:
                count += 1
                blamed.update(dict.fromkeys(mention.identifiers, reason))
        found = [
            RefusedRow(request.id, type_, value, blamed[type_, value], is_postponed)
            for type_, value in profiles
            if (type_, value) in blamed and (type_, value) not in taken
        ]
        return found, count

    def _halves(self, request: Request) -> Halves:
        bodies = payloads.halves(request.body)
        first, second = (
            Request(f"{request.id}-{part}", body, len(payloads.mentions(body))) for part, body in enumerate(bodies, start=1)
        )
        of_first, of_second = (
            {identifier for mention in payloads.mentions(half.body) for identifier in mention.identifiers}
            for half in (first, second)
        )
        rows = [(str(row[1]), str(row[2])) for row in self._ledger.rows_of(request.id)]
        return Halves(
            first,
            second,
            of_second_alone=tuple(row for row in rows if row in of_second - of_first),
            of_both=tuple(row for row in rows if row in of_first & of_second),
        )


def _in_doubt_if_tried(request: Request, outcome: Outcome) -> Outcome:
    """A request that may have arrived before it was held or not sent keeps its id: only the same id is safe to send again."""
    if outcome.verdict == "held" and (request.attempts or outcome.tries > 1):
        return Outcome("pending", outcome.reason, stops=True, tries=outcome.tries)
    if outcome.verdict == "unsent" and request.attempts and outcome.stops:
        return Outcome("pending", outcome.reason, stops=True, tries=outcome.tries)
    return outcome
