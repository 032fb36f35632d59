"""What models declare of themselves: SQL traits and related rows, and the exact text of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.spec_projects import problems_of

from dbt_audiences.spec import load_project
from dbt_audiences.spec.cron import cron_numbers
from dbt_audiences.spec.model_columns import columns_of_sql

SQL = "select user_id, score from x"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "dbt_project.yml", "name: shop\n")
    return tmp_path


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def declare(root: Path, meta: str, *, model: str = "scores", sql: str = SQL, more: str = "") -> None:
    write(root, f"models/{model}.sql", sql)
    write(root, f"models/{model}.yml", f"models:\n  - name: {model}\n    config: {{meta: {{{meta}}}}}\n{more}")


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ("sql_trait: {of: users}", "3:32: `meta.sql_trait` needs `identifier:`\n  add `identifier: ...` here"),
        (
            "sql_trait: {of: accounts, identifier: user_id}",
            "3:47: accounts are known by `group_id`\n  identifier: group_id",
        ),
        (
            "sql_trait: {identifier: group_id}",
            "3:33: `group_id` is of accounts\n  say `of: accounts`, or take user_id, email or anonymous_id",
        ),
        (
            "sql_trait: {identifier: user_id, missing: kep}",
            "3:63: `missing` must be one of: unset, keep\n  did you mean `keep`?",
        ),
        (
            "sql_trait: {identifier: user_id, evry: 4 hours}",
            "3:54: `evry` is not known in `meta.sql_trait`\n  did you mean `every`?",
        ),
        (
            "entity: {name: Rows, user_id: u}",
            "3:36: `Rows` is no name of related rows\n  a letter, then a-z, 0-9 and single _; 30 at most",
        ),
        (
            "entity: {name: rows}",
            "3:29: nothing leads to the rows of `rows`\n"
            "  give the column of `user_id`, `account_id` or another identifier, or a `key:` that others refer to",
        ),
        ("entity: {name: rows, user_id: u, email: e}", "3:54: `user_id` and `email` both say whose a row is\n  leave one out"),
        (
            "entity: {name: rows, user_id: u, references: [a]}",
            "3:66: `references` is a mapping of a table's name to the column here\n  {products: product_id}",
        ),
        (
            "entity: {name: rows, user_id: u, references: {goods: g}}",
            "3:29: `rows` refers to `goods`, which no model declares\n  known here: rows",
        ),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said(root: Path, meta: str, said: str) -> None:
    declare(root, meta)
    assert [str(problem).removeprefix("models/scores.yml:") for problem in problems_of(root)] == [said]


def test_columns_that_the_sql_does_not_tell_must_be_listed(root: Path) -> None:
    declare(root, "sql_trait: {identifier: user_id}", sql="select * from {{ ref('x') }}")
    assert [str(problem) for problem in problems_of(root)] == [
        "models/scores.yml:3:32: the columns of `scores` cannot be told from its SQL\n"
        "  list them below the model's name: `columns: [{name: churn_score}]`"
    ]
    declare(root, "sql_trait: {identifier: user_id}", sql="select * from x", more="    columns: [{name: user_id}, {name: a}]\n")
    assert [name for name, _ in load_project(root).sql_traits[0].traits] == ["a"]


def test_a_sql_trait_needs_a_column_and_a_table_a_key_that_others_refer_to(root: Path) -> None:
    declare(root, "sql_trait: {identifier: user_id}", sql="select user_id from x")
    assert [str(problem) for problem in problems_of(root)] == [
        "models/scores.yml:3:32: `scores` has no column beside `user_id`\n  each other column is a trait"
    ]
    declare(root, "entity: {name: rows, user_id: u, references: {goods: g}}")
    declare(root, "entity: {name: goods, user_id: u}", model="goods")
    assert [str(problem) for problem in problems_of(root)] == [
        "models/scores.yml:3:29: `rows` refers to `goods`, which has no `key:`\n  say in `goods` which column others refer to"
    ]


def test_a_name_is_declared_once_and_both_places_are_told(root: Path) -> None:
    declare(root, "sql_trait: {identifier: user_id}")
    declare(root, "sql_trait: {identifier: email}", model="more", sql="select email, score, revenue from x")
    write(root, "traits/revenue.yml", "trait: revenue\nperformed: Bought\nsum: total\n")
    assert [str(problem) for problem in problems_of(root)] == [
        "models/more.yml:3:32: the SQL trait `revenue` of `more` (models/more.yml:3:32) is a computed trait too, at "
        "traits/revenue.yml:1:1\n  rename one: audiences and traits share one set of keys",
        "models/scores.yml:3:32: `score` is a trait of `scores` and of `more`, at models/more.yml:3:32\n"
        "  rename the column in one of the two",
    ]


def test_a_trait_of_accounts_is_not_one_of_users_and_has_no_history(root: Path) -> None:
    declare(root, "sql_trait: {of: accounts, identifier: group_id}", sql="select group_id, size from x")
    write(root, "audiences/a.yml", "audience: a\nwho: {trait: size, gt: 5}\n")
    assert [str(problem) for problem in problems_of(root)] == [
        "audiences/a.yml:2:6: `size` is a trait of accounts, and users are judged here\n  put it below `account: any`"
    ]
    write(root, "audiences/a.yml", "audience: a\nof: accounts\nwho: {trait: size, gt: 5, held_for: 2 days}\n")
    assert [str(problem) for problem in problems_of(root)] == [
        "audiences/a.yml:3:6: `held_for` needs a custom trait, and `size` is a SQL trait\n"
        "  `custom.size` reaches a custom trait of that name"
    ]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("{{ config(materialized='table') }}\nselect user_id, a.score, sum(x) as total from a", ("user_id", "score", "total")),
        ("with f as (select 1 as a, 'x, y' as b) select * from f where a = 1", ("a", "b")),
        ("with f as (select 1 as a), g as (select f.*, 2 as c from f) select g.* from g", ("a", "c")),
        ('select distinct on (a) a, b "Odd Name", case when a then 1 end as c from x', ("a", "Odd Name", "c")),
        ("-- a comment, select b\nselect a /* , b */ from x;", ("a",)),
        ("select a union all select b", ("a",)),
        ("select {{ cents('x') }} as y, extract(day from d) as day from x", ("y", "day")),
        ("select count(*) from x", None),
        ("select x::text from y", None),
        ("select case when a then b end from x", None),
        ("with f as (select 1 as a) select * from f join g using (a)", None),
        ("select * from {{ ref('x') }}", None),
        ("", None),
    ],
)
def test_columns_are_read_from_the_last_select(root: Path, sql: str, columns: tuple[str, ...] | None) -> None:
    write(root, "models/m.sql", sql)
    assert columns_of_sql(root, "m") == columns


def test_a_schedule_is_the_numbers_that_it_allows() -> None:
    found = cron_numbers("*/20 6-8,22 1 jan-mar mon-fri,7")
    assert found == {
        "minutes": (0, 20, 40), "hours": (6, 7, 8, 22), "days": (1,), "months": (1, 2, 3), "weekdays": (0, 1, 2, 3, 4, 5)
    }  # fmt: skip


def test_columns_are_personal_wherever_dbt_lets_them_be_described(root: Path) -> None:
    column = "columns: [{name: %s, %s}, {name: plain}, {description: none}]"
    write(
        root,
        "models/a.yml",
        f"models:\n  - {{name: m, {column % ('Email', 'config: {meta: {personal: true}}')}}}\n"
        f"seeds:\n  - {{name: s, {column % ('phone', 'meta: {personal: true}')}}}\n"
        f"sources:\n  - {{name: s, tables: [{{name: t, {column % ('age', 'meta: {personal: true}')}}}]}}\n"
        f"snapshots:\n  - {{name: s, {column % ('plan', 'meta: {personal: false}')}}}\n",
    )
    assert load_project(root).personal.names == {"email", "phone", "age"}
    write(root, "models/a.yml", f"models:\n  - {{name: m, {column % ('email', 'meta: {personal: maybe}')}}}\n")
    (problem,) = problems_of(root)
    assert str(problem) == "models/a.yml:2:56: `personal` is neither true nor false\n  a column is personal, or it is not"
