"""`audiences delete`: the file, what the warehouse computed of it, and what destinations hold, at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Relations, Warehouse, naive, text_literal
from dbt_audiences.flow.farewell import say_farewell
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.deletion import Deletion, Run, delete_keys, known_key, knows_deletions, said_farewell
from dbt_audiences.run.registry import state_exists
from dbt_audiences.spec.consumers import Consumer, consumers_of
from dbt_audiences.spec.fields import unknown
from dbt_audiences.sync.engine import SyncResult


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did; `kept` counts the profiles and accounts that keep the last value as a custom trait."""

    key: str
    kind: str
    file: str | None
    kept: int
    connections: tuple[SyncResult, ...]
    warnings: tuple[str, ...]


def delete(workspace: Workspace, key: str, *, as_of: datetime, keep_at_destinations: bool, wait: bool) -> Deleted:
    """Refuse while anything refers to the key, else delete it; a key whose file is gone already is deleted all the same."""
    project = workspace.project
    folder = "audiences" if key in project.audiences else "traits" if key in project.traits else None
    _refuse_consumers(key, consumers_of(project, key))
    farewell = "none" if keep_at_destinations else "approved"
    stamp = Run(
        as_of,
        f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}",
        now(),
        workspace.dbt.raw_schema(),
        workspace.project.identity,
    )
    kept, warnings, results, kind = 0, [], [], "audience" if folder != "traits" else "trait"
    with workspace.warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        is_known = state_exists(warehouse, relations) and knows_deletions(warehouse, relations)
        left = known_key(warehouse, relations, key) if is_known else None
        was = said_farewell(warehouse, relations, key, farewell) if is_known else None
        if folder is None and left is None and was is None:
            hint = unknown(key, {*project.audiences, *project.traits})
            raise UsageError(f"there is no audience or trait `{key}`", hint=hint)
        if left is not None:
            kept, kind = _values(warehouse, relations, left), left.kind
            warnings = delete_keys(warehouse, relations, [left], stamp, farewell=farewell)
        file = None if folder is None else workspace.root / folder / f"{key}.yml"
        if file is not None:
            file.unlink()
            Workspace(workspace.root, workspace.profiles_dir, workspace.target).compile(check=False)
        if is_known and not keep_at_destinations:
            results = say_farewell(
                workspace, warehouse, sync_id=stamp.run_id, as_of=as_of, is_wanted=lambda _, gone: gone == key
            )
    shown = None if file is None else file.relative_to(workspace.root).as_posix()
    return Deleted(key, kind, shown, kept, tuple(results), tuple(warnings))


def _refuse_consumers(key: str, consumers: list[Consumer]) -> None:
    if not consumers:
        return
    listed = "".join(f"\n  {one.place.file}:{one.place.line}: {one.kind} {one.key} ({one.how})" for one in consumers)
    refer = "one place refers to it" if len(consumers) == 1 else f"{len(consumers)} places refer to it"
    raise UsageError(f"`{key}` cannot be deleted: {refer}{listed}", hint="change or delete these first")


def _values(warehouse: Warehouse, relations: Relations, left: Deletion) -> int:
    table, column = ("memberships", "audience") if left.kind == "audience" else ("traits", "trait")
    rows = warehouse.fetch(f"select count(*) from {relations[table]} where {column} = {text_literal(left.key)}")
    return int(str(rows[0][0]))
