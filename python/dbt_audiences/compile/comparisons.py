"""One comparison as a call of its macro."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from dbt_audiences.compile.jinja import Call, Expression, package_call, reference
from dbt_audiences.compile.lists import is_long
from dbt_audiences.compile.names import naive_text
from dbt_audiences.compile.needs import right_type
from dbt_audiences.compile.patterns import without_case
from dbt_audiences.compile.reader import Reader
from dbt_audiences.core.definitions import Comparison, Duration, ListFile, Reference, Value

RELATIVE = ("within_last", "within_next", "before_last", "after_next")
ANNIVERSARY = "anniversary_within_next"


def comparison_call(column: Expression, comparison: Comparison, reader: Reader, *, ignore_case: bool = False) -> Expression:
    """One comparison of one column."""
    operator, operand, kind = comparison.operator, comparison.operand, comparison.type
    lowered = True if ignore_case else None
    match operand:
        case Duration() if operator == ANNIVERSARY:
            return package_call("anniversary", column, days_of(operand), reader.timezone)
        case Duration(count, unit):
            zone = reader.timezone if unit == "calendar_days" else None
            return package_call("relative_to_now", column, operator, [count, unit], timezone=zone)
        case bool() if operator == "exists":
            return package_call("is_present", column, expected=None if operand else False)
        case str() if operator == "matches":
            return package_call("matches", column, without_case(operand) if ignore_case else operand)
        case Reference():
            right, read_as = reader.right(comparison), right_type(comparison).removesuffix("s")
            return package_call("compared_columns", column, operator, right, read_as, ignore_case=lowered)
        case ListFile() if is_long(operand):
            return _in_file(column, operator, operand, reader, lowered)
        case ListFile(values=texts):
            return _in_list(column, operator, list(texts), "text", lowered)
        case tuple():
            return _in_list(column, operator, [literal(value) for value in operand], kind or "text", lowered)
        case Value() if operator in ("contains", "not_contains"):
            negated = True if operator == "not_contains" else None
            return package_call("text_found", column, [literal(operand)], negated=negated, ignore_case=lowered)
        case Value() if operator in ("starts_with", "ends_with"):
            where = "start" if operator == "starts_with" else "end"
            return package_call("text_found", column, [literal(operand)], where=where, ignore_case=lowered)
        case Value():
            return package_call("compared", column, operator, literal(operand), kind, ignore_case=lowered)
    raise AssertionError(f"{operator} with {type(operand).__name__} was not refused")


def _in_list(column: Expression, operator: str, values: list[str | bool], kind: str, ignore_case: bool | None) -> Call:
    if operator == "contains_any":
        return package_call("text_found", column, values, ignore_case=ignore_case)
    negated = True if operator == "none_of" else None
    return package_call("one_of", column, values, kind, negated=negated, ignore_case=ignore_case)


def _in_file(column: Expression, operator: str, listed: ListFile, reader: Reader, ignore_case: bool | None) -> Call:
    if reader.item:
        return package_call("compared_columns", column, operator, reader.lists[listed], "text", ignore_case=ignore_case)
    model = reference(reader.tables.lists[listed])
    return package_call("found_in_list", column, operator, model, ignore_case=ignore_case)


def literal(value: Value) -> str | bool:
    """The value as a macro takes it: a decimal's text, an instant's naive UTC text, a text, or a boolean."""
    raw = value.value
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, Decimal):
        return f"{raw:f}"
    return naive_text(raw) if isinstance(raw, datetime) else raw


def days_of(duration: Duration) -> int:
    """How many local days after today still count: of `7 days` seven; of `7 calendar_days` six, as today is one of them."""
    if duration.unit == "calendar_days":
        return duration.count - 1
    return duration.count * (7 if duration.unit == "weeks" else 1)


def turn_of(column: Expression, comparison: Comparison, timezone: str) -> list[Expression]:
    """The call that gives the next instants at which a comparison with as_of changes; none where time alone changes nothing."""
    operand = comparison.operand
    if not isinstance(operand, Duration):
        return []
    if comparison.operator == ANNIVERSARY:
        return [package_call("anniversary_changes_at", column, days_of(operand), timezone)]
    duration: list[Expression] = [operand.count, operand.unit]
    zone = timezone if operand.unit == "calendar_days" else None
    return [package_call("relative_changes_at", column, comparison.operator, duration, timezone=zone)]
