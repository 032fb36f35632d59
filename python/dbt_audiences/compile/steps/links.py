"""How many events of a child, or what aggregate of them, follow each event above: the CTEs of one parent and one child."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.needs import is_of_parent, own_comparisons, parent_column
from dbt_audiences.compile.reader import Reader
from dbt_audiences.compile.rows import joined_names, right_sides
from dbt_audiences.compile.scene import Scene
from dbt_audiences.compile.steps.items import Key, items_of
from dbt_audiences.compile.steps.keyed import OPPOSITE, key_of, keyed, opposite, pair_test, sides
from dbt_audiences.compile.steps.mixed import Part, is_countable, parts_of
from dbt_audiences.compile.steps.references import ORDER, Pair, Split
from dbt_audiences.compile.where import where_expression
from dbt_audiences.core.definitions import All, Where

HEAVY = 1000
"""Rows of a child from which a profile's inequalities are counted by ranks in place of pairs."""

MOST_NEGATIVE = 3
"""`not_equals` and its like of one child that are counted by what they exclude; each doubles the sorts."""


@dataclass(frozen=True, slots=True)
class Link:
    """Spans of the events above and the child's events, and which of both are meant.

    asked, tests  SQL over the spans and over the child's events
    is_tied       only children at the instant of the event above
    unlike        columns of the spans, all of different names, of which the child has none
    keys          what must be equal beside all that a definition compares
    """

    spans: str
    children: str
    strictly: bool = False
    is_tied: bool = False
    unlike: tuple[str, ...] = ()
    asked: tuple[Expression, ...] = ()
    tests: tuple[Expression, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def equal(self) -> list[Key]:
        """The keys as macros take them."""
        return [[*key] for key in self.keys]


Counts = list[list[Expression]]
"""CTEs of counts, each after the sign with which it is added."""


def counted(link: Link, split: Split, scene: Scene, name: str, weights: Expression = None) -> Counts:
    """The CTEs whose counts, added up with their signs, are those of the link; also what they total of these weights."""
    order = [pair for pair in split.pairs if pair.comparison.operator in ORDER]
    trees = trees_of(split)
    if not _is_sorted(link, split, order, trees, weights):
        return [[1, _pairs(link, split, scene, name)]]
    positive = [pair for pair in split.pairs if pair.comparison.operator not in (*OPPOSITE, *ORDER)]
    negative = [pair for pair in split.pairs if pair.comparison.operator in OPPOSITE]
    if order:
        pair = order[0]
        test = pair_test(pair.test, pair.comparison, scene)
        operator, kind = pair.comparison.operator, pair.comparison.type
        equal = [*(key_of(pair, scene) for pair in positive), *link.equal]
        return ranked(link, equal, key_of(pair, scene), operator, kind, scene, name, split, test)
    if trees:
        parts = parts_of(trees, mixed_reader(All(tuple(trees), trees[0].place), split, scene), scene)
        return [[1, _part(part, link, positive, split, scene, name)] for part in parts]
    found: Counts = []
    names: list[Key] = [["event", column] for column in link.unlike]
    present = [sides(pair, scene) for pair in negative] + names
    excluded: list[Pair | Key] = [*negative, *names]
    for size in range(len(negative) + bool(names) + 1):
        for chosen in combinations(excluded, size):
            opposites = [opposite(one) for one in chosen if isinstance(one, Pair)]
            same = [one for one in chosen if not isinstance(one, Pair)]
            if len(same) > 1:
                continue  # no name is two different ones
            rows = keyed(link.spans, link.children, [*positive, *opposites], items_of(split), scene, name)
            of_rows = replace(link, spans=rows.spans, children=rows.children)
            found.append([-1 if size % 2 else 1, _found(of_rows, [*rows.keys, *same], present, scene, name, weights)])
    return found


def _part(part: Part, link: Link, pairs: list[Pair], split: Split, scene: Scene, name: str) -> str:
    rows = keyed(link.spans, link.children, [*pairs, *part.pairs], items_of(split), scene, name)
    link = replace(link, spans=rows.spans, children=rows.children, asked=(*link.asked, *part.asked))
    return _found(link, rows.keys, [], scene, name, counted=part.counted)


def is_one_sort(split: Split) -> bool:
    """Whether sorts give sums over all children that follow, whatever is added up."""
    has_order = any(pair.comparison.operator in ORDER for pair in split.pairs)
    negative = [pair for pair in split.pairs if pair.comparison.operator in OPPOSITE]
    return not has_order and not trees_of(split) and len(negative) < MOST_NEGATIVE


def trees_of(split: Split) -> list[Where]:
    """What compares with the event above otherwise than by one property or one item of an array."""
    items = items_of(split)
    return [where for where in split.mixed if where not in items]


def _is_sorted(link: Link, split: Split, order: list[Pair], trees: list[Where], weights: Expression) -> bool:
    """Whether sorts serve, or ranks; else children and events above are looked at pair by pair."""
    operators = [pair.comparison.operator for pair in split.pairs]
    negative = sum(operator in OPPOSITE for operator in operators) + bool(link.unlike)
    if order:
        return len(order) == 1 and not negative and not split.mixed and all(one in ("equals", *ORDER) for one in operators)
    if trees:
        return not negative and not weights and is_countable(trees)
    return negative <= MOST_NEGATIVE


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
    equal = [*keys, *link.equal]
    line = package_call(
        "step_line",
        link.spans,
        link.children,
        keys=equal or None,
        present=present or None,
        strictly=True if link.strictly else None,
        tied=True if link.is_tied else None,
        asked=list(link.asked) or None,
        tests=list(link.tests) or None,
        weights=weights,
        counted=counted,
    )
    added = scene.ctes.add(f"{name}_line", line)
    return scene.ctes.add(f"{name}_found", package_call("step_found", added, keys=len(equal) or None, weights=weights))


def _pairs(
    link: Link,
    split: Split,
    scene: Scene,
    name: str,
    *,
    value: str | None = None,
    heavy: str | None = None,
    also: Expression = None,
    weight: str | None = None,
) -> str:
    tests = [pair_test(pair.test, pair.comparison, scene) for pair in split.pairs]
    tests += [also] if also is not None and also not in tests else []
    tests += [mixed_test(where, split, scene) for where in split.mixed]
    tests += [f"children.event <> spans.{column}" for column in link.unlike]
    tests += [f"children.{below} = spans.{above}" for below, above in link.keys]
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
        counted=weight,
    )
    return scene.ctes.add(f"{name}_pairs", call)


