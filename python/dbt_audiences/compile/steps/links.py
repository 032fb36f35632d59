"""How many events of a child, or what aggregate of them, follow each event above: the CTEs of one parent and one child."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import is_of_parent, own_comparisons, parent_column
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import joined_names, right_sides
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.items import children_by_item, items_of, lists_of, spans_by_item
from dbt_audiences.compile.steps.mixed import is_of_equalities, parts_of
from dbt_audiences.compile.steps.references import ORDER, Pair, Split
from dbt_audiences.compile.where import where_expression
from dbt_audiences.core.definitions import All, Comparison, PropertyTest, Where

HEAVY = 1000
"""Rows of a child from which a profile's inequalities are counted by ranks in place of pairs."""

MOST_UNEQUAL = 3
"""`not_equals` of one child that are counted by what is equal; each doubles the sorts."""


@dataclass(frozen=True, slots=True)
class Link:
    """Spans of the events above and the child's events, and which of both are meant.

    asked, tests  SQL over the spans and over the child's events
    is_tied       only children at the instant of the event above
    unlike        the names of the two events differ
    """

    spans: str
    children: str
    strictly: bool = False
    is_tied: bool = False
    unlike: bool = False
    asked: tuple[Expression, ...] = ()
    tests: tuple[Expression, ...] = ()


Counts = list[list[Expression]]
"""CTEs of counts, each after the sign with which it is added."""


def counted(link: Link, split: Split, scene: Scene, name: str, weights: Expression = None) -> Counts:
    """The CTEs whose counts, added up with their signs, are those of the link; also what they total of these weights."""
    equal = [key_of(pair, scene) for pair in split.pairs if pair.comparison.operator == "equals"]
    unequal = [key_of(pair, scene) for pair in split.pairs if pair.comparison.operator == "not_equals"]
    unequal += [["event", "event"]] if link.unlike else []
    order = [pair for pair in split.pairs if pair.comparison.operator in ORDER]
    items, lists = ([], []) if order else (items_of(split), lists_of(split))
    others = [
        pair for pair in split.pairs if pair.comparison.operator not in ("equals", "not_equals", *ORDER) and pair not in lists
    ]
    trees = [where for where in split.mixed if where not in items]
    is_mixed = bool(trees) and (bool(order or unequal or weights) or not is_of_equalities(trees))
    if others or is_mixed or len(order) > 1 or (order and unequal) or len(unequal) > MOST_UNEQUAL:
        return [[1, _pairs(link, split, scene, name)]]
    if order:
        pair = order[0]
        test = pair_test(pair.test, pair.comparison, scene)
        return _ranked(
            link, equal, key_of(pair, scene), pair.comparison.operator, pair.comparison.type, scene, name, split, test
        )
    if items:
        by_item = children_by_item(link.children, items, scene, name)
        link, equal = replace(link, children=by_item.rows), [*equal, *by_item.keys]
    if lists:
        reader = Reader(scene.tables, scene.timezone)
        lefts = [child_column(pair.test, pair.comparison, reader) for pair in lists]
        by_item = spans_by_item(link.spans, lists, lefts, scene, name)
        link, equal = replace(link, spans=by_item.rows), [*equal, *by_item.keys]
    if trees:
        parts = parts_of(trees, mixed_reader(All(tuple(trees), trees[0].place), split, scene), scene)
        return [[1, _found(link, [*equal, *part.keys], [], scene, name, counted=part.counted)] for part in parts]
    found: Counts = []
    for size in range(len(unequal) + 1):
        for chosen in combinations(unequal, size):
            sign = -1 if size % 2 else 1
            found.append([sign, _found(link, [*equal, *chosen], unequal, scene, name, weights)])
    return found


def is_one_sort(split: Split) -> bool:
    """Whether only the same and other values bind a child to the event above, so that sorts give sums over all that follow."""
    unequal = [pair for pair in split.pairs if pair.comparison.operator == "not_equals"]
    others = [pair for pair in split.pairs if pair.comparison.operator not in ("equals", "not_equals", "one_of")]
    return not others and len(items_of(split)) == len(split.mixed) and len(unequal) < MOST_UNEQUAL


