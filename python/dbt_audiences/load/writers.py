"""What a warehouse does with checked rows; `duckdb.py` and `postgres.py` are the two."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from dbt_audiences.load.staging import Batch


class Writer(Protocol):
    """Puts batches into the raw tables of one schema."""

    @property
    def options(self) -> str:
        """The form in which it takes the files of a batch, as options of DuckDB's `copy`."""

    def transaction(self) -> AbstractContextManager[None]:
        """All of one file or nothing; no other load writes meanwhile."""

    def add_calls(self, batch: Batch) -> int:
        """Add those calls that the table does not have, by message_id, and return how many."""

    def add_violations(self, found: Path) -> None:
        """Count, by event and violation, those of calls that neither table has yet; before the batch itself is added."""

    def add_rejected(self, batch: Batch) -> None:
        """Add those rejected lines that the table does not have, by file, line and content."""
