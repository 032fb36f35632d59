"""`audiences identity rebuild`: who is who, worked out anew from all calls, with the difference shown before anybody moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.warehouse import Relations, Warehouse, naive
from dbt_audiences.flow.building import IDENTITY
from dbt_audiences.flow.run import RunReport, run
from dbt_audiences.flow.workspace import Workspace

CALLS = "stg_calls"
SHOWN = 20
_SUFFIX = "_preview"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """An identifier that goes from one profile to another; of a new one the first is None, of one that is gone the second."""

    type: str
    value: str
    from_profile_id: str | None
    to_profile_id: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What a rebuild would change.

    profiles_before, profiles_after  how many there are
    merging    profiles that become part of another
    splitting  profiles that fall apart
    moving     identifiers that change their profile, come or go
    members    audience -> members whose profile merges or splits
    moves      the first of these identifiers
    """

    profiles_before: int
    profiles_after: int
    merging: int
    splitting: int
    moving: int
    members: dict[str, int]
    moves: tuple[Moved, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everybody stays who they are."""
        return self.moving == 0


def identity_difference(workspace: Workspace, *, as_of: datetime, wait: bool, progress: Progress | None = None) -> Difference:
    """What a rebuild would change; nothing that others read is written."""
    workspace.compile(check=False)
    workspace.dbt.parse()
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        previews = {name: _preview(relations[name]) for name in (CALLS, IDENTITY)}
        try:
            outcomes = workspace.dbt.run(
                {"as_of": naive(as_of).isoformat(), "run_id": "preview", "audiences_identity_preview": True},
                select=workspace.dbt.graph.selectors(previews),
                progress=progress,
            )
            for outcome in outcomes:
                if outcome.status != "success":
                    raise FailedError(f"identity cannot be worked out: {outcome.name}: {outcome.reason}")
            return _difference(warehouse, relations, previews[IDENTITY])
        finally:
            workspace.dbt.release()
            for preview in previews.values():
                warehouse.execute(f"drop table if exists {preview}")


def rebuild(workspace: Workspace, *, as_of: datetime, wait: bool, progress: Progress | None = None) -> RunReport:
    """Work out identity from all calls and move people, with memberships and ledger; compute everything; send nothing."""
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        warehouse.execute(f"delete from {workspace.dbt.relations()['identity_seen']}")
    return run(workspace, as_of=as_of, with_sync=False, wait=wait, progress=progress)


def _preview(relation: str) -> str:
    return f'{relation[:-1]}{_SUFFIX}"'


def _difference(warehouse: Warehouse, relations: Relations, preview: str) -> Difference:
    before = relations[IDENTITY]
    pairs = (
        f"(select o.profile_id as old, n.profile_id as new from {before} as o "
        f"inner join {preview} as n on n.type = o.type and n.value = o.value group by 1, 2) as pairs"
    )
    merging = f"select old from {pairs} where old <> new and old not in (select profile_id from {preview})"
    splitting = f"select old from {pairs} group by old having count(*) > 1"
    moved = (
        "(select coalesce(o.type, n.type) as type, coalesce(o.value, n.value) as value, "
        "o.profile_id as old, n.profile_id as new "
        f"from {before} as o full outer join {preview} as n on n.type = o.type and n.value = o.value "
        "where o.profile_id is distinct from n.profile_id) as moved"
    )
    ((profiles_before, profiles_after, merges, splits, moving),) = warehouse.fetch(
        f"select (select count(distinct profile_id) from {before}), (select count(distinct profile_id) from {preview}), "
        f"(select count(distinct old) from ({merging}) as m), (select count(*) from ({splitting}) as s), "
        f"(select count(*) from {moved})"
    )
    members = warehouse.fetch(
        f"select audience, count(*) from {relations['memberships']} "
        f"where profile_id in ({merging} union {splitting}) group by audience order by audience"
    )
    shown = warehouse.fetch(f"select type, value, old, new from {moved} order by old, new, type, value limit {SHOWN}")
    return Difference(
        int(str(profiles_before)),
        int(str(profiles_after)),
        int(str(merges)),
        int(str(splits)),
        int(str(moving)),
        {str(audience): int(str(count)) for audience, count in members},
        tuple(Moved(str(kind), str(value), _text(old), _text(new)) for kind, value, old, new in shown),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
