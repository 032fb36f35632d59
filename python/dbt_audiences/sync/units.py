"""A plan in calls and batches, as a temporary table, and read from it a few batches at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from dbt_audiences.core.warehouse import Row, Warehouse
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Side, Unit
from dbt_audiences.sync.ledger import Ledger

_OF_SIDE: dict[Side | None, str] = {None: "true", "add": "op <> 'remove'", "remove": "op = 'remove'"}


def number_units(warehouse: Warehouse, ledger: Ledger, side: Side | None, batch_size: int | None) -> tuple[int, int]:
    """Fill the table of units with the plan's rows of one side (None: both) in calls and batches; return how many of each.

    A unit has one value of each type. A type with several values makes several units, and what a later one lacks it borrows
    from the first, so that it can be addressed; each stands for what it borrowed too. Profiles with a request whose fate is
    unknown wait until it is known.

    shape  profile_id, identifier_type, identifier_value, traits, op, side, unit, batch, is_repeated (a row of the batch before
           it says the same); in the order of units, so that a few batches are found without reading all
    """
    rows = f"{ledger.plan} as plan where {_OF_SIDE[side]} and differs = 1"
    warehouse.execute(f"drop table if exists {ledger.units}")
    key = warehouse.row_hash(("profile_id", "op = 'remove'", "identifier_type"))
    counted = warehouse.fetch(f"select count(*), count(distinct {key}) from {rows}")[0]
    if counted[0] == 0:
        return 0, 0
    # Where nobody has two values of one type, and nobody waits, a side of a profile is a unit.
    is_plain = counted[0] == counted[1] and not ledger.has_in_flight()
    query = _plain_units(rows) if is_plain else _units_of_several(ledger, rows)
    batch = "0" if batch_size is None else f"cast(floor((unit - 1) / {batch_size}.0) as bigint)"
    repeated = (
        "false"
        if is_plain
        else (f"row_number() over (partition by {batch}, profile_id, identifier_type, identifier_value, op order by unit) > 1")
    )
    warehouse.execute(
        f"create temporary table {ledger.units} as select numbered.*, {batch} as batch, {repeated} as is_repeated "
        f"from (\n{query}\n) as numbered{'' if is_plain else ' order by unit'}"
    )
    warehouse.make_findable(ledger.units, "batch")
    found = warehouse.fetch(f"select coalesce(max(unit), 0), coalesce(max(batch) + 1, 0) from {ledger.units}")[0]
    return int(str(found[0])), int(str(found[1]))


_UNITS = "profile_id, identifier_type, identifier_value, traits, op, side, unit"
_SIDE = "case when op = 'remove' then 'remove' else 'add' end as side"


def _plain_units(rows: str) -> str:
    """SQL of units with all rows of a profile, in order."""
    return f"""select {_UNITS} from (
    select *, dense_rank() over (order by profile_id, side desc) as unit from (select *, {_SIDE} from {rows}) as sided
) as ranked"""


def _units_of_several(ledger: Ledger, rows: str) -> str:
    """SQL of units where a profile may have several, or wait."""
    firsts = "".join(
        f""",
        min(case when nth = 1 and identifier_type = '{name}' then identifier_value end)
            over (partition by profile_id, side) as first_{name},
        min(case when nth = 1 and identifier_type = '{name}' then op end) over (partition by profile_id, side) as op_of_{name},
        max(case when identifier_type = '{name}' then 1 else 0 end) over (partition by profile_id, side, nth) as has_{name}"""
        for name in IDENTIFIER_COLUMNS
    )
    borrowed = "".join(
        f"""
union all
select distinct profile_id, '{name}', first_{name}, traits, op_of_{name}, side, unit
from ranked where has_{name} = 0 and first_{name} is not null"""
        for name in IDENTIFIER_COLUMNS
    )
    return f"""with awaited as (
{ledger.in_flight()}
),
chosen as (
    select *, {_SIDE} from {rows}
        and not exists (select 1 from awaited where awaited.profile_id = plan.profile_id)
        and not exists (
            select 1 from awaited
            where awaited.identifier_type = plan.identifier_type and awaited.identifier_value = plan.identifier_value
        )
),
numbered as (
    select *, row_number() over (
        partition by profile_id, side, identifier_type order by case when op = 'same' then 1 else 0 end, identifier_value
    ) as nth
    from chosen
),
joined as (
    select *, max(case when op = 'same' then 0 else 1 end) over (partition by profile_id, side, nth) as is_sent{firsts}
    from numbered
),
ranked as (
    select *, dense_rank() over (order by profile_id, side desc, nth) as unit from joined where is_sent = 1
)
select {_UNITS} from ranked{borrowed}"""


_UNIT_COLUMNS = "batch, unit, profile_id, side, identifier_type, identifier_value, traits"


def batches_of(warehouse: Warehouse, ledger: Ledger, first: int, beyond: int) -> dict[int, list[Unit]]:
    """The units of a few batches, in order."""
    rows = warehouse.fetch(
        f"select {_UNIT_COLUMNS} from {ledger.units} where batch >= {first} and batch < {beyond} order by unit, identifier_type"
    )
    found: dict[int, list[Unit]] = {}
    for batch, unit in _units(iter(rows)):
        found.setdefault(batch, []).append(unit)
    return found


def streamed(warehouse: Warehouse, ledger: Ledger, rows_at_once: int) -> Iterator[Unit]:
    """All units in order, in constant memory; nothing else may ask the warehouse until they are exhausted."""
    query = f"select {_UNIT_COLUMNS} from {ledger.units} order by unit, identifier_type"
    rows = (row for chunk in warehouse.stream(query, rows_at_once) for row in chunk)
    return (unit for _, unit in _units(rows))


def _units(rows: Iterator[Row]) -> Iterator[tuple[int, Unit]]:
    for (batch, _), of_unit in groupby(rows, key=itemgetter(0, 1)):
        yield int(str(batch)), _unit(list(of_unit))


def _unit(rows: list[Row]) -> Unit:
    _, _, profile_id, side, _, _, traits = rows[0]
    own = {str(row[4]): str(row[5]) for row in rows}
    identifiers = {name: own.pop(name) for name in IDENTIFIER_COLUMNS if name in own} | own
    return Unit(str(profile_id), "remove" if side == "remove" else "add", identifiers, str(traits))
