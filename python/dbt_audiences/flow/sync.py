"""`audiences sync`, and the sync at the end of a run: every wanted connection, its destination beside the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dbt_audiences.compile.withheld import Withholding, withholding
from dbt_audiences.core.errors import FailedError, GuardError, UsageError
from dbt_audiences.core.project import Audience, Sendable, SendTo, SqlTrait
from dbt_audiences.core.warehouse import Relations, Warehouse, naive
from dbt_audiences.flow.alerts import judge_alerts
from dbt_audiences.flow.farewell import note_sending, say_farewell
from dbt_audiences.flow.side_by_side import Job, side_by_side
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.connections import partings
from dbt_audiences.run.deletion import knows_deletions
from dbt_audiences.run.registry import has_column, note_approval, refuse_older_state, relation_exists, use_approval
from dbt_audiences.run.suppressions import purge_ledger
from dbt_audiences.spec.fields import unknown
from dbt_audiences.sync.engine import SyncResult, sync_connection

TIME_LIMIT = timedelta(hours=1)
"""How long a destination is sent to in one sync, where its file does not say: a run must end although one of them is slow."""

Wanted = Callable[[Sendable, SendTo, str], bool]


def sync(
    workspace: Workspace,
    *,
    as_of: datetime,
    destination: str | None = None,
    audience: str | None = None,
    resync: bool = False,
    approve: str | None = None,
    dry_run: bool = False,
    wait: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[SyncResult, ...]:
    """Plan and push what the last run computed.

    tell      is called with what alerts on these deliveries have to say
    audience  the key of the one audience or trait to push, or the model of SQL traits
    approve   that of an audience, a trait or a table of which one change is let through a guard
    """
    refuse_unknown_destination(workspace, destination)
    guarded = _guarded_tables(workspace)
    sync_id = f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}"
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        refuse_older_state(warehouse, workspace.dbt.relations())
        held = {parting.audience for parting in partings(warehouse, workspace.dbt.relations())}
        if audience is not None and audience not in held:
            workspace.sent(audience)
        _check_approval(workspace, approve, guarded, held)
        if approve is not None and not dry_run:
            note_approval(warehouse, workspace.dbt.relations(), approve, now())
        if approve in guarded:
            return ()

        def is_wanted(one: Sendable, send: SendTo, _: str) -> bool:
            return is_parting_wanted(send.destination, one.key)

        def is_parting_wanted(to: str, key: str) -> bool:
            return destination in (None, to) and (audience or approve) in (None, key)

        results = sync_all(
            workspace,
            warehouse,
            sync_id=sync_id,
            as_of=as_of,
            is_wanted=is_wanted,
            is_parting_wanted=is_parting_wanted,
            approve=approve,
            resync=resync,
            dry_run=dry_run,
        )
        if not dry_run:
            judged = judge_alerts(workspace, warehouse, as_of=as_of, destinations={one.destination for one in results})
            for line in judged.lines():
                tell(line)
        return results


def refuse_unknown_destination(workspace: Workspace, key: str | None) -> None:
    """Raise for a destination that the project has not."""
    if key is not None and key not in workspace.project.destinations:
        raise UsageError(f"there is no destination `{key}`", hint=unknown(key, workspace.project.destinations))


def _check_approval(workspace: Workspace, approve: str | None, guarded: set[str], held: set[str]) -> None:
    """Raises where there is nothing that could be approved; `held` are deleted audiences that destinations hold."""
    if approve is None or approve in guarded or approve in held:
        return
    known = {one.key for one in workspace.project.sendable}
    if approve not in known:
        hint = unknown(approve, {*known, *guarded, *held})
        raise UsageError(f"nothing named `{approve}` can be approved", hint=hint)
    if not workspace.sent(approve).send_to:
        raise UsageError(f"`{approve}` is sent nowhere: there is no change of it to approve")


def sync_all(
    workspace: Workspace,
    warehouse: Warehouse,
    *,
    sync_id: str,
    as_of: datetime,
    is_wanted: Wanted,
    is_parting_wanted: Callable[[str, str], bool] = lambda destination, key: True,
    approve: str | None = None,
    resync: bool = False,
    dry_run: bool = False,
    does_wait: bool = True,
) -> tuple[SyncResult, ...]:
    """Each wanted connection, of audiences and then of traits, in the order of keys, then the exits of deleted ones.

    does_wait  the least intervals between syncs are kept to

    Destinations are sent to side by side, the connections of one in turn; one that is slow or fails holds no other.
    """
    relations = workspace.dbt.relations()
    ends: dict[str, datetime] = {}
    remembers = knows_deletions(warehouse, relations) and not dry_run

    def job(sent: Sendable, send: SendTo, model: str) -> Job[SyncResult]:
        def of_connection(shared: Warehouse) -> SyncResult:
            if sent.enabled and not relation_exists(shared, relations[model]):
                message = f"{'cannot tell: ' if dry_run else ''}it was never built: run `audiences run` first"
                return SyncResult(send.destination, sent.key, "failed", message=message)
            is_withheld = sent.enabled and has_column(shared, relations[model], "withheld")
            if sent.enabled and not is_withheld and withholding(workspace.project, sent, send) != Withholding():
                message = "it was built before something was required or held out: run `audiences run` first"
                return SyncResult(send.destination, sent.key, "failed", message=message)
            destination = workspace.project.destinations[send.destination]
            # From its first connection on: all that goes there shares the time.
            deadline = ends.setdefault(destination.key, now() + (destination.time_limit or TIME_LIMIT))
            if isinstance(sent, Audience) and sent.enabled and send.enabled and remembers:
                note_sending(workspace, shared, relations, sent, send)
            return sync_connection(
                shared,
                relations,
                destination,
                sent,
                send,
                desired=relations.get(model, ""),
                project=workspace.project.name,
                sync_id=sync_id,
                now=now(),
                as_of=as_of,
                target=workspace.dbt.target_name(),
                root=workspace.root,
                approved=approve == sent.key,
                dry_run=dry_run,
                resync=resync,
                does_wait=does_wait,
                is_withheld=is_withheld,
                deadline=deadline,
                members=_members(sent, relations),
                personal=workspace.project.personal,
            )

        return of_connection

    wanted = [(sent, send, model) for sent, send, model in workspace.sends() if is_wanted(sent, send, model)]
    jobs: dict[str, list[Job[SyncResult]]] = {}
    for sent, send, model in wanted:
        jobs.setdefault(send.destination, []).append(job(sent, send, model))
    found = {name: iter(of_name) for name, of_name in side_by_side(warehouse, jobs).items()}
    results = [next(found[send.destination]) for _, send, _ in wanted]
    results += say_farewell(
        workspace,
        warehouse,
        sync_id=sync_id,
        as_of=as_of,
        is_wanted=is_parting_wanted,
        approve=approve,
        dry_run=dry_run,
    )
    if not dry_run and relation_exists(warehouse, relations["suppressions"]):
        purge_ledger(warehouse, relations)
    if approve is not None and not dry_run and any(one.audience == approve and one.status != "refused" for one in results):
        use_approval(warehouse, relations, approve, sync_id, now())
    return tuple(results)


def _members(sent: Sendable, relations: Relations) -> str | None:
    """All of whom something is to be sent: the members, or who has the value; accounts always have their own id."""
    if isinstance(sent, SqlTrait) or sent.of == "accounts" or not sent.enabled:
        return None
    return relations[sent.key] if isinstance(sent, Audience) else f"{relations[sent.key]} where value is not null"


def fell_short(result: SyncResult) -> bool:
    """Whether something that should have been delivered was not."""
    return result.status in ("failed", "held", "partial")


def exit_code(results: Sequence[SyncResult]) -> int:
    """1 when a delivery fell short, 3 when a guard refused one, else 0."""
    if any(fell_short(result) for result in results):
        return FailedError.exit_code
    return GuardError.exit_code if any(result.status == "refused" for result in results) else 0


def _guarded_tables(workspace: Workspace) -> set[str]:
    folders = ("models/events/", "models/traits/custom/", "models/traits/sql/", "models/entities/")
    tables = (path.rsplit("/", 1)[1].removesuffix(".sql") for path in workspace.files() if path.startswith(folders))
    return {"profile_identifiers", *tables}
