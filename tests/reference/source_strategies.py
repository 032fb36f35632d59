"""Drawn conditions on SQL traits, related rows and places, and what people have of them."""

from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from tests.reference import vocabulary as words
from tests.reference.sql_traits import NAMES

TABLES = {
    "orders": ("kind", "price", "at"),
    "items": ("kind", "price"),
    "makers": ("kind",),
}
"""Table -> columns; items are below orders, makers below items."""
BELOW = {"orders": "items", "items": "makers"}
TRAIT_PATHS = [*NAMES, "tier.x", "custom.tier"]
RANKED_BY = ["score", "churn", "custom.churn"]


@st.composite
def has_conditions(draw: st.DrawFn, comparisons: st.SearchStrategy[dict[str, Any]], table: str = "orders") -> dict[str, Any]:
    """`has:` with counts, and with tests of columns and of rows below, combined."""
    condition: dict[str, Any] = {"has": table}
    condition |= draw(st.sampled_from([{}, {}, {"at_least": 2}, {"at_most": 1}, {"exactly": 0}, {"exactly": 1}]))
    paths = [*TABLES[table], *TABLES[table], "kind.$", "price.$"]
    tests = st.builds(lambda path, test: {"property": path, **test}, st.sampled_from(paths), comparisons)
    beside = st.builds(
        lambda path, name, trait: {"property": path, name: {"trait": trait}},
        st.sampled_from(paths),
        st.sampled_from(["equals", "not_equals", "lt", "gte", "one_of", "none_of", "contains"]),
        st.sampled_from(["score", "churn", "tier", "custom.churn"]),
    )
    items = st.builds(
        lambda word, test: {word: "kind", "where": {"property": "x", **test}},
        st.sampled_from(["any_item", "all_items", "no_item"]),
        comparisons,
    )
    leaves = [st.one_of(tests, tests, tests, beside, items)]
    if table in BELOW:
        leaves.append(has_conditions(comparisons, BELOW[table]))
    leaf = st.one_of(*leaves, *leaves[1:])
    if draw(st.integers(0, 3)):
        both = st.builds(lambda word, one, other: {word: [one, other]}, st.sampled_from(["all", "any", "none"]), leaf, leaf)
        condition["where"] = draw(st.one_of(leaf, leaf, leaf.map(lambda one: {"not": one}), both))
    return condition


def top_conditions() -> st.SearchStrategy[dict[str, Any]]:
    """`top:` by a custom or SQL trait."""
    most = st.sampled_from([{"percent": 10}, {"percent": 50}, {"percent": 100}, {"count": 1}, {"count": 3}])
    return st.builds(lambda by, many: {"top": {"by": by, **many}}, st.sampled_from(RANKED_BY), most)


def sql_traits(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """What SQL says of one person."""
    return st.fixed_dictionaries({}, optional={name: values for name in NAMES})


def related_rows(values: st.SearchStrategy[Any], table: str = "orders") -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a table, with lists of the rows below each; an order refers to one item."""
    columns = {column: values.filter(lambda value: not isinstance(value, dict)) for column in TABLES[table]}
    below = {BELOW[table]: related_rows(values, BELOW[table])} if table in BELOW else {}
    return st.lists(st.fixed_dictionaries(below, optional=columns), max_size=1 if table == "items" else 2)


def values(times: st.SearchStrategy[datetime], literals: list[Any]) -> st.SearchStrategy[Any]:
    """JSON values: the literals of definitions, what nearly converts, and instants near the boundaries in every form."""
    forms = st.integers(0, len(words.written_forms(words.AS_OFS[0])) - 1)
    near = st.builds(lambda at, form: words.written_forms(at)[form], times, forms)
    asked = st.sampled_from(literals or words.OTHER_VALUES)
    return st.one_of(asked, asked, st.sampled_from(words.OTHER_VALUES), near)
