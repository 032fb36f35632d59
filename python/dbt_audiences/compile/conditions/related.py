"""`has:` as CTEs: one for each table that a condition goes down to, the deepest first."""

from __future__ import annotations

from dbt_audiences.compile.conditions.leaf import Leaf
from dbt_audiences.compile.conditions.measured import holds_for_none
from dbt_audiences.compile.jinja import Expression, Sum, package_call
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.related import Chain, row_tests
from dbt_audiences.compile.rows import joined_of, right_sides
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.compile.where import all_of, turns, where_expression
from dbt_audiences.core.definitions import All, Any, Not, Place, Related, Where


def related(condition: Related, scene: Scene) -> Leaf:
    """Entities by how many related rows they have; one without any has none."""
    found: list[str] = []
    cte = _counted(condition, scene, (scene.kind,), found)
    return Leaf(cte, holds_for_none(condition.measure), tuple(dict.fromkeys(found)))


def _counted(condition: Related, scene: Scene, above: Chain, turning: list[str]) -> str:
    chain, place = (*above, condition.table), condition.place
    below = {one.place: one for one in row_tests(condition.where) if isinstance(one, Related)}
    nested = {at: _counted(one, scene, chain, turning) for at, one in below.items()}
    rows, reader = _rows(condition, scene, chain, turning)
    found = [turn for one in row_tests(condition.where) if not isinstance(one, Related) for turn in turns(one, reader)]
    count = condition.measure
    call = package_call(
        "has_related",
        rows,
        test=None if condition.where is None else _expression(condition.where, reader, nested),
        at_least=(count.exactly if count.exactly is not None else count.at_least) or None,
        at_most=count.exactly if count.exactly is not None else count.at_most,
        below=list(nested.values()) or None,
        turns=Sum(tuple(found)) if found else None,
        by_row=True if len(above) > 1 else None,
    )
    return scene.ctes.add(cte_name(f"{condition.table} rows", place), call, place)


def _rows(condition: Related, scene: Scene, chain: Chain, turning: list[str]) -> tuple[Expression, Reader]:
    """The relation of the rows, with the traits and lists that their tests compare them with, and how these are read."""
    place, rows = condition.place, scene.related_rows(chain, condition.place)
    joined = joined_of(list(right_sides(condition.where)), scene, place)
    turning += joined.turning
    reader = Reader(scene.tables, scene.timezone, joined.traits, joined.lists)
    if not joined.call_parts:
        return rows, reader
    columns: list[Expression] = ["row_id", "parent_id", *scene.tables.columns_of_rows(chain)]
    call = package_call("widened_rows", rows, columns, **joined.call_parts)
    return scene.ctes.add(cte_name(f"{condition.table} compared", place), call, place), reader


def _expression(where: Where, reader: Reader, nested: dict[Place, str]) -> Expression:
    match where:
        case All(children=children):
            return all_of([_expression(child, reader, nested) for child in children])
        case Any(children=children):
            return package_call("any_of", [_expression(child, reader, nested) for child in children])
        case Not(child=child):
            return package_call("not_true", _expression(child, reader, nested))
        case Related():
            default = "true" if holds_for_none(where.measure) else "false"
            return f"coalesce({nested[where.place]}.value, {default})"
    return where_expression(where, reader)
