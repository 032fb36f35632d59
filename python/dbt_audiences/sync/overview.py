"""The delivery overview: what became of what was to be delivered in a span of time, and how that changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from dbt_audiences.core.tracking_plan import BLOCKED
from dbt_audiences.core.warehouse import Relations, Row, Warehouse, instant_literal, text_literal, text_literals
from dbt_audiences.sync.reasons import code_of, step_of

Step = Literal["filtered_at_source", "filtered_at_destination", "pending_retry", "failed", "delivered"]
STEPS: tuple[Step, ...] = get_args(Step)
Dimension = Literal["audience", "destination", "event", "type", "minute", "hour", "day"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
SAMPLES = 10
_DISCARDED = ("filtered_at_source", "filtered_at_destination", "failed")


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows that were first to be sent from `since` (inclusive) until `until` (exclusive); None: of all."""

    since: datetime
    until: datetime
    audience: str | None = None
    destination: str | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A part of what was created.

    share   of what was created, from 0 to 1; None where nothing was
    change  the share less that in a span of the same length before, in points; None where nothing was created then
    """

    count: int
    share: float | None
    change: float | None


@dataclass(frozen=True, slots=True)
class Discard:
    """Rows that went nowhere for one reason; a sample has destination, audience, profile_id, op, text and created_at."""

    step: str
    reason: str
    counted: Counted
    samples: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What was created is always the sum of the steps.

    breakdown  (type, name of the event) -> its part
    by         value of a dimension -> created, and the count of each step
    """

    since: datetime
    until: datetime
    created: int
    steps: Mapping[Step, Counted]
    breakdown: Mapping[tuple[str, str], Counted]
    discards: tuple[Discard, ...]
    by: Mapping[str, Mapping[str, int]]


def overview(
    warehouse: Warehouse,
    relations: Relations,
    scope: Scope,
    dimension: Dimension | None = None,
    rejected: str | None = None,
) -> Overview:
    """Count the rows of `deliveries`: one for each identifier of a profile whose change was to be told a destination.

    rejected  the raw table that keeps what the tracking plan blocked. Such a call was to reach no destination in particular, so
              it counts where none is asked for, and no audience
    """
    earlier = scope.since - (scope.until - scope.since)
    source = relations["deliveries"]
    if rejected is not None and scope.destination is None and scope.audience is None:
        source = f"({_with_blocked(source, rejected)}) as deliveries_and_blocked"
    rows = _rows(source, scope, earlier)
    by_step = _two_spans(warehouse, f"select is_now, step, count(*) from ({rows}) as counted group by is_now, step", 1)
    created, before = (sum(span.values()) for span in by_step)
    by_event = _two_spans(
        warehouse,
        f"select is_now, coalesce(type, ''), coalesce(event, ''), count(*) from ({rows}) as counted group by 1, 2, 3",
        2,
    )
    by_reason = _two_spans(
        warehouse,
        f"select is_now, step, coalesce(code, ''), count(*) from ({rows}) as counted "
        f"where step in ({text_literals(_DISCARDED)}) group by 1, 2, 3",
        2,
    )

    def counted(spans: tuple[Mapping[tuple[str, ...], int], Mapping[tuple[str, ...], int]], key: tuple[str, ...]) -> Counted:
        share = spans[0].get(key, 0) / created if created else None
        was = spans[1].get(key, 0) / before if before else None
        change = None if share is None or was is None else round(100 * (share - was), 2)
        return Counted(spans[0].get(key, 0), share, change)

    samples = _samples(warehouse, rows)
    return Overview(
        scope.since,
        scope.until,
        created,
        {step: counted(by_step, (step,)) for step in STEPS},
        {(key[0], key[1]): counted(by_event, key) for key in _most_first(by_event[0])},
        tuple(
            Discard(key[0], key[1], counted(by_reason, key), tuple(samples.get((key[0], key[1]), ())))
            for key in _most_first(by_reason[0])
        ),
        {} if dimension is None else _by(warehouse, rows, dimension),
    )


def _rows(deliveries: str, scope: Scope, earlier: datetime) -> str:
    wanted = [
        f"created_at >= {instant_literal(earlier)} and created_at < {instant_literal(scope.until)}",
        *(
            f"{column} = {text_literal(value)}"
            for column, value in (("audience", scope.audience), ("destination", scope.destination), ("event", scope.event))
            if value is not None
        ),
    ]
    is_now = f"created_at >= {instant_literal(scope.since)}"
    return (
        f"select *, {step_of('status', 'code')} as step from (select *, {is_now} as is_now, {code_of('reason')} as code "
        f"from {deliveries} where {' and '.join(wanted)}) as coded"
    )


def _with_blocked(deliveries: str, rejected: str) -> str:
    """Deliveries, and calls that the tracking plan blocked, each with the name of its event out of its reason."""
    whom = "destination, audience, profile_id, identifier_type, identifier_value, op"
    return (
        f"select {whom}, type, event, status, reason, created_at from {deliveries} union all "
        "select '', '', '', '', '', '', 'track', split_part(reason, '`', 2), 'filtered', reason, loaded_at "
        f"from {rejected} where reason like {text_literal(BLOCKED + '%')}"
    )


def _two_spans(warehouse: Warehouse, query: str, width: int) -> tuple[dict[tuple[str, ...], int], dict[tuple[str, ...], int]]:
    """Counts by key: in the span, and in the one before."""
    now: dict[tuple[str, ...], int] = {}
    before: dict[tuple[str, ...], int] = {}
    for row in warehouse.fetch(query):
        (now if row[0] else before)[tuple(str(value) for value in row[1 : 1 + width])] = int(str(row[-1]))
    return now, before


def _most_first(counts: Mapping[tuple[str, ...], int]) -> list[tuple[str, ...]]:
    return sorted(counts, key=lambda key: (-counts[key], key))


def _samples(warehouse: Warehouse, rows: str) -> dict[tuple[str, str], list[Mapping[str, object]]]:
    """The newest of each step and reason; they name profiles, and no identifier."""
    columns = ("destination", "audience", "profile_id", "op", "reason", "created_at")
    found = warehouse.fetch(
        f"select step, code, {', '.join(columns)} from (select step, coalesce(code, '') as code, {', '.join(columns)}, "
        "row_number() over (partition by step, code order by created_at desc, destination, audience, profile_id, "
        f"identifier_type, identifier_value) as nth from ({rows}) as counted where is_now "
        f"and step in ({text_literals(_DISCARDED)})) as numbered where nth <= {SAMPLES} "
        "order by step, code, nth"
    )
    samples: dict[tuple[str, str], list[Mapping[str, object]]] = {}
    for row in found:
        samples.setdefault((str(row[0]), str(row[1])), []).append(dict(zip(columns, row[2:], strict=True)))
    return samples


def _by(warehouse: Warehouse, rows: str, dimension: Dimension) -> dict[str, dict[str, int]]:
    lengths = {"minute": 16, "hour": 13, "day": 10}
    value = f"coalesce({dimension}, '')"
    if dimension in lengths:
        value = f"left(cast(created_at as text), {lengths[dimension]})"
    found: dict[str, dict[str, int]] = {}
    query = f"select {value}, step, count(*) from ({rows}) as counted where is_now group by 1, 2 order by 1"
    counts: Sequence[Row] = warehouse.fetch(query)
    for key, step, count in counts:
        of_key = found.setdefault(str(key), {"created": 0, **dict.fromkeys(STEPS, 0)})
        of_key[str(step)] = int(str(count))
        of_key["created"] += int(str(count))
    return found
