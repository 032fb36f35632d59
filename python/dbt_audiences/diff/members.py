"""Members of an audience, and the difference between a fresh evaluation and what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def membership_diff(
    warehouse: Warehouse, relations: Relations, key: str, compiled: Mapping[str, str], order: list[str]
) -> Change:
    """Evaluate the definition as it stands now on what the last run staged, and compare; nothing is written.

    `compiled` is the SQL of the audience and of the narrow tables below it; those are computed anew, as temporary tables, since
    an edited definition may read properties that no table has yet.
    """
    fresh: dict[str, str] = {}
    try:
        for number, name in enumerate(name for name in order if name in compiled and name != key):
            fresh[name] = f"diff_of_table_{number}"
            warehouse.execute(f"create temporary table {fresh[name]} as {_renamed(compiled[name], relations, fresh)}")
        warehouse.execute(f"create temporary table diff_of_audience as {_renamed(compiled[key], relations, fresh)}")
        of_key = f"m.audience = {text_literal(key)}"
        stored = relations["memberships"]
        entering = warehouse.fetch(
            "select t.profile_id from diff_of_audience as t where t.is_member and not exists (select 1 from "
            f"{stored} as m where {of_key} and m.profile_id = t.profile_id) order by t.profile_id"
        )
        leaving = warehouse.fetch(
            f"select m.profile_id from {stored} as m where {of_key} and not exists (select 1 from diff_of_audience as t "
            "where t.is_member and t.profile_id = m.profile_id) order by m.profile_id"
        )
        total = warehouse.fetch(f"select count(*) from {stored} as m where {of_key}")[0][0]
        return Change(
            tuple(str(row[0]) for row in entering), tuple(str(row[0]) for row in leaving), int(str(total)) - len(leaving)
        )
    finally:
        for table in (*fresh.values(), "diff_of_audience"):
            warehouse.execute(f"drop table if exists {table}")


def _renamed(sql: str, relations: Relations, fresh: Mapping[str, str]) -> str:
    for name, table in fresh.items():
        sql = sql.replace(relations[name], table)
    return sql
