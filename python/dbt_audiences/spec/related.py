"""`has:` rows of related tables, with tests of their columns and rows of further tables below them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dbt_audiences.core.definitions import Aggregate, Related
from dbt_audiences.spec.fields import Fields, text_of
from dbt_audiences.spec.measures import read_measure
from dbt_audiences.spec.nodes import Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_audiences.core.definitions import Where
    from dbt_audiences.spec.nodes import Node

DEEPEST = 6
"""How many tables stand below one another at most."""


def read_related(fields: Fields, root: Path, depth: int, read_where: Callable[[Node, int], Where | None]) -> Related | None:
    """One `has:`; `read_where` reads its tests, in which further ones may stand at the depth that it is given."""
    fields.what = "a `has` condition"
    table = text_of(fields.need("has"), "`has`")
    if depth > DEEPEST:
        raise Wrong(fields.place_of("has"), f"`has` goes {DEEPEST} tables deep", "join the rest in the model itself")
    measure = read_measure(fields, root, parent=False)
    if isinstance(measure, Aggregate):
        raise Wrong(fields.place_of(measure.function), f"`has` counts rows: it has no `{measure.function}`", "use `at_least`")
    before = len(fields.problems.found)
    given = fields.take("where")
    where = None if given is None else fields.problems.attempt(read_where, given, depth + 1)
    fields.finish()
    return None if len(fields.problems.found) > before else Related(table, measure, where, fields.place)
