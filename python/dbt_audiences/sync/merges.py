"""The ledger brought to the profiles of a plan: what a merge made of a person is still that person."""

from __future__ import annotations

from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.sync.ledger import Ledger


def adopt_merges(warehouse: Warehouse, ledger: Ledger) -> None:
    """Follow identifiers to the profiles they were merged into, and note what must be said again whatever comes between.

    Then every identifier of the plan that has a row in the ledger has the same profile there.
    """
    _adopt_departed(warehouse, ledger)
    if not warehouse.fetch(f"select 1 from {ledger.plan} where is_moved or is_forced limit 1"):
        return
    same = "identifier_type = held.identifier_type and {0}.identifier_value = held.identifier_value"
    held = f"held.destination = {text_literal(ledger.destination)} and held.audience = {text_literal(ledger.audience)}"
    with warehouse.transaction():
        warehouse.execute(
            f"update {ledger.acknowledged} as held set profile_id = planned.profile_id from {ledger.plan} as planned "
            f"where {held} and planned.{same.format('planned')} and planned.is_moved"
        )
        warehouse.execute(
            f"update {ledger.acknowledged} as held set traits = null from {ledger.plan} as planned "
            f"where {held} and planned.{same.format('planned')} and planned.is_forced"
        )


def _adopt_departed(warehouse: Warehouse, ledger: Ledger) -> None:
    """The same of those whose exit was the last that was said."""
    if not warehouse.fetch(f"select 1 from {ledger.acknowledged} where {ledger.here} and not is_member limit 1"):
        return
    warehouse.execute(
        f"update {ledger.acknowledged} as held set profile_id = planned.profile_id from {ledger.plan} as planned "
        f"where held.destination = {text_literal(ledger.destination)} and held.audience = {text_literal(ledger.audience)} "
        "and not held.is_member and planned.identifier_type = held.identifier_type "
        "and planned.identifier_value = held.identifier_value and planned.profile_id <> held.profile_id"
    )
