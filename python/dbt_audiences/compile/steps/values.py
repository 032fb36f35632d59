"""A child measured by an aggregate in place of a count: what joins it to the events above, and the test of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dbt_audiences.compile.comparisons import comparison_call, literal
from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import parent_column
from dbt_audiences.compile.reader import Reader, TraitKey
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.extremes import MIRRORED, is_counted, of_values
from dbt_audiences.compile.steps.keyed import compared_sides
from dbt_audiences.compile.steps.links import Link, counted, different, is_one_sort, valued
from dbt_audiences.compile.steps.references import Split
from dbt_audiences.compile.steps.tree import Values
from dbt_audiences.compile.trait_columns import made_of_aggregate
from dbt_audiences.compile.where import all_of
from dbt_audiences.core.definitions import Aggregate, Comparison, Reference, Value


def value_column(measure: Aggregate, scene: Scene) -> str:
    """The column of an event that holds the values, or the array with them."""
    return scene.tables.column_names[made_of_aggregate(measure).values[0]]


def opened(measure: Aggregate, events: str, columns: list[str], scene: Scene) -> str:
    """The CTE of the items where `$` opens an array, one row each; the events themselves where it does not."""
    made = made_of_aggregate(measure)
    if not made.opens:
        return events
    paths = [list(path) for path in made.paths]
    types, kept = list(made.types), list(columns)
    call = package_call(
        "trait_values_found", events, types, opened=value_column(measure, scene), paths=paths, order=kept, current=False
    )
    return scene.ctes.add(f"{events}_items", call)


def with_values(links: Sequence[Link], measure: Aggregate, values: Values, scene: Scene) -> list[Link]:
    """The links with those children alone, or items of theirs, that have such values."""
    made = made_of_aggregate(measure)
    test = of_values(values, measure, f"found_{made.types[0]}" if made.opens else value_column(measure, scene))
    return [replace(link, tests=(*link.tests, test)) for link in links]


def value_entry(
    measure: Aggregate, links: Sequence[Link], parts: Split, scene: Scene, name: str, columns: list[str]
) -> dict[str, Expression]:
    """What `step_judged` joins: by sorts wherever they serve, else by pairs of events."""
    made, ctes = made_of_aggregate(measure), scene.ctes
    value = f"found_{made.types[0]}" if made.opens else value_column(measure, scene)
    found: list[Expression]
    if is_one_sort(parts) and measure.function in ("sum", "avg"):
        counts = _totalled(links, parts, scene, name, value, package_call("exact_parts", value))
        call = package_call("step_total", measure.function, counts)
    elif is_one_sort(parts) and is_counted(measure):
        weights = [weight for one in measure.comparisons for weight in _weights(measure, one, value)]
        return {"counts": _totalled(links, parts, scene, name, value, weights), "totals": len(weights)}
    elif measure.function == "unique" and len(links) == 1 and _is_equal_only(parts):
        counted_values = different(links[0], parts, scene, name, columns, value)
        call = package_call("step_different", ctes.add(f"{name}_counts", package_call("step_counts", counted_values)))
    else:
        found = [valued(link, parts, scene, name, value) for link in links]
        call = package_call("step_value", measure.function, found, measure.as_type)
    otherwise = "0" if measure.function in ("sum", "unique") else "null"
    return {"values": ctes.add(f"{name}_value", call), "otherwise": otherwise}


def _totalled(links: Sequence[Link], parts: Split, scene: Scene, name: str, value: str, weights: Expression) -> str:
    """The CTE of how many values follow each event above, and what their weights total."""
    present = [replace(link, tests=(*link.tests, f"{value} is not null")) for link in links]
    counts = [one for link in present for one in counted(link, parts, scene, name, weights)]
    return scene.ctes.add(f"{name}_counts", package_call("step_counts", counts, weights))


def value_test(measure: Aggregate, parts: Split, scene: Scene, number: int, traits: Mapping[TraitKey, str]) -> Expression:
    """The comparisons of the n-th child's value; `traits` are the columns of the entity's traits beside it."""
    if is_one_sort(parts) and is_counted(measure):
        return all_of([_extreme_test(measure, one, number, 2 * place + 1) for place, one in enumerate(measure.comparisons)])
    compared: list[Expression] = []
    for one in measure.comparisons:
        if isinstance(one.operand, Reference) and one.operand.of == "parent":
            right = scene.tables.column_names[parent_column(one)]
            compared.append(compared_sides(f"value_{number}", one, right))
        elif one.operator == "exists":
            compared.append(f"value_{number} is {'not ' if one.operand else ''}null")
        else:
            compared.append(comparison_call(f"value_{number}", one, Reader(scene.tables, scene.timezone, traits)))
    return all_of(compared)


def _is_equal_only(parts: Split) -> bool:
    return not parts.mixed and all(pair.comparison.operator == "equals" for pair in parts.pairs)


def _weights(measure: Aggregate, comparison: Comparison, value: str) -> list[Expression]:
    assert isinstance(comparison.operand, Value)
    beyond = "gt" if measure.function == "max" else "lt"
    return [
        package_call("one_if", package_call("compared", value, operator, literal(comparison.operand), measure.as_type))
        for operator in (beyond, "equals")
    ]


def _extreme_test(measure: Aggregate, comparison: Comparison, number: int, first: int) -> Expression:
    """The comparison by how many values lie beyond the literal, and how many at it."""
    count, beyond, same = f"count_{number} >= 1", f"total_{number}_{first}", f"total_{number}_{first + 1}"
    operator: str = comparison.operator
    if measure.function == "min":
        operator = MIRRORED.get(operator, operator)
    tests: dict[str, list[Expression]] = {
        "gt": [f"{beyond} >= 1"],
        "gte": [f"{beyond} + {same} >= 1"],
        "lt": [count, f"{beyond} + {same} = 0"],
        "lte": [count, f"{beyond} = 0"],
        "equals": [f"{same} >= 1", f"{beyond} = 0"],
        "not_equals": [count, package_call("any_of", [f"{same} = 0", f"{beyond} >= 1"])],
    }
    return all_of(tests[operator])