def _found(
    link: Link,
    keys: list[list[Expression]],
    present: list[list[Expression]],
    scene: Scene,
    name: str,
    weights: Expression = None,
    counted: Expression = None,
) -> str:
    """The CTE of the counts by one sort."""
    line = package_call(
        "step_line",
        link.spans,
        link.children,
        keys=keys or None,
        present=present or None,
        strictly=True if link.strictly else None,
        tied=True if link.is_tied else None,
        asked=list(link.asked) or None,
        tests=list(link.tests) or None,
        weights=weights,
        counted=counted,
    )
    added = scene.ctes.add(f"{name}_line", line)
    return scene.ctes.add(f"{name}_found", package_call("step_found", added, keys=len(keys) or None, weights=weights))


def completed(link: Link, parts: Split, scene: Scene, name: str, by: str, nth: int) -> str:
    """The CTE of when the n-th of the children that follow is complete, for links that only equal keys bind."""
    keys = [key_of(pair, scene) for pair in parts.pairs]
    strictly = True if link.strictly else None
    line = package_call("step_completed_line", link.spans, link.children, by, nth, keys=keys or None, strictly=strictly)
    return _first(line, "completed_at", len(keys), scene, name)


def blocked(rows: str, blockers: str, parts: Split, scene: Scene, name: str) -> str:
    """The CTE of when each event is first followed by one that blocks: by one sort, or by pairs where no order serves."""
    items = items_of(parts)
    if all(pair.comparison.operator == "equals" for pair in parts.pairs) and len(items) == len(parts.mixed):
        keys = [key_of(pair, scene) for pair in parts.pairs]
        if items:
            by_item = children_by_item(blockers, items, scene, name)
            blockers, keys = by_item.rows, [*keys, *by_item.keys]
        line = package_call("step_blockers_line", rows, blockers, keys=keys or None)
        return _first(line, "blocked_at", len(keys), scene, name)
    tests = [pair_test(pair.test, pair.comparison, scene) for pair in parts.pairs]
    tests += [mixed_test(where, parts, scene) for where in parts.mixed]
    return scene.ctes.add(f"{name}_blocked", package_call("step_blocked_pairs", rows, blockers, tests))


def _first(line: Expression, instant: str, keys: int, scene: Scene, name: str) -> str:
    kind = instant.removesuffix("_at")
    added = scene.ctes.add(f"{name}_{kind}_line", line)
    return scene.ctes.add(f"{name}_{kind}", package_call("step_first", added, instant, keys=keys or None))


def key_of(pair: Pair, scene: Scene) -> list[Expression]:
    """Both sides of a pair, as the macros take what must be equal."""
    left = child_column(pair.test, pair.comparison, Reader(scene.tables, scene.timezone))
    right: Expression = scene.tables.column_names[parent_column(pair.comparison)]
    if pair.test.ignore_case:
        return [package_call("case_ignored", left), package_call("case_ignored", right)]
    return [left, right]


def _pairs(
    link: Link,
    split: Split,
    scene: Scene,
    name: str,
    *,
    value: str | None = None,
    heavy: str | None = None,
    also: Expression = None,
) -> str:
    tests = [pair_test(pair.test, pair.comparison, scene) for pair in split.pairs]
    tests += [also] if also is not None and also not in tests else []
    tests += [mixed_test(where, split, scene) for where in split.mixed]
    if link.unlike:
        tests.append("children.event <> spans.event")
    call = package_call(
        "step_pairs",
        link.spans,
        link.children,
        tests=tests or None,
        strictly=True if link.strictly else None,
        tied=True if link.is_tied else None,
        asked=list(link.asked) or None,
        child_tests=list(link.tests) or None,
        value=None if value is None else f"children.{value}",
        heavy=heavy,
    )
    return scene.ctes.add(f"{name}_pairs", call)


