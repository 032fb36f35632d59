"""`audiences run`: compile, build with dbt, guard, sync, and say what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from dbt_audiences.compile.sql_traits import rows_model
from dbt_audiences.core.errors import AudiencesError, DefinitionError, FailedError, GuardError, UsageError
from dbt_audiences.core.project import Sendable, SqlTrait
from dbt_audiences.core.warehouse import Warehouse, naive
from dbt_audiences.flow.alerts import judge_alerts, judge_unreadable
from dbt_audiences.flow.building import RelatedResult, SqlTraitResult, build, hidden_traits, related_results, sql_trait_results
from dbt_audiences.flow.computing import Computations
from dbt_audiences.flow.optimize import tidy
from dbt_audiences.flow.sync import fell_short, sync_all
from dbt_audiences.flow.verify import Verification, verify
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.dbt import Outcome
from dbt_audiences.run.deletion import Run, delete_keys, drop_trait_tables, gone_keys, knows_deletions, restore_keys
from dbt_audiences.run.registry import (
    audience_sizes,
    computed_sizes,
    finish_run,
    has_run,
    latest_change,
    record_keys,
    refuse_changed_static,
    refuse_reused_keys,
    run_count,
    start_run,
    state_exists,
)
from dbt_audiences.run.unreadable import UnreadableValue, unreadable_values
from dbt_audiences.spec.consumers import unconnected
from dbt_audiences.sync.alerts.incidents import News
from dbt_audiences.sync.engine import SyncResult

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AudienceResult:
    """What a run made of one audience; `status` is `built`, `failed`, `refused` or `skipped`."""

    audience: str
    name: str
    status: str
    members: int
    entered: int
    exited: int
    reason: str


_VIEWS_OF_TRAITS = ("traits", "user_traits", "account_traits")


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run; `exit_code` is the one of the command."""

    run_id: str
    as_of: datetime
    audiences: tuple[AudienceResult, ...]
    failures: tuple[Outcome, ...]
    connections: tuple[SyncResult, ...]
    warnings: tuple[str, ...]
    exit_code: int
    verification: Verification | None = None
    sql_traits: tuple[SqlTraitResult, ...] = ()
    related: tuple[RelatedResult, ...] = ()
    unreadable_values: tuple[UnreadableValue, ...] = ()
    alerts: tuple[News, ...] = ()


