"""`destinations/<key>.yml` -> `Destination`."""

from __future__ import annotations

import re
from pathlib import Path

from dbt_audiences.core.definitions import Condition, Destination
from dbt_audiences.spec.audience import read_key
from dbt_audiences.spec.conditions import Scope, read_condition
from dbt_audiences.spec.fields import Fields, Problems, json_value, text_of, texts_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of

_RATE = re.compile(r"(\d+)\s*/\s*(second|minute|hour|day)")


def read_destination(node: Node, root: Path, stem: str, problems: Problems) -> Destination:
    """The destination of a file; whether its type and settings exist is for `sync` to say."""
    fields = Fields(node, "a destination", problems)
    key = read_key(fields, "destination", stem)
    every = fields.take("every")
    destination = Destination(
        key=key,
        type=text_of(fields.need("type"), "`type`"),
        name=fields.text("name") or key,
        settings=_settings(fields.take("settings")),
        secrets=_secrets(fields.take("secrets")),
        rate_limit=_rate(fields.take("rate_limit")),  # type: ignore[arg-type]  # the pattern checked it
        requires=_requires(fields.take("requires"), root, problems),
        targets=fields.texts("targets"),
        every=None if every is None else duration_of(every, "`every`", calendar=False),
        priority=_priority(fields.items("priority")),
        allow_private_addresses=fields.boolean("allow_private_addresses", False),
        enabled=fields.boolean("enabled", True),
        place=fields.place,
    )
    fields.text("description")
    fields.finish()
    return destination


def _settings(node: Node | None) -> dict[str, object]:
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`settings` must be a mapping")
    return {key: json_value(value) for key, value in node.entries.items()}


def _secrets(node: Node | None) -> dict[str, str]:
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`secrets` must be a mapping")
    secrets = {}
    for name, value in node.entries.items():
        text = text_of(value, f"the secret `{name}`")
        if not re.search(r"\{\{.*env_var\s*\(.*\}\}", text):
            raise Wrong(value.place, f"the secret `{name}` stands in the file", "\"{{ env_var('NAME') }}\" keeps it out of git")
        secrets[name] = text
    return secrets


def _rate(node: Node | None) -> tuple[int, str] | None:
    if node is None:
        return None
    found = _RATE.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
    if found is None or int(found[1]) == 0:
        raise Wrong(node.place, "`rate_limit` is a number per second, minute, hour or day", "100/second")
    return int(found[1]), found[2]


def _requires(node: Node | None, root: Path, problems: Problems) -> Condition | None:
    if node is None:
        return None
    return problems.attempt(read_condition, node, Scope(root, "UTC", "users", problems))


def _priority(node: ListNode | None) -> tuple[tuple[str, ...], ...]:
    return () if node is None else tuple(texts_of(item, "an order of `priority`") for item in node.items)
