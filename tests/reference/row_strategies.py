"""Drawn tests of one row, and people whose rows nearly satisfy them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from tests.reference.history import Event, Person, TraitChange
from tests.reference.row_truths import LISTS
from tests.reference.strategies import comparisons, different, trees

AS_OF = datetime(2028, 2, 27, 23, 30, tzinfo=UTC)
DEFINITIONS = 50
PEOPLE = 60
SEED = 20260310

SCALARS: list[Any] = [
    *(None, "", "a", "A", "b", "10", 10, 5, 0, -0.5, 10.5, "n/a", True, "vip 3", "VIP 3", "x vip 3", "ς", "Σ"),
    *("2028-02-28", "2000-02-29", "2027-02-28T12:00:00Z", 1_835_300_000, "2028-02-27T23:30:00Z", "1990-03-06"),
]
ARRAY_PATHS = ["list", "products", "orders", "deep.list"]
ITEM_PATHS = ["sku", "price", "at", "tags.$", "tags", "sku.$"]
PATHS = ["list.$", "products.$.sku", "products.$.price", "orders.$.lines.$.sku", "kind", "deep.list.$", "orders.$.at"]
TRAITS = ["limit", "words", "born", "deep.list"]
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]
SOURCE_NAMES = ["ios", "web"]


def draw_rows(seed_number: int = SEED, draws: int = 0) -> tuple[dict[str, dict[str, Any]], list[Person], datetime]:
    """Audiences that test rows in every way, people, and the instant to judge them at.

    Of so many draws different ones are taken; else the first.
    """
    found: list[tuple[dict[str, Any], Person]] = []

    @seed(seed_number)
    @settings(
        max_examples=max(DEFINITIONS, PEOPLE, draws),
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_whos(), st.sampled_from(ZONES), _people())
    def draw(who: Any, zone: str, person: Person) -> None:
        found.append(({"who": who, "timezone": zone}, person))

    draw()
    taken = different(found, DEFINITIONS, seed_number) if draws else found[:DEFINITIONS]
    definitions = {f"audience_{number}": definition for number, (definition, _) in enumerate(taken)}
    people = [_named(one, number) for number, (_, one) in enumerate(found[:PEOPLE])]
    return definitions, people, AS_OF


def _named(person: Person, number: int) -> Person:
    """The person under a name and with calls of their own."""
    events = [replace(event, message_id=f"{number}-{event.message_id}") for event in person.events]
    traits = [replace(change, message_id=f"{number}-{change.message_id}") for change in person.traits]
    return Person(f"person_{number}", {"user_id": [str(number)]}, events, traits, person.first_seen_at)


# --- tests -------------------------------------------------------------------------------------------------------------------


@cache
def _operators() -> st.SearchStrategy[dict[str, Any]]:
    """Comparisons with literals, and those that only rows know."""
    lists = st.builds(
        lambda name, path, case: {name: {"file": path}, **case},
        st.sampled_from(["one_of", "none_of", "contains_any"]),
        st.sampled_from(sorted(LISTS)),
        st.sampled_from([{}, {"ignore_case": True}]),
    )
    rounds = st.sampled_from(["7 days", "1 week", "1 calendar_days", "2 calendar_days", "30 days"])
    return st.one_of(
        comparisons(),
        references("trait", TRAITS),
        references("trait", TRAITS),
        lists,
        rounds.map(lambda length: {"anniversary_within_next": length}),
    )


def references(of: str, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Comparisons with what stands elsewhere."""
    plain = ["equals", "not_equals", "one_of", "none_of", "lt", "lte", "gt", "gte"]
    texts = ["contains", "not_contains", "contains_any", "starts_with", "ends_with"]
    typed = st.builds(
        lambda operator, name, kind: {operator: {of: name}, **({} if kind is None else {"as": kind})},
        st.sampled_from(plain),
        st.sampled_from(names),
        st.sampled_from([None, None, "number", "text", "time"]),
    )
    of_texts = st.builds(
        lambda operator, name, case: {operator: {of: name}, **({"ignore_case": True} if case else {})},
        st.sampled_from([*texts, "equals", "one_of"]),
        st.sampled_from(names),
        st.booleans(),
    )
    times = st.builds(
        lambda operator, name: {operator: {of: name}}, st.sampled_from(["before", "after"]), st.sampled_from(names)
    )
    return st.one_of(typed, typed, of_texts, times)


def _about(subject: str, paths: list[str], operators: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda path, asked: {subject: path, **asked}, st.sampled_from(paths), operators)


