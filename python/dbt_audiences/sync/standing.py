"""How a connection stands: its status, since when it is behind, and when it was last brought up to date."""

from __future__ import annotations

from datetime import UTC, datetime

from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, naive, text_literal

STATES = {"paused": "paused", "filtered": "paused", "disabled": "disabled", "held": "held"}
"""Status of a sync -> the state of its connection; after all others it is `connected`."""


class Standing:
    """The row of `connections` for one audience or trait at one destination."""

    def __init__(self, warehouse: Warehouse, relations: Relations, destination: str, audience: str) -> None:
        self._warehouse = warehouse
        self.connections = relations["connections"]
        self._deliveries = relations["deliveries"]
        self._values = f"{text_literal(destination)}, {text_literal(audience)}"
        self.here = f"destination = {text_literal(destination)} and audience = {text_literal(audience)}"

    def first_synced(self) -> bool:
        """Whether the connection was ever brought up to date."""
        return self._instant("first_synced_at") is not None

    def last_sync_at(self) -> datetime | None:
        """When something last left for it, aware."""
        return self._instant("last_sync_at")

    def _instant(self, column: str) -> datetime | None:
        rows = self._warehouse.fetch(f"select max({column}) from {self.connections} where {self.here}")
        found = rows[0][0]
        return found.replace(tzinfo=UTC) if isinstance(found, datetime) else None

    def record(
        self, status: str, reason: str | None, at: datetime, *, is_complete: bool = False, has_sent: bool = False
    ) -> None:
        """Write down how it stands; `is_complete`: everything that had to be sent was, `has_sent`: something was."""
        now = instant_literal(at)
        said = "null" if reason is None else text_literal(reason.replace("\x00", "")[:4000])
        behind_since = self._warehouse.fetch(
            f"select min(created_at) from {self._deliveries} where {self.here} and status = 'pending'"
        )[0][0]
        since, lag = "null", 0
        if isinstance(behind_since, datetime):
            since = instant_literal(behind_since.replace(tzinfo=UTC))
            lag = max(0, int((naive(at) - behind_since).total_seconds()))
        changes = [
            f"status = {text_literal(status)}",
            f"state = {text_literal(STATES.get(status, 'connected'))}",
            f"reason = {said}",
            f"updated_at = {now}",
            f"behind_since = {since}",
            f"lag_seconds = {lag}",
            *([f"last_success_at = {now}"] if status == "synced" else []),
            *([f"first_synced_at = coalesce(first_synced_at, {now})"] if is_complete else []),
            *([f"last_sync_at = {now}"] if has_sent else []),
        ]
        if not self._warehouse.fetch(f"select count(*) from {self.connections} where {self.here}")[0][0]:
            self._warehouse.execute(f"insert into {self.connections} (destination, audience) values ({self._values})")
        self._warehouse.execute(f"update {self.connections} set {', '.join(changes)} where {self.here}")
