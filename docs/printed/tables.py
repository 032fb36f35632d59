"""Tables and columns, out of the yml of the models and the loader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from docs.printed.markdown import ROOT, table

from dbt_audiences.load.tables import CALL_COLUMNS, LOAD_COLUMNS, REJECTED_COLUMNS, VIOLATION_COLUMNS


def tables_page() -> str:
    """Published tables, state and working tables, from the yml of the models."""
    found = sorted(_models(), key=lambda one: one["name"])
    parts = [
        "# Tables\n",
        "Names of schemas are those of a project that has the schema rule of `audiences init`; elsewhere `ref()` is the stable "
        "name. Instants are timestamps without a zone, in UTC.\n",
        "## Schema `audiences`\n",
        "### `audiences.<key>`\n",
        "One view for each audience.\n",
        table(
            ("column", "type", "meaning"),
            [
                ("`profile_id`", "text", "A member. (unique, not_null)"),
                ("`entered_at`", "timestamp", "The as_of of the run in which it last entered. (not_null)"),
            ],
        ),
    ]
    for schema, title in (("audiences", None), ("audiences_build", "## Schema `audiences_build`: working tables\n")):
        if title is not None:
            parts += [title, "Built anew by each run; what they hold may change with any version.\n"]
        for model in found:
            if model["schema"] == schema:
                parts += [f"### `{schema}.{model['name']}`\n", f"{model['description']}\n"]
                parts += [_columns(model["columns"])] if model["columns"] else []
    parts += ["## Schema `raw`\n", "What `audiences load` writes.\n"]
    raw = {"calls": CALL_COLUMNS, "rejected": REJECTED_COLUMNS, "loads": LOAD_COLUMNS, "plan_violations": VIOLATION_COLUMNS}
    for name, columns in raw.items():
        parts += [f"### `raw.{name}`\n", table(("column", "type"), [(f"`{column}`", kind) for column, kind in columns])]
    return "\n".join(parts)


def _columns(columns: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for column in columns:
        tests = f"({', '.join(column['data_tests'])})" if column.get("data_tests") else ""
        meaning = " ".join(text for text in (column.get("description"), tests) if text)
        rows.append((f"`{column['name']}`", column.get("data_type", ""), meaning))
    return table(("column", "type", "meaning"), rows)


def _models() -> Iterator[dict[str, Any]]:
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["models"]["dbt_audiences"]
    for path in sorted((ROOT / "models").rglob("*.yml")):
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or ():
            schema, level = settings["+schema"], settings
            for part in (*path.parent.relative_to(ROOT / "models").parts, model["name"]):
                level = level.get(part) or {}
                schema = level.get("+schema", schema)
            description = " ".join((model.get("description") or "").split())
            yield {"name": model["name"], "schema": schema, "description": description, "columns": model.get("columns") or []}
