"""`audiences load --list`: a file of identifiers becomes an audience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.core.definitions import InList
from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.identity import ACCOUNT
from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.load.lists import ListRows, read_lists, replace_list
from dbt_audiences.run.registry import state_exists
from dbt_audiences.run.suppressions import find_suppressed
from dbt_audiences.spec.audience import ELIGIBLE
from dbt_audiences.spec.conditions import KEY
from dbt_audiences.spec.reserved import reserved_reason


@dataclass(frozen=True, slots=True)
class LoadedList:
    """What became of a list; `known` identifiers belong to `entities`; others count once somebody has them."""

    key: str
    of: str
    identifiers: int
    known: int
    entities: int
    blank: int
    file: str
    is_new: bool


def load_list(
    workspace: Workspace, paths: Sequence[str], key: str, *, identifier: str | None, loaded_at: datetime, wait: bool
) -> LoadedList:
    """Replace the list, and write `audiences/<key>.yml` where there is none."""
    rows = read_lists(paths, identifier, workspace.project.identity)
    of = _of(rows)
    is_new = _check(workspace, key, of)
    with workspace.warehouse(wait=wait) as warehouse:
        suppressed = find_suppressed(warehouse)
        rows = replace(rows, pairs=tuple(pair for pair in rows.pairs if suppressed.cause(pair) in (None, "suppressed")))
        replace_list(warehouse, workspace.dbt.raw_schema(), key, rows, loaded_at)
        known, entities = _known(warehouse, workspace, key, of)
    path = workspace.root / "audiences" / f"{key}.yml"
    if is_new:
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text(key, of, rows), encoding="utf-8")
    return LoadedList(key, of, len(rows.pairs), known, entities, rows.blank, f"audiences/{key}.yml", is_new)


def _of(rows: ListRows) -> str:
    types = {type_ for type_, _ in rows.pairs}
    if "group_id" in types and len(types) > 1:
        raise UsageError("a list is of users or of accounts, and this one has both", hint="take one of them by --identifier")
    return "accounts" if types == {"group_id"} else "users"


def _check(workspace: Workspace, key: str, of: str) -> bool:
    """Whether the audience is new; raises where the key cannot be a list of these."""
    project = workspace.project
    reason = "a key is a letter, then letters, digits and `_`, all lower case" if not KEY.fullmatch(key) else None
    reason = reason or reserved_reason(key) or (f"`{key}` is a trait" if key in project.traits else None)
    if reason is not None:
        raise UsageError(f"`{key}` cannot be a list: {reason}")
    audience = project.audiences.get(key)
    if audience is None:
        return True
    if not isinstance(audience.who, InList) or audience.who.key != key:
        raise UsageError(f"`{key}` is an audience with conditions of its own", hint=f"its `who` would be {{in_list: {key}}}")
    if audience.of != of:
        raise UsageError(f"`{key}` is a list of {audience.of}, and these are {of}")
    if audience.static:
        raise UsageError(f"`{key}` is static: its list cannot be replaced", hint="take another key, or take `static: true` out")
    return False


def _known(warehouse: Warehouse, workspace: Workspace, key: str, of: str) -> tuple[int, int]:
    """Identifiers that somebody has as of the last run, and how many have them; nobody before the first."""
    relations = workspace.dbt.relations()
    if not state_exists(warehouse, relations):
        return 0, 0
    listed = f'"{workspace.dbt.raw_schema()}"."list_members" as l'
    entities = (
        f"{relations['accounts']} as e on e.account_id = l.value"
        if of == "accounts"
        else (f"{relations['profile_identifiers']} as e on e.type = l.type and e.value = l.value")
    )
    id_ = "account_id" if of == "accounts" else "profile_id"
    found = warehouse.fetch(
        f"select count(*), count(distinct e.{id_}) from {listed} inner join {entities} where l.list = {text_literal(key)}"
    )
    return int(str(found[0][0])), int(str(found[0][1]))


def _text(key: str, of: str, rows: ListRows) -> str:
    lines = [f"audience: {key}", f"who: {{in_list: {key}}}"]
    if of == "accounts":
        lines.insert(1, "of: accounts")
    types = {type_ for type_, _ in rows.pairs} - {*ELIGIBLE, ACCOUNT}
    if types == {"anonymous_id"}:
        lines.insert(1, "include_anonymous: true")
    elif types:
        lines.insert(1, f"identifiers: [{', '.join((*ELIGIBLE, *sorted(types)))}]")
    return "\n".join(lines) + "\n"
