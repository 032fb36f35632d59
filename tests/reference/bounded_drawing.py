"""Drawn sequences of which `complete_within` bounds the whole, with counts of what follows the steps below the first."""

import random
from typing import Any

from tests.reference.funnel_drawing import AS_OFS, NAMES, Condition

SAME: list[Condition] = [
    {"where": {"property": "k", "equals": {"parent": "k"}}},
    {"where": {"property": "k", "equals": {"parent": "v"}}},
]
MATCHED: list[Condition] = [
    {"where": {"property": "k", "contains": {"parent": "k"}}},
    {"where": {"property": "k", "starts_with": {"parent": "k"}}},
    {"where": {"property": "k", "one_of": {"parent": "list"}}},
    {"where": {"property": "k", "contains_any": {"parent": "list"}}},
    {"where": {"property": "list.$", "equals": {"parent": "k"}}},
]
OTHERS: list[Condition] = [
    {"where": {"property": "k", "not_equals": {"parent": "k"}}},
    {"where": {"property": "k", "not_contains": {"parent": "k"}}},
    {"where": [{"property": "k", "not_equals": {"parent": "k"}}, {"property": "v", "equals": {"parent": "v"}}]},
]
SPANS: list[Condition] = [
    {"within": "1 hour"},
    {"within": "1 day"},
    {"within": "7 days"},
    {"after": "30 seconds"},
    {"until": AS_OFS[0]},
    {"without": "A"},
    {"without": {"performed": "A", "where": {"property": "v", "gt": {"parent": "v"}}}},
]
COUNTS: list[Condition] = [
    {"at_least": 2},
    {"at_most": 1},
    {"exactly": 1},
    {"exactly": 0},
    {"at_least": 1, "at_most": 2},
    {"at_most": 0, "wait": False},
]


def conditions(chance: random.Random) -> Condition:
    """A, then B or C, each followed by so many of others: at times in a tree, or not."""
    root: Condition = {"performed": "A", "complete_within": chance.choice(["1 hour", "1 day", "7 days", "1 month"])}
    children = [_second(chance) for _ in range(chance.choice([1, 1, 2]))]
    if chance.random() < 0.2:
        children.append(_step(chance, "C"))
    root |= chance.choice([{}, {}, {"at_least": 2}, {"at_most": 1}]) | {"then": _tree(chance, children)}
    return root if chance.random() < 0.7 else {"not": root}


def _second(chance: random.Random) -> Condition:
    name = chance.choice("BC")
    others = [other for other in NAMES if other != name and (other != "A" or chance.random() < 0.5)]
    step = _step(chance, name)
    below = [_third(chance, chance.choice(others)) for _ in range(chance.choice([1, 1, 2, 3]))]
    if chance.random() < 0.4:
        below[0] = _lasting(chance, chance.choice(others), has_key=step.get("where") == SAME[0]["where"])
    return step | {"then": _tree(chance, below)}


def _lasting(chance: random.Random, name: str, *, has_key: bool) -> Condition:
    """One or none of what is followed by few of something, along one key or all: that holds for a time, or for good."""
    step: Condition = {chance.choice(["performed", "performed", "not_performed"]): name}
    step |= chance.choice(SPANS) if chance.random() < 0.5 else {}
    others = [other for other in NAMES if other != name]
    most = chance.choice([{"not_performed": chance.choice(others)}, {"performed": chance.choice(others), "at_most": 1}])
    most |= chance.choice([*SPANS[:4], {"wait": False}]) if chance.random() < 0.7 else {}
    if has_key and chance.random() < 0.7:
        step |= SAME[0]
        most |= SAME[0] if chance.random() < 0.5 else {}
    more = [{"performed": chance.choice(others)} | chance.choice(SPANS[:4])] if chance.random() < 0.3 else []
    return step | {"then": [most, *more]}


def _third(chance: random.Random, name: str) -> Condition:
    if chance.random() < 0.25:
        return _extreme(chance, name)
    step = _step(chance, name) | (chance.choice([*MATCHED, *OTHERS]) if chance.random() < 0.4 else {})
    kind = chance.random()
    others = [one for one in NAMES if one != name]
    if kind < 0.2:
        step["then"] = {"performed": chance.choice(others)} | chance.choice([{}, {"within": "1 day"}, {"at_least": 2}])
    elif kind < 0.35:
        step["then"] = [_step(chance, chance.choice(others)) for _ in range(chance.choice([1, 1, 2]))]
    return step


def _extreme(chance: random.Random, name: str) -> Condition:
    """The greatest or the least value of what follows, at times of what is followed itself."""
    step: Condition = {"performed": name, chance.choice(["min", "max"]): chance.choice(["v", "v", "k", "list.$"])}
    for operator in chance.sample(["gt", "gte", "lt", "lte", "equals", "not_equals"], chance.choice([1, 1, 1, 2])):
        step[operator] = chance.choice([0, 1, 2])
    step |= chance.choice([*SAME, *SPANS]) if chance.random() < 0.7 else {}
    step |= {"wait": False} if chance.random() < 0.2 else {}
    return step | ({"then": {"performed": chance.choice(NAMES)}} if chance.random() < 0.2 else {})


def _step(chance: random.Random, name: str) -> Condition:
    step: Condition = {"performed": name}
    kind = chance.random()
    if kind < 0.25:
        step = {"not_performed": name} | ({"wait": False} if chance.random() < 0.2 else {})
    elif kind < 0.7:
        step |= chance.choice(COUNTS)
    if chance.random() < 0.5:
        step |= chance.choice([*SAME, {"where": {"property": "v", "gte": 1}}])
    if chance.random() < 0.6:
        step |= chance.choice(SPANS)
    return step | ({"strictly": True} if chance.random() < 0.1 else {})


def _tree(chance: random.Random, children: list[Condition]) -> Any:
    if chance.random() < 0.1:
        return {"not": children[0]}
    if len(children) == 1 or chance.random() < 0.4:
        return children
    return {chance.choice(["any", "none", "all"]): children}
