"""Related rows as the reference sees them: lists of rows in which rows of further tables stand in lists of their own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.reference.rows import Row, one_test_holds
from tests.reference.windows import Clock

COMBINERS = {"all", "any", "none", "not"}
COUNTS = {"at_least", "at_most", "exactly"}

Rows = Sequence[Mapping[str, Any]]
TreeHolds = Callable[[Any, Callable[[dict[str, Any]], bool]], bool]


def has(
    condition: dict[str, Any], related: Mapping[str, Rows], traits: Mapping[str, Any], clock: Clock, tree_holds: TreeHolds
) -> bool:
    """Whether so many rows of the table hold; without a word of how many, one is enough."""
    if set(condition) - COUNTS - {"has", "where"}:
        raise NotImplementedError(f"has with {sorted(condition)}")

    def leaf_of(row: Mapping[str, Any]) -> Callable[[dict[str, Any]], bool]:
        def leaf(test: dict[str, Any]) -> bool:
            if "has" in test:
                below = {name: rows for name, rows in row.items() if isinstance(rows, list)}
                return has(test, below, traits, clock, tree_holds)
            return one_test_holds(test, Row(dict(row), traits), clock, tree_holds)

        return leaf

    rows = related.get(condition["has"], [])
    count = sum("where" not in condition or tree_holds(condition["where"], leaf_of(row)) for row in rows)
    if "exactly" in condition:
        return bool(count == condition["exactly"])
    if not COUNTS & set(condition):
        return count >= 1
    return bool(condition.get("at_least", 0) <= count <= condition.get("at_most", count))
