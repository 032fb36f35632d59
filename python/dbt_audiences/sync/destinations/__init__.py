"""Destination types, found by folder: each module here with a `SPEC` is one, and each declaration in a `.yml`."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from dbt_audiences.core.project import Destination
from dbt_audiences.sync.channel import Spec
from dbt_audiences.sync.declared.types import declared_keys, declared_type, spec_of


class _Types(Mapping[str, Spec]):
    """Key -> spec, in the order of the keys; a type is read when it is first asked for."""

    def __init__(self) -> None:
        self._modules = [found.name for found in pkgutil.iter_modules(__path__)]
        self._declared = declared_keys()
        self._known: dict[str, Spec] = {}

    def __getitem__(self, key: str) -> Spec:
        if key not in self._known:
            if key in self._modules:
                self._known[key] = import_module(f"{__name__}.{key}").SPEC
            elif key in self._declared:
                self._known[key] = spec_of(declared_type(key))
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted((*self._modules, *self._declared)))

    def __len__(self) -> int:
        return len(self._modules) + len(self._declared)


@cache
def destination_types() -> Mapping[str, Spec]:
    """Type -> its spec, of all that come with the package."""
    return _Types()


def type_of(destination: Destination) -> Spec | None:
    """The type of a destination: one that its project declares, else one of the package, else None."""
    if destination.declaration is not None:
        return spec_of(destination.declaration)
    return destination_types().get(destination.type)
