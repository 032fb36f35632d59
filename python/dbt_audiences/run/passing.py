"""Failures that pass: of a connection, a lock, a conflict with another transaction, or of memory."""

from __future__ import annotations

import re

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a model that failed so is tried again; after the last it has failed."""
# What PostgreSQL and DuckDB say: their messages carry no code by the time that dbt passes them on.
_SAID = re.compile(
    r"could not serialize access|deadlock detected|server closed the connection|terminating connection|"
    r"connection (?:already closed|to server .* failed|timed out|reset|refused)|SSL connection has been closed|"
    r"could not obtain lock|due to lock timeout|too many (?:clients|connections)|out of (?:shared )?memory|"
    r"TransactionContext Error: (?:Failed to commit|Conflict)|write-write conflict|Conflict on (?:tuple|update)",
    re.IGNORECASE,
)


def passes(message: str) -> bool:
    """Whether a model that failed with this message may succeed when it is tried again."""
    return _SAID.search(message) is not None
