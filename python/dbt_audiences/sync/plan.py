"""What must hold against what was acknowledged: the differences, as temporary tables."""

from __future__ import annotations

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.sync.ledger import Ledger
from dbt_audiences.sync.sizes import Sizes

_COLUMNS = "profile_id, identifier_type, identifier_value, traits"
_WANTED = (
    "cast(profile_id as text)",
    "cast(identifier_type as text)",
    "cast(identifier_value as text)",
    "coalesce(cast(traits as text), '{}')",
)
"""SQL of the same of what must hold."""

_NO_PLAN = """select cast(null as text) as profile_id, cast(null as text) as identifier_type,
    cast(null as text) as identifier_value, cast(null as text) as traits, cast(null as text) as op, false as is_held,
    false as is_forced, false as is_moved, 0 as differs
where false"""


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
    whole = resync or is_whole
    _drop(warehouse, ledger.wanted, ledger.wanted_rows, ledger.plan, ledger.differing)
    wanted = f"{desired} where identifier_value is not null{' and withheld is null' if is_withheld else ''}"
    if not whole and _is_all_held(warehouse, ledger, held, wanted):
        warehouse.execute(f"create temporary view {ledger.wanted} as select {_COLUMNS} from {ledger.acknowledged} where {held}")
        warehouse.execute(f"create temporary table {ledger.plan} as {_NO_PLAN}")
        return Sizes(0, 0, 0, 0)
    _copy_wanted(warehouse, ledger, wanted)
    if not whole:
        # Mostly there is little difference: one pass finds it, and only profiles that differ are looked at as a whole.
        compared = _compared_query(ledger, held, left_alone, resync=False)
        differing = f"select distinct profile_id from (\n{compared}\n) as compared where op <> 'same' or is_moved"
        warehouse.execute(f"create temporary table {ledger.differing} as {differing}")
    query = _plan_query(ledger, held, left_alone, resync=whole)
    if not whole and not warehouse.fetch(f"select 1 from {ledger.differing} limit 1"):
        query = _NO_PLAN
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


def _is_all_held(warehouse: Warehouse, ledger: Ledger, held: str, wanted: str) -> bool:
    """Whether the ledger holds exactly what must hold: as many rows, and the same sum of a number for each.

    Mostly that is so, and it takes a fraction of a comparison and no memory. Others have that sum by a chance of 2**-64.
    """
    of_held, of_wanted = (
        warehouse.fetch(f"select count(*), coalesce(sum({warehouse.row_hash(columns)}), 0) from {rows}")[0]
        for columns, rows in ((_COLUMNS.split(", "), f"{ledger.acknowledged} where {held}"), (_WANTED, wanted))
    )
    return of_held == of_wanted


def _copy_wanted(warehouse: Warehouse, ledger: Ledger, wanted: str) -> None:
    """Fill the table of what must hold with each identifier once: of several profiles the first by its id."""
    columns = ", ".join(f"{text} as {name}" for text, name in zip(_WANTED, _COLUMNS.split(", "), strict=True))
    warehouse.execute(f"create temporary table {ledger.wanted_rows} as select {columns} from {wanted}")
    # An identifier is one profile's: as many numbers as rows prove it, and numbering all rows takes as long as all else.
    number = warehouse.row_hash(("identifier_type", "identifier_value"))
    rows, numbers = warehouse.fetch(f"select count(*), count(distinct {number}) from {ledger.wanted_rows}")[0]
    if rows != numbers:
        warehouse.execute(f"drop table {ledger.wanted_rows}")
        warehouse.execute(
            f"create temporary table {ledger.wanted_rows} as select {_COLUMNS} from (select {columns}, row_number() over "
            f"(partition by identifier_type, identifier_value order by profile_id) as nth from {wanted}) as numbered "
            "where nth = 1"
        )
    warehouse.execute(f"create temporary view {ledger.wanted} as select {_COLUMNS} from {ledger.wanted_rows}")


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
    _drop(warehouse, ledger.wanted, ledger.wanted_rows, ledger.plan, ledger.units, ledger.withheld, ledger.differing)


def _drop(warehouse: Warehouse, view: str, *tables: str) -> None:
    warehouse.execute(f"drop view if exists {view}")
    for table in tables:
        warehouse.execute(f"drop table if exists {table}")
