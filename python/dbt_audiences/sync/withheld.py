"""Rows that hold and are not sent, each with its reason: counted, and written down once for each change."""

from __future__ import annotations

from datetime import datetime

from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, text_literal
from dbt_audiences.sync.ledger import Ledger


def find_withheld(warehouse: Warehouse, ledger: Ledger, desired: str) -> dict[str, int]:
    """Fill the table of what is withheld, and count the profiles by reason; `desired` has a column `withheld`."""
    warehouse.execute(f"drop table if exists {ledger.withheld}")
    warehouse.execute(
        f"create temporary table {ledger.withheld} as select profile_id, identifier_type, identifier_value, "
        f"coalesce(cast(traits as text), '{{}}') as traits, 'add' as op, withheld from {desired} where withheld is not null"
    )
    rows = warehouse.fetch(
        f"select withheld, count(distinct profile_id) from {ledger.withheld} group by withheld order by withheld"
    )
    return {str(reason): int(str(count)) for reason, count in rows}


def write_withheld(warehouse: Warehouse, ledger: Ledger, relations: Relations, sync_id: str, at: datetime) -> None:
    """Note what was found as filtered, and who is held out in `holdouts` with the time of the first sync that did so."""
    holdouts, values = relations["holdouts"], f"{text_literal(ledger.destination)}, {text_literal(ledger.audience)}"
    with warehouse.transaction():
        ledger.write_withheld(sync_id, at)
        warehouse.execute(
            f"insert into {holdouts} (destination, audience, profile_id, held_out_at) "
            f"select distinct {values}, profile_id, {instant_literal(at)} from {ledger.withheld} "
            f"where withheld = 'holdout' and profile_id not in (select profile_id from {holdouts} where {ledger.here})"
        )
