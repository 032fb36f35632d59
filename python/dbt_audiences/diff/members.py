"""Members of an audience, and the difference between a fresh evaluation and what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from dbt_audiences.core.warehouse import Relations, Row, Warehouse, text_literal

MEMBER_COLUMNS = ("profile_id", "entered_at", "user_id", "email", "anonymous_id")


def members_query(relations: Relations, key: str) -> str:
    """SQL of the members with the first identifier of each kind, in the order of their profile ids."""
    first = ", ".join(
        f"max(case when i.type = '{kind}' and i.nth = 1 then i.value end) as {kind}"
        for kind in ("user_id", "email", "anonymous_id")
    )
    return (
        f"select m.profile_id, m.entered_at, {first} from {relations['memberships']} as m left join ("
        "select profile_id, type, value, "
        "row_number() over (partition by profile_id, type order by first_seen_at, value) as nth "
        f"from {relations['profile_identifiers']}) as i on i.profile_id = m.profile_id "
        f"where m.audience = {text_literal(key)} group by m.profile_id, m.entered_at order by m.profile_id"
    )


def members(warehouse: Warehouse, relations: Relations, key: str, limit: int | None) -> list[Row]:
    """The first `limit` members (all without one) as rows of `MEMBER_COLUMNS`."""
    query = members_query(relations, key)
    return warehouse.fetch(query if limit is None else f"{query} limit {limit}")


@dataclass(frozen=True, slots=True)
class Change:
    """Who would enter and leave: profile ids, and how many would stay."""

    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    staying: int


def membership_diff(warehouse: Warehouse, relations: Relations, key: str, judged: str) -> Change:
    """Compare a fresh evaluation, a table with `profile_id` and `is_member`, with what is stored."""
    of_key = f"m.audience = {text_literal(key)}"
    stored = relations["memberships"]
    entering = warehouse.fetch(
        f"select t.profile_id from {judged} as t where t.is_member and not exists (select 1 from "
        f"{stored} as m where {of_key} and m.profile_id = t.profile_id) order by t.profile_id"
    )
    leaving = warehouse.fetch(
        f"select m.profile_id from {stored} as m where {of_key} and not exists (select 1 from {judged} as t "
        "where t.is_member and t.profile_id = m.profile_id) order by m.profile_id"
    )
    total = warehouse.fetch(f"select count(*) from {stored} as m where {of_key}")[0][0]
    return Change(tuple(str(row[0]) for row in entering), tuple(str(row[0]) for row in leaving), int(str(total)) - len(leaving))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Sizes of audiences, how many two of them share, and how many are in all and in any."""

    sizes: Mapping[str, int]
    shared: tuple[tuple[str, str, int], ...]
    in_all: int
    in_any: int


def overlap(warehouse: Warehouse, relations: Relations, keys: Sequence[str]) -> Overlap:
    """How stored memberships overlap."""
    chosen = ", ".join(text_literal(key) for key in keys)
    stored = f"(select audience, profile_id from {relations['memberships']} where audience in ({chosen}))"
    sizes = dict.fromkeys(keys, 0)
    for key, size in warehouse.fetch(f"select audience, count(*) from {stored} as m group by audience"):
        sizes[str(key)] = int(str(size))
    pairs = {
        (str(one), str(other)): int(str(size))
        for one, other, size in warehouse.fetch(
            f"select a.audience, b.audience, count(*) from {stored} as a inner join {stored} as b "
            "on b.profile_id = a.profile_id and b.audience <> a.audience group by a.audience, b.audience"
        )
    }
    counted = f"select profile_id, count(*) as times from {stored} as m group by profile_id"
    in_all, in_any = warehouse.fetch(
        f"select count(case when times = {len(keys)} then 1 end), count(*) from ({counted}) as counted"
    )[0]
    shared = tuple((one, other, pairs.get((one, other), 0)) for one, other in combinations(keys, 2))
    return Overlap(sizes, shared, int(str(in_all)), int(str(in_any)))


def breakdown(warehouse: Warehouse, relations: Relations, key: str) -> tuple[Row, ...]:
    """(type, members that have one, their share of all, different values) of an audience, the most frequent first."""
    rows = warehouse.fetch(
        f'select type, profiles, share, "values" from {relations["identifier_breakdown"]} '
        f"where audience = {text_literal(key)} order by profiles desc, type"
    )
    return tuple(rows)
