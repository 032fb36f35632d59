"""How long a row is tried: what no try has brought anywhere for a week is held until a person acts."""

from __future__ import annotations

from datetime import datetime, timedelta

from dbt_audiences.core.warehouse import Warehouse, instant_literal, text_literal, text_literals
from dbt_audiences.sync.ledger import Ledger

PATIENCE = timedelta(days=7)
HOLD_REASON = f"tried for {PATIENCE.days} days"


def give_up(warehouse: Warehouse, ledger: Ledger, why: str, at: datetime) -> None:
    """Hold the rows that were first to be sent that long ago and are still pending.

    What may have arrived is written into the ledger as held there with unknown traits: whatever must hold once a person lets it
    go, it is said or taken back, and under a new id.
    """
    now, since = instant_literal(at), instant_literal(at - PATIENCE)
    old = f"{ledger.here} and status = 'pending' and created_at <= {since}"
    if not warehouse.fetch(f"select count(*) from {ledger.deliveries} where {old}")[0][0]:
        return
    doubtful = warehouse.fetch(
        f"select request_id from {ledger.requests} where {ledger.here} and status = 'attempted' "
        f"and request_id in (select request_id from {ledger.deliveries} where {old})"
    )
    ids = text_literals(str(row[0]) for row in doubtful) or "null"
    of_doubtful = f"{ledger.here} and status = 'pending' and request_id in ({ids})"
    identifiers = f"select identifier_type, identifier_value from {ledger.deliveries} where {of_doubtful}"
    reason = text_literal(f"{HOLD_REASON}: {why}".replace("\x00", ""))
    with warehouse.transaction():
        warehouse.execute(
            f"update {ledger.acknowledged} set traits = null where {ledger.here} and is_member "
            f"and (identifier_type, identifier_value) in ({identifiers})"
        )
        warehouse.execute(
            f"delete from {ledger.acknowledged} where {ledger.here} and not is_member "
            f"and (identifier_type, identifier_value) in ({identifiers} and op <> 'remove')"
        )
        warehouse.execute(
            f"insert into {ledger.acknowledged} (destination, audience, profile_id, identifier_type, identifier_value, "
            "is_member, traits, acknowledged_at, request_id) select destination, audience, min(profile_id), identifier_type, "
            f"identifier_value, true, null, {now}, max(request_id) from {ledger.deliveries} where {of_doubtful} "
            "and op <> 'remove' and (identifier_type, identifier_value) not in (select identifier_type, identifier_value "
            f"from {ledger.acknowledged} where {ledger.here}) group by destination, audience, identifier_type, identifier_value"
        )
        warehouse.execute(
            f"update {ledger.deliveries} set status = 'held', settled_at = {now}, reason = {reason} where {of_doubtful}"
        )
        warehouse.execute(
            f"update {ledger.requests} set status = 'expired', body = null, settled_at = {now} where request_id in ({ids})"
        )
        warehouse.execute(f"update {ledger.deliveries} set status = 'held', settled_at = {now}, reason = {reason} where {old}")