def valued(link: Link, split: Split, scene: Scene, name: str, value: str) -> str:
    """The CTE of the values of a child's events that follow each event above."""
    return _pairs(link, split, scene, name, value=value)


def pair_test(test: PropertyTest, comparison: Comparison, scene: Scene) -> Expression:
    """The test of a pair of events by a comparison of theirs."""
    left = child_column(test, comparison, Reader(scene.tables, scene.timezone, prefix="children."))
    right = scene.tables.column_names[parent_column(comparison)]
    return compared_sides(left, comparison, f"spans.{right}", ignore_case=test.ignore_case)


def child_column(test: PropertyTest, comparison: Comparison, reader: Reader) -> Expression:
    """The value of a child that a comparison reads."""
    return reader.column(test.origin, test.path, comparison.type or "presence")


def compared_sides(left: Expression, comparison: Comparison, right: str, *, ignore_case: bool = False) -> Expression:
    """A comparison of two columns."""
    lowered = True if ignore_case else None
    return package_call("compared_columns", left, comparison.operator, right, comparison.type, ignore_case=lowered)


def mixed_test(where: Where, parts: Split, scene: Scene) -> Expression:
    """The test of a pair of events by a whole tree."""
    return where_expression(where, mixed_reader(where, parts, scene, "children."))


def mixed_reader(where: Where, parts: Split, scene: Scene, prefix: str = "") -> Reader:
    """How a tree reads the child and the event above."""
    names = scene.tables.column_names
    columns = [parent_column(one) for one in own_comparisons(where) if is_of_parent(one)]
    joined = joined_names(list(right_sides(parts.whole)), scene)
    return Reader(
        scene.tables,
        scene.timezone,
        {key: f"{prefix}{name}" for key, name in joined.traits.items()},
        {key: f"{prefix}{name}" for key, name in joined.lists.items()},
        {column: f"spans.{names[column]}" for column in columns},
        prefix,
    )


def different(link: Link, split: Split, scene: Scene, name: str, columns: list[str], value: str) -> Counts:
    """The CTEs whose counts are of the different values that follow: those whose like before does not follow, too."""
    keys = [key_of(pair, scene) for pair in split.pairs]
    call = package_call("step_repeats", link.children, list(columns), value, keys=[key[0] for key in keys] or None)
    repeats = replace(link, children=scene.ctes.add(f"{name}_repeats", call))
    operator = "lte" if link.strictly else "lt"
    test = package_call("compared_columns", "children.repeated_at", operator, "spans.from_at", "instant")
    return _ranked(repeats, keys, ["repeated_at", "from_at"], operator, "instant", scene, name, split, test)


def _ranked(
    link: Link,
    equal: list[list[Expression]],
    key: list[Expression],
    operator: str,
    kind: str | None,
    scene: Scene,
    name: str,
    split: Split,
    test: Expression,
) -> Counts:
    """Pairs for profiles with few rows; for the others one inequality becomes equalities of blocks of ranks."""
    heavy = scene.ctes.add(f"{name}_heavy", package_call("step_heavy", link.children, HEAVY))
    light = _pairs(link, split, scene, name, heavy=heavy, also=test)
    ranked = scene.ctes.add(
        f"{name}_ranked",
        package_call(
            "step_ranked",
            link.spans,
            link.children,
            key,
            operator,
            kind,
            heavy,
            keys=equal or None,
            asked=list(link.asked) or None,
            tests=list(link.tests) or None,
        ),
    )
    above = scene.ctes.add(f"{name}_blocks_above", package_call("step_blocks", ranked, operator, len(equal), True))
    below = scene.ctes.add(f"{name}_blocks", package_call("step_blocks", ranked, operator, len(equal), False))
    names = [f"key_{number + 1}" for number in range(len(equal))] + ["level", "block"]
    plain = Link(above, below, link.strictly, link.is_tied)
    found = _found(plain, [[one, one] for one in names], [], scene, name)
    return [[1, light], [1, found]]
