"""Every comparison of one value with one literal; a missing value makes all of them false but `exists: false`."""

import operator
from collections.abc import Callable
from typing import Any

from tests.reference.matching import matches
from tests.reference.values import instant, literal_instant, lowered, text, typed_literal
from tests.reference.windows import Clock, duration, is_after_next, is_before_last, is_within_last, is_within_next

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "not_equals": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda value, part: part in value,
    "not_contains": lambda value, part: part not in value,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
RELATIVE = {
    "within_last": is_within_last,
    "within_next": is_within_next,
    "before_last": is_before_last,
    "after_next": is_after_next,
}


def all_hold(operators: dict[str, Any], value: Any, clock: Clock) -> bool:
    """Whether the value (None: absent or null) satisfies every operator; `ignore_case` is their modifier."""
    is_case_ignored = operators.get("ignore_case", False)
    written = {name: literal for name, literal in operators.items() if name != "ignore_case"}
    if not written:
        raise ValueError("a condition without a comparison")
    results = [_holds(name, literal, value, clock, is_case_ignored) for name, literal in written.items()]
    return all(results)


def _holds(name: str, literal: Any, value: Any, clock: Clock, is_case_ignored: bool) -> bool:
    if name == "exists":
        if not isinstance(literal, bool):
            raise ValueError("exists takes true or false")
        return (value is not None) == literal
    if name in ORDER:
        if isinstance(literal, bool) and name not in ("equals", "not_equals"):
            raise ValueError(f"{name} has no order of booleans")
        return _compared(name, literal, value, is_case_ignored)
    if name in ("one_of", "none_of"):
        return _listed(name, literal, value, is_case_ignored)
    if name in ("before", "after"):
        at = instant(value)
        bound = literal_instant(literal)
        return at is not None and (at < bound if name == "before" else at > bound)
    if name in RELATIVE:
        at = instant(value)
        return at is not None and RELATIVE[name](at, duration(literal), clock)
    return _text_holds(name, literal, value, is_case_ignored)


def _compared(name: str, literal: Any, value: Any, is_case_ignored: bool) -> bool:
    expected, convert = typed_literal(literal)
    actual = convert(value)
    if actual is None or expected is None:
        return False
    if is_case_ignored and isinstance(expected, str):
        actual, expected = lowered(actual), lowered(expected)
    return ORDER[name](actual, expected)


def _listed(name: str, literals: Any, value: Any, is_case_ignored: bool) -> bool:
    if not isinstance(literals, list) or not literals:
        raise NotImplementedError(f"{name} takes a list that is not empty")
    if len({typed_literal(literal)[1] for literal in literals}) != 1:
        raise ValueError(f"{name} takes a list of one type")
    if name == "one_of":
        return any(_compared("equals", literal, value, is_case_ignored) for literal in literals)
    return all(_compared("not_equals", literal, value, is_case_ignored) for literal in literals)


def _text_holds(name: str, literal: Any, value: Any, is_case_ignored: bool) -> bool:
    actual = text(value)
    if name == "matches":
        return actual is not None and matches(actual, literal, is_case_ignored=is_case_ignored)
    if name == "contains_any":
        if not isinstance(literal, list) or not literal:
            raise ValueError("contains_any takes a list that is not empty")
        return any(_text_holds("contains", part, value, is_case_ignored) for part in literal)
    if name not in TEXT:
        raise NotImplementedError(f"comparison {name}")
    expected = text(literal)
    if actual is None or expected is None or isinstance(literal, dict | list):
        return False
    if is_case_ignored:
        actual, expected = lowered(actual), lowered(expected)
    return TEXT[name](actual, expected)
