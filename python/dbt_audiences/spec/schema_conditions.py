"""JSON Schema of conditions: tests of one row, events, steps, traits, audiences and accounts."""

from __future__ import annotations

from dbt_audiences.spec.measures import AGGREGATES
from dbt_audiences.spec.schema_words import (
    OPERATORS,
    Schema,
    any_required,
    comparison_properties,
    described,
    listed,
    mapping,
    not_together,
    ref,
    words,
)

_WINDOWS = ("within", "between", "since", "until")
_EQUAL = ("equals", "not_equals", "one_of", "none_of")
_ORDER = ("lt", "lte", "gt", "gte")
_TESTS = ("property_test", "context_test", "local_hour_test", "local_weekday_test", "any_item", "all_items", "no_item")
_COUNTS = ("at_least", "at_most", "exactly")


def condition_definitions() -> Schema:
    """The shared definitions of this file."""
    return {
        "where": _tree(
            "where",
            [ref(test) for test in _TESTS],
        ),
        "property_test": _test("property", "A property of the event, by dots: shipping.city, products.$.sku."),
        "context_test": _test("context", "A field of the event's context, by dots: page.url."),
        "local_hour_test": _local("hour", {"type": "integer", "minimum": 0, "maximum": 24}, (*_EQUAL, *_ORDER)),
        "local_weekday_test": _local("weekday", ref("weekday"), _EQUAL),
        "any_item": _items("any_item", "One element of the array satisfies the whole `where`."),
        "all_items": _items("all_items", "Every element of the array satisfies the whole `where`."),
        "no_item": _items("no_item", "No element of the array satisfies the whole `where`."),
        "events": {
            "anyOf": [{"type": "string", "minLength": 1}, listed({"type": "string", "minLength": 1}, uniqueItems=True)],
            "description": 'The event\'s exact name, several that count together, or "*" for any.',
        },
        "sources": mapping(
            {"only": ref("texts"), "exclude": ref("texts")},
            minProperties=1,
            maxProperties=1,
            description="Only events of these sources, or of all but these.",
        ),
        "regularly": mapping(
            {
                "at_least": {"type": "integer", "minimum": 1},
                "of_last": {"type": "integer", "minimum": 1},
                "each": described(ref("fixed_length"), "The length of one period; no months or years."),
            },
            required=("at_least", "of_last", "each"),
            description="A habit: the count holds in at least so many of the last so many periods.",
        ),
        "performed": _event("performed", is_step=False),
        "not_performed": _event("not_performed", is_step=False),
        "step_performed": _event("performed", is_step=True),
        "step_not_performed": _event("not_performed", is_step=True),
        "then": _tree("then", [ref("step_performed"), ref("step_not_performed")]),
        "without_event": {
            "anyOf": [
                {"type": "string", "minLength": 1},
                mapping({"performed": {"type": "string", "minLength": 1}, "where": ref("where")}, required=("performed",)),
            ]
        },
        "trait_condition": _trait(),
        "in_audience": mapping({"in_audience": described(ref("key"), "Who is in that audience.")}, required=("in_audience",)),
        "not_in_audience": mapping(
            {"not_in_audience": described(ref("key"), "Who is not in that audience, or never could be.")},
            required=("not_in_audience",),
        ),
        "in_list": mapping(
            {"in_list": described(ref("key"), "Who is on the list that `audiences load --list` has read.")},
            required=("in_list",),
        ),
        "users": _members("users", "Any, all or none of the account's users."),
        "account": _members("account", "Any, all or none of the user's accounts."),
        "has": mapping(
            {
                "has": described({"type": "string"}, "The name of related rows, as a model's `meta.entity` gives it."),
                **{one: {"type": "integer", "minimum": 1 if one == "at_least" else 0} for one in _COUNTS},
                "where": described(ref("row_where"), "What the rows must satisfy to be counted."),
            },
            required=("has",),
            **not_together(("exactly", "at_least"), ("exactly", "at_most")),
        ),
        "row_where": _tree(
            "row_where",
            [ref("property_test"), *(ref(which) for which in ("any_item", "all_items", "no_item")), ref("has")],
        ),
        "top": mapping({"top": _top()}, required=("top",)),
        "condition": _tree(
            "condition",
            [
                {"const": "everyone", "description": "Everyone."},
                *(ref(name) for name in ("performed", "not_performed", "trait_condition")),
                *(ref(name) for name in ("in_audience", "not_in_audience", "in_list", "users", "account", "has", "top")),
            ],
        ),
    }


def _tree(name: str, leaves: list[Schema]) -> Schema:
    """A leaf, a list that means `all`, or all, any, none and not, which must all hold."""
    several = listed(ref(name))
    combined = mapping(
        {
            "all": described(several, "Every one of these holds."),
            "any": described(several, "One of these holds, or more."),
            "none": described(several, "None of these holds."),
            "not": described(ref(name), "This does not hold."),
        },
        minProperties=1,
    )
    return {"anyOf": [*leaves, combined, several]}


