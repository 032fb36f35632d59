"""`audiences sync`, and the sync at the end of a run: every wanted connection, one after the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from dbt_audiences.core.errors import FailedError, GuardError, UsageError
from dbt_audiences.core.project import Audience, SendTo
from dbt_audiences.core.warehouse import Warehouse, naive
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.registry import note_approval, relation_exists, use_approval
from dbt_audiences.spec.fields import unknown
from dbt_audiences.sync.engine import SyncResult, sync_connection

Wanted = Callable[[Audience, SendTo, str], bool]


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
) -> tuple[SyncResult, ...]:
    """Plan and push what the last run computed; with `approve`, let one change of that audience or table through a guard."""
    if audience is not None:
        workspace.audience(audience)
    if destination is not None and destination not in workspace.project.destinations:
        raise UsageError(f"there is no destination `{destination}`", hint=unknown(destination, workspace.project.destinations))
    guarded = _guarded_tables(workspace)
    if approve is not None and approve not in workspace.project.audiences and approve not in guarded:
        raise UsageError(
            f"nothing named `{approve}` can be approved", hint=unknown(approve, {*workspace.project.audiences, *guarded})
        )
    if approve is not None and approve not in guarded and not workspace.audience(approve).send_to:
        raise UsageError(f"`{approve}` is sent nowhere: there is no change of it to approve")
    sync_id = f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}"
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        if approve is not None and not dry_run:
            note_approval(warehouse, workspace.dbt.relations(), approve, now())
        if approve in guarded:
            return ()

        def is_wanted(one: Audience, send: SendTo, _: str) -> bool:
            return destination in (None, send.destination) and (audience or approve) in (None, one.key)

        return sync_all(
            workspace,
            warehouse,
            sync_id=sync_id,
            as_of=as_of,
            is_wanted=is_wanted,
            approve=approve,
            resync=resync,
            dry_run=dry_run,
        )


def sync_all(
    workspace: Workspace,
    warehouse: Warehouse,
    *,
    sync_id: str,
    as_of: datetime,
    is_wanted: Wanted,
    approve: str | None = None,
    resync: bool = False,
    dry_run: bool = False,
) -> tuple[SyncResult, ...]:
    """Each wanted connection in the order of audiences; one that fails holds no other."""
    relations = workspace.dbt.relations()
    results = []
    for audience, send, model in workspace.sends():
        if not is_wanted(audience, send, model):
            continue
        if audience.enabled and not relation_exists(warehouse, relations[model]):
            message = "it was never built: run `audiences run` first"
            results.append(SyncResult(send.destination, audience.key, "failed", message=message))
            continue
        result = sync_connection(
            warehouse,
            relations,
            workspace.project.destinations[send.destination],
            audience,
            send,
            desired=relations.get(model, ""),
            project=workspace.project.name,
            sync_id=sync_id,
            now=now(),
            as_of=as_of,
            target=workspace.dbt.target_name(),
            root=workspace.root,
            approved=approve == audience.key,
            dry_run=dry_run,
            resync=resync,
        )
        results.append(result)
    if approve is not None and not dry_run and any(one.audience == approve and one.status != "refused" for one in results):
        use_approval(warehouse, relations, approve, sync_id, now())
    return tuple(results)


def fell_short(result: SyncResult) -> bool:
    """Whether something that should have been delivered was not."""
    return result.status in ("failed", "held", "partial")


def exit_code(results: Sequence[SyncResult]) -> int:
    """1 when a delivery fell short, 3 when a guard refused one, else 0."""
    if any(fell_short(result) for result in results):
        return FailedError.exit_code
    return GuardError.exit_code if any(result.status == "refused" for result in results) else 0


def _guarded_tables(workspace: Workspace) -> set[str]:
    folders = ("models/events/", "models/traits/custom/")
    tables = (path.rsplit("/", 1)[1].removesuffix(".sql") for path in workspace.files() if path.startswith(folders))
    return {"profile_identifiers", *tables}
