"""`examples:`: what an example gives, and whom it expects."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from dbt_audiences.core.definitions import Entity, Example, ExampleEvent, ExamplePerson
from dbt_audiences.spec.fields import Fields, Problems, instant_of, json_value, text_of, texts_of, unknown
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import UNITS

_AGO = re.compile(r"(\d+) ([a-z_]+) ago(?:\s*([+-])\s*(\d+) ([a-z_]+))?")
_NOW = re.compile(r"now(?:\s*([+-])\s*(\d+) ([a-z_]+))?")
_STEPS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}


def read_examples(node: ListNode | None, of: Entity, problems: Problems) -> tuple[Example, ...]:
    """Every example of a definition."""
    return () if node is None else problems.each(node, lambda item: _example(item, of, problems))


def _example(node: Node, of: Entity, problems: Problems) -> Example:
    fields = Fields(node, "an example", problems)
    as_of = instant_of(fields.need("as_of"), "`as_of`")
    created = fields.take("created")
    given = _people(fields.need("given"), as_of, of, problems)
    expect = Fields(fields.need("expect"), "`expect`", problems)
    example = Example(
        name=fields.text("name") or f"line {fields.place.line}",
        as_of=as_of,
        created=None if created is None else _at(created, as_of),
        given=given,
        expect_in=expect.texts("in") or (),
        expect_out=expect.texts("out") or (),
        place=fields.place,
    )
    expect.finish()
    fields.finish()
    _check_names(example, expect, problems)
    return example


def _check_names(example: Example, expect: Fields, problems: Problems) -> None:
    names = {person.name for person in example.given} | {user.name for person in example.given for user in person.users}
    for key in ("in", "out"):
        for name in example.expect_in if key == "in" else example.expect_out:
            if name not in names:
                problems.add(expect.place_of(key), f"`{name}` is expected, but not given", unknown(name, names))
    both = set(example.expect_in) & set(example.expect_out)
    for name in sorted(both):
        problems.add(expect.place, f"`{name}` is expected in and out")
    if not example.expect_in and not example.expect_out:
        problems.add(expect.place, "the example expects nothing", "{in: [ann], out: [bob]}")


def _people(node: Node, as_of: datetime, of: Entity, problems: Problems) -> tuple[ExamplePerson, ...]:
    if isinstance(node, MapNode) and list(node.entries) == ["accounts"]:
        node = node.entries["accounts"]
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, "`given` names people and what they have", "ann: {events: [...]}")
    people = [problems.attempt(_person, name, value, as_of, of, problems) for name, value in node.entries.items()]
    return tuple(person for person in people if person is not None)


def _person(name: str, node: Node, as_of: datetime, of: Entity, problems: Problems) -> ExamplePerson:
    if isinstance(node, Scalar) and node.value() is None:
        node = MapNode(node.place, {}, {})
    fields = Fields(node, f"`{name}`", problems)
    traits = fields.take("traits")
    if traits is not None and not isinstance(traits, MapNode):
        raise Wrong(traits.place, "`traits` is a mapping of name to value")
    events = fields.items("events")
    users = fields.take("users") if of == "accounts" else None
    identifiers = fields.take("identifiers")
    person = ExamplePerson(
        name=name,
        traits={} if traits is None else {key: json_value(value) for key, value in traits.entries.items()},
        events=() if events is None else problems.each(events, lambda item: _event(item, as_of, problems)),
        identifiers={} if identifiers is None else _identifiers(identifiers),
        memberships=fields.texts("memberships") or (),
        users=() if users is None else _people(users, as_of, "users", problems),
    )
    fields.finish()
    return person


def _identifiers(node: Node) -> dict[str, tuple[str, ...]]:
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`identifiers` is a mapping of type to value", "{email: ann@example.com}")
    return {
        kind: texts_of(value, f"`{kind}`") if isinstance(value, ListNode) else (text_of(value, f"`{kind}`"),)
        for kind, value in node.entries.items()
    }


def _event(node: Node, as_of: datetime, problems: Problems) -> ExampleEvent:
    fields = Fields(node, "an event", problems)
    name = text_of(fields.need("performed"), "`performed`")
    at = _at(fields.need("at"), as_of)
    properties: dict[str, object] = {}
    context: dict[str, object] = {}
    for key, value in fields.node.entries.items():
        if key in ("performed", "at"):
            continue
        read = json_value(value)
        if key in ("properties", "context") and isinstance(read, dict):
            (properties if key == "properties" else context).update(read)
        else:
            properties[key] = read
    return ExampleEvent(name, at, properties, context)


def _at(node: Node, as_of: datetime) -> datetime:
    """ISO, `now`, or `3 days ago`, the last two also with `+` or `- 10 minutes`."""
    text = node.text.strip() if isinstance(node, Scalar) else ""
    now = _NOW.fullmatch(text)
    if now is not None:
        return as_of + _signed(now[1], now[2], now[3], node)
    ago = _AGO.fullmatch(text)
    if ago is None:
        return instant_of(node, "`at`")
    return _back(as_of, int(ago[1]), _unit(ago[2], node)) + _signed(ago[3], ago[4], ago[5], node)


def _signed(sign: str | None, count: str | None, word: str | None, node: Node) -> timedelta:
    if sign is None or count is None or word is None:
        return timedelta()
    unit = _unit(word, node)
    if unit not in _STEPS:
        raise Wrong(node.place, f"`{word}` cannot be added here", unknown(word, _STEPS))
    return timedelta(seconds=int(count) * _STEPS[unit]) * (1 if sign == "+" else -1)


def _unit(word: str, node: Node) -> str:
    unit = next((unit for unit in UNITS if word in (unit, unit[:-1]) and unit != "calendar_days"), None)
    if unit is None:
        raise Wrong(node.place, f"`{word}` is no unit of time", unknown(word, UNITS))
    return unit


def _back(at: datetime, count: int, unit: str) -> datetime:
    if unit in _STEPS:
        return at - timedelta(seconds=count * _STEPS[unit])
    months = at.year * 12 + at.month - 1 - count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    for day in range(at.day, 27, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return at.replace(year=year, month=month + 1)