def valued(link: Link, split: Split, scene: Scene, name: str, value: str) -> str:
    """The CTE of the values of a child's events that follow each event above."""
    return _pairs(link, split, scene, name, value=value)


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
    return ranked(repeats, keys, ["repeated_at", "from_at"], operator, "instant", scene, name, split, test)


def ranked(
    link: Link,
    equal: list[list[Expression]],
    key: list[Expression],
    operator: str,
    kind: str | None,
    scene: Scene,
    name: str,
    split: Split,
    test: Expression,
    weight: str | None = None,
) -> Counts:
    """The CTEs of counts by one inequality: pairs for profiles with few rows, for the others equalities of blocks of ranks."""
    heavy = scene.ctes.add(f"{name}_heavy", package_call("step_heavy", link.children, HEAVY))
    light = _pairs(link, split, scene, name, heavy=heavy, also=test, weight=weight)
    ranks = scene.ctes.add(
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
            counted=weight,
        ),
    )
    above = scene.ctes.add(f"{name}_blocks_above", package_call("step_blocks", ranks, operator, len(equal), True))
    below = scene.ctes.add(f"{name}_blocks", package_call("step_blocks", ranks, operator, len(equal), False, counted=weight))
    names = [f"key_{number + 1}" for number in range(len(equal))] + ["level", "block"]
    plain = Link(above, below, link.strictly, link.is_tied)
    found = _found(plain, [[one, one] for one in names], [], scene, name, counted=weight)
    return [[1, light], [1, found]]
