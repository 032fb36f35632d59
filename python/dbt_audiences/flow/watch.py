"""`audiences watch`: one process that looks for what changed, and runs when anything did, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dbt_audiences.core.errors import AudiencesError, DefinitionError, FailedError, WarehouseError
from dbt_audiences.flow.alerts import Judged, judge_alerts
from dbt_audiences.flow.due import next_due
from dbt_audiences.flow.run import RunReport, run
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.built import input_marks, inputs_of
from dbt_audiences.run.parsed import Stamps, stamps
from dbt_audiences.spec.project import FOLDERS

LONGEST_RETRY_SECONDS = 60.0
UNSEEN_SECONDS = 60.0
"""Tables that nothing here can look into cheaply, of other tools and of the user's own models, are read this often."""
_DEFINED_IN = (*FOLDERS, "lists", "identity.yml")
_OF_DBT = ("models", "macros", "seeds", "dbt_project.yml", "profiles.yml", "packages.yml")


@dataclass(frozen=True, slots=True)
class Watched:
    """One run of a watch: why it was made and how many seconds it took; `error` where it failed or definitions are wrong.

    alerts  what was found without a run, while nothing else happened
    """

    reason: str
    seconds: float
    report: RunReport | None = None
    error: str | None = None
    alerts: Judged = field(default_factory=Judged)


