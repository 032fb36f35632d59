"""A computed trait as one model: its events, their values, the value of each entity."""

from __future__ import annotations

from dbt_audiences.compile.accounts import AccountScene
from dbt_audiences.compile.conditions.rows import rows_of
from dbt_audiences.compile.jinja import Call, Expression, Sum, package_call, render
from dbt_audiences.compile.scene import Ctes, Scene
from dbt_audiences.compile.tables import Tables, TraitName, column_mappings
from dbt_audiences.compile.trait_columns import Made, made_of
from dbt_audiences.compile.windows import duration_argument, window_argument
from dbt_audiences.core.project import Project, Trait

EVERYBODY = "everybody"
OTHERWISE = {"count": "0", "sum": "0", "unique": "[]", "unique_count": "0"}
"""The values, as JSON, of functions that have one without any event."""


def trait_model(trait: Trait, project: Project, tables: Tables) -> str:
    """The text of `models/traits/computed/<key>.sql`."""
    ctes = Ctes()
    given = (trait.key, trait.of, trait.timezone, "all", project, tables, ctes)
    scene = AccountScene(*given, entities=EVERYBODY) if trait.of == "accounts" else Scene(*given)  # type: ignore[arg-type]
    made = made_of(trait)
    if trait.function in OTHERWISE or trait.of == "accounts":
        ctes.add(EVERYBODY, _everybody(trait))
    matching, turning = _rows(trait, made, scene)
    rows = _session(trait, made, scene, matching)
    values = _values(trait, made, scene, rows)
    otherwise = OTHERWISE.get(trait.function)
    everybody = EVERYBODY if otherwise is not None else None
    also = [*turning, *([EVERYBODY] if trait.of == "accounts" and everybody is None else [])]  # who joins brings events along
    ctes.add("evaluated", package_call("trait_evaluated", rows, values, everybody, otherwise, turning=list(also) or None))
    read = tables.traits.get(TraitName(trait.of, trait.key, "computed"), set())
    typed = render(package_call("typed_trait", "evaluated", column_mappings(tables, read, read)))
    text = "\n\n".join(ctes.texts).removesuffix(",")
    return (
        f"-- Generated from traits/{trait.key}.yml by `audiences compile`. Edit that file.\n"
        f"{{{{ {_config(trait, project)} }}}}\n\nwith\n\n{text}\n\n{{{{ {typed} }}}}\n"
    )


def _config(trait: Trait, project: Project) -> str:
    meta: dict[str, Expression] = {"definition_hash": project.hashes[trait.key], "trait": trait.name}
    if trait.of == "accounts":
        meta["of"] = "accounts"
    named: list[tuple[str, Expression]] = [("materialized", "computed_trait"), ("schema", "audiences_build")]
    named += [("tags", ["trait", *trait.tags]), ("meta", meta)]
    return render(Call("config", (), tuple(named)))


def _everybody(trait: Trait) -> Call:
    if trait.of == "accounts":
        return package_call("account_universe", with_members=True)
    return package_call("every_profile")


def _rows(trait: Trait, made: Made, scene: Scene) -> tuple[str, tuple[str, ...]]:
    """The CTE of the trait's events, and those of further instants at which they change."""
    performed = trait.performed
    kept = {scene.tables.column_names[column] for column in (*made.values, *made.order)}
    rows = rows_of(performed, scene, sorted(kept))
    if rows.turns:
        kept |= {*rows.columns}
    call = package_call(
        "trait_rows",
        list(rows.relations),
        sorted(kept),
        window=window_argument(performed.window, scene),
        where=rows.where,
        turns=Sum(rows.turns) if rows.turns else None,
    )
    return scene.ctes.add("matching", call, performed.place), rows.turning


def _session(trait: Trait, made: Made, scene: Scene, rows: str) -> str:
    if trait.session is None:
        return rows
    columns: list[Expression] = list(sorted({scene.tables.column_names[one] for one in (*made.values, *made.order)}))
    call = package_call("current_session", rows, columns, duration_argument(trait.session))
    return scene.ctes.add("in_session", call, trait.place)


def _values(trait: Trait, made: Made, scene: Scene, rows: str) -> str:
    """The CTE of the values: profile_id and value, as JSON text."""
    names = scene.tables.column_names
    order: list[Expression] = [names[column] for column in made.order]
    if trait.path is None:
        return scene.ctes.add("valued", package_call("trait_value", "count", rows), trait.place)
    found = scene.ctes.add(
        "found",
        package_call(
            "trait_values_found",
            rows,
            list(made.types),
            columns=None if made.opens else [names[column] for column in made.values],
            opened=names[made.values[0]] if made.opens else None,
            paths=[list(path) for path in made.paths] if made.opens else None,
            order=order or None,
        ),
        trait.place,
    )
    items: list[Expression] = [f"item_{number}" for number in range(1, len(made.paths))]
    call = package_call(
        "trait_value",
        trait.function,
        found,
        type=made.types[0] if trait.function in ("sum", "avg", "min", "max") else None,
        at_least=trait.at_least if trait.function == "most_frequent" else None,
        order=order + items if trait.function in ("first", "last") else None,
    )
    return scene.ctes.add("valued", call, trait.place)
