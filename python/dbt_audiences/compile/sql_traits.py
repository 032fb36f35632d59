"""SQL traits as models: a copy of the rows of each, a check that fails for what is wrong with it, and the values read."""

from __future__ import annotations

from dbt_audiences.compile.jinja import Call, Expression, package_call, reference, render
from dbt_audiences.compile.names import IDENTIFIER_LENGTH, digest
from dbt_audiences.core.project import Project, SqlTrait
from dbt_audiences.spec.cron import cron_numbers, either_day_suffices

FOLDER = "traits/sql"
_HEAD = "-- Generated from the declaration of `{model}` by `audiences compile`. Edit its yml.\n"


def rows_model(sql_trait: SqlTrait) -> str:
    """The name of the model that holds a copy of the rows of a SQL trait."""
    return _named("sql_trait_", sql_trait.model)


def check_model(sql_trait: SqlTrait) -> str:
    """The name of the model that fails where something is wrong with the rows."""
    return _named("check_sql_trait_", sql_trait.model)


def _named(prefix: str, model: str) -> str:
    name = f"{prefix}{model}"
    return name if len(name) <= IDENTIFIER_LENGTH else f"{name[: IDENTIFIER_LENGTH - 9]}_{digest(name)}"


def sql_trait_models(project: Project) -> dict[str, str]:
    """Path below `models/` -> text, for the copies and the checks."""
    texts = {}
    for one in project.sql_traits:
        names: list[Expression] = [name for name, _ in one.traits]
        meta: dict[str, Expression] = {"model": one.model, "of": one.of, "identifier": one.identifier, "traits": names}
        personal: list[Expression] = [
            name for name in (one.identifier, *(name for name, _ in one.traits)) if project.personal.has(name)
        ]
        if personal:
            meta["personal"] = personal
        if one.missing == "keep":
            meta["keep"] = True
        if one.every is not None:
            meta["every"] = _every(one.every)
        rows = package_call("sql_trait_rows", reference(one.model), one.identifier, names)
        texts[f"{FOLDER}/{rows_model(one)}.sql"] = _model(one, "sql_trait", meta, f"{{{{ {render(rows)} }}}}")
        check = f"-- depends on: {{{{ ref('{rows_model(one)}') }}}}"
        texts[f"{FOLDER}/{check_model(one)}.sql"] = _model(one, "sql_trait_check", {"rows": rows_model(one)}, check)
    return texts


def _model(sql_trait: SqlTrait, materialized: str, meta: dict[str, Expression], body: str) -> str:
    named: list[tuple[str, Expression]] = [("materialized", materialized), ("schema", "audiences_build"), ("meta", meta)]
    config = render(Call("config", (), tuple(named)))
    return f"{_HEAD.format(model=sql_trait.model)}{{{{ {config} }}}}\n\n{body}\n"


def _every(text: str) -> dict[str, Expression]:
    """A schedule as `sql_trait_is_due` takes it."""
    words = text.split()
    if len(words) == 2:
        return {"length": [int(words[0]), words[1].rstrip("s") + "s"]}
    return {**{name: list(numbers) for name, numbers in cron_numbers(text).items()}, "either": either_day_suffices(text)}


def values_call(sql_trait: SqlTrait, name: str, columns: list[Expression]) -> Call:
    """The call that gives the values of one of its traits by entity."""
    of = "accounts" if sql_trait.of == "accounts" else None
    return package_call("sql_trait_values", reference(rows_model(sql_trait)), name=name, columns=columns, of=of)


def declared(project: Project) -> list[Expression]:
    """What the package's own models must know of them."""
    return [{"model": rows_model(one), "of": one.of, "names": [name for name, _ in one.traits]} for one in project.sql_traits]
