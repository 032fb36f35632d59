"""What a translation stands in, and what it found out on the way: what cannot be said, and what to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dbt_audiences.core.definitions import Entity, Place
from dbt_audiences.importing.segment.printer import query_text
from dbt_audiences.importing.segment.tree import EXPRESSIONS, Expression, Extract, Literal, Reduced, Scalar

T = TypeVar("T")
Yaml = dict[str, Any]
"""A part of a definition of ours: keys in the order written, values as `importing.yaml_text` takes them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person must know of one definition: where in the query, its text, and what about it."""

    key: str
    place: str
    text: str
    message: str


class CannotSay(Exception):
    """A part of a query that our language has no words for."""

    def __init__(self, node: Expression | Scalar | None, message: str, *, place: Place | None = None) -> None:
        super().__init__(message)
        self.text = query_text(node) if isinstance(node, (*EXPRESSIONS, Extract, Literal, Reduced)) else ""
        self.place = place if place is not None or node is None else node.place
        self.message = message


@dataclass(frozen=True, slots=True)
class Known:
    """A definition of the same file: its key here, and of whom it is."""

    key: str
    of: Entity


@dataclass(slots=True)
class Scene:
    """One definition being translated.

    audiences, traits  key at Segment -> what it becomes
    made               computed traits that the audience needs: `mode`, `first` and `last` have no condition of their own
    """

    key: str
    of: Entity
    audiences: Mapping[str, Known] = field(default_factory=dict)
    traits: Mapping[str, Known] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    made: dict[str, Yaml] = field(default_factory=dict)

    def attempt(self, translate: Callable[..., T], *arguments: Any) -> T | None:
        """What `translate` gives, or None where it cannot be said, which is noted."""
        try:
            return translate(*arguments)
        except CannotSay as error:
            self.problems.append(Finding(self.key, str(error.place or ""), error.text, error.message))
            return None

    def note(self, node: Expression | Scalar, message: str) -> None:
        """Something to know about a part that was translated."""
        found = Finding(self.key, str(node.place), query_text(node), message)
        if found not in self.notes:
            self.notes.append(found)
