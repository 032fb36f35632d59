"""Libraries that some destinations need, each an extra of the package."""

from __future__ import annotations

import logging
from importlib.util import find_spec


def need_library(module: str, extra: str) -> None:
    """Raises `ValueError` that says what to install where the module is not there."""
    if find_spec(module) is None:
        raise ValueError(f"the library `{module}` is not installed: pip install 'dbt-audiences[{extra}]'")


def quiet(name: str) -> None:
    """Keep a library from printing what it raises anyway."""
    logging.getLogger(name).setLevel(logging.CRITICAL + 1)