@dataclass(slots=True)
class Watch:
    """Runs of one project whenever its raw tables, its definitions or the time ask for one.

    The warehouse is open only during a run or a look, so that loads by other processes come through. With definitions that are
    wrong it says so and goes on with the last good ones.

    open_workspace  gives the project as it now stands on disk
    tell            is called after each run
    interval        seconds between two looks
    alert_interval  seconds after which alerts are judged while nothing else happens
    """

    open_workspace: Callable[[], Workspace]
    tell: Callable[[Watched], None]
    interval: float = 0.25
    alert_interval: float = 60.0
    with_sync: bool = True
    stopping: threading.Event = field(default_factory=threading.Event)
    _good: Workspace | None = None
    _definitions: Stamps = frozenset()
    _state: object = None
    _due: datetime | None = None
    _unseen_at: float | None = None
    _retry_at: float | None = None
    _is_broken: bool = False
    """The last run could not be made at all: nothing but a new definition is a reason to try sooner than said."""
    _failures: int = 0
    _judged_at: float = 0.0

    def stop(self) -> None:
        """End after the run that is being made."""
        self.stopping.set()

    def until_stopped(self) -> None:
        """Look, run, and wait, again and again."""
        while not self.stopping.is_set():
            started, reason = time.monotonic(), None
            try:
                reason = self._reason()
                if reason is not None:
                    self._run(reason)
                else:
                    self._judge()
            except WarehouseError as error:
                self._unreachable(error)
            # A look that takes long, at a large table on a server, must not keep the server busy.
            looked = 0.0 if reason is not None else time.monotonic() - started
            self.stopping.wait(max(self.interval, 4 * looked))

    def _reason(self) -> str | None:
        """Why a run must be made now; None where nothing asks for one."""
        at = time.monotonic()
        if self._files(_DEFINED_IN, _OF_DBT) != self._definitions:
            return "started" if self._good is None else "definitions"
        if self._good is None:
            return None
        if self._retry_at is not None and at >= self._retry_at:
            return "again"
        if self._is_broken:
            return None
        if self._due is not None and now() >= self._due:
            return "time"
        if self._unseen_at is not None and at >= self._unseen_at:
            return "other tables"
        return "calls" if self._look(self._good) != self._state else None

    def _run(self, reason: str) -> None:
        started, defined, before = time.monotonic(), self._files(_DEFINED_IN), self._definitions
        fresh = self.open_workspace()
        workspace: Workspace | None = fresh
        told, report = None, None
        try:
            fresh.compile(check=False)
        except DefinitionError as error:
            told = None if defined <= self._definitions else str(error)
            workspace = self._good
        # What was generated comes from this process; dbt reads what stands in its folders after this.
        self._definitions = defined | self._files(_OF_DBT)
        if workspace is not None:
            try:
                report = run(workspace, as_of=now(), with_sync=self.with_sync, leaves_batch=True)
            except WarehouseError:
                self._definitions = before  # none has run yet under these
                raise
            except AudiencesError as error:
                told = str(error)
            self._settle(workspace, report)
        self.tell(Watched(reason, time.monotonic() - started, report, told))

    def _judge(self) -> None:
        """Alerts that time alone puts on or ends: that nothing comes any more makes no run."""
        if self._good is None or not self._good.project.alerts or time.monotonic() < self._judged_at + self.alert_interval:
            return
        started = self._judged_at = time.monotonic()
        with self._good.warehouse() as warehouse:
            before = self._stamps(self._good)
            if before not in (None, self._state):  # somebody wrote since the look: the run that follows judges
                return
            judged = judge_alerts(self._good, warehouse, as_of=now())
            if before is not None:
                # What was written here is nobody else's: in the file at once, so that closing it changes nothing more.
                warehouse.execute("checkpoint")
                self._state = self._stamps(self._good)
        if judged.news:
            self.tell(Watched("alerts", time.monotonic() - started, alerts=judged))

    def _settle(self, workspace: Workspace, report: RunReport | None) -> None:
        """After a run: when to try again what failed, and what the next looks compare with."""
        self._good = workspace
        self._is_broken = report is None
        if report is None or report.exit_code == FailedError.exit_code:
            self._fall_back()
        else:
            waits = any(one.status == "waiting" for one in report.connections)
            self._failures, self._retry_at = 0, time.monotonic() + UNSEEN_SECONDS if waits else None
        if report is not None:
            self._note(workspace, report.as_of)

    def _note(self, workspace: Workspace, as_of: datetime) -> None:
        """What stands after a run, for the next looks to compare; what came since the run has read is not let go."""
        models, relations = workspace.models(), workspace.dbt.relations()
        self._unseen_at = time.monotonic() + UNSEEN_SECONDS if any(one.is_volatile for one in models.values()) else None
        with workspace.warehouse(wait=True) as warehouse:
            due = next_due(warehouse, relations, workspace.project, leaves_batch=True)
            self._due = min(due.values(), default=None)
            if self._due is not None and self._due <= as_of:  # a guard or a fault holds it up
                self._due = now() + timedelta(seconds=UNSEEN_SECONDS)
            marks = input_marks(warehouse, relations, workspace.dbt.raw_schema())
            # An embedded database is this process's alone here: nobody can write between the comparison and the stamps.
            state = self._stamps(workspace) or marks
            self._state = state if marks == inputs_of(warehouse, relations, "stg_calls") else None

    def _look(self, workspace: Workspace) -> object:
        """What becomes another value when somebody else writes: the database file's own stamps, or marks of the raw tables."""
        found = self._stamps(workspace)
        if found is None:
            with workspace.warehouse() as warehouse:
                return input_marks(warehouse, workspace.dbt.relations(), workspace.dbt.raw_schema())
        return found

    def _stamps(self, workspace: Workspace) -> Stamps | None:
        """Of the file of an embedded database; None of a server's."""
        credentials = workspace.dbt.credentials()
        if credentials["type"] != "duckdb":
            return None
        path = Path(str(credentials["path"]))
        return stamps([path, path.with_name(f"{path.name}.wal")])

    def _files(self, *groups: tuple[str, ...]) -> Stamps:
        root = (self._good or self.open_workspace()).root
        return stamps(root / name for group in groups for name in group)

    def _fall_back(self) -> None:
        self._failures += 1
        self._retry_at = time.monotonic() + min(LONGEST_RETRY_SECONDS, self.interval * 2**self._failures)

    def _unreachable(self, error: WarehouseError) -> None:
        """A database that another process holds is tried again at the next look, without a word."""
        if not error.is_busy:
            self._fall_back()
            self.tell(Watched("again", 0.0, error=str(error)))
