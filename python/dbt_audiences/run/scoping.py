"""The filter that compiled models carry closed, and how it is opened: SQL that looks at some profiles only."""

from __future__ import annotations

import re

_CLOSED = re.compile(r"/\* (and \S+ in \(select profile_id from scope\)) \*/")


def scoped(sql: str) -> str:
    """The query over the profiles of a temporary table `scope` (profile_id) instead of all."""
    return _CLOSED.sub(r"\1", sql)