def _test(subject: str, description: str, **more: Schema) -> Schema:
    properties: dict[str, Schema] = {
        subject: described(ref("path"), description),
        **comparison_properties(),
        "ignore_case": {"type": "boolean", "description": "Upper and lower case are the same."},
        "as": described(ref("as"), "How both sides are read where the right one is a reference."),
        **more,
    }
    return mapping(properties, required=(subject,), anyOf=any_required(OPERATORS))


def _local(part: str, value: Schema, operators: tuple[str, ...]) -> Schema:
    """The hour or weekday of an event, compared with such values."""
    many: Schema = {"anyOf": [listed(value), ref("reference")]}
    one: Schema = {"anyOf": [value, ref("reference")]}
    properties: dict[str, Schema] = {
        "local": {"const": part, "description": f"The {part} at which the event happened, in `timezone:`."},
        **{operator: many if operator in ("one_of", "none_of") else one for operator in operators},
    }
    return mapping(properties, required=("local",), anyOf=any_required(operators))


def _items(which: str, description: str) -> Schema:
    return mapping({which: described(ref("path"), description), "where": ref("where")}, required=(which, "where"))


def _trait() -> Schema:
    held = described(ref("fixed_length"), "The condition became true at least that long ago, and stayed so.")
    return _test("trait", "A custom, computed or SQL trait; `custom.plan` is always the custom one.", held_for=held)


def _top() -> Schema:
    number: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 100}
    return mapping(
        {
            "by": described(ref("path"), "A trait that is a number."),
            "percent": described(number, "So much of those who have a number, rounded up."),
            "count": {"type": "integer", "minimum": 1, "description": "So many of them."},
        },
        required=("by",),
        oneOf=any_required(("percent", "count")),
    )


def _members(key: str, description: str) -> Schema:
    return mapping({key: described(words("any", "all", "none"), description), "who": ref("condition")}, required=(key, "who"))


def window_properties(*, is_step: bool) -> dict[str, Schema]:
    """Windows, which must all hold where several stand."""
    prefix, start = ("fixed_", "Until so long after the event above.") if is_step else ("", "In the last so many days.")
    return {
        "within": described(ref(f"{prefix}length"), start),
        "between": described(
            ref(f"{prefix}between"), "From one length of time to another, in either order; `ever` is no bound."
        ),
        "since": described(ref("instant"), "From this instant; a bare date is its midnight in `timezone`."),
        "until": described(ref("instant"), "Before this instant."),
    }


def _event(key: str, *, is_step: bool) -> Schema:
    """An event condition, or a step of `then`, whose `after` is its window."""
    properties: dict[str, Schema] = {key: ref("events"), **window_properties(is_step=is_step)}
    properties |= {
        "where": ref("where"),
        "sources": ref("sources"),
        "then": described(ref("then"), "What follows each such event."),
    }
    if is_step:
        properties |= {
            "after": described(ref("fixed_length"), "At least so long after the event above."),
            "strictly": {"type": "boolean", "description": "Strictly later than the event above."},
            "wait": {"type": "boolean", "description": "false judges at once, as if nothing followed."},
            "without": {
                "anyOf": [ref("without_event"), listed(ref("without_event"))],
                "description": "No such event in between.",
            },
        }
    else:
        properties |= {
            "regularly": ref("regularly"),
            "complete_within": described(ref("fixed_length"), "The whole sequence, from its first event."),
        }
    rules: dict[str, object] = {} if is_step else {"dependentRequired": {"complete_within": ["then"]}}
    if not is_step:
        rules["dependentSchemas"] = {"regularly": {"properties": dict.fromkeys(_WINDOWS, False)}}
    if key == "not_performed":
        return mapping(properties, required=(key,), **rules)
    operators = tuple(one for one in OPERATORS if not (is_step and one == "after"))
    properties |= {one: {"type": "integer", "minimum": 1 if one == "at_least" else 0} for one in _COUNTS}
    properties |= {
        one: described(ref("path"), f"The {one} of this property, compared, in place of counting.") for one in AGGREGATES
    }
    properties |= {one: schema for one, schema in comparison_properties().items() if one in operators}
    properties["as"] = described(ref("as"), "How `min` and `max` order values.")
    return mapping(
        properties,
        required=(key,),
        **rules,
        **not_together(
            ("exactly", "at_least"), ("exactly", "at_most"), AGGREGATES, *((a, c) for a in AGGREGATES for c in _COUNTS)
        ),
        **{
            "if": {"anyOf": any_required(AGGREGATES)},
            "then": {"anyOf": any_required(operators)},
            "else": {"properties": dict.fromkeys((*operators, "as"), False)},
        },
    )
