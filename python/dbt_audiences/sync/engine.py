"""One audience or trait at one destination brought up to date: what must hold, against what was acknowledged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from dbt_audiences.core.personal import Personal
from dbt_audiences.core.project import Destination, SendTo, Sent
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.sync import plan
from dbt_audiences.sync.channel import Envelope
from dbt_audiences.sync.check import check_destinations, identifiers_of
from dbt_audiences.sync.destinations import type_of
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.intervals import interval_of, length_of, next_sync_at, quiet_until
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.limits import recalled, remember
from dbt_audiences.sync.masking import Masked
from dbt_audiences.sync.naming import Naming
from dbt_audiences.sync.opening import opened
from dbt_audiences.sync.results import SyncResult, sized
from dbt_audiences.sync.syncing import Progress, Sync, recorded

__all__ = ["Progress", "SyncResult", "check_destinations", "identifiers_of", "retry_rejected", "sync_connection"]


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
        return recorded(ledger, replace(result, status="disabled", message="disabled"), now, is_noted=is_noted)
    if not send.enabled:
        return recorded(ledger, replace(result, status="paused", message="paused"), now, is_noted=is_noted)
    if spec is None:
        result = replace(result, status="failed", message=f"the destination type `{destination.type}` is unknown")
        return recorded(ledger, result, now, is_noted=is_noted)
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
        return recorded(ledger, result, now, is_noted=is_noted)
    effects = effects or Effects()
    try:
        channel, pace = opened(destination, spec, envelope, root, effects, with_secrets=not dry_run)
    except ValueError as error:
        return recorded(ledger, replace(result, status="failed", message=str(error)), now, is_noted=is_noted)
    if personal:
        channel = Masked(channel, personal.renamed(send.traits))
    try:
        sync = Sync(
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
