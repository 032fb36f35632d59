"""A table or view, as macros know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Relation:
    """Its name in parts, of which some may be missing, and its type (`table`, `view`), where that is known."""

    database: str | None = None
    schema: str | None = None
    identifier: str | None = None
    type: str | None = None

    @classmethod
    def create(
        cls, database: str | None = None, schema: str | None = None, identifier: str | None = None, type: str | None = None
    ) -> Relation:
        """By its parts."""
        return cls(database or None, schema or None, identifier or None, type)

    @classmethod
    def of(cls, quoted: str) -> Relation:
        """By its quoted name of three parts."""
        return cls(*(part.replace('""', '"') for part in quoted[1:-1].split('"."')))

    @property
    def name(self) -> str | None:
        """The last part."""
        return self.identifier

    @property
    def is_table(self) -> bool:
        """Whether it is known to be a table."""
        return self.type == "table"

    @property
    def is_view(self) -> bool:
        """Whether it is known to be a view."""
        return self.type == "view"

    def incorporate(self, path: Mapping[str, str] | None = None, type: str | None = None) -> Relation:
        """The same with other parts or another type."""
        return replace(self, **(path or {}), **({"type": type} if type is not None else {}))

    def __str__(self) -> str:
        parts = (self.database, self.schema, self.identifier)
        return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part)
