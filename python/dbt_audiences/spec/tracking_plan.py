"""`tracking_plan.yml` -> `TrackingPlan`."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from dbt_audiences.core.definitions import ITEM
from dbt_audiences.core.tracking_plan import FILE, Action, Kind, PlannedEvent, PlannedProperty, TrackingPlan
from dbt_audiences.spec.fields import Fields, Problems, nearest, text_of
from dbt_audiences.spec.nodes import MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.values import path_of

ACTIONS: tuple[Action, ...] = get_args(Action)
KINDS: tuple[Kind, ...] = get_args(Kind)


def read_tracking_plan(root: Path, problems: Problems) -> TrackingPlan | None:
    """What the project's file says; None where there is none, or it could not be read, which is noted."""
    path = root / FILE
    if not path.is_file():
        return None
    before = len(problems.found)
    found = problems.attempt(lambda: _plan(read_yaml(root, path), problems))
    return found if len(problems.found) == before else None


def _plan(node: Node, problems: Problems) -> TrackingPlan:
    fields = Fields(node, f"`{FILE}`", problems)
    usual = _action(fields, "violations", "flag")
    plan = TrackingPlan(
        tuple(_events(fields.need("events"), usual, problems)),
        _action(fields, "unplanned_events", "allow"),
        _action(fields, "unplanned_properties", "allow"),
    )
    fields.finish()
    return plan


def _action(fields: Fields, key: str, usual: Action) -> Action:
    word = fields.one_of(key, ACTIONS)
    return next((one for one in ACTIONS if one == word), usual)


def _events(node: Node, usual: Action, problems: Problems) -> list[PlannedEvent]:
    if not isinstance(node, MapNode) or not node.entries:
        raise Wrong(node.place, "`events` has the planned events by their names", "such as {Order Completed: {}}")
    found = []
    for name, said in node.entries.items():
        if not name.strip() or name == "*":
            problems.add(node.key_places[name], f"`{name}` is no name of an event", "an event is planned by its exact name")
            continue
        event = problems.attempt(_event, name, said, usual, problems)
        if event is not None:
            found.append(event)
    return found


def _event(name: str, node: Node, usual: Action, problems: Problems) -> PlannedEvent:
    if isinstance(node, Scalar) and node.value() is None:
        return PlannedEvent(name, (), usual)
    fields = Fields(node, "a planned event", problems)
    action = _action(fields, "violations", usual)
    fields.text("description")
    said = fields.take("properties")
    fields.finish()
    if said is None:
        return PlannedEvent(name, (), action)
    if not isinstance(said, MapNode):
        raise Wrong(said.place, "`properties` has the planned properties by their names", "such as {revenue: number}")
    found = []
    for key, value in said.entries.items():
        place = Scalar(said.key_places[key], key, True)
        planned = problems.attempt(_property, place, value, problems)
        if planned is not None:
            found.append(planned)
    return PlannedEvent(name, tuple(found), action)


def _property(name: Scalar, node: Node, problems: Problems) -> PlannedProperty:
    path = path_of(name, "a property")
    if ITEM in path:
        raise Wrong(name.place, "a plan does not look into lists", "give the list itself the type `list`")
    if isinstance(node, Scalar):
        return PlannedProperty(path, _kind(node), False)
    fields = Fields(node, "a planned property", problems)
    type_ = fields.take("type")
    planned = PlannedProperty(path, "any" if type_ is None else _kind(type_), fields.boolean("required", False))
    fields.text("description")
    fields.finish()
    return planned


def _kind(node: Node) -> Kind:
    word = text_of(node, "`type`")
    found = next((one for one in KINDS if one == word), None)
    if found is None:
        raise Wrong(node.place, f"`{word}` is no type of a property", nearest(word, KINDS) or f"one of: {', '.join(KINDS)}")
    return found
