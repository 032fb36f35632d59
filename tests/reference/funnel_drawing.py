"""Drawn sequences and histories for them: gaps at the very edges of windows, ties, references to what is null or missing."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.reference.history import Event, Person
from tests.reference.windows import duration, plus_months, plus_seconds

MICROSECOND = timedelta(microseconds=1)
NAMES = ["A", "B", "C"]
MORE_NAMES = ["A", "B", "C", "D", "E"]
TREES = ("all", "any", "none", "not")
LENGTHS = ["30 seconds", "1 hour", "1 day", "7 days", "1 month"]
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
AS_OFS = [datetime(2026, 3, 10, 12, tzinfo=UTC), datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)]
VALUES: dict[str, list[Any]] = {
    "k": [1, 1, 2, "1", "a", None],
    "v": [0, 1, 2, 2.5, "2", "n/a", None],
    "list": [["a", 1], ["1", 2, None, 2], ["A", "a"], [], "a", None, 1],
}
Condition = dict[str, Any]


def conditions(chance: random.Random) -> Condition:
    """An event condition with a `then`, at times in a tree."""
    one = _root(chance)
    return chance.choice([one, one, one, one, {"not": one}, {"any": [one, _root(chance)]}])


def _root(chance: random.Random) -> Condition:
    condition: Condition = {"performed": _names(chance)} | chance.choice(
        [{}, {}, {}, {"at_least": 2}, {"exactly": 1}, {"at_most": 1}, {"at_most": 0}]
    )
    if chance.random() < 0.2:
        condition = {"not_performed": condition["performed"]}
    if chance.random() < 0.3:
        condition["complete_within"] = chance.choice(LENGTHS)
    if chance.random() < 0.2:
        condition["where"] = _literal_test(chance)
    condition["then"] = _then(chance, chance.choice([1, 1, 2, 2, 3]))
    if _begins(condition["then"]) > _days(condition.get("complete_within", "100 years")):
        del condition["complete_within"]  # no step may begin later
    longest = sum(_days(one) for one in lengths_in(condition))
    window = chance.random()
    if window < 0.3 and longest < 300:
        condition["within"] = chance.choice(["12 months", "1 year", "400 days"])
    elif window < 0.5 and longest < 300:
        condition["between"] = chance.choice([["400 days", "1 day"], ["1 hour", "ever"], ["13 months", "1 month"]])
    elif window < 0.6:
        condition["since"] = datetime(2024, 2, 28, tzinfo=UTC)
    return condition


def of_any_events(chance: random.Random) -> Condition:
    """A condition with a step of any event that may stand at the instant of one two or more steps above it."""
    while True:
        condition: Condition = _with_any(chance, conditions(chance))
        if _is_any_below_any(condition, []):
            return condition


def computed_of(chance: random.Random, key: str, who: Condition) -> dict[str, Condition]:
    """A computed trait of the events of a sequence, and an audience that compares its value; none of a tree."""
    if "performed" not in who:
        return {}
    measure = chance.choice([{"count": True}, {"sum": "v"}, {"unique_count": "k"}, {"unique_count": "list.$"}])
    trait = {name: value for name, value in who.items() if name not in ("at_least", "at_most", "exactly")}
    compared = {chance.choice(["equals", "gte", "lt"]): chance.choice([0, 1, 2, 3])}
    return {
        f"{key}_value": {"trait": f"{key}_value", **trait, **measure},
        key: {"audience": key, "who": {"trait": f"{key}_value", **compared}},
    }


def _with_any(chance: random.Random, written: Any) -> Any:
    """The same with most names turned into any, and most steps where they may stand at the instant above."""
    if isinstance(written, list):
        return [_with_any(chance, one) for one in written]
    if not isinstance(written, dict):
        return written
    turned = {key: _with_any(chance, value) if key in (*TREES, "then") else value for key, value in written.items()}
    for key in {"performed", "not_performed"} & set(turned):
        if chance.random() < 0.6:
            turned[key] = "*"
        for late in ("strictly", "after", "between"):
            if chance.random() < 0.7 and "wait" not in turned:
                turned.pop(late, None)
    return turned


def _is_any_below_any(tree: Any, above: list[Any]) -> bool:
    """Whether any event stands so in a tree below these names, of which each may stand at the instant of the one before."""
    if isinstance(tree, list):
        return any(_is_any_below_any(one, above) for one in tree)
    names = tree.get("performed", tree.get("not_performed"))
    if names is None:
        return any(_is_any_below_any(tree[key], above) for key in tree)
    if {"strictly", "after", "between"} & set(tree):
        above = []
    found = names == "*" and "*" in above[:-1]
    return found or ("then" in tree and _is_any_below_any(tree["then"], [*above, names]))


def _begins(tree: Any) -> float:
    """How many days after the first event the last of these steps begins at most: `between` counts in full."""
    if isinstance(tree, list):
        return max(map(_begins, tree))
    if not {"performed", "not_performed"} & set(tree):
        return max(map(_begins, tree.values()))
    near = [tree["after"]] if "after" in tree else []
    near += [one for one in tree.get("between", []) if one != "ever"]
    own = max(map(_days, near), default=0.0)
    return own + (_begins(tree["then"]) if "then" in tree else 0.0)


def _then(chance: random.Random, depth: int) -> Any:
    children = [_child(chance, depth) for _ in range(chance.choice([1, 1, 1, 1, 2, 3]))]
    if chance.random() < 0.2:
        combiner = chance.choice(["any", "none", "all"])
        return [{combiner: children}, _child(chance, 1)] if chance.random() < 0.3 else {combiner: children}
    if chance.random() < 0.15:
        return {"not": children[0]}
    return children


def _child(chance: random.Random, depth: int) -> Condition:
    names = _names(chance)
    child: Condition = {"performed": names}
    kind = chance.random()
    if kind < 0.25:
        child = {"not_performed": names}
    elif kind < 0.5:
        child |= chance.choice([{"at_least": 2}, {"at_most": 1}, {"exactly": 1}, {"at_least": 1, "at_most": 2}, {"exactly": 0}])
    elif kind < 0.62:
        child |= _aggregate(chance)
    child |= _span(chance)
    if chance.random() < 0.15:
        child["wait"] = False
    if chance.random() < 0.1:
        child["strictly"] = True
    if chance.random() < 0.2:
        child["without"] = _without(chance)
    if chance.random() < 0.5:
        child["where"] = _where(chance)
    if depth > 1 and chance.random() < 0.7:
        child["then"] = _then(chance, depth - 1)
    return child


def _names(chance: random.Random) -> Any:
    kind = chance.random()
    return "*" if kind < 0.1 else chance.sample(NAMES, 2) if kind < 0.2 else chance.choice(NAMES)


def _span(chance: random.Random) -> Condition:
    near, far = sorted(chance.sample(range(len(LENGTHS)), 2))
    span = chance.choice(
        [
            *({"within": LENGTHS[far]},) * 4,
            *({},) * 3,
            {"after": LENGTHS[near]},
            {"after": LENGTHS[near], "within": LENGTHS[far]},
            {"between": [LENGTHS[near], "ever"]},
            {"between": [LENGTHS[min(near, 2)], LENGTHS[min(max(far, near + 1), 3)] if near < 3 else "ever"]},
        ]
    )
    if chance.random() < 0.06:
        span = {**span, chance.choice(["since", "until"]): chance.choice([*AS_OFS, AS_OFS[0] - timedelta(days=1)])}
    return span


def _aggregate(chance: random.Random) -> Condition:
    function = chance.choice(["sum", "avg", "min", "max", "unique"])
    right = chance.choice([0, 1, 2, 3, {"parent": "v"}])
    operators = {chance.choice(["gt", "gte", "lt", "lte", "equals", "not_equals"]): right}
    if isinstance(right, dict):
        operators = {chance.choice(["gt", "gte", "lt", "lte"]): right}
    return {function: chance.choice(["v", "v", "list.$", "k"])} | operators


def _without(chance: random.Random) -> Any:
    one: Any = chance.choice(NAMES)
    if chance.random() < 0.4:
        one = {"performed": one, "where": _where(chance)}
    return one if chance.random() < 0.7 else [one, chance.choice(NAMES)]


def _where(chance: random.Random) -> Any:
    kind = chance.random()
    if kind < 0.45:
        return {"property": "k", "equals": {"parent": "k"}}
    if kind < 0.85:
        return [_test(chance) for _ in range(chance.choice([1, 1, 2]))]
    return {chance.choice(["any", "none"]): [_test(chance), _test(chance)]}


def _test(chance: random.Random) -> Condition:
    kind = chance.random()
    if kind < 0.25:
        return _literal_test(chance)
    if kind < 0.5:
        return {"property": "k", chance.choice(["equals", "not_equals", "not_equals"]): {"parent": chance.choice("kv")}}
    if kind < 0.75:
        test = {"property": "v", chance.choice(["lt", "lte", "gt", "gte"]): {"parent": "v"}}
        return test | ({"as": "text"} if chance.random() < 0.2 else {})
    if kind < 0.8:
        return {"property": "at", chance.choice(["before", "after"]): {"parent": "at"}}
    if kind < 0.85:
        test = {"property": "list.$", chance.choice(["equals", "equals", "contains"]): {"parent": "k"}}
        return test | ({"ignore_case": True} if chance.random() < 0.2 else {})
    if kind < 0.92:
        test = {"property": "k", chance.choice(["one_of", "one_of", "none_of", "contains_any"]): {"parent": "list"}}
        return test | ({"ignore_case": True} if chance.random() < 0.2 else {})
    return {"property": "k", chance.choice(["contains", "not_contains", "starts_with", "ends_with"]): {"parent": "k"}}


def _literal_test(chance: random.Random) -> Condition:
    return chance.choice(
        [
            {"property": "v", "gte": 1},
            {"property": "k", "equals": "1"},
            {"property": "k", "exists": False},
            {"property": "at", chance.choice(["within_last", "within_next", "before_last"]): chance.choice(LENGTHS)},
        ]
    )


def lengths_in(value: Any) -> Iterator[str]:
    """Every length of time in a definition."""
    if isinstance(value, dict | list):
        for under in value.values() if isinstance(value, dict) else value:
            yield from lengths_in(under)
    elif isinstance(value, str) and value in LENGTHS:
        yield value


def _days(written: str) -> float:
    length = duration(written)
    return length.count / 86_400 if length.kind == "seconds" else length.count * 31


def histories(chance: random.Random, as_of: datetime, condition: Any, count: int) -> list[Person]:
    """People with events at as_of, or lengths of the definition before it and after one another, or a microsecond beside."""
    known = list(dict.fromkeys(lengths_in(condition))) or ["1 day"]
    return [_person(chance, as_of, known, number) for number in range(count)]


def crowded(chance: random.Random, people: Sequence[Person]) -> list[Person]:
    """The same people with their events at few instants, under more names."""
    return [replace(person, events=_at_few_instants(chance, person.events)) for person in people]


def _at_few_instants(chance: random.Random, events: Sequence[Event]) -> list[Event]:
    times = chance.sample([event.at for event in events], min(len(events), chance.choice([1, 1, 2])))
    return [replace(event, at=chance.choice(times), name=chance.choice(MORE_NAMES)) for event in events]


def _person(chance: random.Random, as_of: datetime, known: Sequence[str], number: int) -> Person:
    times = [_time(chance, as_of, known)]
    for _ in range(chance.choice([1, 2, 3, 5])):
        times.append(chance.choice([_time(chance, as_of, known), _beside(chance, chance.choice(times), known, 1)]))
    events = [
        _event(chance, chance.choice(times), times, f"p{number}-m{place}") for place in range(chance.choice([1, 2, 3, 4, 6, 9]))
    ]
    return Person(f"p{number}", {"user_id": [f"p{number}"]}, events, [], LONG_AGO)


def _time(chance: random.Random, as_of: datetime, known: Sequence[str]) -> datetime:
    at = as_of
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        at = _moved(at, chance.choice(known), -1)
    return _beside(chance, at, known, 1 if chance.random() < 0.1 else 0)


def _beside(chance: random.Random, at: datetime, known: Sequence[str], steps: int) -> datetime:
    for _ in range(steps):
        at = _moved(at, chance.choice(known), 1)
    return at + MICROSECOND * chance.choice([0, 0, 0, 0, 1, -1])


def _moved(at: datetime, written: str, sign: int) -> datetime:
    length = duration(written)
    return (plus_seconds if length.kind == "seconds" else plus_months)(at, sign * length.count)


def _event(chance: random.Random, at: datetime, times: Sequence[datetime], message_id: str) -> Event:
    properties = {name: chance.choice(pool) for name, pool in VALUES.items() if chance.random() < 0.8}
    if chance.random() < 0.6:
        properties["at"] = chance.choice([chance.choice(times).isoformat(), "n/a", None])
    return Event(chance.choice(NAMES), at, properties, {}, message_id)
