"""Whether the sides found the same members: (audience, id) as Parquet, ids as the shop knows them."""

from __future__ import annotations

from pathlib import Path


def of_ours(project: Path, file: Path) -> None:
    """The memberships of a project's warehouse."""
    import duckdb

    with duckdb.connect(str(project / "warehouse.duckdb")) as connection:
        connection.execute(f"""copy (
            select m.audience, coalesce(i.value, m.profile_id) as id
            from audiences.memberships as m
            left join audiences.profile_identifiers as i on i.profile_id = m.profile_id and i.type = 'user_id'
        ) to '{file}' (format parquet)""")


def differences(ours: Path, theirs: Path) -> list[tuple[str, int, int]]:
    """Each audience that differs, with the number of members that only ours has, and only theirs; repetitions count."""
    import duckdb

    # ClickHouse writes texts as bytes.
    mine, other = (
        f"(select cast(audience as varchar) as audience, cast(id as varchar) as id from '{f}')" for f in (ours, theirs)
    )
    with duckdb.connect() as connection:
        return connection.execute(f"""
            select audience, count(*) filter (side = 'ours'), count(*) filter (side = 'theirs')
            from (
                select 'ours' as side, * from (from {mine} except all from {other})
                union all
                select 'theirs', * from (from {other} except all from {mine})
            )
            group by all
            order by all
        """).fetchall()


def sizes(file: Path) -> dict[str, int]:
    """Members of each audience that has any."""
    import duckdb

    with duckdb.connect() as connection:
        rows = connection.execute(f"select cast(audience as varchar), count(*) from '{file}' group by all").fetchall()
    return {str(audience): int(count) for audience, count in rows}
