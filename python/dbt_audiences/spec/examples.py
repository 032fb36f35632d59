"""`examples:`: what an example gives, and whom it expects."""

from __future__ import annotations

from datetime import datetime

from dbt_audiences.core.definitions import Entity
from dbt_audiences.core.project import Example, ExampleEvent, ExamplePerson
from dbt_audiences.spec.fields import Fields, Problems, instant_of, json_value, text_of, texts_of, unknown
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.times import time_of


def read_examples(node: ListNode | None, of: Entity, problems: Problems, *, of_trait: bool = False) -> tuple[Example, ...]:
    """Every example of a definition; those of a computed trait expect values."""
    return () if node is None else problems.each(node, lambda item: _example(item, of, problems, of_trait=of_trait))


def _example(node: Node, of: Entity, problems: Problems, *, of_trait: bool) -> Example:
    fields = Fields(node, "an example", problems)
    as_of = instant_of(fields.need("as_of"), "`as_of`")
    created = fields.take("created")
    before = len(problems.found)
    given = _people(fields.need("given"), as_of, of, problems)
    is_read = len(problems.found) == before
    expected = fields.need("expect")
    values = _values(expected) if of_trait else {}
    expect = Fields(expected, "`expect`", problems)
    example = Example(
        name=fields.text("name") or f"line {fields.place.line}",
        as_of=as_of,
        created=None if created is None else time_of(created, "`created`", as_of),
        given=given,
        expect_in=() if of_trait else expect.texts("in") or (),
        expect_out=() if of_trait else expect.texts("out") or (),
        place=fields.place,
        expect_values=values,
    )
    if not of_trait:
        expect.finish()
    fields.finish()
    if is_read:
        _check_names(example, expect, of, problems)
    return example


def _values(node: Node) -> dict[str, object]:
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, "`expect` names people and the value that each must have", "{ann: 25, bob: null}")
    return {name: json_value(value) for name, value in node.entries.items()}


def _check_names(example: Example, expect: Fields, of: Entity, problems: Problems) -> None:
    people = [*example.given, *(user for person in example.given for user in person.users)]
    names = {person.name for person in people if person.of == of}
    for name in example.expect_values:
        if name not in names:
            hint = unknown(name, names) if names else f"no {of} are given"
            problems.add(expect.place_of(name), f"`{name}` is expected, but not given", hint)
    if example.expect_values:
        return
    for key in ("in", "out"):
        for name in example.expect_in if key == "in" else example.expect_out:
            if name not in names:
                hint = unknown(name, names) if names else f"no {of} are given"
                problems.add(expect.place_of(key), f"`{name}` is expected, but not given", hint)
    both = set(example.expect_in) & set(example.expect_out)
    for name in sorted(both):
        problems.add(expect.place, f"`{name}` is expected in and out", "leave one out")
    if all(isinstance(node, ListNode) and not node.items for node in expect.node.entries.values()):
        problems.add(expect.place, "the example expects nothing", "{in: [ann], out: [bob]}")


def _people(node: Node, as_of: datetime, of: Entity, problems: Problems) -> tuple[ExamplePerson, ...]:
    if isinstance(node, MapNode) and list(node.entries) == ["accounts"]:
        node, of = node.entries["accounts"], "accounts"
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
        raise Wrong(traits.place, "`traits` is a mapping of name to value", "{plan: business}")
    events = fields.items("events")
    users = fields.take("users") if of == "accounts" else None
    identifiers = fields.take("identifiers")
    person = ExamplePerson(
        name=name,
        traits={} if traits is None else {key: json_value(value) for key, value in traits.entries.items()},
        events=() if events is None else problems.each(events, lambda item: _event(item, as_of, problems)),
        identifiers={} if identifiers is None else _identifiers(identifiers),
        memberships=fields.texts("memberships") or (),
        lists=fields.texts("lists") or (),
        users=() if users is None else _people(users, as_of, "users", problems),
        of=of,
        related=_related(fields.take("related")),
    )
    fields.finish()
    return person


def _related(node: Node | None) -> dict[str, tuple[dict[str, object], ...]]:
    """Name of a table -> rows; rows of a table below stand in a list of its name."""
    if node is None:
        return {}
    read = json_value(node)
    rows = read.items() if isinstance(read, dict) else ()
    if not isinstance(read, dict) or any(
        not isinstance(row, dict) for _, some in rows for row in (some if isinstance(some, list) else [0])
    ):
        raise Wrong(node.place, "`related` is a mapping of a table's name to its rows", "{subscriptions: [{status: active}]}")
    return {name: tuple(some) for name, some in read.items()}


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
    if name in ("", "*"):
        raise Wrong(fields.need("performed").place, "an event of an example needs a name", "such as Order Completed")
    at = time_of(fields.need("at"), "`at`", as_of)
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
