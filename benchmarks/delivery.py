"""How fast memberships are delivered: `python -m benchmarks.delivery [MEMBERS...]`.

Every number of members gets a database of its own, with one audience that a webhook on this machine has never heard of: two
identifiers of each person, 100 people in a request. Timed are the first sync, from the warehouse until all is acknowledged, and
a sync that finds nothing to say. Each runs in a process of its own, whose seconds, seconds of CPU and greatest memory are
printed; the receiver is another process, which keeps nothing and takes everything.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

from dbt_audiences.core.definitions import Everyone, Place
from dbt_audiences.core.project import Audience, Destination, SendTo
from dbt_audiences.run.warehouses.duckdb import DuckDB, connect
from dbt_audiences.sync.engine import SyncResult, sync_connection

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 100_000, 1_000_000)
BATCH = 100
OPTIONS = {"memory_limit": "256MB", "threads": 1}
"""What the database may take, so that its own caches do not hide what sending needs."""

PLACE = Place("audiences/members.yml", 1, 1)
STATE = ("acknowledged", "requests", "deliveries", "connections", "destination_limits")
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def main(sizes: list[int]) -> None:
    """Prints a line for each number of members and each step."""
    with tempfile.TemporaryDirectory(prefix="delivery_") as folder:
        inner, outer = multiprocessing.Pipe()
        receiver = multiprocessing.Process(target=_receive, args=(inner,), daemon=True)
        receiver.start()
        port = outer.recv()
        for members in sizes:
            for name, is_held in (("nothing to say", True), ("first sync", False)):
                path = Path(folder) / f"{members}_{is_held}.duckdb"
                _measured(_prepare, path, members, is_held)
                found = _measured(_sync, path, port)
                rate = "" if is_held else f"{members / found['cpu']:10,.0f} members a second of CPU"
                print(
                    f"{members:>10,} members  {name:15} {found['seconds']:8.2f} s {found['cpu']:8.2f} s of CPU "
                    f"{found['megabytes']:6,.0f} MB {rate}  {found['said']}",
                    flush=True,
                )
        receiver.terminate()


def _measured(work: Callable[..., Any], *arguments: object) -> dict[str, Any]:
    """What the work gives in a process of its own, with seconds, seconds of CPU and the most memory."""
    inner, outer = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_timed, args=(inner, work, arguments))
    process.start()
    found: dict[str, Any] = json.loads(outer.recv())
    process.join()
    return found


def _timed(to: Connection, work: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    began, before = time.perf_counter(), time.process_time()
    said = work(*arguments)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    to.send(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": most, "said": said}))


def _prepare(path: Path, members: int, is_held: bool) -> str:
    """The state tables and what must hold; with a ledger that says that it does, or with an empty one."""
    warehouse = _opened(path)
    for model in yaml.safe_load((ROOT / "models/sync/sync.yml").read_text(encoding="utf-8"))["models"]:
        columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
        warehouse.execute(f"create table {model['name']} ({columns})")
    warehouse.execute(
        "create table desired as select 'p' || lpad(cast(n as varchar), 9, '0') as profile_id, type as identifier_type, "
        "case type when 'email' then 'person' || n || '@example.com' else 'user-' || n end as identifier_value, "
        """'{"plan":"gold","city":"Rome"}' as traits """
        f"from range({members}) as people (n), (values ('email'), ('user_id')) as types (type)"
    )
    warehouse.execute("create table members as select distinct profile_id from desired")
    if is_held:
        warehouse.execute(
            "insert into acknowledged by name select 'hook' as destination, 'members' as audience, *, true as is_member, "
            "now()::timestamp as acknowledged_at, 'r' as request_id from desired"
        )
        columns = "'hook' as destination, 'members' as audience, now()::timestamp as first_synced_at"
        warehouse.execute(f"insert into connections by name select {columns}")
    warehouse.close()
    return ""


def _sync(path: Path, port: int) -> str:
    warehouse = _opened(path)
    now = datetime.now(UTC)
    found: SyncResult = sync_connection(
        warehouse,
        {name: name for name in STATE},
        _destination(port),
        _audience(),
        _send(),
        desired="desired",
        sync_id=f"{now:%H%M%S%f}",
        now=now,
        as_of=now,
        target="dev",
        root=path.parent,
        approved=True,
        dry_run=False,
        project="shop",
        members="members",
    )
    warehouse.close()
    return f"{found.status}, {found.delivered:,} delivered"


def _opened(path: Path) -> DuckDB:
    return connect({"path": str(path), "config_options": OPTIONS})


def _destination(port: int) -> Destination:
    return Destination(
        key="hook", type="webhook", name="Hook", settings={"url": f"http://127.0.0.1:{port}/", "batch_size": BATCH}, secrets={},
        rate_limit=None, requires=None, targets=None, every=None, priority=(), allow_private_addresses=True, enabled=True,
        place=PLACE,
    )  # fmt: skip


def _audience() -> Audience:
    return Audience(
        key="members", name="Members", description="", of="users", owner=None, folder=None, enabled=True,
        identifiers=("user_id",), include_anonymous=False, history="all", timezone="UTC", compute="auto", every=None,
        account_events="own", static=False,
        tags=(), meta={}, who=Everyone(PLACE), send_to=(), examples=(), place=PLACE,
    )  # fmt: skip


def _send() -> SendTo:
    return SendTo(
        destination="hook", as_="boolean", identifiers=None, traits=(), entered_event="Audience Entered",
        exited_event="Audience Exited", list_name=None, existing_members="send", users=False, enabled=True, refuse_above=None,
        holdout=None, place=PLACE,
    )  # fmt: skip


def _receive(to: Connection) -> None:
    """Listens, and answers every request with 200."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [
                    line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
                ]
                await reader.readexactly(int(lengths[0]) if lengths else 0)
                writer.write(_ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main([int(argument.replace("_", "")) for argument in sys.argv[1:]] or list(SIZES))
