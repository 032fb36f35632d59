"""Destination types, found by folder: each module here with a `SPEC` is one."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from dbt_audiences.sync.channel import Spec


@cache
def destination_types() -> Mapping[str, Spec]:
    """Type -> its spec, in the order of the modules' names."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.SPEC.type: module.SPEC for module in modules}
