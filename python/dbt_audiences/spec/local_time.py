"""`local:` tests the hour or the weekday at which an event happened, on the clocks of the definition's time zone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from dbt_audiences.core.definitions import Comparison, ListFile, Operator, PropertyTest, Reference, Value
from dbt_audiences.spec.comparisons import read_comparisons
from dbt_audiences.spec.fields import Fields, unknown
from dbt_audiences.spec.nodes import Wrong

PARTS = ("hour", "weekday")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EQUAL: tuple[Operator, ...] = ("equals", "not_equals", "one_of", "none_of")
ORDER: tuple[Operator, ...] = ("lt", "lte", "gt", "gte")


def read_local(fields: Fields, root: Path, *, item: bool, parent: bool) -> PropertyTest:
    """The test; `item` tells whether it judges an element of an array, which has no time of its own."""
    place = fields.place_of("local")
    if item:
        raise Wrong(place, "one element of an array has no `local` time", "test it beside the `any_item:`")
    part = fields.one_of("local", PARTS)
    comparisons = read_comparisons(fields, root, parent=parent, reads_as="number" if part == "hour" else "text")
    allowed = (*EQUAL, *ORDER) if part == "hour" else EQUAL
    for one in comparisons:
        if one.operator not in allowed:
            hint = "write " + ", ".join(f"`{operator}`" for operator in allowed)
            raise Wrong(one.place, f"`{one.operator}` does not compare the {part} of an event", hint)
        _check(part or "", one)
    fields.finish()
    return PropertyTest("local", (part or "",), comparisons, False, fields.place)


def _check(part: str, comparison: Comparison) -> None:
    operand, place = comparison.operand, comparison.place
    if isinstance(operand, ListFile):
        raise Wrong(
            place, f"the {part} of an event is compared with values, not with a file", "write them out: [saturday, sunday]"
        )
    if isinstance(operand, Reference) and operand.type != ("number" if part == "hour" else "text"):
        raise Wrong(place, f"the {part} of an event is a {'number' if part == 'hour' else 'text'}", "leave `as` out")
    for value in operand if isinstance(operand, tuple) else (operand,):
        if isinstance(value, Value) and part == "weekday" and value.value not in WEEKDAYS:
            raise Wrong(place, f"`{value.value}` is no weekday", unknown(str(value.value).lower(), WEEKDAYS))
        if isinstance(value, Value) and part == "hour" and not _is_hour(value, comparison.operator):
            raise Wrong(place, f"`{value.value}` is no hour", "hours are whole numbers from 0 to 23, without quotes")


def _is_hour(value: Value, operator: Operator) -> bool:
    """`lt: 24` is the end of the day."""
    number = value.value
    last = 24 if operator == "lt" else 23
    return isinstance(number, Decimal) and number == int(number) and 0 <= number <= last
