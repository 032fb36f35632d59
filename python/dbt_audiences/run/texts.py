"""What dbt would render, as it parsed it: the texts of models and macros, kept beside the graph for runs that need no dbt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PACKAGE = "dbt_audiences"
_OF_DBT = ("dbt", "dbt_duckdb", "dbt_postgres")
EMULATED = frozenset({
    "apply_grants", "load_cached_relation", "persist_docs", "run_hooks", "run_query", "should_full_refresh", "statement",
    "type_string", "default__type_string", "get_assert_columns_equivalent",
})  # fmt: skip
"""Macros of dbt's that stand in for them here (see direct/host.py)."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Of one project and target.

    project    the name of the project that runs
    macros     package -> name -> text, of the project and of this package
    models     id -> text
    sources    id -> relation
    variables  of the project and, below them, of this package
    is_plain   nothing but these texts decides what a run does: no hooks, no dispatch, no macros of dbt's made anew
    """

    project: str
    macros: Mapping[str, Mapping[str, str]]
    models: Mapping[str, str]
    sources: Mapping[str, str]
    variables: Mapping[str, Any]
    is_plain: bool


def texts_of(manifest: Any, settings: Mapping[str, Any], package: Mapping[str, Any]) -> Texts:
    """What dbt's manifest says.

    settings  dbt_project.yml of the project
    package   the same of this package
    """
    project = str(settings.get("name"))
    macros: dict[str, dict[str, str]] = {project: {}, PACKAGE: {}}
    others: set[str] = set()
    for macro in manifest.macros.values():
        if macro.package_name in macros:
            macros[macro.package_name][macro.name] = macro.macro_sql
        if macro.package_name not in (*_OF_DBT, PACKAGE):
            others.add(macro.name)
    materializations = {name for name in macros[PACKAGE] if name.startswith("materialization_")}
    hooks = [node for node in manifest.nodes.values() if node.resource_type == "operation" and node.package_name != PACKAGE]
    is_plain = not (hooks or settings.get("dispatch") or (others & (EMULATED | materializations) and project != PACKAGE))
    return Texts(
        project,
        macros,
        {id_: node.raw_code for id_, node in manifest.nodes.items() if node.resource_type == "model"},
        {id_: source.relation_name for id_, source in manifest.sources.items()},
        _variables(package) | _variables(settings),
        is_plain,
    )


def _variables(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those that hold in this package."""
    given = settings.get("vars") or {}
    return {name: value for name, value in given.items() if not isinstance(value, Mapping)} | dict(given.get(PACKAGE) or {})


def write_texts(path: Path, mark: str, texts: Texts) -> None:
    """Keep them for other processes; where nothing can be written, dbt builds."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps({"mark": mark, **asdict(texts)}, ensure_ascii=False, default=str), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return


def read_texts(path: Path, mark: str) -> Texts | None:
    """Those that were kept under this mark; None where there are none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Texts(**found) if found.pop("mark") == mark else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