@cache
def _item_tests() -> st.SearchStrategy[dict[str, Any]]:
    of_items = st.one_of(_operators(), references("parent", ["kind", "list", "deep.list"]))
    leaf = _about("property", ITEM_PATHS, of_items)
    which = st.sampled_from(["any_item", "all_items", "no_item"])
    inner = st.builds(
        lambda word, path, where: {word: path, "where": where},
        which,
        st.sampled_from(["lines", "tags"]),
        _about("property", ["sku", "order"], st.one_of(_operators(), references("parent", ["sku", "price"]))),
    )
    where = trees(st.one_of(leaf, leaf, inner), max_leaves=3)
    paths = st.sampled_from([*ARRAY_PATHS, "orders.$.lines"])
    return st.builds(lambda word, path, asked: {word: path, "where": asked}, which, paths, where)


@cache
def _local_tests() -> st.SearchStrategy[dict[str, Any]]:
    hour = st.integers(0, 23)
    days = st.sampled_from(["monday", "sunday", "saturday"])
    return st.one_of(
        st.builds(lambda operator, value: {"local": "hour", operator: value}, st.sampled_from(["gte", "lt", "equals"]), hour),
        st.lists(hour, min_size=1, max_size=3, unique=True).map(lambda hours: {"local": "hour", "none_of": hours}),
        st.lists(days, min_size=1, max_size=2, unique=True).map(lambda some: {"local": "weekday", "one_of": some}),
        st.just({"local": "hour", "gt": {"trait": "limit"}}),
    )


@cache
def _whos() -> st.SearchStrategy[Any]:
    test = st.one_of(
        _about("property", PATHS, _operators()),
        _item_tests(),
        _item_tests(),
        _local_tests(),
        _about("context", ["page.list.$", "kind"], _operators()),
    )
    performed = st.builds(
        lambda verb, names, more, where, sources: {
            verb: names,
            **(more if verb == "performed" else {}),
            "where": where,
            **sources,
        },
        st.sampled_from(["performed", "performed", "not_performed"]),
        st.sampled_from(["A", "B", ["A", "B"], "*"]),
        st.sampled_from([{}, {"at_least": 2}, {"at_most": 1}, {"within": "7 days"}]),
        trees(test, max_leaves=2),
        st.sampled_from([{}, {}, {"sources": {"only": ["ios"]}}, {"sources": {"exclude": ["ios"]}}]),
    )
    trait = _about("trait", ["words.$", "words", "limit", "born", "deep.list.$", "products.$.sku"], _operators())
    return trees(st.one_of(performed, performed, trait), max_leaves=2)


# --- people ------------------------------------------------------------------------------------------------------------------

scalars = st.sampled_from(SCALARS)
_lists = st.lists(scalars, max_size=3)
_values = st.one_of(scalars, scalars, _lists)
_lines = st.lists(st.fixed_dictionaries({}, optional={"sku": scalars, "order": scalars}), max_size=2)
_items = st.fixed_dictionaries(
    {}, optional={"sku": _values, "price": scalars, "at": scalars, "tags": _values, "lines": st.one_of(_lines, scalars)}
)
_arrays = st.one_of(st.lists(st.one_of(_items, _items, scalars), max_size=3), _items, scalars)
_properties = st.fixed_dictionaries(
    {},
    optional={
        "list": _values,
        "products": _arrays,
        "orders": _arrays,
        "kind": _values,
        "deep": _values.map(lambda one: {"list": one}),
    },
)


@st.composite
def _people(draw: st.DrawFn) -> Person:
    events = [
        Event(
            name=draw(st.sampled_from(["A", "B"])),
            at=AS_OF + draw(_steps),
            properties=draw(_properties),
            context={
                "kind": draw(_values),
                "page": {"list": draw(_values)},
                "source": draw(st.sampled_from([None, "ios", "web"])),
            },
            message_id=f"e{number}",
            source=draw(st.sampled_from([None, "ios"])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    traits = [
        TraitChange(name, draw(given_values), AS_OF + draw(_steps), message_id=f"t{number}")
        for number, (name, given_values) in enumerate((
            ("limit", _values), ("limit", _values), ("words", _values), ("born", scalars), ("products", _arrays),
            ("deep", _values.map(lambda one: {"list": one})),
        ))
        if draw(st.booleans())
    ]  # fmt: skip
    first = min([AS_OF - timedelta(days=500), *(event.at for event in events)])
    return Person("drawn", {}, events, traits, first)


_steps = st.sampled_from([timedelta(days=-400), timedelta(days=-1), timedelta(hours=-5), timedelta(0), timedelta(days=1)])
