"""What dbt models say of themselves in their yml: event sources and SQL traits."""

from __future__ import annotations

from pathlib import Path

from dbt_audiences.core.definitions import Entity
from dbt_audiences.core.project import EventSource, SqlTrait
from dbt_audiences.spec.fields import Fields, Problems, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong, read_yaml
from dbt_audiences.spec.send_to import read_send_to

_DEFINITIONS = ("audience", "trait", "destination", "alert")


def read_models(root: Path, problems: Problems) -> tuple[tuple[EventSource, ...], tuple[SqlTrait, ...]]:
    """Every declaration below `models/`; a definition that lies there is refused, since dbt would ignore it without a word."""
    events: list[EventSource] = []
    sql_traits: list[SqlTrait] = []
    for path in sorted([*(root / "models").rglob("*.yml"), *(root / "models").rglob("*.yaml")]):
        try:
            tree = read_yaml(root, path)
        except Wrong:
            continue  # dbt reads this file too, and tells what is wrong with it
        if not isinstance(tree, MapNode):
            continue
        misplaced = next((key for key in _DEFINITIONS if key in tree.entries), None)
        if misplaced is not None:
            problems.add(tree.place, "a definition lies below `models/`, where dbt ignores it", f"move it to `{misplaced}s/`")
        models = tree.entries.get("models")
        for model in models.items if isinstance(models, ListNode) else ():
            problems.attempt(_model, model, events, sql_traits, problems)
    return tuple(events), tuple(sql_traits)


def _model(node: Node, events: list[EventSource], sql_traits: list[SqlTrait], problems: Problems) -> None:
    if not isinstance(node, MapNode) or not isinstance(node.entries.get("name"), Scalar):
        return
    name = text_of(node.entries["name"], "the model's name")
    for meta in (_below(node, "config", "meta"), _below(node, "meta")):
        if meta is None:
            continue
        if "event" in meta.entries:
            events.append(_event_source(name, meta.entries["event"], problems))
        if "sql_trait" in meta.entries:
            sql_traits.append(_sql_trait(name, meta.entries["sql_trait"], problems))


def _below(node: MapNode, *keys: str) -> MapNode | None:
    found: Node | None = node
    for key in keys:
        found = found.entries.get(key) if isinstance(found, MapNode) else None
    return found if isinstance(found, MapNode) else None


def _event_source(model: str, node: Node, problems: Problems) -> EventSource:
    fields = Fields(node, "`meta.event`", problems)
    source = EventSource(
        model=model,
        name=text_of(fields.need("name"), "`name`"),
        at=text_of(fields.need("at"), "`at`"),
        user_id=fields.text("user_id"),
        anonymous_id=fields.text("anonymous_id"),
        email=fields.text("email"),
        group_id=fields.text("group_id"),
        id=fields.text("id"),
        place=fields.place,
    )
    fields.finish()
    if source.user_id is None and source.anonymous_id is None and source.email is None:
        raise Wrong(fields.place, "`meta.event` names nobody", "give the column of `user_id`, `anonymous_id` or `email`")
    return source


def _sql_trait(model: str, node: Node, problems: Problems) -> SqlTrait:
    fields = Fields(node, "`meta.sql_trait`", problems)
    of: Entity = "accounts" if fields.one_of("of", ("users", "accounts")) == "accounts" else "users"
    identifier = text_of(fields.need("identifier"), "`identifier`")
    fields.one_of("missing", ("unset", "keep"))
    read_send_to(fields.items("send_to"), of, problems, of_trait=True)
    fields.finish()
    return SqlTrait(model, of, identifier, fields.place)
