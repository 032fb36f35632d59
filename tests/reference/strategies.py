"""Valid definitions and histories for hypothesis, over a vocabulary so small that boundaries are hit all the time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.reference import measure_strategies as measures
from tests.reference import vocabulary as words
from tests.reference.computed_strategies import computed_traits, conditions_on_computed
from tests.reference.history_strategies import histories
from tests.reference.windows import duration
from tests.reference.yaml_text import to_yaml

__all__ = ["as_ofs", "definitions", "histories", "to_yaml"]

Condition = dict[str, Any]

numbers = st.sampled_from(words.NUMBER_LITERALS)
texts = st.sampled_from(words.TEXT_LITERALS)
some_text = texts.filter(bool)
instants = st.sampled_from(words.INSTANT_LITERALS)
lengths = st.sampled_from(words.LENGTHS)
WINDOW_KINDS = ["ever", "within", "between", "since", "until", "both", "within and between", "within and since"]


def as_ofs() -> st.SearchStrategy[datetime]:
    """Instants to evaluate at: month ends, leap days, days with a change of clocks."""
    return st.sampled_from(words.AS_OFS)


def _one(name: str, literal: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    return literal.map(lambda value: {name: value})


def _lists(literal: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(literal, min_size=1, max_size=3, unique_by=repr)


def _named(names: Sequence[str], literal: st.SearchStrategy[Any]) -> st.SearchStrategy[Condition]:
    return st.sampled_from(names).flatmap(lambda name: _one(name, literal))


@st.composite
def comparisons(draw: st.DrawFn) -> Condition:
    """One or two operators with literals that suit them."""
    return draw(_comparisons())


@cache
def _comparisons() -> st.SearchStrategy[Condition]:
    text_comparisons = st.one_of(
        _named(["contains", "not_contains", "starts_with", "ends_with"], some_text),
        _one("contains_any", _lists(some_text)),
        _named(["equals", "not_equals"], texts),
    )
    single = st.one_of(
        _named(["equals", "not_equals"], st.one_of(numbers, texts, st.booleans(), instants)),
        _named(["one_of", "none_of"], st.one_of(_lists(numbers), _lists(texts), _lists(instants))),
        _named(["lt", "lte", "gt", "gte"], st.one_of(numbers, texts, instants)),
        _one("exists", st.booleans()),
        _named(["before", "after"], instants),
        _named(["within_last", "within_next", "before_last", "after_next"], lengths),
        _one("matches", st.sampled_from(words.PATTERNS)),
        text_comparisons,
    )
    pairs = st.tuples(single, single).map(lambda pair: {**pair[0], **pair[1]})
    ignoring_case = text_comparisons.map(lambda condition: {**condition, "ignore_case": True})
    return st.one_of(single, single, single, pairs, ignoring_case)


def _about(subject: str, paths: list[str]) -> st.SearchStrategy[Condition]:
    return st.builds(lambda path, operators: {subject: path, **operators}, st.sampled_from(paths), comparisons())


def trees(leaf: st.SearchStrategy[Any], max_leaves: int) -> st.SearchStrategy[Any]:
    """A leaf, or leaves under all, any, none, not and bare lists, also several combiners in one mapping."""

    def grown(child: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        children = st.lists(child, min_size=1, max_size=3)
        combined = st.fixed_dictionaries({}, optional={"all": children, "any": children, "none": children, "not": child})
        return st.one_of(
            _named(["all", "any", "none"], children),
            _one("not", child),
            children,
            combined.filter(bool),
        )

    return st.recursive(leaf, grown, max_leaves=max_leaves)


@cache
def _ends() -> st.SearchStrategy[list[str]]:
    kinds = st.sampled_from([words.SECOND_LENGTHS, words.MONTH_LENGTHS, words.DAY_LENGTHS])
    pairs = kinds.flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=2, max_size=2, unique_by=duration))
    open_ended = lengths.flatmap(lambda near: st.permutations(["ever", near]))
    return st.one_of(pairs, open_ended)


@st.composite
def windows(draw: st.DrawFn) -> Condition:
    """No window, one, or several that must all hold."""
    window: Condition = {}
    kind = draw(
        st.sampled_from(["ever", "within", "between", "since", "until", "both", "within and between", "within and since"])
    )
    if "within" in kind:
        window["within"] = draw(lengths)
    if "between" in kind:
        window["between"] = draw(_ends())
    if "since" in kind:
        window["since"] = draw(instants)
    if kind == "until":
        window["until"] = draw(instants)
    if kind == "both":
        since = draw(instants)
        later = [until for until in words.INSTANT_LITERALS if _day(until) > _day(since) + timedelta(days=2)]
        window.update({"since": since, "until": draw(st.sampled_from(later))} if later else {"since": since})
    return window


def _day(literal: date) -> date:
    return literal.date() if isinstance(literal, datetime) else literal


@st.composite
def event_conditions(draw: st.DrawFn) -> Condition:
    """performed or not_performed, with counts, windows and where."""
    name = st.sampled_from(words.EVENT_NAMES)
    names = draw(st.one_of(name, name, st.lists(name, min_size=1, max_size=2, unique=True), st.just("*")))
    verb = draw(st.sampled_from(["performed", "performed", "performed", "not_performed"]))
    condition: Condition = {verb: names}
    if verb == "performed":
        condition.update(draw(st.one_of(_counts(), _counts(), measures.aggregates())))
    condition.update(draw(st.one_of(windows(), windows(), windows(), measures.habits())))
    if draw(st.booleans()):
        condition["where"] = draw(_wheres())
    if draw(st.integers(0, 7)) == 0:
        which = st.lists(st.sampled_from(words.SOURCES), min_size=1, max_size=2, unique=True)
        condition["sources"] = draw(_named(["only", "exclude"], which))
    return condition


@cache
def _wheres() -> st.SearchStrategy[Any]:
    leaf = st.one_of(_about("property", words.PROPERTY_PATHS), _about("context", words.CONTEXT_PATHS))
    return trees(leaf, max_leaves=3)


@dataclass(frozen=True, slots=True)
class Known:
    """What a condition may speak of where it stands: whom it judges, and what was defined before it, with its kind."""

    of: str
    audiences: tuple[tuple[str, str], ...]
    traits: tuple[tuple[str, str], ...]
    depth: int = 0


def _about_events(known: Known) -> list[st.SearchStrategy[Condition]]:
    return [event_conditions(), event_conditions()]


def _about_custom_traits(known: Known) -> list[st.SearchStrategy[Condition]]:
    return [_about("trait", words.TRAIT_PATHS)]


def _about_traits_held(known: Known) -> list[st.SearchStrategy[Condition]]:
    return [measures.held_conditions(_about("trait", words.TRAIT_PATHS))]


def _about_lists(known: Known) -> list[st.SearchStrategy[Condition]]:
    return [_one("in_list", st.sampled_from(words.LISTS))] if known.of == "users" else []


def _about_computed_traits(known: Known) -> list[st.SearchStrategy[Condition]]:
    return [conditions_on_computed(key, comparisons()) for key, of in known.traits if of == known.of] * 2


def _about_audiences(known: Known) -> list[st.SearchStrategy[Condition]]:
    keys = [key for key, of in known.audiences if of == known.of or known.of == "users"]
    return [_named(["in_audience", "not_in_audience"], st.sampled_from(keys))] if keys else []


def _about_members(known: Known) -> list[st.SearchStrategy[Condition]]:
    if known.depth == 2:
        return []
    block, inner = ("users", "users") if known.of == "accounts" else ("account", "accounts")
    judged = replace(known, of=inner, depth=known.depth + 1)
    who = st.deferred(lambda: _whos(judged))
    made = st.builds(lambda which, who: {block: which, "who": who}, st.sampled_from(["any", "all", "none"]), who)
    return [made, made] if known.of == "accounts" else [made]


LEAVES: list[Callable[[Known], list[st.SearchStrategy[Condition]]]] = [
    _about_events,
    _about_custom_traits,
    _about_traits_held,
    _about_lists,
    _about_computed_traits,
    _about_audiences,
    _about_members,
]
"""Every kind of condition that is drawn; a new one joins by standing here."""


@cache
def _trees_of_audience(known: Known, max_leaves: int) -> st.SearchStrategy[Any]:
    return trees(st.one_of(*(drawn for leaf in LEAVES for drawn in leaf(known))), max_leaves)


@st.composite
def _whos(draw: st.DrawFn, known: Known) -> Any:
    if draw(st.integers(0, 9)) == 9:
        return "everyone"
    max_leaves = draw(st.sampled_from([4, 4, 4, 4, 12])) if known.depth == 0 else 2
    return draw(_trees_of_audience(known, max_leaves))


@cache
def _counts() -> st.SearchStrategy[Condition]:
    least = st.integers(1, 3)
    both = st.tuples(least, st.integers(0, 2)).map(lambda pair: {"at_least": pair[0], "at_most": pair[0] + pair[1]})
    few = st.integers(0, 2)
    return st.one_of(st.just({}), st.just({}), _one("at_least", least), _one("at_most", few), _one("exactly", few), both)


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Up to two computed traits and one to three audiences by key; a later one may refer to earlier ones."""
    made: dict[str, dict[str, Any]] = {}
    for key in words.COMPUTED_KEYS[: draw(st.sampled_from([0, 1, 0, 2]))]:
        made[key] = draw(computed_traits(key, event_conditions()))
    traits = tuple((key, one.get("of", "users")) for key, one in made.items())
    for key in words.KEYS[: draw(st.integers(1, 3))]:
        definition: dict[str, Any] = {"audience": key}
        of = draw(st.sampled_from(["users", "users", "accounts"]))
        definition.update(draw(measures.histories_kept()))
        if of == "accounts":
            definition["of"] = of
        if draw(st.integers(0, 3)) == 0:
            definition["account_events"] = draw(st.sampled_from(["own", "all_of_user", "all_of_user"]))
        universe = draw(st.sampled_from(["default", "default", "include_anonymous", "identifiers"]))
        if universe == "include_anonymous":
            definition["include_anonymous"] = draw(st.booleans())
        elif universe == "identifiers":
            definition["identifiers"] = draw(st.lists(st.sampled_from(words.IDENTIFIERS), min_size=1, max_size=2, unique=True))
        if draw(st.booleans()):
            definition["timezone"] = draw(st.sampled_from(words.ZONES))
        earlier = tuple((other, one.get("of", "users")) for other, one in made.items() if "audience" in one)
        definition["who"] = draw(_whos(Known(of, earlier, traits)))
        made[key] = definition
    return made


def different(made: Sequence[tuple[Condition, Any]], count: int, seed_number: int) -> list[tuple[Condition, Any]]:
    """So many of these definitions with what was drawn beside each, no conditions twice: many draws repeat what is short."""
    found = list({repr(definition["who"]): (definition, beside) for definition, beside in made}.values())
    return Random(seed_number).sample(found, min(count, len(found)))
