"""A `where`, and the comparisons of a trait, as calls of the comparison macros."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from dbt_audiences.compile.jinja import Call, Expression, package_call
from dbt_audiences.compile.tables import tests_of
from dbt_audiences.core.definitions import (
    All,
    Any,
    Comparison,
    Duration,
    ListFile,
    Not,
    PropertyTest,
    Reference,
    Value,
    Where,
)

RELATIVE = ("within_last", "within_next", "before_last", "after_next")

ColumnOf = Callable[[PropertyTest, Comparison], str]


def where_expression(where: Where, column_of: ColumnOf, timezone: str) -> Expression:
    """The tree of tests as one expression that gives SQL; a missing value makes it null, which counts as false."""
    match where:
        case All(children=children):
            return all_of([where_expression(child, column_of, timezone) for child in children])
        case Any(children=children):
            return package_call("any_of", [where_expression(child, column_of, timezone) for child in children])
        case Not(child=child):
            return package_call("not_true", where_expression(child, column_of, timezone))
        case PropertyTest():
            return all_of([comparison_call(column_of(where, one), one, timezone) for one in where.comparisons])
    raise AssertionError(f"{type(where).__name__} was not refused")


def all_of(tests: list[Expression]) -> Expression:
    """One test as it is, several joined."""
    return tests[0] if len(tests) == 1 else package_call("all_of", tests)


def comparison_call(column: str, comparison: Comparison, timezone: str) -> Call:
    """One comparison of one column."""
    operator, operand, kind = comparison.operator, comparison.operand, comparison.type
    match operand:
        case Duration(count, unit):
            zone = timezone if unit == "calendar_days" else None
            return package_call("relative_to_now", column, operator, [count, unit], timezone=zone)
        case bool() if operator == "exists":
            return package_call("is_present", column, expected=None if operand else False)
        case str() if operator == "matches":
            return package_call("matches", column, operand)
        case tuple():
            values = [literal(value) for value in operand]
            if operator == "contains_any":
                return package_call("text_found", column, values)
            return package_call("one_of", column, values, kind, negated=True if operator == "none_of" else None)
        case Value() if operator in ("contains", "not_contains"):
            negated = True if operator == "not_contains" else None
            return package_call("text_found", column, [literal(operand)], negated=negated)
        case Value() if operator in ("starts_with", "ends_with"):
            return package_call("text_found", column, [literal(operand)], where="start" if operator == "starts_with" else "end")
        case Value():
            return package_call("compared", column, operator, literal(operand), kind)
        case Reference() | ListFile():
            pass
    raise AssertionError(f"{operator} with {type(operand).__name__} was not refused")


def literal(value: Value) -> str | bool:
    """The value as a macro takes it: a decimal's text, an instant's naive UTC text, a text, or a boolean."""
    raw = value.value
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, Decimal):
        return f"{raw:f}"
    return naive_text(raw) if isinstance(raw, datetime) else raw


def naive_text(instant: datetime) -> str:
    """An aware UTC instant as `YYYY-MM-DD HH:MM:SS[.ffffff]`."""
    return instant.replace(tzinfo=None).isoformat(" ")


def turns(where: Where | None, column_of: ColumnOf, timezone: str) -> list[Expression]:
    """For each test of a date against as_of, the call that gives the next instants at which it changes."""
    return [
        turn
        for test in tests_of(where)
        for comparison in test.comparisons
        for turn in turn_of(column_of(test, comparison), comparison, timezone)
    ]


def turn_of(column: str, comparison: Comparison, timezone: str) -> list[Expression]:
    """The same for one comparison: one call, or none where time alone changes nothing."""
    if comparison.operator not in RELATIVE:
        return []
    assert isinstance(comparison.operand, Duration)
    duration: list[Expression] = [comparison.operand.count, comparison.operand.unit]
    zone = timezone if comparison.operand.unit == "calendar_days" else None
    return [package_call("relative_changes_at", column, comparison.operator, duration, timezone=zone)]
