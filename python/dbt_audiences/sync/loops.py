"""Event loops of threads, whose work another thread can stop: Ctrl-C reaches the main thread alone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

_RUNNING: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = set()
_STOPPED: set[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = set()
_LOCK = Lock()


class Loop:
    """A loop that runs one piece of work after the other."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives; raises `CancelledError` when it was stopped."""
        return self._runner.run(_noted(work))

    def close(self) -> None:
        """Give the loop back."""
        self._runner.close()


def stop_all() -> None:
    """Cancel what runs now, in all threads; what was told already is left to clean up after itself."""
    with _LOCK:
        for loop, task in _RUNNING - _STOPPED:
            loop.call_soon_threadsafe(task.cancel)
        _STOPPED.update(_RUNNING)


async def _noted(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None
    entry = (asyncio.get_running_loop(), task)
    with _LOCK:
        _RUNNING.add(entry)
    try:
        return await work
    finally:
        with _LOCK:
            _RUNNING.discard(entry)
            _STOPPED.discard(entry)
