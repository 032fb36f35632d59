"""Queries of Segment for hypothesis: trees of every shape, in a small vocabulary with odd names."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from dbt_audiences.core.definitions import Place
from dbt_audiences.importing.segment.tree import (
    COMPARISONS,
    SEVERAL,
    SPANS,
    UNITS,
    And,
    Between,
    Comparison,
    ExpiresAfter,
    Expression,
    Extract,
    Filter,
    Literal,
    Not,
    Or,
    Quantified,
    Reduced,
    Scalar,
    Sources,
    Span,
    Where,
    Within,
)

AT = Place("", 1, 1)
names = st.sampled_from(
    ["p", "Order Completed", "It's", 'say "x"', r"a\.b", "a\\\\b", "page.url", "é", "line\nend", "tags.$", "vip"]
)
spans = st.builds(Span, st.sampled_from([1, 2, 30]), st.sampled_from(UNITS))
texts = st.one_of(names, st.text(max_size=5))
numbers = st.one_of(st.integers(-5, 200).map(Decimal), st.sampled_from([Decimal("1.50"), Decimal("-0.5"), Decimal("1E+3")]))
dates = st.sampled_from(["2023-12-07", "2023-12-07T18:50:00Z", "2023-12-07T18:50:00.5+02:00"])
literals = st.one_of(
    texts.map(lambda text: Literal(text, place=AT)),
    numbers.map(lambda number: Literal(number, place=AT)),
    st.booleans().map(lambda truth: Literal(truth, place=AT)),
    dates.map(lambda date: Literal(date, is_instant=True, place=AT)),
)
extracts = st.one_of(
    st.builds(Extract, st.just("trait"), names, place=st.just(AT)),
    st.builds(Extract, st.sampled_from(["property", "context"]), names, st.booleans(), place=st.just(AT)),
)


@st.composite
def reduced(draw: st.DrawFn, depth: int = 2) -> Reduced:
    """Events, filtered and reduced; below another event down to `depth`."""
    filters: list[st.SearchStrategy[Filter]] = [
        st.builds(Sources, st.lists(names, min_size=1, max_size=2).map(tuple), place=st.just(AT)),
        st.builds(Within, spans, st.booleans(), place=st.just(AT)),
        st.builds(Between, st.tuples(spans, spans), st.booleans(), place=st.just(AT)),
        st.builds(ExpiresAfter, spans, place=st.just(AT)),
    ]
    if depth:
        filters.append(st.builds(Where, expressions(depth - 1), place=st.just(AT)))
    chosen = tuple(draw(st.lists(st.one_of(filters), max_size=2)))
    reducer = draw(st.sampled_from(["count", "count", "sum", "avg", "max", "min", "mode", "first", "last", "unique"]))
    if reducer == "count":
        return Reduced(draw(names), chosen, "count", place=AT)
    of = draw(st.builds(Extract, st.sampled_from(["property", "context"]), names, st.booleans(), place=st.just(AT)))
    as_type = draw(st.sampled_from([None, "number", "string"])) if reducer in ("max", "min", "mode") else None
    minimum = draw(st.sampled_from([None, 2, 5])) if reducer == "mode" else None
    return Reduced(draw(names), chosen, reducer, of, as_type, minimum, reducer == "unique", place=AT)  # type: ignore[arg-type]


@st.composite
def comparisons(draw: st.DrawFn, depth: int) -> Comparison:
    """A value compared by each of the functions."""
    scalars: st.SearchStrategy[Scalar] = st.one_of(extracts, extracts, reduced(depth), literals)
    function = draw(st.sampled_from(COMPARISONS))
    arguments: tuple[Scalar | Span, ...] = ()
    if function in SPANS:
        arguments = (draw(spans),)
    elif function not in ("exists", "absent"):
        most = 3 if function in SEVERAL else 1
        arguments = tuple(draw(st.lists(st.one_of(literals, literals, scalars), min_size=1, max_size=most)))
    return Comparison(draw(scalars), function, arguments, place=AT)


@cache
def expressions(depth: int = 2) -> st.SearchStrategy[Expression]:
    """Whole audiences."""

    def grown(child: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        def joined(kind: type[And] | type[Or]) -> st.SearchStrategy[Expression]:
            parts = child.filter(lambda one: not isinstance(one, kind))
            return st.lists(parts, min_size=2, max_size=3).map(lambda found: kind(tuple(found), place=AT))

        return st.one_of(
            joined(And),
            joined(Or),
            child.map(lambda one: Not(one, place=AT)),
            st.builds(Quantified, st.sampled_from(["ANY", "ALL"]), child, place=st.just(AT)),
        )

    return st.recursive(comparisons(depth), grown, max_leaves=4)