def run(
    workspace: Workspace,
    *,
    as_of: datetime,
    select: Sequence[str] = (),
    full_refresh: bool = False,
    with_sync: bool = True,
    wait: bool = False,
    verify_share: Decimal | None = None,
    reuse_keys: frozenset[str] = frozenset(),
    unguarded: Collection[str] = (),
    leaves_batch: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """One run at one as_of. A model that fails stops what reads it and nothing else; a guard's refusal likewise.

    unguarded     names of tables that may lose most of their rows: the caller knows why
    leaves_batch  audiences of `compute: batch` that have no `every` stay as they are
    """
    run_id = f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}"
    try:
        workspace.compile(check=False)
    except DefinitionError as error:
        judge_unreadable(workspace, run_id, error, as_of=as_of)
        raise
    workspace.dbt.parse()
    with workspace.warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        is_prepared = state_exists(warehouse, relations)
        warnings = _warnings(warehouse, relations, as_of) if is_prepared else ()
        if is_prepared:
            refuse_reused_keys(warehouse, relations, workspace.project, reuse=reuse_keys)
            refuse_changed_static(warehouse, relations, workspace.project)
        chosen = _chosen(workspace, select)
        started_at = now()
        if is_prepared:
            start_run(warehouse, relations, run_id, as_of, started_at)
        unused = set() if chosen or workspace.dbt.computes_unconnected() else unconnected(workspace.project)
        computations = Computations(relations, workspace.project.computed, workspace.reopening(), unused)
        computations.read(warehouse)
        try:
            if is_prepared and knows_deletions(warehouse, relations):
                stamp = Run(as_of, run_id, started_at, workspace.dbt.raw_schema(), workspace.project.identity)
                restore_keys(warehouse, relations, workspace.project, stamp)
                gone = gone_keys(warehouse, relations, workspace.project)
                warnings += tuple(delete_keys(warehouse, relations, gone, stamp))
            with computations:
                outcomes = build(
                    workspace,
                    warehouse,
                    {"as_of": naive(as_of).isoformat(), "run_id": run_id, "audiences_unguarded": sorted(unguarded)},
                    as_of=as_of,
                    select=chosen,
                    full_refresh=full_refresh,
                    is_prepared=is_prepared,
                    builds_all=verify_share is not None,
                    leaves_batch=leaves_batch,
                    progress=progress,
                    computations=computations,
                )
            if not outcomes and not chosen:
                raise FailedError("dbt built no model", hint="see logs/dbt.log")
            if not is_prepared:
                start_run(warehouse, relations, run_id, as_of, started_at)
            record_keys(warehouse, relations, workspace.project, as_of)
            tidy(workspace, warehouse, relations)
            if not chosen and all(one.status == "success" for one in outcomes if one.name in _VIEWS_OF_TRAITS):
                warnings += tuple(drop_trait_tables(warehouse, relations))
            computations.finish(warehouse, run_id, outcomes, computed_sizes(warehouse, relations, workspace.project))
            verification = _verification(workspace, warehouse, outcomes, verify_share)
            is_right = verification is None or not verification.differences
            connections = _sync(workspace, warehouse, outcomes, run_id, as_of) if with_sync and is_right else ()
            warnings += hidden_traits(workspace, warehouse, relations)
            report = _report(workspace, warehouse, outcomes, connections, run_id, as_of, warnings)
            sql_traits = sql_trait_results(workspace, warehouse, relations, as_of)
            report = replace(report, sql_traits=sql_traits, related=related_results(workspace, outcomes, warehouse, relations))
            if verification is not None:
                report = replace(report, verification=verification, exit_code=report.exit_code if is_right else 1)
            _finish(warehouse, relations, report)
            judged = judge_alerts(workspace, warehouse, as_of=as_of)
            return replace(report, alerts=judged.news, warnings=(*report.warnings, *judged.warnings))
        except BaseException as error:
            _note_failure(warehouse, relations, run_id, error)
            if isinstance(error, AudiencesError):
                with suppress(AudiencesError):  # the failure itself is what the user must see
                    judge_alerts(workspace, warehouse, as_of=as_of)
            raise
        finally:
            workspace.dbt.release()


def _chosen(workspace: Workspace, select: Sequence[str]) -> list[str]:
    """dbt's selection: what the user asked for, and for every audience and trait in it what it reads and what it is sent by."""
    if not select:
        return []
    selectors = [selector for selector in select]
    names = workspace.dbt.selected(selectors)
    if not names:
        raise UsageError(f"`{' '.join(select)}` selects nothing", hint="a selector is a key, tag:..., +key or state:...")
    keys = [one.key for one in workspace.project.computed if one.enabled and one.key in names]
    read = workspace.dbt.graph.ancestors(keys)
    # A trait's table may be made anew, and takes the view of what is sent of it along.
    keys += [key for key, trait in workspace.project.traits.items() if trait.enabled and key in read and key not in keys]
    # With all that a view of what is sent reads: whom a destination may be told of, and audiences that go first.
    sends = [f"+{model}" for sent, _, model in workspace.sends() if sent.key in keys]
    read_with = [f"+{model}" for sent, _, model in workspace.sends() if isinstance(sent, SqlTrait) and sent.model in names]
    return [*selectors, *(f"+{key}" for key in keys), *sends, *read_with]


