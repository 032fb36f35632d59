"""Alerts judged and told: at the end of a run, of a sync, of an export, and while a watch waits."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.core.alerts import Alert
from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.registry import finish_run, relation_exists, start_run, state_exists
from dbt_audiences.spec.project import load_alerts
from dbt_audiences.sync.alerts.findings import Moment
from dbt_audiences.sync.alerts.incidents import News, happened, judge
from dbt_audiences.sync.alerts.recipients import check_alerts


@dataclass(frozen=True, slots=True)
class Judged:
    """What alerts have to tell, and in `warnings` what could not be judged, or not be told yet."""

    news: tuple[News, ...] = ()
    warnings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """All of it for people."""
        return [*(line_of(one) for one in self.news), *(f"warning: {text}" for text in self.warnings)]


def line_of(news: News) -> str:
    """What an alert has to tell, on one line."""
    words = {"began": "", "ended": " is over", "happened": ""}
    return f"alert {news.alert}{words[news.state]}: {news.message}"


def judge_alerts(
    workspace: Workspace, warehouse: Warehouse, *, as_of: datetime, destinations: Collection[str] | None = None
) -> Judged:
    """Judge the alerts of the project, and tell what is new and what could not be told before. No alert makes anything fail.

    destinations  only those that watch deliveries to one of these
    """
    alerts = _judged_here(workspace, warehouse)
    news, warnings = [], []
    for alert in alerts:
        if destinations is None or alert.destination in destinations:
            try:
                relations, moment = workspace.dbt.relations(), Moment(now(), as_of)
                news += judge(alert, warehouse, relations, moment, _token())
            except AudiencesError as error:
                warnings.append(f"the alert `{alert.key}` could not be judged: {error.message}")
    return Judged(tuple(news), (*warnings, *_told(workspace, warehouse, alerts)))


def judge_unreadable(workspace: Workspace, run_id: str, problem: AudiencesError, *, as_of: datetime) -> None:
    """Note a run that failed as its definitions are wrong, and judge the alerts that can be read, where there are any.

    Nothing where that cannot be done at once: the failure itself is what the user must see.
    """
    with suppress(AudiencesError):
        project = load_alerts(workspace.root)
        wrong = {one.place.file for one in check_alerts(project)}
        alerts = {key: one for key, one in project.alerts.items() if one.place.file not in wrong}
        if not alerts:
            return
        readable = replace(workspace, _project=replace(project, alerts=alerts))
        readable.dbt.parse()
        try:
            with readable.warehouse(wait=False) as warehouse:
                relations = readable.dbt.relations()
                if state_exists(warehouse, relations):
                    start_run(warehouse, relations, run_id, as_of, now())
                    finish_run(warehouse, relations, run_id, "failed", now(), str(problem))
                    judge_alerts(readable, warehouse, as_of=as_of)
        finally:
            readable.dbt.release()


def judge_export(workspace: Workspace, warehouse: Warehouse, audience: str, members: int) -> Judged:
    """Tell that an audience was exported, where an alert wants to know."""
    alerts = _judged_here(workspace, warehouse)
    wanted = [one for one in alerts if one.on == "export_done" and one.audience in (None, audience)]
    message, relations = f"`{audience}` was exported, {members:,} members", workspace.dbt.relations()
    news = [happened(one, message, audience, warehouse, relations, now(), _token()) for one in wanted]
    return Judged(tuple(news), _told(workspace, warehouse, alerts) if wanted else ())


def _judged_here(workspace: Workspace, warehouse: Warehouse) -> list[Alert]:
    """Those that are enabled, and of this dbt target; none where no run has made their tables yet."""
    if not workspace.project.alerts or not relation_exists(warehouse, workspace.dbt.relations()["notifications"]):
        return []
    target = workspace.dbt.target_name()
    return [one for one in workspace.project.alerts.values() if one.enabled and (one.targets is None or target in one.targets)]


def _told(workspace: Workspace, warehouse: Warehouse, alerts: Collection[Alert]) -> tuple[str, ...]:
    if not alerts:
        return ()
    from dbt_audiences.sync.alerts.telling import tell  # mail takes long to import, and most commands tell nothing

    untold = tell(
        warehouse,
        workspace.dbt.relations(),
        {one.key: one for one in alerts},
        workspace.project.destinations,
        project=workspace.project.name,
        target=workspace.dbt.target_name(),
    )
    return tuple(f"the alert `{one.alert}` could not tell {one.recipient} yet: {one.reason}" for one in untold)


def _token() -> str:
    return f"alert_{secrets.token_hex(12)}"
