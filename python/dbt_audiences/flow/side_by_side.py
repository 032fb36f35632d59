"""Work for several destinations at the same time, on one connection to the warehouse."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from dbt_audiences.core.warehouse import Row, Warehouse
from dbt_audiences.sync.loops import stop_all

T = TypeVar("T")
Job = Callable[[Warehouse], T]
_LAST_SECONDS = 5.0
"""How long stopped threads are waited for; a function of the project's own may take longer."""


class Stopped(BaseException):
    """Nothing more may be asked of the warehouse: the command was stopped, and whoever opened it closes it."""


class Turns:
    """A warehouse that several threads share: one statement, or one transaction, at a time."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._lock = threading.RLock()
        self._is_stopped = False

    @property
    def engine(self) -> str:
        """`duckdb` or `postgres`."""
        return self._warehouse.engine

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._lock:
            if self._is_stopped:
                raise Stopped
            yield

    def stop(self) -> None:
        """Wait for the statement or transaction that runs, and let no other begin."""
        with self._lock:
            self._is_stopped = True

    def fetch(self, sql: str) -> list[Row]:
        """All rows of a query."""
        with self._turn():
            return self._warehouse.fetch(sql)

    def stream(self, sql: str, size: int) -> Iterator[list[Row]]:
        """The rows of a query in lists of at most `size`; all others wait until it is exhausted."""
        with self._turn():
            yield from self._warehouse.stream(sql, size)

    def execute(self, sql: str) -> None:
        """Run one statement that returns nothing."""
        with self._turn():
            self._warehouse.execute(sql)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between."""
        with self._turn(), self._warehouse.transaction():
            yield

    def insert(self, relation: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Append rows."""
        with self._turn():
            self._warehouse.insert(relation, columns, rows)

    def json_keys(self, column: str) -> str:
        """SQL that yields each key of a JSON object."""
        return self._warehouse.json_keys(column)

    def sha256(self, text: str) -> str:
        """SQL of the SHA-256 of a text expression."""
        return self._warehouse.sha256(text)

    def columns(self, relation: str) -> list[tuple[str, str]]:
        """Name and type of each column, in order."""
        with self._turn():
            return self._warehouse.columns(relation)

    def row_hash(self, columns: Sequence[str]) -> str:
        """SQL of a whole number of 64 bits that is the same for the same values."""
        return self._warehouse.row_hash(columns)

    def make_findable(self, relation: str, column: str) -> None:
        """Let rows of a table be found by a column without reading all."""
        with self._turn():
            self._warehouse.make_findable(relation, column)

    def content_mark(self, relation: str) -> str:
        """A text that is another one after any change of a table's rows."""
        with self._turn():
            return self._warehouse.content_mark(relation)

    def close(self) -> None:
        """The warehouse is closed by whoever opened it."""


def side_by_side(warehouse: Warehouse, jobs: Mapping[str, Sequence[Job[T]]]) -> dict[str, list[T]]:
    """What the jobs of each name give, one after the other; those of different names do not wait for one another.

    What one raises ends the jobs of its name and is raised when all others are done; Ctrl-C stops all at the next statement.
    """
    results: dict[str, list[T]] = {name: [] for name in jobs}
    if len(jobs) < 2:
        for name, of_name in jobs.items():
            results[name] = [job(warehouse) for job in of_name]
        return results
    turns = Turns(warehouse)
    raised: list[BaseException] = []
    # Not `Thread.join`: where Ctrl-C interrupts it, Python 3.11 takes the thread for ended.
    done = {name: threading.Event() for name in jobs}

    def work(name: str) -> None:
        try:
            for job in jobs[name]:
                results[name].append(job(turns))
        except BaseException as error:  # it is raised again where somebody can hear it
            raised.append(error)
        finally:
            done[name].set()

    threads = [threading.Thread(target=work, args=(name,), name=name, daemon=True) for name in jobs]
    for thread in threads:
        thread.start()
    try:
        for event in done.values():
            event.wait()
    except BaseException:
        turns.stop()
        deadline = time.monotonic() + _LAST_SECONDS
        while not all(event.is_set() for event in done.values()) and time.monotonic() < deadline:
            stop_all()
            time.sleep(0.05)
        raised.clear()  # tracebacks, which keep the warehouse alive
        raise
    if raised:
        raise raised[0]
    return results
