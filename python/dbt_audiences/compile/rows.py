"""What a condition reads of events: the relation that has all that its tests ask for, and the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbt_audiences.compile.jinja import Expression, package_call, reference
from dbt_audiences.compile.lists import is_long
from dbt_audiences.compile.names import bare, digest
from dbt_audiences.compile.needs import SOURCE, trait_reference
from dbt_audiences.compile.reader import Reader, TraitKey
from dbt_audiences.compile.scene import Scene, cte_name
from dbt_audiences.compile.where import all_of, turns, where_expression
from dbt_audiences.core.definitions import (
    All,
    Any,
    Comparison,
    ItemTest,
    ListFile,
    Not,
    Place,
    PropertyTest,
    Reference,
    Sources,
    Where,
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Events as a condition reads them.

    relations  of each event: a `ref(...)`, or the name of a CTE that also has what the tests compare with
    where      the test of one row, or None
    columns    what is read of a row beside `profile_id`, `occurred_at` and `message_id`
    turns      calls that give lists of instants at which the test of a row changes
    turning    CTEs of the instants at which a trait that it is compared with changes by time
    """

    relations: tuple[Expression, ...]
    where: Expression | None
    columns: tuple[str, ...]
    turns: tuple[Expression, ...]
    turning: tuple[str, ...]


def event_rows(
    events: tuple[str, ...],
    where: Where | None,
    scene: Scene,
    place: Place,
    *,
    sources: Sources | None = None,
    joined: Joined | None = None,
) -> Rows:
    """The rows of events that are read together, with the tests of each.

    joined  what is joined to them, where that is more than what `where` is compared with
    """
    joined = joined or joined_of(list(right_sides(where)), scene, place)
    relations = tuple(_relation(event, joined, scene, place) for event in events)
    reader = Reader(scene.tables, scene.timezone, joined.traits, joined.lists)
    tests = [] if where is None else [where_expression(where, reader)]
    if sources is not None:
        tests.append(_of_sources(sources, scene.tables.column_names[SOURCE]))
    found = tuple(turns(where, reader))
    columns = {*reader.fields, *joined.traits.values(), *joined.lists.values()}
    if sources is not None:
        columns.add(scene.tables.column_names[SOURCE])
    return Rows(relations, all_of(tests) if tests else None, tuple(sorted(columns)), found, joined.turning)


def _of_sources(sources: Sources, column: str) -> Expression:
    """An event that names no source is of none of them."""
    found = package_call("one_of", column, list(sources.only or sources.exclude or ()), "text")
    return found if sources.only is not None else package_call("not_true", found)


def _relation(event: str, joined: Joined, scene: Scene, place: Place) -> Expression:
    rows = scene.events(event, place)
    if not joined.call_parts:
        return rows
    columns: list[Expression] = ["occurred_at", "message_id", *scene.tables.columns_of_event(event)]
    call = package_call("widened_rows", rows, columns, **joined.call_parts)
    return scene.ctes.add(cte_name(f"{event} compared", place), call, place)


# --- what tests are compared with --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """What is joined to rows: columns of traits and of lists by their names there, and how `widened_rows` is told of them."""

    traits: Mapping[TraitKey, str]
    lists: Mapping[ListFile, str]
    call_parts: dict[str, Expression]
    turning: tuple[str, ...]


def joined_of(found: list[tuple[Comparison, bool]], scene: Scene, place: Place) -> Joined:
    """What comparisons need joined; adds the CTEs of the instants at which the traits among it change.

    found  each comparison, and whether an item is judged by it
    """
    named = joined_names(found, scene)
    traits, lists, keys = named.traits, named.lists, sorted(named.traits)
    parts: dict[str, Expression] = {}
    turning: list[str] = []
    if traits:
        parts["traits"] = [_join(owner, keys, traits, scene, place) for owner in dict.fromkeys(key[:2] for key in keys)]
        for name, custom in dict.fromkeys(key[:2] for key in keys):
            computed = scene.tables.trait_name(scene.kind, name, custom).origin == "computed"
            values = scene.trait_values(name, custom, place)
            call = package_call("trait_turning", values, timed=True if computed else None)
            turning.append(scene.ctes.add(cte_name(f"{name} changing", place), call, place))
    if lists:
        parts["lists"] = [{"list": reference(scene.tables.lists[listed]), "name": name} for listed, name in lists.items()]
    return Joined(traits, lists, parts, tuple(turning))


def joined_names(found: list[tuple[Comparison, bool]], scene: Scene) -> Joined:
    """The same by the names alone; no CTE is added."""
    references = [one for one, _ in found if isinstance(one.operand, Reference) and one.operand.of == "trait"]
    keys = sorted({trait_reference(one) for one in references})
    files = [one.operand for one, of_item in found if of_item and isinstance(one.operand, ListFile) and is_long(one.operand)]
    lists = {listed: f"texts_of_{scene.tables.lists[listed]}" for listed in dict.fromkeys(files)}
    return Joined(_names_of_traits(keys, scene), lists, {}, ())


def _join(
    owner: tuple[str, bool], keys: list[TraitKey], names: Mapping[TraitKey, str], scene: Scene, place: Place
) -> Expression:
    columns: list[Expression] = [[scene.tables.column_names[key[2]], names[key]] for key in keys if key[:2] == owner]
    return {"values": scene.trait_values(*owner, place), "columns": columns}


def _names_of_traits(keys: list[TraitKey], scene: Scene) -> dict[TraitKey, str]:
    """Readable names that no other column of the rows has."""
    plain = {key: f"{scene.tables.column_names[key[2]]}_of_{bare(key[0])}"[:54] for key in keys}
    taken = [*plain.values(), *scene.tables.column_names.values()]
    return {key: name if taken.count(name) == 1 else f"{name}_{digest(repr(key[:2]))}" for key, name in plain.items()}


def right_sides(where: Where | None, *, of_item: bool = False) -> Iterator[tuple[Comparison, bool]]:
    """Every comparison of a `where`, and whether it judges an item."""
    match where:
        case All(children=children) | Any(children=children):
            for child in children:
                yield from right_sides(child, of_item=of_item)
        case Not(child=child):
            yield from right_sides(child, of_item=of_item)
        case ItemTest():
            yield from right_sides(where.where, of_item=True)
        case PropertyTest():
            yield from ((one, of_item or "$" in where.path) for one in where.comparisons)
