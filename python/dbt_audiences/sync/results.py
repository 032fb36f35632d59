"""What a sync came to, as commands print it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from dbt_audiences.sync.outbox import TIME_IS_UP, Outbox
from dbt_audiences.sync.patience import HOLD_REASON
from dbt_audiences.sync.sizes import Sizes

Status = Literal["synced", "filtered", "refused", "held", "failed", "partial", "disabled", "paused", "waiting"]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one sync came to.

    audience                       the key of the audience or trait
    entered, exited, changed       profiles
    delivered, rejected, pending   calls, list members or rows of a file
    withheld                       reason -> profiles of whom something holds that is not sent
    requests                       of a dry run: each request as it would be sent
    """

    destination: str
    audience: str
    status: Status
    entered: int = 0
    exited: int = 0
    changed: int = 0
    delivered: int = 0
    rejected: int = 0
    pending: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    requests: tuple[dict[str, object], ...] = ()


def sized(result: SyncResult, sizes: Sizes) -> SyncResult:
    """With the profiles of a plan."""
    return replace(result, entered=sizes.entering, exited=sizes.leaving, changed=sizes.changing)


def counted(result: SyncResult, sending: Outbox) -> SyncResult:
    """With what became of the calls."""
    return replace(result, delivered=sending.delivered, rejected=sending.rejected, pending=sending.pending)


def judged(result: SyncResult, sending: Outbox, held_back: int) -> SyncResult:
    """With its status and why it is that; `held_back` are identifiers that a person must let go."""
    result = counted(result, sending)
    said = []
    if held_back:
        said.append(f"{held_back:,} held, {HOLD_REASON}: audiences retry --destination {result.destination}")
    if result.rejected:
        said.append(f"{result.rejected:,} rejected: {sending.rejection}")
    if sending.trouble is not None:
        said.append(f"{result.pending:,} pending: {sending.trouble}")
    status: Status = "synced"
    if sending.is_held or held_back:
        status = "held"
    elif sending.is_late and sending.trouble == TIME_IS_UP and not result.rejected:
        status = "waiting"
    elif result.pending or result.rejected or sending.trouble is not None:
        status = "partial" if result.delivered else "failed"
    return replace(result, status=status, message="; ".join(said))


def planned(result: SyncResult, to_send: int, in_doubt: int) -> SyncResult:
    """A dry run with what it can tell: that there is nothing to do, or so many rows; of those in doubt nobody can."""
    said = f"{to_send:,} would be sent" if to_send else "" if in_doubt else "nothing to do"
    if in_doubt:
        doubt = f"cannot tell of {in_doubt:,} that were sent before and have no answer yet: they go again first"
        said = f"{said}; {doubt}" if said else doubt
    return replace(result, pending=to_send + in_doubt, message=f"dry run: {said}")


def refused(result: SyncResult, refusal: str) -> SyncResult:
    """Stopped by a guard."""
    hint = f"If that is meant: audiences sync --approve {result.audience}"
    return replace(result, status="refused", message=f"{refusal}; nothing was sent. {hint}")
