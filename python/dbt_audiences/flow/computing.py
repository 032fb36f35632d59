"""What a run is doing for each audience and computed trait, in the table `computations`: written while it goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from types import TracebackType

from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.core.project import Audience, Trait
from dbt_audiences.core.warehouse import Relations, Warehouse, naive, text_literals
from dbt_audiences.flow.workspace import now
from dbt_audiences.run.dbt import Outcome
from dbt_audiences.run.registry import relation_exists

TABLE = "computations"
COLUMNS = ("key", "kind", "mode", "status", "progress", "estimated_end_at", "computed_at", "members", "seconds", "error")
_SECONDS_BETWEEN = 1.0


@dataclass(frozen=True, slots=True)
class Computation:
    """One audience or computed trait.

    mode      realtime (evaluated by every run that anything changed for) or batch
    status    preparing (waits for its turn), computing, live, not_computing, disabled, failed or cancelled
    progress  of what must be built for it, the part that is; 0 to 1
    seconds   that its last evaluation took
    error     why it failed, with the file, and the line where the engine names one
    """

    key: str
    kind: str
    mode: str
    status: str
    progress: float | None = None
    estimated_end_at: datetime | None = None
    computed_at: datetime | None = None
    members: int | None = None
    seconds: float | None = None
    error: str | None = None


@dataclass(slots=True)
class Computations:
    """The table, kept up to date each second by a connection of its own for as long as the run goes.

    open  opens a second connection to the warehouse
    """

    relations: Relations
    defined: Sequence[Audience | Trait]
    open: Callable[[], AbstractContextManager[Warehouse]]
    unconnected: Collection[str] = ()
    _rows: dict[str, Computation] = field(default_factory=dict)
    _written: dict[str, Computation] = field(default_factory=dict)
    _order: dict[str, int] = field(default_factory=dict)
    _done: int = 0
    _begun_at: datetime = field(default_factory=now)
    _lock: Lock = field(default_factory=Lock)
    _ends: Event = field(default_factory=Event)
    _writer: Thread | None = None

    def __enter__(self) -> Computations:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if error is not None:
            with self._lock:
                status = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
                text = None if status == "cancelled" else str(error)
                for key, row in self._rows.items():
                    if row.status in ("preparing", "computing"):
                        self._rows[key] = replace(row, status=status, estimated_end_at=None, error=text)
            self._write_apart()

    def read(self, warehouse: Warehouse) -> None:
        """Take what the last run left; what is new waits, what is disabled is not computed."""
        if relation_exists(warehouse, self.relations[TABLE]):
            rows = warehouse.fetch(f"select {', '.join(COLUMNS)} from {self.relations[TABLE]}")
            self._written = {str(row[0]): Computation(*row) for row in rows}  # type: ignore[arg-type]
        for one in self.defined:
            before = self._written.get(one.key)
            status = "disabled" if not one.enabled else "not_computing" if one.key in self.unconnected else "preparing"
            if before is not None and before.status in ("live", "failed") and status == "preparing":
                status = before.status
            fresh = before or Computation(one.key, "", "", "")
            kind = "audience" if isinstance(one, Audience) else "trait"
            self._rows[one.key] = replace(fresh, kind=kind, mode=_mode(one), status=status)

    def plan(self, names: Sequence[str]) -> None:
        """These models are to be built, in this order."""
        with self._lock:
            self._order |= {name: len(self._order) + place for place, name in enumerate(names)}
            for name in names:
                if name in self._rows:
                    self._rows[name] = replace(self._rows[name], status="preparing", progress=0.0, error=None)
        if names:
            self._write_apart()
        if names and self._writer is None:
            self._writer = Thread(target=self._write_each_second, name="computations", daemon=True)
            self._writer.start()

    def starts(self, name: str) -> None:
        """A model is being built."""
        with self._lock:
            if name in self._rows:
                self._rows[name] = replace(self._rows[name], status="computing", error=None)

    def ends(self, outcomes: Sequence[Outcome]) -> None:
        """Models were built, or not."""
        with self._lock:
            for one in outcomes:
                self._done += 1
                if one.name in self._rows:
                    self._rows[one.name] = _ended(self._rows[one.name], one)

    def finish(self, warehouse: Warehouse, run_id: str, outcomes: Sequence[Outcome], sizes: Mapping[str, int]) -> None:
        """What came of it, with the number of members, or of profiles that have a value, and what each evaluation cost."""
        self.stop()
        cursors = {
            str(key): row
            for key, *row in warehouse.fetch(f"select model, as_of, evaluated_count, is_full from {self.relations['cursors']}")
        }
        costs = [
            (run_id, one.name, round(one.seconds, 3), *cursors[one.name][1:])
            for one in outcomes
            if one.name in self._rows and one.name in cursors and one.status == "success" and one.seconds
        ]
        warehouse.insert(self.relations["run_computations"], ("run_id", "key", "seconds", "rows", "is_full"), costs)
        for one in outcomes:
            row = self._rows.get(one.name)
            if row is not None and row.status not in ("disabled", "not_computing"):
                self._rows[one.name] = _ended(row, one)
        for key, row in self._rows.items():
            at = cursors[key][0] if key in cursors else None
            self._rows[key] = replace(
                row, members=sizes.get(key, 0), estimated_end_at=None, computed_at=at if isinstance(at, datetime) else None
            )
        self._write(warehouse)

    def stop(self) -> None:
        """End what writes each second."""
        self._ends.set()
        if self._writer is not None:
            self._writer.join()

    def _write_each_second(self) -> None:
        while not self._ends.wait(_SECONDS_BETWEEN):
            self._write_apart()

    def _write_apart(self) -> None:
        """A table that tells how it goes must not be what stops it."""
        try:
            with self.open() as warehouse:
                self._write(warehouse)
        except AudiencesError:
            return

    def _write(self, warehouse: Warehouse) -> None:
        with self._lock:
            rows = {key: self._estimated(row) for key, row in self._rows.items()}
        differing = [key for key in {*rows, *self._written} if rows.get(key) != self._written.get(key)]
        if not differing or not relation_exists(warehouse, self.relations[TABLE]):
            return
        with warehouse.transaction():
            warehouse.execute(f"delete from {self.relations[TABLE]} where key in ({text_literals(sorted(differing))})")
            values = [tuple(getattr(rows[key], name) for name in COLUMNS) for key in differing if key in rows]
            warehouse.insert(self.relations[TABLE], COLUMNS, values)
        self._written = rows

    def _estimated(self, row: Computation) -> Computation:
        """With the part that is done, and when the rest will be if it goes on like this."""
        if row.status not in ("preparing", "computing") or row.key not in self._order:
            return row
        before = self._order[row.key]
        passed = (now() - self._begun_at).total_seconds()
        left = timedelta(seconds=passed / max(1, self._done) * max(1, before + 1 - self._done))
        progress = min(0.99, self._done / (before + 1))
        return replace(row, progress=round(progress, 3), estimated_end_at=naive(now() + left).replace(microsecond=0))


def _mode(one: Audience | Trait) -> str:
    return "batch" if isinstance(one, Audience) and one.compute == "batch" else "realtime"


def _ended(row: Computation, outcome: Outcome) -> Computation:
    if outcome.status == "success":
        seconds = round(outcome.seconds, 3) if outcome.seconds else row.seconds
        return replace(row, status="live", progress=1.0, estimated_end_at=None, seconds=seconds, error=None)
    reason = outcome.reason if outcome.status == "error" else "a model that it reads was not built"
    return replace(row, status="failed", estimated_end_at=None, error=reason)
