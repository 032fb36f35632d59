"""YAML files with line numbers -> checked definitions, and the JSON Schema of those files."""

from dbt_audiences.spec.project import load_project
from dbt_audiences.spec.schema import SCHEMAS, json_schema

__all__ = ["SCHEMAS", "json_schema", "load_project"]
