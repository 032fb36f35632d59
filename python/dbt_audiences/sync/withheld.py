"""Rows that hold and are not sent, each with its reason: counted, and written down once for each change."""

from __future__ import annotations

from datetime import datetime

from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, text_literal
from dbt_audiences.sync.ledger import Ledger

NO_IDENTIFIER = "no_identifier"


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


def _unreachable(ledger: Ledger, members: str, *, is_withheld: bool) -> str:
    """SQL of those who would be told, and have none of the identifiers that go there; the plan must have been made."""
    told = [ledger.wanted, *([ledger.withheld] if is_withheld else [])]
    nowhere = (f"not exists (select 1 from {one} as told where told.profile_id = members.profile_id)" for one in told)
    # Few are left, of whom the same is asked once.
    return (
        f"from (select distinct profile_id from (select profile_id from {members}) as members where {' and '.join(nowhere)}) "
        "as members"
    )


def find_unreachable(warehouse: Warehouse, ledger: Ledger, members: str, *, is_withheld: bool) -> int:
    """How many profiles cannot be told of, as they have no identifier that goes there.

    members  relation of all who are in, or have the value
    """
    found = warehouse.fetch(f"select count(*) {_unreachable(ledger, members, is_withheld=is_withheld)}")
    return int(str(found[0][0]))


def write_unreachable(
    warehouse: Warehouse, ledger: Ledger, members: str, sync_id: str, at: datetime, *, is_withheld: bool
) -> None:
    """Note each of them as filtered, once."""
    nothing = "cast(null as text)"
    source = (
        f"(select members.profile_id, {nothing} as identifier_type, {nothing} as identifier_value, 'add' as op, "
        f"'{{}}' as traits {_unreachable(ledger, members, is_withheld=is_withheld)} "
        f"where not exists (select 1 from {ledger.deliveries} as known where known.profile_id = members.profile_id "
        f"and {ledger.here} and known.reason = '{NO_IDENTIFIER}'))"
    )
    ledger.write_never_sent(source, sync_id, NO_IDENTIFIER, at)


def adopt_holdouts(warehouse: Warehouse, ledger: Ledger, relations: Relations) -> None:
    """Hold out whoever those became part of that were held out: what a merge made of a person is still that person."""
    merges = relations.get("profile_merges")
    if merges is None:
        return
    same = "coalesce(known.held_as, known.profile_id) = coalesce(held.held_as, held.profile_id)"
    here = f"held.destination = {text_literal(ledger.destination)} and held.audience = {text_literal(ledger.audience)}"
    moved = (
        f"from (select * from {relations['holdouts']} as held where {here}) as held inner join {merges} as merges "
        "on merges.from_profile_id = held.profile_id where not exists ("
        f"select 1 from {relations['holdouts']} as known where known.destination = held.destination "
        f"and known.audience = held.audience and known.profile_id = merges.to_profile_id and {same})"
    )
    # A profile may have become part of one that became part of another.
    while warehouse.fetch(f"select count(*) {moved}")[0][0]:
        warehouse.execute(
            f"insert into {relations['holdouts']} (destination, audience, profile_id, held_out_at, held_as) select distinct "
            "held.destination, held.audience, merges.to_profile_id, held.held_out_at, coalesce(held.held_as, held.profile_id) "
            f"{moved}"
        )


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
