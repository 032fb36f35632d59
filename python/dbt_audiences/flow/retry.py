"""`audiences retry`: rejected and held rows once more, as they must be now."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import naive
from dbt_audiences.flow.sync import refuse_unknown_destination, sync_all
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.registry import refuse_older_state
from dbt_audiences.sync.engine import SyncResult, retry_rejected


@dataclass(frozen=True, slots=True)
class Retried:
    """How many rows were let go, and what the syncs of their connections came to."""

    rows: int
    connections: tuple[SyncResult, ...]


def retry(workspace: Workspace, destination: str, *, reason: str | None = None, as_of: datetime, wait: bool = False) -> Retried:
    """Let the rows go that a destination rejected or that are held there, and bring their connections up to date.

    reason  only rows in whose reason this stands

    The difference of now is sent: who need not be there any more is not. Stopped in between, the next sync goes on.
    """
    refuse_unknown_destination(workspace, destination)
    if reason == "":
        raise UsageError("`--reason` is empty", hint="leave it out for all rows")
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        refuse_older_state(warehouse, relations)
        here = [sent.key for sent, send, _ in workspace.sends() if send.destination == destination]
        rows = {key: retry_rejected(warehouse, relations, destination, key, reason) for key in here}
        connections = sync_all(
            workspace,
            warehouse,
            sync_id=f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}",
            as_of=as_of,
            is_wanted=lambda sent, send, _: send.destination == destination and rows[sent.key] > 0,
            is_parting_wanted=lambda to, key: False,
            does_wait=False,
        )
    return Retried(sum(rows.values()), connections)
