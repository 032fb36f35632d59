"""Computed traits for hypothesis, and conditions that read them."""

from typing import Any

from hypothesis import strategies as st
from tests.reference import vocabulary as words
from tests.reference.computed import FUNCTIONS

Condition = dict[str, Any]
PATHS = [*words.PROPERTY_PATHS, "kind.$", "deep.$.x", "price.$.$"]
SESSIONS = [*words.SECOND_LENGTHS, *words.MONTH_LENGTHS]


@st.composite
def computed_traits(draw: st.DrawFn, key: str, event_condition: st.SearchStrategy[Condition]) -> Condition:
    """A computed trait of users or accounts, by any of the functions, over events as conditions choose them."""
    events = draw(event_condition)
    definition: Condition = {"trait": key, "performed": events.get("performed", events.get("not_performed"))}
    if draw(st.integers(0, 2)) == 0:
        definition["of"] = "accounts"
    if draw(st.booleans()):
        definition["timezone"] = draw(st.sampled_from(words.ZONES))
    function = draw(st.sampled_from(FUNCTIONS))
    definition[function] = True if function == "count" else draw(st.sampled_from(PATHS))
    if function == "most_frequent" and draw(st.booleans()):
        definition["at_least"] = draw(st.integers(1, 3))
    if function in ("min", "max") and draw(st.booleans()):
        definition["as"] = draw(st.sampled_from(["number", "text", "time"]))
    if draw(st.integers(0, 3)) == 0:
        definition["session"] = draw(st.sampled_from(SESSIONS))
    else:
        definition |= {name: events[name] for name in ("within", "between", "since", "until") if name in events}
    definition |= {name: events[name] for name in ("where", "sources") if name in events}
    return definition


def conditions_on_computed(key: str, comparison: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """A comparison of the trait's value: small numbers, for what counts, texts that are often there, or anything."""
    numbers = st.builds(
        lambda operator, number: {operator: number}, st.sampled_from(["equals", "gte", "lt", "not_equals"]), st.integers(0, 3)
    )
    texts = st.sampled_from(["a", "b", "10", "2", "true", '["a"]', '["a","b"]', "[]", '["10"]', '{"x":1}'])
    often = st.one_of(texts.map(lambda text: {"equals": text}), st.booleans().map(lambda is_there: {"exists": is_there}))
    return st.one_of(numbers, numbers, often, comparison).map(lambda operators: {"trait": key, **operators})
