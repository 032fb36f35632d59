"""`held_for:`, a condition on a custom trait that became true some time ago and stayed so."""

from typing import Any

from tests.reference import history
from tests.reference.comparisons import all_hold
from tests.reference.history import Person
from tests.reference.values import at_path
from tests.reference.windows import Clock, duration, is_at_or_before_end


def holds(person: Person, keys: list[str], operators: dict[str, Any], held_for: str, clock: Clock) -> bool:
    """Judges the value at each instant at which one was said; before the first it was missing since ever."""
    length = duration(held_for)
    if length.kind == "calendar_days":
        raise ValueError("held_for takes no calendar_days")
    instants = sorted({change.at for change in person.traits if change.name == keys[0] and change.at <= clock.as_of})
    is_true, began = all_hold(operators, None, clock), None
    for at in instants:
        was_true, is_true = is_true, all_hold(operators, at_path(history.current_traits(person, at), keys), clock)
        if is_true and not was_true:
            began = at
    return is_true and (began is None or is_at_or_before_end(began, length, clock))
