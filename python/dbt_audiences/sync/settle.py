"""What became of requests, written down all at once: outbox, rows and ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dbt_audiences.core.warehouse import Warehouse, instant_literal, naive, text_literal
from dbt_audiences.sync.channel import Outcome, Request
from dbt_audiences.sync.ledger import REQUEST_COLUMNS, Ledger
from dbt_audiences.sync.request_ids import is_one_of


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a request that its destination did not take: for good, or (`is_postponed`) not now."""

    request_id: str
    identifier_type: str
    identifier_value: str
    reason: str
    is_postponed: bool = False


@dataclass(frozen=True, slots=True)
class Halves:
    """A request in two; rows go with the half that carries their identifier (type, value)."""

    first: Request
    second: Request
    of_second_alone: Sequence[tuple[str, str]]
    of_both: Sequence[tuple[str, str]]


def settle(
    warehouse: Warehouse,
    ledger: Ledger,
    outcomes: Sequence[tuple[Request, Outcome]],
    refused: Sequence[RefusedRow],
    divided: Mapping[str, Halves],
    at: datetime,
    is_of_plan: bool,
) -> None:
    """One transaction for all: a crash before it repeats these requests under their ids, one after it repeats nothing.

    is_of_plan  the requests are of the plan that was just made, so that the ledger has the same profiles (`adopt_merges`)
    """
    now = instant_literal(at)
    with warehouse.transaction():
        _reject_rows(warehouse, ledger, [row for row in refused if not row.is_postponed], now)
        for request, outcome in outcomes:
            if outcome.postponed:
                _postpone(
                    warehouse, ledger, request, [row for row in refused if row.request_id == request.id and row.is_postponed]
                )
        for request, _ in outcomes:
            if request.id in divided:
                _divide(warehouse, ledger, request, divided[request.id], at)
        for alike in _alike(outcomes).values():
            _settle_requests(warehouse, ledger, [request for request, _ in alike], alike[0][1], now)
        _acknowledge(
            warehouse, ledger, [request.id for request, outcome in outcomes if outcome.verdict == "delivered"], now, is_of_plan
        )


def _reject_rows(warehouse: Warehouse, ledger: Ledger, refused: Sequence[RefusedRow], now: str) -> None:
    if not refused:
        return
    warehouse.execute(f"drop table if exists {ledger.refused}")
    warehouse.execute(
        f"create temporary table {ledger.refused} (request_id text, identifier_type text, identifier_value text, reason text)"
    )
    warehouse.insert(
        ledger.refused,
        ("request_id", "identifier_type", "identifier_value", "reason"),
        [(row.request_id, row.identifier_type, row.identifier_value, _storable(row.reason)) for row in refused],
    )
    warehouse.execute(
        f"update {ledger.deliveries} as row_ set status = 'rejected', reason = refused.reason, settled_at = {now} "
        f"from {ledger.refused} as refused where row_.request_id = refused.request_id "
        "and row_.identifier_type = refused.identifier_type and row_.identifier_value = refused.identifier_value"
    )


def _postpone(warehouse: Warehouse, ledger: Ledger, request: Request, rows: Sequence[RefusedRow]) -> None:
    """These rows stay pending, in a request of their own that the next sync plans anew."""
    if not rows:
        return
    this, later = is_one_of([request.id]), f"{request.id}-later"
    sync_id, content_type, created_at = warehouse.fetch(
        f"select sync_id, content_type, created_at from {ledger.requests} where {this}"
    )[0]
    values = (
        later,
        ledger.destination,
        ledger.audience,
        sync_id,
        "planned",
        content_type,
        None,
        len(rows),
        0,
        created_at,
        None,
    )
    warehouse.insert(ledger.requests, REQUEST_COLUMNS, [values])
    which = _one_of([(row.identifier_type, row.identifier_value) for row in rows])
    reason = text_literal(_storable(rows[0].reason))
    warehouse.execute(
        f"update {ledger.deliveries} set request_id = {text_literal(later)}, reason = {reason} "
        f"where {this} and status = 'pending' and {which}"
    )


