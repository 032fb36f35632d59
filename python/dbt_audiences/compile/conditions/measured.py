"""Aggregates of events, and habits, as CTEs: the events, what is made of them, whether that satisfies."""

from __future__ import annotations

from decimal import Decimal

from dbt_audiences.compile.comparisons import comparison_call, turn_of
from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.conditions.rows import events_name, rows_of
from dbt_audiences.compile.jinja import Expression, Sum, package_call
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import Joined, joined_of
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.trait_columns import Made, made_of_aggregate
from dbt_audiences.compile.where import all_of
from dbt_audiences.compile.windows import duration_argument, window_argument
from dbt_audiences.core.definitions import Aggregate, Comparison, Count, Performed, Reference, Regularly, Value

MEASURED = "measured"
"""The column of what is made of events."""


def measured(condition: Performed, scene: Scene) -> Leaf:
    """Entities by an aggregate of their events, or by how regularly a count or an aggregate satisfies."""
    measure, regularly = condition.measure, condition.regularly
    rows, column, turning = _rows(condition, scene)
    if regularly is not None:
        each = duration_argument(regularly.each)
        rows = _helper(condition, scene, "by time", package_call("spans", rows, [column] if column else [], each))
    keys: Expression = ["profile_id", "span"] if regularly is not None else None
    function = measure.function if isinstance(measure, Aggregate) else "count"
    text = "text" if isinstance(measure, Aggregate) and measure.as_type == "text" else None
    made = _helper(condition, scene, "made", package_call("measured", function, rows, column, type=text, keys=keys))
    made, joined = _beside_traits(condition, made, scene)
    test, turns = _test(measure, scene, joined)
    default = holds_for_none(measure)
    turning = (*turning, *joined.turning)
    if regularly is None:
        call = package_call("aggregated", made, test, turns=turns)
    else:
        at_least, of_last = regularly.at_least, regularly.of_last
        call = package_call("regularly", made, test, at_least, of_last, default=default or None, turns=turns)
    name = scene.ctes.add(events_name(condition), call, condition.place)
    return Leaf(name, default, turning)


def _helper(condition: Performed, scene: Scene, what: str, call: Expression) -> str:
    return scene.ctes.add(f"{events_name(condition)}_{what.replace(' ', '_')}", call)


def _rows(condition: Performed, scene: Scene) -> tuple[str, str | None, tuple[str, ...]]:
    """The CTE of the events, or of the items of arrays where `$` opens them, its column of values, and further instants."""
    made = made_of_aggregate(condition.measure) if isinstance(condition.measure, Aggregate) else Made((), (), (), ())
    column = scene.tables.column_names[made.values[0]] if made.values else None
    rows = rows_of(condition, scene, [] if column is None else [column])
    window = window_argument(condition.window, scene)
    if condition.regularly is not None:
        window = {**(window or {}), "each": _each(condition.regularly)}
    name = _helper(
        condition,
        scene,
        "events",
        package_call(
            "trait_rows",
            list(rows.relations),
            [column] if column is not None else [],
            window=window,
            where=rows.where,
            turns=Sum(rows.turns) if rows.turns else None,
            needs=column,
        ),
    )
    if not made.opens:
        return name, column, rows.turning
    types, paths = list(made.types), [list(path) for path in made.paths]
    call = package_call("trait_values_found", name, types, opened=column, paths=paths, to_come=True)
    return _helper(condition, scene, "items", call), f"found_{made.types[0]}", rows.turning


def _each(regularly: Regularly) -> Expression:
    return [regularly.each.count, regularly.each.unit, regularly.of_last]


def _beside_traits(condition: Performed, made: str, scene: Scene) -> tuple[str, Joined]:
    """What is made of events with the traits that it is compared with; of nothing 0 is made for who has such a trait."""
    measure, regularly = condition.measure, condition.regularly
    compared = measure.comparisons if isinstance(measure, Aggregate) else ()
    joined = joined_of([(one, False) for one in compared], scene, condition.place)
    if not joined.traits or not isinstance(measure, Aggregate):
        return made, joined
    if measure.function in ("sum", "unique"):
        values = scene.trait_values(*min(joined.traits)[:2], condition.place)
        spans = regularly.of_last if regularly is not None else None
        made = _helper(condition, scene, "made for all", package_call("measured_or_zero", made, values, spans=spans))
    columns: list[Expression] = ["measured", "changes_at", *(["span"] if regularly is not None else [])]
    call = package_call("widened_rows", made, columns, **joined.call_parts)
    return _helper(condition, scene, "compared", call), joined


def _test(measure: Count | Aggregate, scene: Scene, joined: Joined) -> tuple[Expression, Expression]:
    """SQL over what was made that holds where the measure satisfies, and when time alone changes that."""
    if isinstance(measure, Count):
        bounds = (("=", measure.exactly), (">=", measure.at_least), ("<=", measure.at_most))
        return all_of([f"{MEASURED} {sign} {bound}" for sign, bound in bounds if bound is not None]), None

    def column_of(one: Comparison) -> str:
        return MEASURED if one.operator != "exists" else f"({MEASURED} is not null)"

    found = [turn for one in measure.comparisons for turn in turn_of(column_of(one), one, scene.timezone)]
    tests: list[Expression] = [
        comparison_call(column_of(one), one, Reader(scene.tables, scene.timezone, joined.traits)) for one in measure.comparisons
    ]
    return all_of(tests), Sum(tuple(found)) if found else None


def holds_for_none(measure: Count | Aggregate) -> bool:
    """Whether no value satisfies: 0 for counts, sums and different values, a missing value for all else."""
    if isinstance(measure, Count):
        if measure.exactly is not None:
            return measure.exactly == 0
        return not measure.at_least
    is_zero = measure.function in ("sum", "unique")
    return all(_zero_satisfies(one) if is_zero else one.operand is False for one in measure.comparisons)


def _zero_satisfies(one: Comparison) -> bool:
    zero = Decimal(0)
    match one.operand:
        case bool() as exists:
            return exists
        case Reference():
            return False  # of a missing value: who has the trait has a row
        case tuple() as values:
            return (zero in [value.value for value in values]) is (one.operator == "one_of")
        case Value(value=Decimal() as value):
            holds = {"equals": zero == value, "not_equals": zero != value, "lt": zero < value, "lte": zero <= value}
            return {**holds, "gt": zero > value, "gte": zero >= value}[one.operator]
    raise AssertionError(f"{one.operator} with {type(one.operand).__name__} was not refused")
