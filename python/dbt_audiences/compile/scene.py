"""Where conditions stand while a model is written: whom they judge, where the rows of those are, and the CTEs so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dbt_audiences.compile.jinja import Expression, reference, render
from dbt_audiences.compile.names import IDENTIFIER_LENGTH, bare
from dbt_audiences.compile.related import Chain
from dbt_audiences.compile.tables import Tables
from dbt_audiences.core.definitions import Duration, Entity, Place
from dbt_audiences.core.project import Project


@dataclass(slots=True)
class Ctes:
    """The CTEs of one model in the order in which they read one another; names are unique."""

    texts: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(self, name: str, body: Expression, place: Place | None = None) -> str:
        """A CTE whose body is one macro call, with the place that it comes from; returns the name that it got."""
        return self.add_sql(name, f"    {{{{ {render(body, 4)} }}}}", place)

    def add_sql(self, name: str, sql: str, place: Place | None = None) -> str:
        """A CTE whose body is SQL, already indented by four spaces."""
        name = self._free(name, place)
        self.names.add(name)
        self.texts.append(f"{name} as ({'' if place is None else f'  -- {place.file}:{place.line}'}\n{sql}\n),")
        return name

    def _free(self, name: str, place: Place | None) -> str:
        first, number = name, 1
        while name in self.names:
            name = f"{name}_{1 if place is None else place.column}"
            if len(name) > IDENTIFIER_LENGTH:
                number += 1
                name = f"{first}_{number}"
        return name


@dataclass(frozen=True, slots=True)
class Scene:
    """What the conditions of one model, or of one block inside it, have in common.

    kind     what the entity judged is: its `profile_id` is a profile's or an account's
    history  the lower bound of every event that is read: "all", "none" (the key's first run), or a duration
    identifiers     the types of which a user has one, where users of accounts are judged
    account_events  whether an event that carries a group id belongs to that account alone
    """

    key: str
    kind: Entity
    timezone: str
    history: Literal["all", "none"] | Duration
    project: Project
    tables: Tables
    ctes: Ctes
    identifiers: tuple[str, ...] = ()
    account_events: Literal["own", "all_of_user"] = "own"

    def events(self, event: str, place: Place) -> Expression:
        """The relation of an event's rows by entity: `profile_id`, `occurred_at`, `message_id` and the typed columns.

        A `ref(...)`, of which macros read only what is in scope, or the name of a CTE, which is scoped itself.
        """
        return reference(self.tables.event_models[event])

    def trait_values(self, trait: str, custom: bool, place: Place) -> Expression:
        """The relation of a trait's values by entity: `profile_id`, `valid_from`, `valid_to` and the typed columns."""
        return reference(self.tables.trait_models[self.tables.trait_name(self.kind, trait, custom)])

    def related_rows(self, chain: Chain, place: Place) -> Expression:
        """The relation of related rows by entity: `profile_id`, `row_id`, `parent_id` and the typed columns."""
        return reference(self.tables.related.model(chain))

    def members(self, key: str, place: Place) -> Expression:
        """The relation of the members of another audience by entity: `profile_id`."""
        return reference(key)


def cte_name(words: str, place: Place) -> str:
    """A readable name of what stands at a line."""
    return f"{bare(words, 30)}_{place.line}"
