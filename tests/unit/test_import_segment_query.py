"""Segment's query language is read as it is written, and what is wrong with it is said at its place."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.segment_pairs import ACCOUNTS, TRAITS, USERS
from tests.unit.segment_strategies import expressions, reduced

from dbt_audiences.flow.import_segment import import_segment
from dbt_audiences.importing.segment.parser import parse_query
from dbt_audiences.importing.segment.printer import query_text
from dbt_audiences.importing.segment.tokens import QueryError
from dbt_audiences.importing.segment.tree import Expression, Reduced
from dbt_audiences.spec import load_project


@settings(max_examples=300, deadline=None)
@given(st.one_of(expressions(), reduced()))
def test_what_is_printed_reads_back_as_the_same_tree(tree: Expression | Reduced) -> None:
    assert parse_query(query_text(tree), "q") == tree


@pytest.mark.parametrize("query", [query for query, _ in (*USERS, *ACCOUNTS, *TRAITS)])
def test_printing_a_query_keeps_its_meaning(query: str) -> None:
    tree = parse_query(query, "q")
    assert parse_query(query_text(tree), "q") == tree


@settings(max_examples=150, deadline=None)
@given(st.one_of(expressions(), reduced()), st.booleans())
def test_every_query_is_written_as_something_we_accept_or_listed(tree: Expression | Reduced, of_accounts: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        record = {"key": "x", "definition": {"query": query_text(tree)}, "audienceType": "ACCOUNTS" if of_accounts else "USERS"}
        vip = {"key": "vip", "definition": {"query": "trait('plan') = 'gold'"}}
        (root / "dbt_project.yml").write_text("name: x\n")
        (root / "all.json").write_text(json.dumps([record, vip]))
        done = import_segment(root / "all.json", root)
        is_there = bool({"audiences/x.yml", "traits/x.yml"} & set(done.written))
        assert is_there is not any(finding.key == "x" for finding in done.not_expressed)
        load_project(root)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([query for query, _ in (*USERS, *ACCOUNTS, *TRAITS)]), st.data())
def test_no_text_makes_the_parser_fail_otherwise(query: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(query)))
    end = data.draw(st.integers(start, min(len(query), start + 6)))
    put = data.draw(st.sampled_from(["", "(", ")", ".", "'", "\\", "AND ", "NOT ", "9", "\n", "count()", "²", ",", "{", "="]))
    try:
        parse_query(query[:start] + put + query[end:], "q")
    except QueryError as error:
        assert error.message and error.place.line >= 1 and error.place.column >= 1


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "q:1:1: there is no query\n  such as event('Order Completed').count() >= 1"),
        ("trait('x')", "q:1:1: the query ends in a value, and compares it with nothing\n  add a comparison, such as `= 5`"),
        ("event('A')", "q:1:11: the events are filtered, and nothing counts them\n  add .count() >= 1"),
        ("event('A').cuont() >= 1", "q:1:12: `cuont` is neither a filter nor a reducer\n  did you mean `count`?"),
        ("event('A').equals(1)", "q:1:12: `equals` compares a value, and these are events\n  reduce them first: .count()"),
        ("event(A).count() >= 1", "q:1:7: the event's name must be a text in quotes\n  event('Order Completed')"),
        ("event('A).count() >= 1", "q:1:7: a text begins here and never ends\n  close it with '"),
        ("event(‘A’).count() >= 1", "q:1:7: `‘` begins no word of the query language\n  quotes are straight: '...'"),
        ("evnet('A').count() >= 1", "q:1:1: `evnet` begins no condition\n  did you mean `event`?"),
        ("count() >= 1", "q:1:1: `count` stands behind a dot\n  such as event('X').count(...)"),
        ("entity('x').count() >= 1",
         "q:1:1: `entity(...)` belongs to linked audiences\n  they read tables of the warehouse: say it in SQL"),
        ("event('A').count() >=", "q:1:22: a condition is missing here\n  the query ends here"),
        ("event('A').count() >= null", "q:1:23: `null` begins no condition\n  known: event, trait, property, context, literal"),
        ("event('A').count() >= literal(null)", "q:1:31: nothing compares with null\n  write .absent() or .exists()"),
        ("event('A').count().where(trait('x') = 1) >= 1",
         "q:1:20: `where` cannot follow `count`, which gives a single value\n  move it before"),
        ("event('A').unique(property('p')) = 1", "q:1:1: `unique(...)` gives a list\n  count it: unique(...).count()"),
        ("event('A').unique(property('p')).contains('x')",
         "q:1:34: `unique(...)` gives a list, which only `count` takes\n  unique(...).count()"),
        ("event('A').sum('p') >= 1", "q:1:16: `sum` takes a property\n  sum(property('name'))"),
        ("event('A').sum(property('p') as string) >= 1", "q:1:33: `as string` is no type of `sum`\n  leave it out"),
        ("event('A').max(property('p') as date) >= 1", "q:1:33: `as date` is no type of `max`\n  known: number, string"),
        ("event('A').within(7 fortnights).count() >= 1",
         "q:1:21: `fortnights` is no unit of time\n  known: seconds, minutes, hours, days, weeks, months, years"),
        ("event('A').within(7 dys).count() >= 1", "q:1:21: `dys` is no unit of time\n  did you mean `days`?"),
        ("event('A').within(1.5 days).count() >= 1", "q:1:19: a length of time must be a whole number\n  such as 7 days"),
        ("event('A').between(7 days).count() >= 1",
         "q:1:26: `,` is missing between the two lengths of `between`\n  `)` stands here"),
        ("event('A').sources({only: 'x'}).count() >= 1", "q:1:21: `sources` takes `exclude`\n  sources({exclude: 'id'})"),
        ("event('A').where(property('p')).count() >= 1",
         "q:1:18: `where` joins conditions, and this is a value\n  add a comparison, such as `>= 1`"),
        ("trait(parent: 'x') = 1", "q:1:1: a trait has no parent\n  write trait('name')"),
        ("trait('x').equls(1)", "q:1:12: `equls` is no comparison\n  did you mean `equals`?"),
        ("trait('x').equals(1, 2)", "q:1:12: `equals` takes one value\n  `one_of` and `contains` take several"),
        ("trait('x').equals(1).exists()",
         "q:1:22: nothing can follow what is true or false already\n  join conditions with AND and OR"),
        ("trait('x') = 1 trait('y') = 2", "q:1:16: the query goes on behind its end\n  known: AND, OR"),
        ("trait('x') = 1 ADN trait('y') = 2", "q:1:16: the query goes on behind its end\n  did you mean `AND`?"),
        ("(trait('x') = 1", "q:1:16: `)` is missing at the end of what the `(` began\n  the query ends here"),
        ("trait('x') AND trait('y') = 1",
         "q:1:1: `AND` joins conditions, and this is a value\n  add a comparison, such as `>= 1`"),
        ("NOT trait('x')", "q:1:5: `NOT` joins conditions, and this is a value\n  add a comparison, such as `>= 1`"),
        ("(trait('x') = 1) = 2",
         "q:1:18: `=` compares a value, and left of it something is true or false\n  None"),
        ("trait('x') = (trait('y') = 2)", "q:1:14: a value is needed here, and this is true or false\n  None"),
        ("trait('x') = 1\n  AND\ntrait('y') > > 2", "q:3:14: a condition is missing here\n  `>` stands here"),
        ("(" * 70 + "trait('x') = 1" + ")" * 70,
         "q:1:61: the query nests deeper than 60 levels\n  take it apart into several audiences"),
    ],
)  # fmt: skip
def test_an_error_says_where_what_and_what_to_do(query: str, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query, "q")
    error = caught.value
    assert f"{error.place}: {error.message}\n  {error.hint}" == text