def _warnings(warehouse: Warehouse, relations: Mapping[str, str], as_of: datetime) -> tuple[str, ...]:
    latest = latest_change(warehouse, relations)
    if latest is None or naive(as_of) >= latest:
        return ()
    return (
        f"as_of is earlier than the latest change of a membership ({latest.isoformat()}Z): "
        "what enters and leaves now is dated before it in the history",
    )


def _verification(
    workspace: Workspace, warehouse: Warehouse, outcomes: Sequence[Outcome], share: Decimal | None
) -> Verification | None:
    if share is None:
        return None
    relations = workspace.dbt.relations()
    return verify(warehouse, relations, workspace.project, outcomes, share=share, turn=run_count(warehouse, relations))


def _sync(
    workspace: Workspace, warehouse: Warehouse, outcomes: Sequence[Outcome], run_id: str, as_of: datetime
) -> tuple[SyncResult, ...]:
    built = {outcome.name for outcome in outcomes if outcome.status == "success"}
    return sync_all(
        workspace,
        warehouse,
        sync_id=run_id,
        as_of=as_of,
        is_wanted=lambda sent, _, model: not sent.enabled or {_built_as(sent), model} <= built,
    )


def _built_as(sent: Sendable) -> str:
    """The model that computes what is sent."""
    return rows_model(sent) if isinstance(sent, SqlTrait) else sent.key


def _report(
    workspace: Workspace,
    warehouse: Warehouse,
    outcomes: Sequence[Outcome],
    connections: Sequence[SyncResult],
    run_id: str,
    as_of: datetime,
    warnings: tuple[str, ...],
) -> RunReport:
    by_name = {outcome.name: outcome for outcome in outcomes}
    sizes = audience_sizes(warehouse, workspace.dbt.relations(), run_id)
    guarded = [outcome for outcome in outcomes if outcome.is_guard]
    results = []
    for key, audience in workspace.project.audiences.items():
        outcome = by_name.get(key)
        if outcome is None:
            continue
        status = {"success": "built", "error": "failed"}.get(outcome.status, "refused" if guarded else "skipped")
        reason = "" if status == "built" else outcome.reason if status == "failed" else "a model that it reads was not built"
        results.append(AudienceResult(key, audience.name, status, *sizes.get(key, (0, 0, 0)), reason))
    failures = tuple(outcome for outcome in outcomes if outcome.status == "error")
    code, personal = _exit_code(failures, connections), workspace.project.personal
    unreadable = unreadable_values(warehouse, workspace.dbt.relations(), personal)
    given = (run_id, as_of, tuple(results), failures, tuple(connections), warnings, code)
    return RunReport(*given, unreadable_values=unreadable)


def _exit_code(failures: Sequence[Outcome], connections: Sequence[SyncResult]) -> int:
    if any(not outcome.is_guard for outcome in failures) or any(fell_short(one) for one in connections):
        return FailedError.exit_code
    if failures or any(one.status == "refused" for one in connections):
        return GuardError.exit_code
    return 0


def _finish(warehouse: Warehouse, relations: Mapping[str, str], report: RunReport) -> None:
    status = {0: "succeeded", GuardError.exit_code: "refused"}.get(report.exit_code, "failed")
    reasons = [f"{failure.name}: {failure.reason}" for failure in report.failures]
    reasons += [
        f"{one.destination}/{one.audience}: {one.message}"
        for one in report.connections
        if fell_short(one) or one.status == "refused"
    ]
    reasons += report.verification.differences if report.verification is not None else ()
    finish_run(warehouse, relations, report.run_id, status, now(), "; ".join(reasons))


def _note_failure(warehouse: Warehouse, relations: Mapping[str, str], run_id: str, error: BaseException) -> None:
    """Write the failure down where that is still possible; the failure itself is what the user must see."""
    try:
        if state_exists(warehouse, relations) and has_run(warehouse, relations, run_id):
            finish_run(
                warehouse, relations, run_id, "failed", now(), "stopped" if isinstance(error, KeyboardInterrupt) else str(error)
            )
    except AudiencesError:
        return
