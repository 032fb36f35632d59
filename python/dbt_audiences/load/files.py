"""`audiences load`: files of calls and of people into the raw tables, each file whole or not at all."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from dbt_audiences.core.errors import FailedError, UsageError
from dbt_audiences.core.identity import UNCHANGED, Identity
from dbt_audiences.core.suppression import NOTHING, Suppressed
from dbt_audiences.core.tracking_plan import TrackingPlan
from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.load.duckdb import DuckDBWriter
from dbt_audiences.load.elsewhere import named_elsewhere
from dbt_audiences.load.planned import hold
from dbt_audiences.load.postgres import PostgresWriter
from dbt_audiences.load.sources import Advance, files, stage_calls, stage_people
from dbt_audiences.load.staging import Staging, staging
from dbt_audiences.load.suppressed import leave_out
from dbt_audiences.load.tables import LOAD_COLUMNS, make_tables, relation
from dbt_audiences.load.writers import Writer
from dbt_audiences.spec.fields import unknown

_SHOWN_REASONS = 3

Progress = Callable[[str, int, int], None]
"""Called with a file, how much of it is read, and its size (bytes on the disk; rows of a Parquet file of calls)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the lines of one file; the tracking plan blocked some of those rejected, and flagged some others."""

    file: str
    accepted: int
    duplicates: int
    rejected: int
    suppressed: int = 0
    blocked: int = 0
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class _Load:
    """What all files of one command share."""

    warehouse: Warehouse
    writer: Writer
    staging: Staging
    schema: str
    source: str | None
    loaded_at: datetime
    progress: Progress | None
    reasons: list[str]


def load_calls(
    warehouse: Warehouse,
    paths: Sequence[str],
    *,
    schema: str = "raw",
    source: str | None,
    max_rejected: int | None,
    loaded_at: datetime,
    progress: Progress | None,
    identity: Identity = UNCHANGED,
    suppressed: Suppressed = NOTHING,
    plan: TrackingPlan | None = None,
) -> list[Loaded]:
    """Load Segment-spec calls from files, folders and patterns; calls that are there already change nothing.

    source        where the calls come from, unless they say so themselves
    max_rejected  more rejected lines than this raise `FailedError`, after everything has been kept
    loaded_at     naive, UTC
    identity      what the project says of identifiers: a call must name one
    suppressed    of whom nothing new is taken
    plan          what events and properties are expected
    """
    found = files(paths)
    make_tables(warehouse, schema)
    writer = _writer(warehouse, schema)
    held = None if plan is None else partial(hold, plan=plan)
    kept = partial(leave_out, identity=identity, suppressed=suppressed)
    with staging(writer.options, named_elsewhere(identity), kept, held) as staged:
        load = _Load(warehouse, writer, staged, schema, source, loaded_at, progress, [])
        loaded = [_load_file(load, path, partial(stage_calls, staged, path), otherwise=None) for path in found]
    _check(loaded, max_rejected, load.reasons)
    return loaded


def load_people(
    warehouse: Warehouse,
    path: str,
    *,
    schema: str = "raw",
    identifier: str,
    source: str | None,
    max_rejected: int | None,
    loaded_at: datetime,
    progress: Progress | None,
    identity: Identity = UNCHANGED,
    suppressed: Suppressed = NOTHING,
) -> Loaded:
    """Load a file of people, one in each row: an identify call with the row's other columns as traits.

    identifier  a type of identifier, which is also the name of the column
    identity    what the project says of identifiers
    """
    if identifier not in identity.types:
        raise UsageError(f"`{identifier}` is no type of identifier", hint=unknown(identifier, identity.types))
    if Path(path).is_dir():
        raise UsageError(f"`{path}` is a folder", hint="people are loaded from one file at a time")
    found = files([path])
    if len(found) != 1:
        raise UsageError(f"`{path}` means {len(found)} files", hint="people are loaded from one file at a time")
    make_tables(warehouse, schema)
    writer = _writer(warehouse, schema)
    with staging(
        writer.options, named_elsewhere(identity), partial(leave_out, identity=identity, suppressed=suppressed)
    ) as staged:
        load = _Load(warehouse, writer, staged, schema, source, loaded_at, progress, [])
        loaded = _load_file(load, found[0], partial(stage_people, staged, found[0], identifier, identity), otherwise=loaded_at)
    _check([loaded], max_rejected, load.reasons)
    return loaded


def _writer(warehouse: Warehouse, schema: str) -> Writer:
    return PostgresWriter(warehouse, schema) if warehouse.engine == "postgres" else DuckDBWriter(warehouse, schema)


def _load_file(load: _Load, path: Path, stage: Callable[[Advance], Iterator[None]], *, otherwise: datetime | None) -> Loaded:
    file = str(path)
    load_id = hashlib.md5(f"{load.loaded_at.isoformat()} {file}".encode(), usedforsecurity=False).hexdigest()
    source = "cast(null as varchar)" if load.source is None else text_literal(load.source)
    stamp = f"{source} as source, timestamp '{load.loaded_at.isoformat(sep=' ')}' as loaded_at, '{load_id}' as load_id"
    begun = time.monotonic()
    accepted = duplicates = rejected = suppressed = blocked = flagged = 0

    def advance(position: int, size: int) -> None:
        if load.progress is not None:
            load.progress(file, position, size)

    def put() -> None:
        nonlocal accepted, duplicates, rejected, suppressed, blocked, flagged
        batch = load.staging.batch(stamp, file)
        if batch.violations is not None:
            load.writer.add_violations(batch.violations)
        new = load.writer.add_calls(batch) if batch.read else 0
        if batch.rejected_count:
            load.writer.add_rejected(batch)
            load.reasons.extend(
                f"{file}:{line}: {reason}" for line, reason in batch.reasons[: _SHOWN_REASONS - len(load.reasons)]
            )
        accepted += new
        duplicates += batch.read - new
        rejected += batch.rejected_count
        suppressed += batch.suppressed
        blocked += batch.blocked
        flagged += batch.flagged

    load.staging.clear(otherwise)
    with load.writer.transaction():
        for _ in stage(advance):
            if load.staging.full:
                put()
        put()
        finished_at = load.loaded_at + timedelta(seconds=time.monotonic() - begun)
        load.warehouse.insert(
            relation(load.schema, "loads"),
            [name for name, _ in LOAD_COLUMNS],
            [(load_id, file, load.source, accepted, duplicates, rejected, load.loaded_at, finished_at)],
        )
    return Loaded(file, accepted, duplicates, rejected, suppressed, blocked, flagged)


def rejected_lines(count: int) -> str:
    """How many lines were rejected, in words."""
    return "1 line was rejected" if count == 1 else f"{count:,} lines were rejected"


def _check(loaded: Sequence[Loaded], max_rejected: int | None, reasons: Sequence[str]) -> None:
    rejected = sum(one.rejected for one in loaded)
    if max_rejected is None or rejected <= max_rejected:
        return
    shown = "".join(f"\n  {reason}" for reason in reasons)
    raise FailedError(
        f"{rejected_lines(rejected)}, more than {max_rejected:,}; the others were loaded{shown}",
        hint="the rejected lines are in the table `rejected`, each with its reason",
    )
