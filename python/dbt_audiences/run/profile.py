"""A DuckDB target read from profiles.yml without dbt, whose import costs a second."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_FROM_ENVIRONMENT = re.compile(
    r"\{\{\s*env_var\(\s*(['\"])(?P<name>\w+)\1(?:\s*,\s*(['\"])(?P<default>[^'\"{}]*)\3)?\s*\)\s*\}\}"
)


def plain_credentials(file: Path, profile: str, target: str | None) -> dict[str, object] | None:
    """The target's type, path and options; None where only dbt can tell, as for other engines and any error.

    Templates of `env_var` alone are filled in here.
    """
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))[profile]
        name = target or _filled(found.get("target", "default"))
        output = {key: _filled(value) for key, value in found["outputs"][name].items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, yaml.YAMLError):
        return None
    return output if output.get("type") == "duckdb" and isinstance(output.get("path"), str) else None


def _filled(value: Any) -> Any:
    """The value with what the environment holds; raises `ValueError` where more than that is asked for."""
    if isinstance(value, dict):
        return {key: _filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one) for one in value]
    if not isinstance(value, str) or "{" not in value:
        return value
    filled = _FROM_ENVIRONMENT.sub(lambda found: _variable(found["name"], found["default"]), value)
    if "{{" in filled or "{%" in filled:
        raise ValueError(value)
    return filled


def _variable(name: str, default: str | None) -> str:
    found = os.environ.get(name, default)
    if found is None:
        raise ValueError(name)
    return found
