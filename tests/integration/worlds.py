"""One connection over an empty DuckDB file and a real HTTP receiver: what must hold is said, synced and looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from tests.integration.receiver import Receiver

from dbt_audiences.core.definitions import Everyone, Place
from dbt_audiences.core.project import Audience, Destination, SendTo
from dbt_audiences.run.warehouses.duckdb import DuckDB, connect
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.engine import SyncResult, sync_connection

ROOT = Path(__file__).parents[2]
HERE = Place("audiences/vips.yml", 1, 1)
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
STATE = ("acknowledged", "requests", "deliveries", "connections", "destination_limits")
ODD = ["It's", 'say "hi"', "a\\b", "{{ x }}", "two\nlines", "ünï 🎉", "a,b;c", " spaces ", "'; drop table x; --", "%s"]

Rows = list[tuple[Any, ...]]


async def no_wait(seconds: float) -> None:
    """Retries at once."""


def audience(**changes: Any) -> Audience:
    whole = Audience(
        key="vips", name="Our VIPs", description="", of="users", owner=None, folder=None, enabled=True,
        identifiers=("user_id", "email", "anonymous_id"), include_anonymous=True, history="all", timezone="UTC", compute="auto",
        every=None, account_events="own", static=False, tags=(), meta={}, who=Everyone(HERE), send_to=(),
        examples=(), place=HERE,
    )  # fmt: skip
    return replace(whole, **changes)


def send_to(**changes: Any) -> SendTo:
    whole = SendTo(
        destination="hook", as_=None, identifiers=None, traits=(), entered_event="Audience Entered",
        exited_event="Audience Exited", list_name=None, existing_members="send", users=False, enabled=True, refuse_above=None,
        holdout=None, place=HERE,
    )  # fmt: skip
    return replace(whole, **changes)


def destination(**changes: Any) -> Destination:
    whole = Destination(
        key="hook", type="webhook", name="Hook", settings={}, secrets={}, rate_limit=None, requires=None, targets=None,
        every=None, priority=(), allow_private_addresses=True, enabled=True, place=Place("destinations/hook.yml", 1, 1),
    )  # fmt: skip
    return replace(whole, **changes)


def make_state(warehouse: DuckDB) -> None:
    for model in yaml.safe_load((ROOT / "models/sync/sync.yml").read_text())["models"]:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        warehouse.execute(f"create table {model['name']} ({columns})")
    warehouse.execute("create table wanted_table (profile_id text, identifier_type text, identifier_value text, traits text)")
    warehouse.execute("create view send_hook_vips as select * from wanted_table")


@dataclass
class World:
    """One connection, its warehouse and its receiver."""

    warehouse: DuckDB
    receiver: Receiver
    root: Path
    send: SendTo = field(default_factory=send_to)
    destination: Destination = field(default_factory=destination)
    audience: Audience = field(default_factory=audience)
    syncs: int = 0

    def clock(self) -> datetime:
        """An hour passes between syncs."""
        return datetime.now(UTC) + timedelta(hours=max(self.syncs - 1, 0))

    def want(self, rows: Rows) -> None:
        """Rows of (profile_id, identifier_type, identifier_value[, traits]) are what must hold now."""
        self.warehouse.execute("delete from wanted_table")
        full = [(*row, "{}") if len(row) == 3 else row for row in rows]
        self.warehouse.insert("wanted_table", ("profile_id", "identifier_type", "identifier_value", "traits"), full)

    def sync(self, **changes: Any) -> SyncResult:
        self.syncs += 1
        given: dict[str, Any] = {
            "desired": '"send_hook_vips"', "sync_id": f"sync-{self.syncs}", "now": self.clock(),
            "as_of": NOW, "target": "dev", "root": self.root, "approved": False, "dry_run": False, "project": "shop",
            "effects": Effects(clock=self.clock, sleep=no_wait),
        }  # fmt: skip
        relations = {name: f'"{name}"' for name in STATE}
        return sync_connection(self.warehouse, relations, self.destination, self.audience, self.send, **(given | changes))

    def fetch(self, sql: str) -> Rows:
        return self.warehouse.fetch(sql)

    @property
    def held(self) -> set[tuple[str, str]]:
        return {(str(row[0]), str(row[1])) for row in self.fetch(
            "select identifier_type, identifier_value from acknowledged where is_member"
        )}  # fmt: skip

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        return [call for request in self.receiver.requests[since:] for call in request.json["batch"]]

    def to_folder(self, **settings: Any) -> None:
        self.destination = destination(type="folder", settings={"path": "out", **settings})


@contextmanager
def running_world(root: Path) -> Iterator[World]:
    """A warehouse in this folder, and a receiver that the destination sends to."""
    warehouse = connect({"path": str(root / "warehouse.duckdb")})
    make_state(warehouse)
    with Receiver() as receiver:
        yield World(warehouse, receiver, root, destination=destination(settings={"url": receiver.url}))
    warehouse.close()


def users(*names: str, traits: str = "{}") -> Rows:
    return [(f"p-{name}", "user_id", name, traits) for name in names]


def held_by(calls: list[dict[str, Any]], before: Mapping[str, bool] | None = None) -> dict[str, bool]:
    """What a receiver that applies every call believes."""
    state = dict(before or {})
    for call in calls:
        state[call.get("userId") or call["anonymousId"]] = call["traits"]["vips"]
    return state


class Crash(Exception):
    """The process dies here."""