def _alike(outcomes: Sequence[tuple[Request, Outcome]]) -> dict[tuple[object, ...], list[tuple[Request, Outcome]]]:
    """Requests to which the same is written down: most of them are taken at once."""
    found: dict[tuple[object, ...], list[tuple[Request, Outcome]]] = {}
    for request, outcome in outcomes:
        found.setdefault((outcome.verdict, outcome.reason, outcome.tries), []).append((request, outcome))
    return found


def _settle_requests(warehouse: Warehouse, ledger: Ledger, requests: Sequence[Request], outcome: Outcome, now: str) -> None:
    this = is_one_of([one.id for one in requests])
    reason = "null" if outcome.reason is None else text_literal(_storable(outcome.reason))
    if outcome.verdict == "rejected":
        warehouse.execute(
            f"update {ledger.deliveries} set status = 'rejected', reason = {reason}, settled_at = {now} "
            f"where {this} and status = 'pending'"
        )
    status = {"pending": "attempted", "unsent": "planned"}.get(outcome.verdict, outcome.verdict)
    settled = f", body = null, settled_at = {now}" if outcome.verdict in ("delivered", "rejected") else ""
    warehouse.execute(
        f"update {ledger.requests} set status = '{status}', reason = {reason}, attempts = attempts + {outcome.tries - 1}"
        f"{settled} where {this}"
    )


def _acknowledge(warehouse: Warehouse, ledger: Ledger, ids: Sequence[str], now: str, is_of_plan: bool) -> None:
    if not ids:
        return
    of_these = is_one_of(ids)
    warehouse.execute(
        f"update {ledger.deliveries} set status = 'delivered', reason = null, settled_at = {now} "
        f"where {of_these} and status = 'pending'"
    )
    # With the profile, DuckDB reads only the part of the ledger where these are: it is kept in the order of first syncs.
    columns = f"{'profile_id, ' if is_of_plan else ''}identifier_type, identifier_value"
    warehouse.execute(
        f"delete from {ledger.acknowledged} where {ledger.here} and ({columns}) in "
        f"(select {columns} from {ledger.deliveries} where {of_these} and status = 'delivered')"
    )
    warehouse.execute(
        f"insert into {ledger.acknowledged} (destination, audience, profile_id, identifier_type, identifier_value, is_member, "
        "traits, acknowledged_at, request_id) select destination, audience, profile_id, identifier_type, identifier_value, "
        f"op <> 'remove', traits, {now}, max(request_id) from {ledger.deliveries} where {of_these} and status = 'delivered' "
        "group by destination, audience, profile_id, identifier_type, identifier_value, op <> 'remove', traits"
    )


def _divide(warehouse: Warehouse, ledger: Ledger, request: Request, halves: Halves, at: datetime) -> None:
    this = is_one_of([request.id])
    sync_id, content_type, created_at = warehouse.fetch(
        f"select sync_id, content_type, created_at from {ledger.requests} where {this}"
    )[0]
    parts = (halves.first, halves.second)
    warehouse.insert(
        ledger.requests,
        REQUEST_COLUMNS,
        [
            (part.id, ledger.destination, ledger.audience, sync_id, "attempted", content_type, part.body, part.row_count, 1,
             created_at, naive(at))
            for part in parts
        ],
    )  # fmt: skip
    first, second = text_literal(halves.first.id), text_literal(halves.second.id)
    goes_second = _one_of(halves.of_second_alone)
    warehouse.execute(
        f"update {ledger.deliveries} set request_id = case when {goes_second} then {second} else {first} end "
        f"where {this} and status = 'pending'"
    )
    if halves.of_both:
        columns = (
            "sync_id, destination, audience, profile_id, identifier_type, identifier_value, op, traits, type, event, status, "
            "created_at"
        )
        warehouse.execute(
            f"insert into {ledger.deliveries} (request_id, {columns}) select {second}, {columns} from {ledger.deliveries} "
            f"where {is_one_of([halves.first.id])} and {_one_of(halves.of_both)}"
        )


def _one_of(identifiers: Sequence[tuple[str, str]]) -> str:
    pairs = ", ".join(f"({text_literal(type_)}, {text_literal(value)})" for type_, value in identifiers)
    return f"(identifier_type, identifier_value) in ({pairs})" if pairs else "false"


def _storable(reason: str) -> str:
    """Another's words, fit for a text column."""
    return reason.replace("\x00", "").encode("utf-8", "replace").decode()
