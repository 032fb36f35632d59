"""`audiences forget`: a person, or one identifier of theirs, out of the warehouse and of every destination, with a receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from dbt_audiences.core.errors import AudiencesError, FailedError, UsageError
from dbt_audiences.core.project import Destination
from dbt_audiences.core.suppression import Identifier
from dbt_audiences.core.warehouse import Warehouse, schema_and_table, text_literal, text_literals
from dbt_audiences.flow.building import IDENTITY
from dbt_audiences.flow.explaining.person import profile_id_of
from dbt_audiences.flow.person import merged_into
from dbt_audiences.flow.run import run
from dbt_audiences.flow.withdraw import Removal, removals_before, withdraw
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.load.tables import make_tables
from dbt_audiences.run.erasure import (
    Person,
    erase_calls,
    erase_rows,
    list_identifiers,
    search,
)
from dbt_audiences.run.models import BATCH, STATE
from dbt_audiences.run.suppressions import by_type, purge_ledger, read_suppressed, suppress
from dbt_audiences.run.warehouses import reclaim
from dbt_audiences.sync.destinations import type_of

OURS = (
    "audience", BATCH, "computed_trait", "guarded_table", "profile_graph", "refilled_table", "replaced_table", "sql_trait",
    "staged_calls", STATE, "tracked_table",
)  # fmt: skip
"""Materializations of tables that are made of calls, or written by runs."""
_LEDGER = ("acknowledged", "deliveries", "requests", "suppressions")
_CHUNK_BYTES = 1 << 24

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Left:
    """What still holds something: a table, a file or a destination, and why.

    is_ours  whether it should be gone; what others own is only said
    """

    place: str
    reason: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done about a person.

    identifiers  type -> how many were forgotten
    removals     what destinations were told
    erased       rows deleted or blanked, by table or kind of call
    left         what could not be done, or is not ours to do
    is_repeated  the person had been forgotten before: what was left then was tried again
    """

    identifiers: Mapping[str, int]
    removals: tuple[Removal, ...]
    erased: Mapping[str, int]
    left: tuple[Left, ...]
    is_repeated: bool = False

    @property
    def exit_code(self) -> int:
        """1 where something of ours is left."""
        return FailedError.exit_code if any(one.is_ours for one in self.left) else 0


@dataclass(slots=True)
class _Work:
    """One forgetting: whom, and what has been done so far."""

    workspace: Workspace
    person: Person
    is_whole: bool
    as_of: datetime
    is_repeated: bool = False
    removals: list[Removal] = field(default_factory=list)
    erased: dict[str, int] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def note(self, erased: Mapping[str, int]) -> None:
        for name, count in erased.items():
            self.erased[name] = self.erased.get(name, 0) + count


def forget(
    workspace: Workspace,
    identifier: str,
    *,
    only: str | None = None,
    as_of: datetime,
    wait: bool = False,
    progress: Progress | None = None,
) -> Receipt:
    """Forget the person that an identifier names: `type:value`, a profile id or a bare value; with `only` that one identifier.

    First everything is brought up to date and destinations are told, then the raw tables lose the person in the same
    transaction in which nothing new is taken of them, then everything is computed anew. Killed at any moment it can be said
    again.
    """
    with workspace.prepared_warehouse(wait=wait):
        pass
    before = run(workspace, as_of=as_of, with_sync=False, progress=progress)
    troubles = {one.name: one.reason for one in before.failures}
    if IDENTITY in troubles:
        raise FailedError(
            f"identity could not be brought up to date, and nothing was forgotten: {troubles[IDENTITY]}",
            hint="mend that, and say it again",
        )
    with workspace.warehouse(wait=wait) as warehouse:
        work = _begin(workspace, warehouse, identifier, only, as_of)
        work.removals += removals_before(warehouse, workspace.dbt.relations(), work.person)
        withdrawn = withdraw(workspace, warehouse, work.person, as_of=as_of, is_whole=work.is_whole)
        work.removals += withdrawn
        work.left += [
            Left(f"{one.destination}, {one.audience}", one.message or one.status, True)
            for one in withdrawn
            if one.status != "removed"
        ]
        _erase(work, warehouse)
    # Sources were sound a moment ago: what is gone now is the person, and no guard may take it for a source that broke.
    again = run(
        workspace, as_of=as_of, with_sync=False, unguarded=workspace.dbt.relations().keys() - troubles.keys(), progress=progress
    )
    work.left += [Left(one.name, f"was not computed anew: {one.reason}", True) for one in again.failures]
    _finish(work, wait)
    return Receipt(by_type(work.person.identifiers), tuple(work.removals), work.erased, tuple(work.left), work.is_repeated)


def _begin(workspace: Workspace, warehouse: Warehouse, identifier: str, only: str | None, as_of: datetime) -> _Work:
    relations = workspace.dbt.relations()
    identity = workspace.project.identity
    try:
        profile_id = profile_id_of(warehouse, relations, identifier, identity)
    except UsageError:
        kind, _, value = identifier.partition(":")
        again = (kind, identity.normal(kind, value))
        if only is None and read_suppressed(warehouse, relations).cause(again) == "forgotten":
            return _Work(workspace, Person((again,), ()), True, as_of, is_repeated=True)
        raise
    ids = tuple(
        str(row[0])
        for row in warehouse.fetch(
            f"select {text_literal(profile_id)} union select from_profile_id from {merged_into(relations, profile_id)}"
        )
    )
    rows = warehouse.fetch(
        f"select type, value from {relations[IDENTITY]} where profile_id = {text_literal(profile_id)} "
        f"union select identifier_type, identifier_value from {relations['acknowledged']} "
        f"where profile_id in ({text_literals(ids)}) and identifier_type <> 'group_id' order by 1, 2"
    )
    identifiers = tuple((str(kind), str(value)) for kind, value in rows)
    if only is None:
        return _Work(workspace, Person(identifiers, ids), True, as_of)
    return _Work(workspace, Person((_one_of(identifiers, only, workspace),), ids), False, as_of)


