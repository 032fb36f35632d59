"""How much one definition may ask: what is more is refused, as an engine would fail on it or plan it for minutes."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.compile.needs import children_of
from dbt_audiences.compile.related import row_tests
from dbt_audiences.compile.rows import right_sides
from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import Condition, Members, Performed, Related, TraitTest
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Project, Trait

MOST_CONDITIONS = 200
"""Conditions of one definition, blocks and steps included; each is a CTE, and DuckDB nests about a thousand of them."""
MOST_COMPARISONS = 1_000
"""Comparisons of one definition, those of every `where` included; values of a `one_of` are not counted."""


def too_large(project: Project) -> list[Problem]:
    """Every enabled definition that asks too much."""
    definitions: list[Audience | Trait] = [*project.audiences.values(), *project.traits.values()]
    return [problem for one in definitions if one.enabled for problem in _problems(one)]


def _problems(one: Audience | Trait) -> Iterator[Problem]:
    conditions = list(_conditions(one.who) if isinstance(one, Audience) else _steps(one.performed))
    comparisons = sum(_comparisons(condition) for condition in conditions)
    for count, most, what in ((len(conditions), MOST_CONDITIONS, "conditions"), (comparisons, MOST_COMPARISONS, "comparisons")):
        if count > most:
            hint = "put parts into audiences of their own and refer to them by `in_audience`; `one_of` takes many values"
            yield Problem(one.place, f"`{one.key}` has {count:,} {what}, more than the {most:,} that one query takes", hint)


def _conditions(who: Condition) -> Iterator[Condition]:
    for leaf in leaves(who):
        if isinstance(leaf, Performed):
            yield from _steps(leaf)
            continue
        yield leaf
        if isinstance(leaf, Members):
            yield from _conditions(leaf.who)


def _steps(step: Performed) -> Iterator[Performed]:
    yield step
    for child in children_of(step.then):
        yield from _steps(child.step)


def _comparisons(condition: Condition) -> int:
    if isinstance(condition, Performed):
        return sum(1 for _ in right_sides(condition.where))
    if isinstance(condition, Related):
        below = (one for one in row_tests(condition.where) if isinstance(one, Related))
        return sum(1 for _ in right_sides(condition.where)) + sum(_comparisons(one) for one in below)
    return len(condition.comparisons) if isinstance(condition, TraitTest) else 0
