"""`regularly:`, a condition that must hold in so many of the last weeks."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.reference.history import Event
from tests.reference.windows import Clock, duration, plus_seconds


def holds(habit: dict[str, Any], events: Sequence[Event], satisfies: Callable[[list[Event]], bool], clock: Clock) -> bool:
    """Whether the events of enough spans satisfy, each span without its first instant and with its last."""
    each = duration(habit["each"])
    if each.kind != "seconds" or not 1 <= habit["at_least"] <= habit["of_last"]:
        raise ValueError(f"{habit!r} is no habit")
    right = 0
    for number in range(habit["of_last"]):
        start = plus_seconds(clock.as_of, -each.count * (number + 1))
        end = plus_seconds(clock.as_of, -each.count * number)
        right += satisfies([event for event in events if start < event.at <= end])
    return right >= int(habit["at_least"])