def _one_of(identifiers: tuple[Identifier, ...], only: str, workspace: Workspace) -> Identifier:
    kind, colon, value = only.partition(":")
    wanted = (kind, workspace.project.identity.normal(kind, value))
    if not colon or wanted not in identifiers:
        listed = ", ".join(sorted({type_ for type_, _ in identifiers}))
        raise UsageError(f"the profile has no identifier `{only}`", hint=f"write it as email:a@b.c; it has {listed}")
    if len(identifiers) == 1:
        raise UsageError(f"`{only}` is the only identifier of the profile", hint="without --only the whole person is forgotten")
    return wanted


def _erase(work: _Work, warehouse: Warehouse) -> None:
    """The raw tables and the state, in one transaction; what is computed of them follows with the next build."""
    workspace, relations, schema = work.workspace, work.workspace.dbt.relations(), work.workspace.dbt.raw_schema()
    make_tables(warehouse, schema)
    state = {name: relations[name] for name in workspace.dbt.graph.materialized(STATE) if name not in _LEDGER}
    list_identifiers(warehouse, work.person)
    with warehouse.transaction():
        suppress(warehouse, relations, work.person.identifiers, "forgotten" if work.is_whole else "removed", work.as_of)
        work.note(erase_calls(warehouse, relations, schema, workspace.project.identity, work.person, whole=work.is_whole))
        if work.is_whole:
            work.note(erase_rows(warehouse, state, work.person))


def _finish(work: _Work, wait: bool) -> None:
    """What builds leave behind, the ledger, the room in the files; then look for what is left."""
    workspace = work.workspace
    relations = workspace.dbt.relations()
    ours = {name for kind in OURS for name in workspace.dbt.graph.materialized(kind)} - set(_LEDGER)
    with workspace.warehouse(wait=wait) as warehouse:
        list_identifiers(warehouse, work.person)
        if work.is_whole:
            with warehouse.transaction():
                work.note(erase_rows(warehouse, {name: relations[name] for name in ours if name in relations}, work.person))
        purge_ledger(warehouse, relations)
    raw = f'"{workspace.dbt.raw_schema()}"'
    tables = [f"{raw}.calls", f"{raw}.rejected", f"{raw}.list_members"]
    tables += [relations[name] for name in sorted({*ours, *_LEDGER}) if name in relations]
    workspace.dbt.release()
    try:
        reclaim(workspace.dbt.credentials(), _there(workspace, tables))
    except AudiencesError as error:
        work.left.append(Left("the database", f"deleted rows may be readable in its files: {error.message}", True))
    with workspace.warehouse(wait=wait) as warehouse:
        own = {".".join(schema_and_table(relation)) for relation in tables}
        for place, rows in search(warehouse, work.person.found_by).items():
            is_ours = place.rpartition(".")[0] in own
            reason = f"{rows:,} rows hold the person" + ("" if is_ours else "; the table is not ours: delete them there")
            work.left.append(Left(place, reason, is_ours))
    for path in _files_with(workspace, work.person.found_by):
        work.left.append(Left(path, "the file holds the person: delete it when it has been read", False))
    work.left += kept_elsewhere(workspace.project.destinations, {one.destination for one in work.removals})


def _there(workspace: Workspace, tables: list[str]) -> list[str]:
    with workspace.warehouse() as warehouse:
        rows = warehouse.fetch("select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'")
    there = {(str(schema), str(name)) for schema, name in rows}
    return [one for one in tables if schema_and_table(one) in there]


def _files_with(workspace: Workspace, values: tuple[str, ...]) -> Iterator[str]:
    """Files that dbt or a folder destination wrote and that hold one of these texts, in any case."""
    spelled = {text.lower().encode() for value in values for text in (value, json.dumps(value)[1:-1])}
    folders = [workspace.root / "logs", workspace.dbt.target_folder()]
    folders += [workspace.root / path for path in folders_of(workspace.project.destinations)]
    for path in sorted({path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()}):
        if spelled and _holds(path, spelled):
            yield path.relative_to(workspace.root).as_posix() if path.is_relative_to(workspace.root) else str(path)


def folders_of(destinations: Mapping[str, Destination]) -> list[str]:
    """Where folder destinations write: of other types `path` is a place elsewhere."""
    paths = (one.settings.get("path") for one in destinations.values() if one.type == "folder")
    return [path for path in paths if isinstance(path, str)]


def kept_elsewhere(destinations: Mapping[str, Destination], told: Collection[str]) -> list[Left]:
    """Places that we cannot search, where what was sent before stays beside the removal."""
    found = []
    for key, one in destinations.items():
        spec = type_of(one)
        if key in told and spec is not None and spec.keeps_history and one.settings.get("content") != "members":
            reason = "what was sent there before holds the person: delete it there"
            found.append(Left(f"the destination {key}", reason, False))
    return found


def _holds(path: Path, spelled: set[bytes]) -> bool:
    longest = max(len(text) for text in spelled)
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            text = before + chunk.lower()
            if any(one in text for one in spelled):
                return True
            before = text[-longest:]
    return False
