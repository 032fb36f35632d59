"""`history:`, from when on an audience looks at events at all."""

from datetime import datetime
from typing import Any

from tests.reference.windows import Clock, duration, is_at_or_after_start


def reaches(at: datetime, definition: dict[str, Any], first_run: datetime, clock: Clock) -> bool:
    """Whether an event of this time is of the audience's history."""
    history = definition.get("history", "all")
    if history == "all":
        return True
    if history == "none":
        return at >= first_run
    return is_at_or_after_start(at, duration(history), clock)
