"""One audience or trait at one destination brought up to date: what must hold, against what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from dbt_audiences.core.personal import Personal
from dbt_audiences.core.project import Destination, SendTo, Sent
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.sync import plan
from dbt_audiences.sync.channel import Channel, Envelope, Side, Spec
from dbt_audiences.sync.check import check_destinations, identifiers_of
from dbt_audiences.sync.destinations import type_of
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.intervals import interval_of, length_of, next_sync_at, quiet_until
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.limits import recalled, remember
from dbt_audiences.sync.masking import Masked
from dbt_audiences.sync.naming import Naming
from dbt_audiences.sync.opening import opened
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

__all__ = ["Progress", "SyncResult", "check_destinations", "identifiers_of", "retry_rejected", "sync_connection"]

Progress = Callable[[int, int], None]

_STREAMED_ROWS = 10_000


def sync_connection(
    warehouse: Warehouse,
    relations: Relations,
    destination: Destination,
    sent: Sent,
    send: SendTo,
    *,
    desired: str,
    sync_id: str,
    now: datetime,
    as_of: datetime,
    target: str,
    root: Path,
    approved: bool,
    dry_run: bool,
    resync: bool = False,
    project: str | None = None,
    progress: Progress | None = None,
    effects: Effects | None = None,
    among: str | None = None,
    does_wait: bool = True,
    is_withheld: bool = False,
    members: str | None = None,
    deadline: datetime | None = None,
    personal: Personal | None = None,
) -> SyncResult:
    """Plan and push one connection, and record how it went.

    desired   quoted relation of the view of what must hold there
    root      the project's folder; `project` its name (default: the folder's)
    approved  a person let this sync through its guards
    resync    everything that must hold is said again, and what was ever sent and holds no longer is taken back again
    progress  called with the number of delivered and of all units
    among     SQL of the rows of the ledger that are brought to `desired`; all else stays as it is, and the connection's own
              status is not written down
    is_withheld  `desired` has a column `withheld`, the reason for which a row is not sent; null: it is
    members   quoted relation of the profiles of whom something must hold there, with an identifier that goes there or without
    deadline  when its destination has had all the time of this sync, by the clock of `effects`; what was not sent by then
              follows with the next one
    does_wait  the least interval between syncs is kept to
    personal  what is masked in what is shown, and in what the destination says

    Raises only what the warehouse raises: whatever the destination does is a status. Not for use inside a running event loop.
    """
    spec = type_of(destination)
    form = send.as_ or ("boolean" if spec is None else spec.forms_of(is_value=bool(sent.values))[0])
    names = (send.computed_event,) * 2 if sent.values else (send.entered_event, send.exited_event)
    ledger = Ledger(warehouse, relations, destination.key, sent.key, Naming(form, *names))
    result = SyncResult(destination.key, sent.key, "synced")
    is_noted = not dry_run and among is None
    if not (destination.enabled and sent.enabled):
        return _recorded(ledger, replace(result, status="disabled", message="disabled"), now, is_noted=is_noted)
    if not send.enabled:
        return _recorded(ledger, replace(result, status="paused", message="paused"), now, is_noted=is_noted)
    if spec is None:
        result = replace(result, status="failed", message=f"the destination type `{destination.type}` is unknown")
        return _recorded(ledger, result, now, is_noted=is_noted)
    is_filtered = destination.targets is not None and target not in destination.targets
    quiet = quiet_until(destination.quiet_hours, now)
    if quiet is not None and is_noted:
        return replace(result, status="waiting", message=f"quiet hours until {quiet:%Y-%m-%d %H:%M} UTC")
    every = interval_of(destination, spec, form)
    next_at = next_sync_at(ledger.standing.last_sync_at(), every, now)
    if next_at is not None and every is not None and is_noted and does_wait and not (approved or resync):
        message = f"it is brought up to date every {length_of(every)} at most: next from {next_at:%Y-%m-%d %H:%M} UTC on"
        return replace(result, status="waiting", message=message)
    envelope = Envelope(
        destination=destination.key,
        audience=sent.key,
        as_=form,
        list_name=send.list_name or sent.name or sent.key,
        entered_event=send.entered_event,
        exited_event=send.exited_event,
        project=project or root.resolve().name,
        as_of=as_of,
        sync_id=sync_id,
        values=sent.values,
        computed_event=send.computed_event,
    )
    if is_filtered and not dry_run:
        reason = f"the target `{target}` is not among those that may send"
        sizes = plan.make_plan(warehouse, ledger, desired, resync=resync, among=among or "true", is_withheld=is_withheld)
        ledger.write_filtered(sync_id, reason, now)
        plan.drop_tables(warehouse, ledger)
        result = sized(replace(result, status="filtered", message=reason), sizes)
        return _recorded(ledger, result, now, is_noted=is_noted)
    effects = effects or Effects()
    try:
        channel, pace = opened(destination, spec, envelope, root, effects, with_secrets=not dry_run)
    except ValueError as error:
        return _recorded(ledger, replace(result, status="failed", message=str(error)), now, is_noted=is_noted)
    if personal:
        channel = Masked(channel, personal.renamed(send.traits))
    try:
        sync = _Sync(
            warehouse,
            relations,
            ledger,
            channel,
            spec,
            send,
            sync_id,
            now,
            effects,
            progress,
            among,
            bool(sent.values),
            is_withheld,
            members,
            None if resync else deadline,
        )
        if dry_run:
            result = sync.dry(result, desired, approved=approved, resync=resync, is_filtered=is_filtered)
        else:
            pace.recall(recalled(warehouse, relations, destination.key))
            result = sync.real(result, desired, approved=approved, resync=resync)
            if spec.is_paced:
                remember(warehouse, relations, destination.key, pace.learned)
        plan.drop_tables(warehouse, ledger)
        return result
    finally:
        channel.close()


def retry_rejected(
    warehouse: Warehouse, relations: Relations, destination: str, audience: str, reason: str | None = None
) -> int:
    """Let rejected rows be sent again by the next sync, from the state of then; return how many there were."""
    return Ledger(warehouse, relations, destination, audience).retry_rejected(reason)


def _recorded(
    ledger: Ledger, result: SyncResult, at: datetime, *, is_noted: bool, is_complete: bool = False, has_sent: bool = False
) -> SyncResult:
    if is_noted:
        ledger.standing.record(result.status, result.message or None, at, is_complete=is_complete, has_sent=has_sent)
    return result


@dataclass(frozen=True, slots=True)
class _Sync:
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
            return _recorded(self.ledger, result, self.now, is_noted=self.among is None)
        self.ledger.adopt_merges()
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
        return _recorded(
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
