"""Conditions and operators: the words out of the code, one line of meaning for each out of here."""

from __future__ import annotations

from docs.printed.markdown import ROOT, code, described, table

from dbt_audiences.core.definitions import TraitTest
from dbt_audiences.spec.audience import ELIGIBLE
from dbt_audiences.spec.comparisons import OPERATORS
from dbt_audiences.spec.conditions import COMBINERS, LEAVES, Scope, read_condition
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.measures import AGGREGATES
from dbt_audiences.spec.nodes import Wrong, parse_yaml
from dbt_audiences.spec.reserved import PREFIXES, RESERVED
from dbt_audiences.spec.trait import FUNCTIONS
from dbt_audiences.spec.values import UNITS

_COMBINERS = {
    "all": "every one of the list holds; a bare list means the same",
    "any": "at least one of the list holds",
    "none": "not one of the list holds",
    "not": "the one condition below it does not hold",
}
_LEAVES = {
    "performed": "a profile's events of that name, counted",
    "not_performed": "`performed` with `at_most: 0`",
    "trait": "the value of a trait, compared",
    "in_audience": "member of another audience at the same instant",
    "not_in_audience": "not a member of it, also when never eligible for it",
    "in_list": "on a list that `audiences load --list` has read",
    "users": "in an account audience: any, all or none of its users",
    "has": "rows of a related table, counted: [SQL traits and related tables](../sql-traits.md)",
    "top": "the first of the whole audience by a trait: `{by: total_revenue, percent: 10}` or `count: 100`",
    "account": "in a user audience: any, all or none of the user's accounts",
}
_AGGREGATES = {
    "sum": "the sum of a property; 0 without a value",
    "avg": "the mean, rounded to 9 places; missing without a value",
    "min": "the least value; missing without one",
    "max": "the greatest value; missing without one",
    "unique": "the number of different values; 0 without one",
}
_STEPS = {
    "after": "the shortest time from the event above, included",
    "within": "the longest time from the event above, included",
    "strictly": "`true`: never at the instant of the event above",
    "wait": "`false`: judged at once, whatever a later event could undo",
    "without": "events that must not stand strictly between",
    "then": "what must follow each of the step's own events",
    "{parent: path}": "in `where`: the property of the event above",
    "complete_within": "beside the first event: the longest time that the whole chain may take",
}
_UNITS = {
    "seconds": "",
    "minutes": "60 seconds",
    "hours": "60 minutes",
    "days": "24 hours, whatever the clocks do",
    "weeks": "7 days",
    "months": "stepped on the calendar in UTC, forward from the event, to the month's last day at most",
    "years": "12 months",
    "calendar_days": "whole local days in the audience's `timezone:`, today being the first",
}


def conditions_page() -> str:
    """Combinations, conditions, measures and units."""
    window = [
        ("nothing", "t ≤ as_of"),
        ("`within: 30 days`", "as_of - 30 days ≤ t ≤ as_of"),
        ("`between: [90 days, 30 days]`", "as_of - 90 days ≤ t ≤ as_of - 30 days; either order, `ever` for the far end"),
        ("`since: 2026-01-01`", "2026-01-01 ≤ t ≤ as_of"),
        ("`until: 2026-02-01`", "t < 2026-02-01, and t ≤ as_of"),
    ]
    reserved = f"{code(sorted({'custom', *RESERVED}))}; and no key may begin with {code(PREFIXES)}."
    return "\n".join(
        (
            "# Conditions\n",
            "## Combinations\n",
            table(("key", "holds when"), described(COMBINERS, _COMBINERS, "combinations")),
            "`who: everyone` is everyone who is eligible.\n",
            "## Conditions\n",
            table(("key", "looks at"), described(LEAVES, _LEAVES, "conditions")),
            "## Counting events\n",
            "`at_least` (1 or more), `at_most`, `exactly`. Without one of them, `at_least: 1`. In place of a count:\n",
            table(("aggregate", "gives"), described(AGGREGATES, _AGGREGATES, "aggregates")),
            "## Windows\n",
            "t is the event's timestamp; several windows in one condition must all hold.\n",
            table(("written", "which events count"), window),
            "## Steps of `then`\n",
            "Event conditions, judged for each single event above; what else they take:\n",
            table(("key", "means"), [(f"`{key}`", meaning) for key, meaning in _STEPS.items()]),
            "## Units of time\n",
            "A length of time is a whole number and a unit, singular or plural.\n",
            table(("unit", "is"), described(UNITS, _UNITS, "units")),
            "## Functions of a computed trait\n",
            f"{code(FUNCTIONS)}.\n",
            "## Who is eligible\n",
            f"A profile with an identifier of one of these types: {code(ELIGIBLE)}; with `include_anonymous: true` also "
            "`anonymous_id`; with `identifiers: [...]` exactly the types named.\n",
            "## Reserved keys\n",
            f"No audience and no trait may be called {reserved}\n",
        )
    )


