"""What must hold against what was acknowledged: the differences, as temporary tables, and the guards on their size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dbt_audiences.core.project import RefuseAbove
from dbt_audiences.core.warehouse import Row, Warehouse
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Side, Unit
from dbt_audiences.sync.ledger import Ledger

DEFAULT_LEAVING_SHARE = Decimal("0.5")
SMALLEST_GUARDED = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """Profiles: those that the destination holds, and of those that differ, who enters, leaves, or changes only."""

    held: int
    entering: int
    leaving: int
    changing: int

    @property
    def differing(self) -> int:
        """Those that differ in any way."""
        return self.entering + self.leaving + self.changing


def make_plan(
    warehouse: Warehouse,
    ledger: Ledger,
    desired: str,
    *,
    resync: bool,
    is_whole: bool = False,
    among: str = "true",
    is_baseline_kept: bool = False,
    is_withheld: bool = False,
) -> Sizes:
    """Fill the table of what must hold and the plan with every row of the profiles that differ, and count those profiles.

    resync            what holds is said again, and what was ever sent and holds no longer is taken back again
    is_whole          what holds is said again, for a destination that is told all of it at once
    among             SQL of the rows of the ledger that are compared; all others stay as they are
    is_withheld       `desired` says by a column `withheld` which of its rows are not sent
    is_baseline_kept  what was taken as known and never sent is not taken back either

    shape  profile_id, identifier_type, identifier_value, traits, op (add, change, remove, same), is_held (the destination holds
           it), is_forced, is_moved (it is another profile's now; of one that does not differ the only rows); one row for each
           identifier

    An identifier that moved to another profile by a merge is the same identifier. Where one goes and its profile stays, what
    still holds is said again after the exit, for destinations that know people by another identifier. What was rejected stays
    out until it differs from what was rejected.
    """
    held = f"{ledger.here} and ({among}){'' if resync else ' and is_member'}"
    left_alone = "wanted.profile_id is null and held.is_baseline" if is_baseline_kept else "false"
    for table in (ledger.wanted, ledger.plan):
        warehouse.execute(f"drop table if exists {table}")
    warehouse.execute(
        f"create temporary table {ledger.wanted} as\n{_wanted_query(warehouse, desired, is_withheld=is_withheld)}"
    )
    whole = resync or is_whole
    if not whole:
        # Mostly there is next to no difference: one pass finds that, and only profiles that differ are looked at as a whole.
        compared = _compared_query(ledger, held, left_alone, resync=False)
        differing = f"select distinct profile_id from (\n{compared}\n) as compared where op <> 'same' or is_moved"
        warehouse.execute(f"drop table if exists {ledger.differing}")
        warehouse.execute(f"create temporary table {ledger.differing} as {differing}")
    query = _plan_query(ledger, held, left_alone, resync=whole)
    if not whole and not warehouse.fetch(f"select 1 from {ledger.differing} limit 1"):
        query = f"select * from (\n{query}\n) as planned limit 0"
    warehouse.execute(f"create temporary table {ledger.plan} as\n{query}")
    shares = warehouse.fetch(
        "select sum(case when held_rows = 0 and desired_rows > 0 then 1 else 0 end), "
        "sum(case when held_rows > 0 and desired_rows = 0 then 1 else 0 end), "
        "sum(case when held_rows > 0 and desired_rows > 0 then 1 else 0 end) "
        "from (select profile_id, sum(case when is_held then 1 else 0 end) as held_rows, "
        f"sum(case when op = 'remove' then 0 else 1 end) as desired_rows from {ledger.plan} "
        "where differs = 1 group by profile_id) as profiles"
    )[0]
    entering, leaving, changing = (int(str(value or 0)) for value in shares)
    return Sizes(ledger.held_profiles() if entering or leaving else 0, entering, leaving, changing)


def _wanted_query(warehouse: Warehouse, desired: str, *, is_withheld: bool) -> str:
    """SQL of what must hold, each identifier once: of several profiles the first by its id."""
    rows = f"from {desired} where identifier_value is not null{' and withheld is null' if is_withheld else ''}"
    columns = """
        cast(profile_id as text) as profile_id, cast(identifier_type as text) as identifier_type,
        cast(identifier_value as text) as identifier_value, coalesce(cast(traits as text), '{}') as traits"""
    # An identifier is one profile's, so that this finds none; numbering all of them takes as long as all else together.
    if not warehouse.fetch(f"select 1 {rows} group by identifier_type, identifier_value having count(*) > 1 limit 1"):
        return f"select {columns}\n{rows}"
    return f"""select profile_id, identifier_type, identifier_value, traits
from (
    select {columns},
        row_number() over (partition by identifier_type, identifier_value order by profile_id) as nth
    {rows}
) as numbered
where nth = 1"""


def _plan_query(ledger: Ledger, held: str, left_alone: str, *, resync: bool) -> str:
    rejected = (
        ""
        if resync or not ledger.has_rejections()
        else (
            "where not exists (select 1 from rejected where rejected.identifier_type = compared.identifier_type "
            "and rejected.identifier_value = compared.identifier_value and compared.op <> 'same' "
            "and (rejected.op = 'remove') = (compared.op = 'remove') "
            "and (compared.op = 'remove' or rejected.traits = compared.traits))"
        )
    )
    with_rejected = f"rejected as (\n{ledger.last_rejections()}\n),\n" if rejected else ""
    chosen = "" if resync else f"select profile_id from {ledger.differing}"
    return f"""with {with_rejected}compared as (
{_compared_query(ledger, held, left_alone, resync=resync, chosen=chosen)}
),
considered as (
    select
        compared.*,
        max(case when op = 'same' then {int(resync)} else 1 end) over (partition by profile_id) as differs,
        max(case when op = 'remove' then 1 else 0 end) over (partition by profile_id) as loses
    from compared
    {rejected}
)
select
    profile_id, identifier_type, identifier_value, traits,
    case when op = 'same' and ({_is_forced(resync)}) then 'change' else op end as op,
    is_held, op = 'same' and ({_is_forced(resync)}) as is_forced, is_moved, differs
from considered
where differs = 1 or is_moved"""


def _compared_query(ledger: Ledger, held: str, left_alone: str, *, resync: bool, chosen: str = "") -> str:
    """SQL of every identifier that must be there or is held, with what must be done.

    chosen  SQL of the profiles that are looked at; all where it is empty
    """
    of_chosen = f"\n    and coalesce(wanted.profile_id, held.profile_id) in ({chosen})" if chosen else ""
    baseline = ledger.is_baseline if "is_baseline" in left_alone else "false"
    return f"""    select
        coalesce(wanted.profile_id, held.profile_id) as profile_id,
        coalesce(wanted.identifier_type, held.identifier_type) as identifier_type,
        coalesce(wanted.identifier_value, held.identifier_value) as identifier_value,
        coalesce(wanted.traits, '{{}}') as traits,
        case
            when held.profile_id is null or (not held.is_member and wanted.profile_id is not null) then 'add'
            when wanted.profile_id is null then 'remove'
            when held.traits is null or wanted.traits <> held.traits then 'change'
            else 'same'
        end as op,
        coalesce(held.is_member, false) as is_held,
        coalesce(wanted.profile_id <> held.profile_id, false) as is_moved
    from {ledger.wanted} as wanted
    full outer join (
        select profile_id, identifier_type, identifier_value, traits, is_member, {baseline} as is_baseline
        from {ledger.acknowledged}
        where {held}
    ) as held
        on held.identifier_type = wanted.identifier_type and held.identifier_value = wanted.identifier_value
    where ({left_alone}) is not true{of_chosen}"""


def _is_forced(resync: bool) -> str:
    return "true" if resync else "loses = 1"


def number_units(warehouse: Warehouse, ledger: Ledger, side: Side | None, batch_size: int | None) -> tuple[int, int]:
    """Fill the table of units with the plan's rows of one side (None: both) in calls and batches; return how many of each.

    A unit has one value of each type. A type with several values makes several units, and what a later one lacks it borrows
    from the first, so that it can be addressed; each stands for what it borrowed too. Profiles with a request whose fate is
    unknown wait until it is known.
    """
    of_side = {None: "true", "add": "op <> 'remove'", "remove": "op = 'remove'"}[side]
    if not int(str(warehouse.fetch(f"select count(*) from {ledger.plan} where {of_side} and differs = 1")[0][0])):
        warehouse.execute(f"drop table if exists {ledger.units}")
        return 0, 0
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
    batch = "0" if batch_size is None else f"cast(floor((unit - 1) / {batch_size}.0) as bigint)"
    warehouse.execute(f"drop table if exists {ledger.units}")
    warehouse.execute(f"""create temporary table {ledger.units} as
with awaited as (
{ledger.in_flight()}
),
chosen as (
    select *, case when op = 'remove' then 'remove' else 'add' end as side from {ledger.plan} as plan
    where {of_side} and differs = 1 and not exists (select 1 from awaited where awaited.profile_id = plan.profile_id)
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
),
complete as (
    select profile_id, identifier_type, identifier_value, traits, op, side, unit from ranked{borrowed}
)
select complete.*, {batch} as batch from complete order by unit""")
    found = warehouse.fetch(f"select coalesce(max(unit), 0), coalesce(max(batch) + 1, 0) from {ledger.units}")[0]
    return int(str(found[0])), int(str(found[1]))


_UNIT_COLUMNS = "batch, unit, profile_id, side, identifier_type, identifier_value, traits"


def batches(warehouse: Warehouse, ledger: Ledger, first: int, beyond: int) -> dict[int, list[Unit]]:
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
    current: tuple[object, object] | None = None
    collected: list[Row] = []
    for row in rows:
        place = (row[0], row[1])
        if place != current and current is not None:
            yield int(str(current[0])), _unit(collected)
            collected = []
        current = place
        collected.append(row)
    if current is not None:
        yield int(str(current[0])), _unit(collected)


def _unit(rows: list[Row]) -> Unit:
    first = rows[0]
    own = {str(row[4]): str(row[5]) for row in rows}
    known = {name: own[name] for name in IDENTIFIER_COLUMNS if name in own}
    side: Side = "remove" if first[3] == "remove" else "add"
    return Unit(str(first[2]), side, {**known, **{name: own[name] for name in own if name not in known}}, str(first[6]))


def held_back(warehouse: Warehouse, ledger: Ledger) -> int:
    """Identifiers that differ and are not sent, because a person must act first."""
    if not ledger.has("held"):
        return 0
    there = "where {0}.identifier_type = held.identifier_type and {0}.identifier_value = held.identifier_value"
    wanted = f"select 1 from {ledger.wanted} as wanted {there.format('wanted')}"
    known = (
        f"select 1 from (select * from {ledger.acknowledged} where {ledger.here} and is_member) as known "
        f"{there.format('known')}"
    )
    found = warehouse.fetch(
        f"select count(*) from ({ledger.last_rejections('held')}) as held where "
        f"(op = 'remove' and not exists ({wanted}) and exists ({known})) or "
        f"(op <> 'remove' and exists ({wanted} and wanted.traits = held.traits) "
        f"and not exists ({known} and known.traits = held.traits))"
    )
    return int(str(found[0][0]))


def drop_tables(warehouse: Warehouse, ledger: Ledger) -> None:
    """Give back what the temporary tables hold."""
    for table in (ledger.wanted, ledger.plan, ledger.units, ledger.withheld, ledger.differing):
        warehouse.execute(f"drop table if exists {table}")


def refusal(sizes: Sizes, limits: RefuseAbove | None) -> str | None:
    """Why a sync of this size must not happen without a person's word, or None."""
    if limits is None or limits == RefuseAbove():
        limits = RefuseAbove(leaving_share=DEFAULT_LEAVING_SHARE) if sizes.held > SMALLEST_GUARDED else RefuseAbove()
    checks = (
        ("leave", sizes.leaving, limits.leaving_count, limits.leaving_share),
        ("enter", sizes.entering, limits.entering_count, limits.entering_share),
    )
    for verb, count, most, share in checks:
        if most is not None and count > most:
            return f"{count:,} profiles would {verb}, more than the {most:,} that `refuse_above` allows"
        if share is not None and sizes.held and Decimal(count) / sizes.held > share:
            part = f"{Decimal(count) / sizes.held:.1%}"
            return f"{count:,} of {sizes.held:,} profiles ({part}) would {verb}, more than the {share:.1%} that is allowed"
    return None
