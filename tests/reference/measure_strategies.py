"""Drawn parts of definitions: aggregates, habits, traits that must have held for a time, and how far back events count."""

from functools import cache
from typing import Any

from hypothesis import strategies as st
from tests.reference import vocabulary as words

Condition = dict[str, Any]

PATHS = ["price", "price", "kind", "at", "deep.x", "price.$", "deep.$.x", "deep.x.$"]
EACH = ["1 day", "2 days", "1 week", "24 hours", "90 minutes"]
HELD_FOR = ["7 days", "1 day", "90 minutes", "2 weeks", "1 month", "2 months", "1 year"]
HISTORIES = ["7 days", "30 days", "1 month", "1 hour", "none"]
ORDER = ["lt", "lte", "gt", "gte", "equals", "not_equals"]
NEVER_HELD = {"within_last", "within_next", "before_last", "after_next"}


@cache
def aggregates() -> st.SearchStrategy[Condition]:
    """A function of a property with one comparison, or two."""
    numbers = _compared(st.sampled_from(words.NUMBER_LITERALS))
    small = _compared(st.integers(0, 3))
    of_numbers = st.tuples(st.sampled_from(["sum", "avg", "min", "max"]), numbers)
    extremes = st.sampled_from(["min", "max"])
    times = st.tuples(extremes, _compared(st.sampled_from(words.INSTANT_LITERALS)), st.just({"as": "time"}))
    relative = st.sampled_from(sorted(NEVER_HELD)).flatmap(
        lambda name: st.sampled_from(words.LENGTHS).map(lambda length: {name: length})
    )
    distances = st.tuples(extremes, relative, st.just({"as": "time"}))
    texts = st.tuples(extremes, _compared(st.sampled_from(words.TEXT_LITERALS)), st.just({"as": "text"}))
    different = st.tuples(st.just("unique"), small)
    beside = st.tuples(
        st.sampled_from(["sum", "sum", "unique", "avg", "max"]),
        st.sampled_from(ORDER).map(lambda name: {name: {"trait": "score"}}),
    )
    drawn = st.one_of(of_numbers, of_numbers, different, beside, times, distances, texts)
    return st.builds(_aggregate, drawn, st.sampled_from(PATHS))


def _aggregate(drawn: tuple[Any, ...], path: str) -> Condition:
    function, *parts = drawn
    condition: Condition = {function: path}
    for part in parts:
        condition.update(part)
    return condition


def _compared(literal: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    ordered = st.sampled_from(ORDER).flatmap(lambda name: literal.map(lambda value: {name: value}))
    listed = st.sampled_from(["one_of", "none_of"]).flatmap(
        lambda name: st.lists(literal, min_size=1, max_size=3, unique_by=repr).map(lambda values: {name: values})
    )
    there = st.booleans().map(lambda expected: {"exists": expected})
    both = st.tuples(ordered, ordered).map(lambda pair: {**pair[0], **pair[1]})
    return st.one_of(ordered, ordered, ordered, both, listed, there)


@cache
def habits() -> st.SearchStrategy[Condition]:
    """`regularly` in place of a window."""
    return st.builds(
        lambda of_last, less, each: {"regularly": {"at_least": max(1, of_last - less), "of_last": of_last, "each": each}},
        st.integers(1, 4),
        st.integers(0, 3),
        st.sampled_from(EACH),
    )


def held_conditions(about: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """A condition on a trait that must have held for a time; relative dates change by themselves, and take none."""
    return st.builds(
        lambda condition, held_for: {**condition, "held_for": held_for},
        about.filter(lambda condition: not NEVER_HELD & set(condition)),
        st.sampled_from(HELD_FOR),
    )


@cache
def histories_kept() -> st.SearchStrategy[Condition]:
    """Mostly all of the history, else a part of it."""
    return st.one_of(st.just({}), st.just({}), st.sampled_from(HISTORIES).map(lambda history: {"history": history}))
