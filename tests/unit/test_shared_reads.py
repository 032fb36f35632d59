"""What a query reads of nobody but profiles in scope, by its text alone."""

from __future__ import annotations

import pytest

from dbt_audiences.run.shared_reads import reads_in_scope

SCOPE = "/* and profile_id in (select profile_id from scope) */"
TABLE = '"db"."s"."t"'


@pytest.mark.parametrize(
    "sql",
    [
        f"select 1 from {TABLE} where true {SCOPE}",
        f"select 1 from {TABLE}\n    where\n        a > 1 and b in (1, 2)\n        {SCOPE}\n    group by 1",
        f"select 1 from {TABLE} where x in (select p.x from p) {SCOPE}",
        f"select 1 from {TABLE} where x = 'from y) where' {SCOPE}",
        f'select 1 from {TABLE} where "where" = 1 {SCOPE}',
        f"select 1 from {TABLE} where a /* where ( */ {SCOPE}",
    ],
)
def test_a_read_with_the_filter_among_its_own_conditions_is_found(sql: str) -> None:
    assert [read[1] for read in reads_in_scope(sql)] == [TABLE]


@pytest.mark.parametrize(
    "sql",
    [
        f"select 1 from {TABLE}",
        f"select 1 from {TABLE} as t where true {SCOPE}",
        f"select 1 from {TABLE} where true",
        f"select 1 from (select 1 from {TABLE} where true) as t where true {SCOPE}",
        f"select 1 from {TABLE} where true union all select 1 from other where true {SCOPE}",
        f"select 1 from {TABLE} where x in (select profile_id from u where true {SCOPE})",
        f"select 1 from {TABLE} where true group by 1 having count(*) > 1 {SCOPE}",
        f"select 1 from {TABLE} where x = '{SCOPE}'",
        f"select 1 from {TABLE} where true {SCOPE.replace('profile_id in', 'members.profile_id in')}",
        f"select 1 from {TABLE} where true {SCOPE.replace('profile_id in', 'account_id in')}",
    ],
)
def test_a_read_whose_filter_is_not_its_own_is_left_alone(sql: str) -> None:
    assert reads_in_scope(sql) == []


def test_every_read_is_found_for_itself() -> None:
    sql = f'select 1 from {TABLE} where true {SCOPE} union all select 1 from "db"."s"."u" where a {SCOPE}'
    assert [read[1] for read in reads_in_scope(sql)] == [TABLE, '"db"."s"."u"']
