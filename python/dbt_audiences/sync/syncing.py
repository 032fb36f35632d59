"""The steps of one sync: what is in doubt goes again, then the plan is made, guarded and sent, or only shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.core.project import SendTo
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.sync import plan
from dbt_audiences.sync.channel import Channel, Side, Spec
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.merges import adopt_merges
from dbt_audiences.sync.outbox import Outbox
from dbt_audiences.sync.patience import give_up
from dbt_audiences.sync.request_ids import RequestIds
from dbt_audiences.sync.results import SyncResult, counted, judged, planned, refused, sized
from dbt_audiences.sync.sizes import Sizes, refusal_of
from dbt_audiences.sync.units import batches_of, number_units, streamed
from dbt_audiences.sync.withheld import (
    NO_IDENTIFIER,
    adopt_holdouts,
    find_unreachable,
    find_withheld,
    write_unreachable,
    write_withheld,
)

Progress = Callable[[int, int], None]

_STREAMED_ROWS = 10_000


def recorded(
    ledger: Ledger, result: SyncResult, at: datetime, *, is_noted: bool, is_complete: bool = False, has_sent: bool = False
) -> SyncResult:
    """The result, written down as how the connection stands where `is_noted`."""
    if is_noted:
        ledger.standing.record(result.status, result.message or None, at, is_complete=is_complete, has_sent=has_sent)
    return result


@dataclass(frozen=True, slots=True)
class Sync:
    """The steps of one sync, with what they share."""

    warehouse: Warehouse
    relations: Relations
    ledger: Ledger
    channel: Channel
    spec: Spec
    send: SendTo
    sync_id: str
    now: datetime
    effects: Effects
    progress: Progress | None
    among: str | None
    is_value: bool
    is_withheld: bool
    members: str | None
    deadline: datetime | None

    @property
    def sides(self) -> Sequence[Side | None]:
        """Exits go before entries, so that who leaves under one identifier and stays under another ends up in."""
        return (None,) if self.spec.is_mixed else ("remove", "add")

    @property
    def is_baseline_kept(self) -> bool:
        """Members that were taken as known are not taken back; a value that was known is, when it is gone."""
        return self.send.existing_members == "skip" and not self.is_value

    def _plan(self, desired: str, *, resync: bool, is_whole: bool = False) -> Sizes:
        return plan.make_plan(
            self.warehouse,
            self.ledger,
            desired,
            resync=resync,
            is_whole=is_whole,
            among="true" if is_whole else self.among or "true",
            is_baseline_kept=self.is_baseline_kept,
            is_withheld=self.is_withheld,
        )

    def _withheld(self, desired: str) -> Mapping[str, int]:
        """Reason -> profiles of whom something holds that is not sent; after the plan is made."""
        found = find_withheld(self.warehouse, self.ledger, desired) if self.is_withheld else {}
        if self.members is not None:
            count = find_unreachable(self.warehouse, self.ledger, self.members, is_withheld=self.is_withheld)
            found |= {NO_IDENTIFIER: count} if count else {}
        return found

    def real(self, result: SyncResult, desired: str, *, approved: bool, resync: bool) -> SyncResult:
        """Send again what is in doubt, then plan, guard and send."""
        self.ledger.drop_planned(self.channel.content_type)
        sending = Outbox(self.warehouse, self.ledger, self.channel, self.effects, self.progress, self.deadline)
        sending.resume()
        self.ledger.drop_planned(self.channel.content_type)
        if self.is_withheld:
            adopt_holdouts(self.warehouse, self.ledger, self.relations)
        sizes = self._plan(desired, resync=resync)
        result = replace(sized(result, sizes), withheld=self._withheld(desired))
        is_first = self.among is None and not self.ledger.standing.first_synced()
        if is_first and self.send.existing_members == "skip" and not resync:
            message = "who was in already is taken as known; changes are sent from now on"
            self.ledger.acknowledge_baseline(self.now)
            return replace(result, entered=0, exited=0, changed=0, message=message)
        refusal = None if is_first or approved else refusal_of(sizes, self.send.refuse_above)
        if refusal is not None:
            result = counted(refused(result, refusal), sending)
            return recorded(self.ledger, result, self.now, is_noted=self.among is None)
        adopt_merges(self.warehouse, self.ledger)
        if self.is_baseline_kept:
            self.ledger.forget_baseline(self.among or "true")
        if self.is_withheld:
            write_withheld(self.warehouse, self.ledger, self.relations, self.sync_id, self.now)
        if NO_IDENTIFIER in result.withheld and self.members is not None:
            given = (self.warehouse, self.ledger, self.members, self.sync_id, self.now)
            write_unreachable(*given, is_withheld=self.is_withheld)
        self._plan_all(desired, sizes)
        if self.among is None:
            self.ledger.drop_waiting(self.ledger.plan, is_planned=False)
        token = self.effects.token()
        for side in self.sides:
            self._send_side(sending, side, RequestIds(token, side))
        ended_at = self.effects.clock()
        if self.among is None and sending.trouble is not None and not sending.is_late and not sending.is_held:
            give_up(self.warehouse, self.ledger, sending.trouble, ended_at)
        held_back = plan.held_back(self.warehouse, self.ledger)
        result = judged(result, sending, held_back)
        return recorded(
            self.ledger,
            result,
            ended_at,
            is_noted=self.among is None,
            is_complete=not sending.is_stopped,
            has_sent=sending.has_sent,
        )

    def _plan_all(self, desired: str, sizes: Sizes) -> None:
        """For a destination that is told all that must hold: plan that, where anything differs."""
        if not self.channel.is_whole or not sizes.differing:
            return
        if self.among is not None:
            columns = "profile_id, identifier_type, identifier_value, traits"
            withheld, nothing = (", withheld", ", null") if self.is_withheld else ("", "")
            desired = (
                f"(select {columns}{nothing} from {self.ledger.acknowledged} where {self.ledger.here} and is_member "
                f"and not ({self.among}) union all select {columns}{withheld} from {desired}) as all_that_holds "
                f"({columns}{withheld})"
            )
        self._plan(desired, resync=False, is_whole=True)

    def _send_side(self, sending: Outbox, side: Side | None, ids: RequestIds) -> None:
        units, batches = number_units(self.warehouse, self.ledger, side, self.channel.batch_size)
        if not units:
            return
        self.ledger.write_plan(ids, self.sync_id, self.channel.content_type, self.now)
        sending.expect(units)
        if self.channel.batch_size is None:
            sending.send_streamed(
                ids.of(0), units, streamed(self.warehouse, self.ledger, _STREAMED_ROWS), self.sync_id, self.now
            )
        else:
            sending.send_batches(ids, side or "add", batches, self.sync_id, self.now)

    def dry(self, result: SyncResult, desired: str, *, approved: bool, resync: bool, is_filtered: bool) -> SyncResult:
        """The same plan, shown: nothing is written but temporary tables."""
        sizes = self._plan(desired, resync=resync)
        is_first = not self.ledger.standing.first_synced()
        result = replace(sized(result, sizes), withheld=self._withheld(desired))
        if is_first and self.send.existing_members == "skip" and not resync:
            return replace(result, message="dry run: who is in already would be taken as known")
        refusal = None if is_first or approved else refusal_of(sizes, self.send.refuse_above)
        if refusal is not None:
            return refused(result, refusal)
        self._plan_all(desired, sizes)
        waiting = self.ledger.attempted()
        in_doubt, to_send = sum(rows for _, rows in waiting), 0
        shown = [self.channel.shown_again(request) for request in self.ledger.load([id_ for id_, _ in waiting])]
        for side in self.sides:
            units, batches = number_units(self.warehouse, self.ledger, side, self.channel.batch_size)
            to_send += units
            for batch in range(batches):
                found = batches_of(self.warehouse, self.ledger, batch, batch + 1)[batch]
                shown.append(self.channel.shown(RequestIds("dry-run", side).of(batch), side, found))
        result = replace(result, status="filtered" if is_filtered else "synced", requests=tuple(shown))
        return planned(result, to_send, in_doubt)
