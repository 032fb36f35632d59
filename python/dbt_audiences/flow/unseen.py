"""What definitions ask for and the warehouse has never seen: events, properties and custom traits, mostly misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.core.warehouse import Relations, Warehouse, text_literal
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.registry import relation_exists, relations_called
from dbt_audiences.spec.readings import Reading, readings

ANY_EVENT = "*"
_READ = ("stg_events", "traits")


@dataclass(frozen=True, slots=True)
class Unseen:
    """Warnings, each with file, line and column; `skipped` says why nothing was looked at, None where all was."""

    warnings: tuple[str, ...]
    skipped: str | None


def unseen(workspace: Workspace) -> Unseen:
    """What the last run staged is looked at once; without a warehouse, or while another process holds it, nothing is."""
    try:
        credentials = workspace.dbt.credentials()
        path = str(credentials.get("path", ""))
        if credentials["type"] == "duckdb" and not Path(path).is_file():
            return Unseen((), "there is no warehouse yet")
        with workspace.warehouse() as warehouse:
            relations = _relations(workspace, warehouse)
            if relations is None:
                return Unseen((), "nothing was computed in the warehouse yet")
            found = [one for one in readings(workspace.project) if one.kind != "trait" or _is_custom(workspace, one)]
            return Unseen(tuple(_warnings(found, _Seen(warehouse, relations))), None)
    except AudiencesError as error:
        return Unseen((), error.message)


def _relations(workspace: Workspace, warehouse: Warehouse) -> Relations | None:
    """Where the tables are that are looked at, None without them; dbt, which takes seconds, only chooses among several."""
    found = relations_called(warehouse, _READ)
    if not all(found.values()):
        return None
    if all(len(of_name) == 1 for of_name in found.values()):
        return {name: of_name[0] for name, of_name in found.items()}
    relations = workspace.dbt.relations()
    return relations if all(relation_exists(warehouse, relations[name]) for name in _READ) else None


def _is_custom(workspace: Workspace, reading: Reading) -> bool:
    project = workspace.project
    return (
        reading.name not in project.traits and reading.name not in project.audiences and project.sql_trait(reading.name) is None
    )


class _Seen:
    """Names with how often they were seen, asked for when they are first needed."""

    def __init__(self, warehouse: Warehouse, relations: Relations) -> None:
        self._warehouse, self._relations = warehouse, relations
        self._properties: dict[str, dict[str, int]] = {}
        events = relations["stg_events"]
        self.events = self._counts(f"select event, count(*) from {events} where event is not null group by event")
        traits = f"select trait, count(*) from {relations['traits']} group by trait"
        self.traits = {name.removeprefix("custom."): count for name, count in self._counts(traits).items()}

    def properties(self, events: tuple[str, ...]) -> dict[str, int]:
        """Of all these events together."""
        found: dict[str, int] = {}
        for event in events:
            for name, count in self._of(event).items():
                found[name] = found.get(name, 0) + count
        return found

    def _of(self, event: str) -> dict[str, int]:
        if event not in self._properties:
            where = "true" if event == ANY_EVENT else f"event = {text_literal(event)}"
            keys = (
                f"select {self._warehouse.json_keys('properties')} as name from {self._relations['stg_events']} where {where}"
            )
            self._properties[event] = self._counts(f"select name, count(*) from ({keys}) as named group by name")
        return self._properties[event]

    def _counts(self, sql: str) -> dict[str, int]:
        return {str(name): int(str(count)) for name, count in self._warehouse.fetch(sql)}


def _warnings(found: Iterable[Reading], seen: _Seen) -> Iterator[str]:
    said: set[tuple[str, str, tuple[str, ...]]] = set()
    for reading in found:
        key = (reading.kind, reading.name, reading.events)
        if key in said:
            continue
        said.add(key)
        if reading.kind == "event" and reading.name not in (ANY_EVENT, *seen.events):
            yield _warning(reading, f"the event `{reading.name}`", seen.events)
        elif reading.kind == "trait" and reading.name not in seen.traits:
            yield _warning(reading, f"the trait `{reading.name}`", seen.traits)
        elif reading.kind == "property" and all(event in (ANY_EVENT, *seen.events) for event in reading.events):
            known = seen.properties(reading.events)
            if reading.name not in known:
                yield _warning(reading, f"the property `{reading.name}` of {' and '.join(map(_named, reading.events))}", known)


def _named(event: str) -> str:
    return "any event" if event == ANY_EVENT else f"`{event}`"


def _warning(reading: Reading, what: str, known: Mapping[str, int]) -> str:
    lowered = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(reading.name.lower(), list(lowered), n=1, cutoff=0.6)
    hint = f"; did you mean `{lowered[close[0]]}` (seen {known[lowered[close[0]]]:,} times)?" if close else ""
    return f"{reading.place}: {what} was never seen{hint}"