_OPERATORS = {
    "equals": "the same value",
    "not_equals": "another value",
    "one_of": "one of the list",
    "none_of": "none of the list",
    "contains": "the text occurs somewhere",
    "not_contains": "the text occurs nowhere",
    "contains_any": "one of the texts occurs somewhere",
    "starts_with": "the text stands at the start",
    "ends_with": "the text stands at the end",
    "lt": "less; texts by code point",
    "lte": "less or the same",
    "gt": "more",
    "gte": "more or the same",
    "exists": "`true`: neither absent nor null; `false`: absent or null",
    "matches": "the regular expression is found, anywhere unless anchored",
    "before": "an earlier instant",
    "after": "a later instant",
    "within_last": "from as_of back by that length, both ends included",
    "within_next": "from as_of on by that length, both ends included",
    "before_last": "that long before as_of, or longer",
    "after_next": "that long after as_of, or longer",
    "anniversary_within_next": "its month and day come round within that many days, today among them",
}
_OPERANDS = {
    "text": "abc",
    "number": "10",
    "boolean": "true",
    "date or time": "2026-03-10",
    "length of time": "7 days",
    "list of texts": "[a, b]",
    "list of numbers": "[1, 2]",
    "list file": "{file: seeds/non_goods.csv}",
    "reference": "{trait: other}",
}


def operators_page() -> str:
    """Each operator with what it takes, found out by giving it everything."""
    rows = []
    for word, meaning in described(OPERATORS, _OPERATORS, "operators"):
        taken: dict[str, list[str]] = {}
        for name, written in _OPERANDS.items():
            kind = _read_as(word.strip("`"), written)
            if kind is not None and (name, kind) != ("length of time", "text"):
                taken.setdefault(kind, []).append(name)
        shown = "; ".join(f"{', '.join(names)} → {kind}" for kind, names in taken.items())
        rows.append((word, meaning, shown))
    return "\n".join(
        (
            "# Operators\n",
            "Operators of `where:` and of `trait:`. Several in one mapping must all hold. A missing value makes each of them "
            "false, `not_equals` and its kind included; only `exists: false` asks for it.\n",
            "The last column says which right sides an operator takes, and what the left side is then read as "
            "([Values](../values.md) has the rules).\n",
            table(("operator", "holds when the left side is", "right side → left side read as"), rows),
        )
    )


def _read_as(operator: str, written: str) -> str | None:
    """What the left side is read as, or None where the operator refuses such a right side."""
    problems = Problems()
    scope = Scope(ROOT, "UTC", "users", problems)
    try:
        found = read_condition(parse_yaml(f"{{trait: t, {operator}: {written}}}", "x"), scope)
    except Wrong:
        return None
    if problems.found or not isinstance(found, TraitTest):
        return None
    return {None: "present or not", "instant": "instant"}.get(found.comparisons[0].type, str(found.comparisons[0].type))
