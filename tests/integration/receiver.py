"""A real HTTP receiver on loopback: it keeps what it gets and answers as it is told.

In a test: `with Receiver() as receiver:`, then `receiver.url`, `receiver.answers`, `receiver.requests`.
By itself: `python tests/integration/receiver.py --port 8099 --log received.jsonl` keeps every request as one line of JSON, on
disk before it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Answer:
    """What to answer once; `close` cuts the connection instead, after the request was kept."""

    status: int = 200
    body: str = ""
    delay: float = 0.0
    close: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """A request as it came; header names are lower case."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    query: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver:
    """Listens while the block runs. `answers` are used up in order; after them `decide` says what, or it is `usual`."""

    def __init__(self, answers: Iterable[Answer] = (), *, port: int = 0, log: Path | None = None) -> None:
        self.answers = deque(answers)
        self.usual = Answer()
        self.decide: Any = None
        self.requests: list[Received] = []
        self._port, self._log = port, log
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hook"

    def __enter__(self) -> Receiver:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def forever(self) -> None:
        """Listen in this thread until interrupted."""
        self._loop.run_until_complete(self._start())
        sys.stdout.write(f"{self.url}\n")
        sys.stdout.flush()
        self._loop.run_forever()

    async def _start(self) -> None:
        application = web.Application(client_max_size=1_000_000_000)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        assert self._runner.addresses
        self._port = self._runner.addresses[0][1]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.path, headers, body, request.method, dict(request.query))
        self.requests.append(received)
        if self._log is not None:
            _append(self._log, received)
        answer: Answer | None = self.answers.popleft() if self.answers else None
        if answer is None and self.decide is not None:
            answer = self.decide(received)
        answer = answer or self.usual
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.close:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=answer.status, text=answer.body, headers=answer.headers)


def _append(log: Path, received: Received) -> None:
    line = {
        "at": datetime.now(UTC).isoformat(),
        "path": received.path,
        "headers": received.headers,
        "body": received.body.decode("utf-8", "replace"),
    }
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    parser = argparse.ArgumentParser(description="Keep every request that comes, and answer it.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--status", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    receiver = Receiver(port=given.port, log=given.log)
    receiver.usual = Answer(given.status, delay=given.delay)
    with suppress(KeyboardInterrupt):
        receiver.forever()


if __name__ == "__main__":
    main()
