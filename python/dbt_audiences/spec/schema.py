"""The JSON Schema of the files of a project, from which editors complete: `python -m dbt_audiences.spec docs/schemas`.

It covers the grammar. What needs the other files, or arithmetic, `load_project` says.
"""

from __future__ import annotations

import json
from pathlib import Path

from dbt_audiences.spec.schema_alerts import alert_definitions, alert_file
from dbt_audiences.spec.schema_conditions import condition_definitions
from dbt_audiences.spec.schema_destination_types import destination_type_definitions, destination_type_file
from dbt_audiences.spec.schema_files import audience_file, destination_file, file_definitions, trait_file
from dbt_audiences.spec.schema_identity import identity_file
from dbt_audiences.spec.schema_models import model_file
from dbt_audiences.spec.schema_tracking_plan import tracking_plan_file
from dbt_audiences.spec.schema_words import Schema, word_definitions

SCHEMAS = ("audience", "trait", "destination", "destination_type", "alert", "identity", "tracking_plan", "model")
PLACE = "dbt_packages/dbt_audiences/docs/schemas"
"""Where a project finds them as soon as dbt installed the package: the same in a checkout and out of the wheel."""


def json_schema(kind: str) -> dict[str, object]:
    """The schema (draft 2020-12) of one of `SCHEMAS`; raises `KeyError` for anything else."""
    files = {
        "audience": ("An audience: audiences/<key>.yml", audience_file),
        "trait": ("A computed trait: traits/<key>.yml", trait_file),
        "destination": ("A destination: destinations/<key>.yml", destination_file),
        "destination_type": ("A destination type: destinations/types/<key>.yml", destination_type_file),
        "alert": ("An alert: alerts/<key>.yml", alert_file),
        "identity": ("Identity: identity.yml", identity_file),
        "tracking_plan": ("The tracking plan: tracking_plan.yml", tracking_plan_file),
        "model": ("Models of dbt, with what this package reads of their meta: models/**/*.yml", model_file),
    }
    title, file = files[kind]
    schema: Schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **file()}
    shared = {**word_definitions(), **condition_definitions(), **file_definitions()}
    shared |= {**destination_type_definitions(), **alert_definitions()}
    return {**schema, "$defs": {name: shared[name] for name in sorted(_used(schema, shared))}}


def schema_text(kind: str) -> str:
    """The schema as it is printed."""
    return json.dumps(json_schema(kind), indent=2, ensure_ascii=False) + "\n"


def editor_line(kind: str) -> str:
    """The first line of a file of a project, from which editors find the schema; the path is relative to the file."""
    up = {"identity": "", "tracking_plan": "", "destination_type": "../../"}.get(kind, "../")
    return f"# yaml-language-server: $schema={up}{PLACE}/{kind}.json"


def _used(schema: object, shared: Schema) -> set[str]:
    """The shared definitions that a schema reaches."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name and name not in found:
                found.add(name)
                waiting.append(shared[name])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found


def print_schemas(folder: Path) -> None:
    """Write every schema into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind in SCHEMAS:
        (folder / f"{kind}.json").write_text(schema_text(kind), encoding="utf-8")
