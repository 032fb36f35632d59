"""What the warehouse holds now: members, differences, exports and the status of every key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Relations, Row, Warehouse
from dbt_audiences.diff.export import export
from dbt_audiences.diff.members import Change, Overlap, breakdown, members, membership_diff, overlap
from dbt_audiences.flow.alerts import judge_export
from dbt_audiences.flow.due import next_due
from dbt_audiences.flow.preview import judged
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.registry import last_runs, newest_event, relation_exists, status_rows
from dbt_audiences.run.tracking import plan_violations
from dbt_audiences.run.unreadable import UnreadableValue, unreadable_values
from dbt_audiences.spec.fields import unknown
from dbt_audiences.sync.alerts.incidents import standing


def members_of(workspace: Workspace, key: str, limit: int | None) -> list[Row]:
    """The members of an audience as the last run left them; also of one whose file is gone."""
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        _known_key(workspace, key, [name for name, *_ in status_rows(warehouse, relations)])
        return members(warehouse, relations, key, limit)


def difference(workspace: Workspace, key: str, as_of: datetime) -> Change:
    """Who would enter and leave if a run happened now, by the definition as it stands; nothing is written to the warehouse."""
    audience = workspace.audience(key)
    if not audience.enabled:
        raise UsageError(f"`{key}` is disabled", hint=f"audiences enable {key}")
    with judged(workspace, key, as_of) as (warehouse, relations, table):
        return membership_diff(warehouse, relations, key, table)


def overlap_of(workspace: Workspace, keys: Sequence[str]) -> Overlap:
    """How the memberships that the last run left overlap; two keys or more."""
    if len(set(keys)) != len(keys) or len(keys) < 2:
        raise UsageError("an overlap is one of two audiences or more, each named once")
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        ever = [name for name, *_ in status_rows(warehouse, relations)]
        for key in keys:
            _known_key(workspace, key, ever)
        return overlap(warehouse, relations, keys)


def export_members(
    workspace: Workspace,
    key: str,
    path: Path,
    *,
    format: str,
    columns: Sequence[str],
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Write the members of an audience to a file; the number of them. `tell` is called with what alerts have to say."""
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        _known_key(workspace, key, [name for name, *_ in status_rows(warehouse, relations)])
        count = export(warehouse, relations, key, path, format=format, columns=columns)
        for line in judge_export(workspace, warehouse, key, count).lines():
            tell(line)
        return count


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """One audience or trait.

    status       `enabled`, `disabled`, `deleted` or `new` (never run)
    members      of a trait, who has a value
    computed_at  the as_of for which it was last evaluated
    next_due_at  when time alone may change it, or its `every` is due; None where nothing but new data does
    """

    key: str
    kind: str
    status: str
    members: int
    last_change_at: datetime | None
    computed_at: datetime | None
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole project, or one key.

    run, success  the last ones
    data_until    the time of the newest event
    alerts        those that are on: key, what is watched, since, message
    violations    of the tracking plan: event, violation, action, calls, last load, samples; the most frequent of a month
    identifiers   of one audience: type, members that have one, their share, and how many values; else none
    """

    keys: tuple[KeyStatus, ...]
    connections: tuple[Row, ...]
    run: Row | None
    success: Row | None
    data_until: datetime | None
    unreadable_values: tuple[UnreadableValue, ...]
    identifiers: tuple[Row, ...] = ()
    alerts: tuple[Row, ...] = ()
    violations: tuple[Row, ...] = ()


def status(workspace: Workspace, key: str | None = None) -> Status:
    """What is defined, what was computed, what was sent; with a key only of that audience or trait."""
    defined = {key: ("audience", audience.enabled) for key, audience in workspace.project.audiences.items()}
    defined |= {key: ("trait", trait.enabled) for key, trait in workspace.project.traits.items()}
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        known = {key: row for key, *row in status_rows(warehouse, relations)}
        runs = last_runs(warehouse, relations)
        connections = warehouse.fetch(
            "select destination, audience, status, reason, last_success_at, lag_seconds "
            f"from {relations['connections']} order by destination, audience"
        )
        data_until = newest_event(warehouse, relations)
        unreadable = unreadable_values(warehouse, relations, workspace.project.personal)
        violations = plan_violations(warehouse, workspace.dbt.raw_schema())
        if key is not None and key not in {*defined, *known}:
            raise UsageError(f"there is no audience or trait `{key}`", hint=unknown(key, {*defined, *known}))
        knows_alerts = relation_exists(warehouse, relations["alert_states"])
        alerts = standing(warehouse, relations, workspace.project.alerts.values()) if knows_alerts else []
        identifiers = () if key is None else breakdown(warehouse, relations, key)
        computed = _computed(warehouse, relations)
        due = next_due(warehouse, relations, workspace.project, leaves_batch=False)
    chosen = sorted({*defined, *known}) if key is None else [key]
    if key is not None:
        connections = [row for row in connections if row[1] == key]
        alerts = [row for row in alerts if workspace.project.alerts[str(row[0])].audience == key]
        unreadable, violations = (), []
    keys = []
    for key in chosen:
        kind, enabled = defined.get(key, (str(known[key][0]) if key in known else "audience", False))
        state = "deleted" if key not in defined else "new" if key not in known else "enabled" if enabled else "disabled"
        _, _, members_count, changed_at = known.get(key, (kind, None, 0, None))
        computed_at, values = computed.get(key, (None, 0))
        keys.append(
            KeyStatus(
                key,
                kind,
                state,
                values if kind == "trait" else int(str(members_count)),
                changed_at if isinstance(changed_at, datetime) else None,
                None if state == "new" else computed_at,
                due.get(key) if state == "enabled" else None,
            )
        )
    success = runs.get("succeeded")
    given = (tuple(keys), tuple(connections), runs.get("last"), success, data_until, unreadable)
    return Status(*given, identifiers=identifiers, alerts=tuple(alerts), violations=tuple(violations))


def _computed(warehouse: Warehouse, relations: Relations) -> dict[str, tuple[datetime | None, int]]:
    """Key -> the as_of of its last evaluation, and how many members or values it left."""
    if not relation_exists(warehouse, relations["computations"]):
        return {}
    rows = warehouse.fetch(f"select key, computed_at, members from {relations['computations']}")
    return {str(key): (at if isinstance(at, datetime) else None, int(str(count or 0))) for key, at, count in rows}


def _known_key(workspace: Workspace, key: str, ever: Sequence[str]) -> None:
    known = {*(one for one in ever if one not in workspace.project.traits), *workspace.project.audiences}
    if key in workspace.project.traits:
        raise UsageError(f"`{key}` is a trait, which has no members", hint="its values are in the table `traits`")
    if key not in known:
        raise UsageError(f"there is no audience `{key}`", hint=unknown(key, known))
