"""`audiences preview MODEL` of a SQL trait: what it would give, before anything is built; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.compile.sql_traits import rows_model
from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.project import SqlTrait
from dbt_audiences.core.warehouse import Row, naive
from dbt_audiences.diff.fresh import fresh_tables
from dbt_audiences.flow.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SqlTraitPreview:
    """The rows of a SQL trait.

    columns     name and type of each
    unknown     rows whose identifier no profile, or account, has
    duplicates  rows that share their identifier with another
    nulls       rows without an identifier
    """

    model: str
    identifier: str
    rows: int
    columns: tuple[tuple[str, str], ...]
    unknown: int
    duplicates: int
    nulls: int
    sample: tuple[Row, ...]


def sql_trait_of(workspace: Workspace, name: str) -> SqlTrait | None:
    """The SQL trait that is a model of this name, or has a column of it."""
    of_model = next((one for one in workspace.project.sql_traits if one.model == name), None)
    return of_model or workspace.project.sql_trait(name)


def preview_sql_trait(workspace: Workspace, declared: SqlTrait, as_of: datetime, limit: int) -> SqlTraitPreview:
    """The model as its files now are, computed with all models of the project that it reads."""
    with workspace.scratch() as copy:
        dbt = workspace.dbt_on(copy)
        dbt.parse()
        relations, generated = dbt.relations(), {path.rsplit("/", 1)[-1].removesuffix(".sql") for path in workspace.files()}
        wanted = (dbt.graph.ancestors([declared.model]) & dbt.own_models()) - generated
        rows = rows_model(declared)
        compiled = dbt.compile({"as_of": naive(as_of).isoformat(), "run_id": "preview"}, wanted | {rows})
        dbt.release()
        models = [(name, compiled[name]) for name in dbt.graph.order() if name in wanted and name in compiled]
    with workspace.prepared_warehouse() as warehouse, fresh_tables(warehouse, relations, models) as fresh:
        table = fresh[declared.model]
        found = warehouse.fetch(
            f"select column_name, data_type from information_schema.columns where table_name = '{table}' "
            "order by ordinal_position"
        )
        columns = tuple((str(name), str(kind)) for name, kind in found)
        there = {name.lower() for name, _ in columns}
        for wanted_column in (declared.identifier, *(name for name, _ in declared.traits)):
            if wanted_column.lower() not in there:
                hint = "it has: " + ", ".join(name for name, _ in columns)
                raise UsageError(f"`{declared.model}` has no column `{wanted_column}`", hint=hint)
        with fresh_tables(warehouse, relations, [(rows, compiled[rows])], under=fresh) as copied:
            of_copy = copied[rows]
            known = (
                f"select account_id from {relations['accounts']} as k where k.account_id = r.identifier"
                if declared.of == "accounts"
                else f"select profile_id from {relations['profile_identifiers']} as k "
                "where k.type = r.identifier_type and k.value = r.identifier"
            )
            counts = warehouse.fetch(
                f"select count(*), count(case when identifier is not null and not exists ({known}) then 1 end), "
                f"count(case when identifier in (select identifier from {of_copy} group by identifier having count(*) > 1) "
                f"then 1 end), count(case when identifier is null then 1 end) from {of_copy} as r"
            )[0]
        sample = warehouse.fetch(f"select * from {table} order by 1 limit {limit}")
        sample = [workspace.project.personal.row([name for name, _ in columns], row) for row in sample]
    total, unknown, duplicates, nulls = (int(str(count)) for count in counts)
    return SqlTraitPreview(declared.model, declared.identifier, total, columns, unknown, duplicates, nulls, tuple(sample))
