"""Everything that a sync reads from and writes to the state tables, for one audience at one destination."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from dbt_audiences.core.warehouse import Relations, Row, Warehouse, instant_literal, naive, text_literal, text_literals
from dbt_audiences.sync.channel import Request
from dbt_audiences.sync.naming import Naming
from dbt_audiences.sync.request_ids import RequestIds, is_one_of
from dbt_audiences.sync.standing import Standing

REQUEST_COLUMNS = (
    "request_id", "destination", "audience", "sync_id", "status", "content_type", "body", "row_count", "attempts", "created_at",
    "attempted_at",
)  # fmt: skip


class Ledger:
    """The outbox (`requests`, `deliveries`) and what was acknowledged.

    wanted, wanted_rows  names of a temporary view of what must hold, and of the table behind it where there is one
    plan, units, refused, withheld, differing  names of temporary tables: what differs, in which calls it goes, what an answer
                                               names as not taken, what holds and is not sent, and the profiles that differ
    """

    def __init__(
        self, warehouse: Warehouse, relations: Relations, destination: str, audience: str, naming: Naming | None = None
    ) -> None:
        self._warehouse = warehouse
        self._naming = naming or Naming()
        self.acknowledged = relations["acknowledged"]
        self.requests = relations["requests"]
        self.deliveries = relations["deliveries"]
        self.standing = Standing(warehouse, relations, destination, audience)
        self.destination, self.audience = destination, audience
        self.here = f"destination = {text_literal(destination)} and audience = {text_literal(audience)}"
        # Destinations are sent to side by side, on one connection to the warehouse.
        own = hashlib.sha256(destination.encode()).hexdigest()[:8]
        names = ("wanted", "wanted_rows", "plan", "units", "refused", "withheld", "differing")
        self.wanted, self.wanted_rows, self.plan, self.units, self.refused, self.withheld, self.differing = (
            f"audiences_sync_{name}_{own}" for name in names
        )
        self._values = f"{text_literal(destination)}, {text_literal(audience)}"

    # --- reading ---

    def _number(self, query: str) -> int:
        return int(str(self._warehouse.fetch(query)[0][0]))

    def held_profiles(self) -> int:
        """Profiles that the destination holds."""
        return self._number(f"select count(distinct profile_id) from {self.acknowledged} where {self.here} and is_member")

    def has_rejections(self) -> bool:
        """Whether a row was ever rejected or held, and not retried."""
        return self.has("rejected", "held")

    def has(self, *statuses: str) -> bool:
        """Whether there is a row with one of these statuses."""
        return (
            self._number(f"select count(*) from {self.deliveries} where {self.here} and status in ({text_literals(statuses)})")
            > 0
        )

    def last_rejections(self, *statuses: str) -> str:
        """SQL of identifier_type, identifier_value, op, traits of the identifiers whose last delivery was rejected or held."""
        wanted = text_literals(statuses or ("rejected", "held"))
        return (
            "select identifier_type, identifier_value, op, traits from (select identifier_type, identifier_value, op, traits, "
            "status, row_number() over (partition by identifier_type, identifier_value order by settled_at desc) as nth "
            f"from {self.deliveries} where {self.here} and status in ('delivered', 'rejected', 'held', 'retried')) "
            f"as settled where nth = 1 and status in ({wanted})"
        )

    @property
    def is_baseline(self) -> str:
        """SQL of whether a row of the ledger was taken as known, and nothing was ever said of its profile."""
        return (
            f"(request_id is null and profile_id not in (select profile_id from {self.acknowledged} "
            f"where {self.here} and is_member and request_id is not null))"
        )

    def in_flight(self) -> str:
        """SQL of profile_id, identifier_type, identifier_value of the rows in requests whose fate is unknown."""
        return (
            f"select profile_id, identifier_type, identifier_value from {self.deliveries} where {self.here} "
            "and status = 'pending' "
            f"and request_id in (select request_id from {self.requests} where {self.here} and status = 'attempted')"
        )

    def has_in_flight(self) -> bool:
        """Whether the fate of a request is unknown."""
        return self._number(f"select count(*) from {self.requests} where {self.here} and status = 'attempted'") > 0

    def attempted(self) -> list[tuple[str, int]]:
        """(id, rows) of the requests whose fate is unknown, oldest first."""
        rows = self._warehouse.fetch(
            f"select request_id, row_count from {self.requests} where {self.here} and status = 'attempted' "
            "order by created_at, request_id"
        )
        return [(str(row[0]), int(str(row[1]))) for row in rows]

    def load(self, ids: Sequence[str]) -> list[Request]:
        """Requests with their bodies, in the order of `ids`."""
        if not ids:
            return []
        rows = self._warehouse.fetch(
            f"select request_id, body, row_count, attempts from {self.requests} where {is_one_of(ids)}"
        )
        found = {str(row[0]): Request(str(row[0]), str(row[1]), int(str(row[2])), int(str(row[3]))) for row in rows}
        return [found[id_] for id_ in ids]

    def rows_of(self, request_id: str) -> list[Row]:
        """profile_id, identifier_type, identifier_value of a request's rows."""
        return self._warehouse.fetch(
            f"select profile_id, identifier_type, identifier_value from {self.deliveries} where {is_one_of([request_id])}"
        )

    # --- before sending ---

    def drop_planned(self, content_type: str) -> None:
        """Forget requests that were planned and never left, or were meant for another type of destination.

        Their rows stay, pending and of no request, until they are planned anew: how long they have waited is known by them.
        """
        unsent = (
            f"{self.here} and (status in ('planned', 'held') "
            f"or status = 'attempted' and content_type <> {text_literal(content_type)})"
        )
        with self._warehouse.transaction():
            self._warehouse.execute(
                f"update {self.deliveries} as row_ set request_id = null, reason = coalesce(unsent.reason, row_.reason) "
                f"from (select request_id, reason from {self.requests} where {unsent}) as unsent "
                "where row_.status = 'pending' and row_.request_id = unsent.request_id"
            )
            self._warehouse.execute(f"delete from {self.requests} where {unsent}")

    @property
    def waiting(self) -> str:
        """SQL of whether a row waits to be planned anew."""
        return f"{self.here} and status = 'pending' and request_id is null"

    def _is_waiting(self) -> bool:
        return self._number(f"select count(*) from {self.deliveries} where {self.waiting}") > 0

    def drop_waiting(self, plan: str, *, is_planned: bool) -> None:
        """Forget rows that waited and stand in the plan again, or those that do not: who came and left in the meantime."""
        if not self._is_waiting():
            return
        self._warehouse.execute(
            f"delete from {self.deliveries} where {self.waiting} and {'' if is_planned else 'not '}exists (select 1 from "
            "(select identifier_type as type_, identifier_value as value_, op = 'remove' as is_removal "
            f"from {plan} where op <> 'same') as planned where planned.type_ = identifier_type "
            "and planned.value_ = identifier_value and planned.is_removal = (op = 'remove'))"
        )

    def forget_baseline(self, among: str) -> None:
        """Drop those who were taken as known and need not be there any more: nothing was ever said of them."""
        self._warehouse.execute(
            f"delete from {self.acknowledged} where {self.here} and is_member and ({among}) "
            f"and {self.is_baseline} "
            f"and (identifier_type, identifier_value) not in (select identifier_type, identifier_value from {self.wanted})"
        )

    def acknowledge_baseline(self, at: datetime) -> None:
        """Take everybody who must be there as being there."""
        with self._warehouse.transaction():
            self._warehouse.execute(f"delete from {self.acknowledged} where {self.here}")
            self._warehouse.execute(
                f"insert into {self.acknowledged} (destination, audience, profile_id, identifier_type, identifier_value, "
                f"is_member, traits, acknowledged_at) select {self._values}, profile_id, identifier_type, identifier_value, "
                f"true, traits, {instant_literal(at)} from {self.wanted}"
            )
            self.standing.record("synced", None, at, is_complete=True)

    def write_plan(self, ids: RequestIds, sync_id: str, content_type: str, at: datetime) -> None:
        """Put the numbered units into the outbox: a planned request for each batch, and every row that it stands for."""
        now = instant_literal(at)
        request_id = ids.sql("batch")
        with self._warehouse.transaction():
            self._warehouse.execute(
                f"insert into {self.requests} (request_id, destination, audience, sync_id, status, content_type, row_count, "
                f"attempts, created_at) select {request_id}, {self._values}, {text_literal(sync_id)}, 'planned', "
                f"{text_literal(content_type)}, count(distinct unit), 0, {now} from {self.units} group by batch order by batch"
            )
            self._insert_deliveries(self.units, request_id, sync_id, "pending", None, now, "op <> 'same' and not is_repeated")
            self.drop_waiting(self.units, is_planned=True)

    def write_filtered(self, sync_id: str, reason: str, at: datetime) -> None:
        """Record the plan as not sent from here, once for each change of what must hold."""
        with self._warehouse.transaction():
            said, changed = text_literal(reason), self._differs_from_filtered(text_literal(reason))
            self._insert_deliveries(
                self.plan, "null", sync_id, "filtered", said, instant_literal(at), f"op <> 'same' and {changed}"
            )

    def write_withheld(self, sync_id: str, at: datetime) -> None:
        """Record what is withheld as not sent, once for each change of it."""
        changed = self._differs_from_filtered("rows_.withheld")
        self._insert_deliveries(self.withheld, "null", sync_id, "filtered", "rows_.withheld", instant_literal(at), changed)

    def write_never_sent(self, source: str, sync_id: str, reason: str, at: datetime) -> None:
        """Record rows that go nowhere, from SQL of a parenthesized query with their columns."""
        self._insert_deliveries(source, "null", sync_id, "filtered", text_literal(reason), instant_literal(at), "true")

    def _insert_deliveries(
        self, source: str, request_id: str, sync_id: str, status: str, reason: str | None, now: str, where: str
    ) -> None:
        said, settled_at = ("null", "cast(null as timestamp)") if reason is None else (reason, now)
        # What goes into requests has no row twice, and stays in their order.
        distinct = "" if source == self.units else "distinct "
        since, joined = now, "" if reason is None else self._joined("filtered", self._filtered_last)
        if self._is_waiting():
            since = f"coalesce(waiting.since, {now})"
            joined += self._joined("waiting", self._waiting_since)
        self._warehouse.execute(
            f"insert into {self.deliveries} (request_id, sync_id, destination, audience, profile_id, identifier_type, "
            f"identifier_value, op, traits, type, event, status, reason, created_at, settled_at) select {distinct}"
            f"{request_id}, {text_literal(sync_id)}, {self._values}, profile_id, identifier_type, identifier_value, op, "
            f"traits, {self._naming.type}, {self._naming.event}, {text_literal(status)}, {said}, {since}, {settled_at} "
            f"from {source} as rows_ {joined}where {where}"
        )

    def _joined(self, name: str, query: str) -> str:
        """SQL that joins earlier rows of the same identifier and side to `rows_`."""
        return (
            f"left join ({query}) as {name} on {name}.type_ = rows_.identifier_type and {name}.value_ = rows_.identifier_value "
            f"and {name}.is_removal = (rows_.op = 'remove') "
        )

    @property
    def _waiting_since(self) -> str:
        return (
            "select identifier_type as type_, identifier_value as value_, op = 'remove' as is_removal, "
            f"min(created_at) as since from {self.deliveries} where {self.waiting} group by 1, 2, 3"
        )

    @property
    def _filtered_last(self) -> str:
        """SQL of the identifiers of which the last that became of them was that they were filtered."""
        return (
            "select type_, value_, is_removal, op_, traits_, reason_ from (select identifier_type as type_, "
            "identifier_value as value_, op = 'remove' as is_removal, op as op_, traits as traits_, reason as reason_, "
            "status as status_, row_number() over (partition by identifier_type, identifier_value, op = 'remove' "
            f"order by created_at desc, settled_at desc) as nth from {self.deliveries} "
            f"where {self.here} and status <> 'pending') as latest where nth = 1 and status_ = 'filtered'"
        )

    @staticmethod
    def _differs_from_filtered(reason: str) -> str:
        return (
            "(filtered.op_ is null or filtered.op_ <> rows_.op or filtered.traits_ <> rows_.traits "
            f"or filtered.reason_ <> {reason})"
        )

    def mark_attempted(
        self, requests: Sequence[Request], sync_id: str, content_type: str, created_at: datetime, at: datetime
    ) -> None:
        """Write planned requests down with their bodies as about to be sent."""
        rows = [
            (request.id, self.destination, self.audience, sync_id, "attempted", content_type, request.body, request.row_count,
             request.attempts + 1, naive(created_at), naive(at))
            for request in requests
        ]  # fmt: skip
        with self._warehouse.transaction():
            self._warehouse.execute(f"delete from {self.requests} where {is_one_of([r.id for r in requests])}")
            self._warehouse.insert(self.requests, REQUEST_COLUMNS, rows)

    def mark_again(self, requests: Sequence[Request], at: datetime) -> None:
        """Note that requests are sent once more."""
        self._warehouse.execute(
            f"update {self.requests} set attempts = attempts + 1, attempted_at = {instant_literal(at)} "
            f"where {is_one_of([request.id for request in requests])}"
        )

    # --- after sending ---

    def retry_rejected(self, reason: str | None) -> int:
        """Let rejected and held rows (those with `reason` in their reason) be planned again; return how many."""
        which = f"{self.here} and status in ('rejected', 'held')"
        if reason is not None:
            which += f" and position({text_literal(reason)} in reason) > 0"
        count = self._number(f"select count(*) from {self.deliveries} where {which}")
        self._warehouse.execute(f"update {self.deliveries} set status = 'retried' where {which}")
        return count
