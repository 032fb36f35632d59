"""`destinations/<key>.yml` -> `Destination`."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

from dbt_audiences.core.definitions import Condition
from dbt_audiences.core.project import Destination, QuietHours
from dbt_audiences.spec.audience import read_key, read_name, read_timezone
from dbt_audiences.spec.conditions import Scope, read_condition
from dbt_audiences.spec.fields import Fields, Problems, distinct_of, json_value, text_of
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Scalar, Wrong
from dbt_audiences.spec.values import duration_of, fixed_length

SECRET = r"\{\{.*(env_var|file|keyring)\s*\(.*\}\}"
"""What a secret looks like in a file: where it comes from."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_RATE = re.compile(r"([0-9]{1,9})\s*/\s*(second|minute|hour|day)")


def read_destination(node: Node, root: Path, stem: str, problems: Problems) -> Destination:
    """The destination of a file; whether its type and settings exist is for `sync` to say."""
    fields = Fields(node, "a destination", problems)
    key = read_key(fields, "destination", stem)
    every = fields.take("every")
    limit = fields.take("time_limit")
    quiet = fields.take("quiet_hours")
    destination = Destination(
        key=key,
        type=text_of(fields.need("type"), "`type`"),
        name=read_name(fields, key),
        settings=read_settings(fields.take("settings")),
        secrets=read_secrets(fields.take("secrets")),
        rate_limit=_rate(fields.take("rate_limit")),  # type: ignore[arg-type]  # the pattern checked it
        requires=_requires(fields.take("requires"), root, problems),
        targets=fields.distinct("targets"),
        every=None if every is None else duration_of(every, "`every`", calendar=False),
        priority=_priority(fields.items("priority"), problems),
        allow_private_addresses=fields.boolean("allow_private_addresses", False),
        enabled=fields.boolean("enabled", True),
        place=fields.place,
        time_limit=None if limit is None else problems.attempt(fixed_length, limit, "`time_limit`"),
        quiet_hours=None if quiet is None else problems.attempt(_quiet_hours, quiet, problems),
    )
    fields.text("description")
    fields.finish()
    return destination


def read_settings(node: Node | None) -> dict[str, object]:
    """`settings:` as JSON has them."""
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`settings` must be a mapping", "such as {url: https://example.com}")
    return {key: json_value(value) for key, value in node.entries.items()}


def read_secrets(node: Node | None) -> dict[str, str]:
    """`secrets:`, none of which stands in the file."""
    if node is None:
        return {}
    if not isinstance(node, MapNode):
        raise Wrong(node.place, "`secrets` must be a mapping", "{api_key: \"{{ env_var('API_KEY') }}\"}")
    secrets = {}
    for name, value in node.entries.items():
        text = text_of(value, f"the secret `{name}`")
        if not re.search(SECRET, text):
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


def _quiet_hours(node: Node, problems: Problems) -> QuietHours:
    fields = Fields(node, "`quiet_hours`", problems)
    start, end = _clock(fields.need("from"), "from"), _clock(fields.need("to"), "to")
    found = QuietHours(start, end, read_timezone(fields))
    fields.finish()
    if start == end:
        raise Wrong(fields.place_of("to"), "`quiet_hours` begin and end at the same time", "`enabled: false` is always quiet")
    return found


def _clock(node: Node, what: str) -> time:
    text = text_of(node, f"`{what}`")
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise Wrong(node.place, f"`{what}: {text}` is no time of day", 'such as "21:00"')
    return time(int(found[1]), int(found[2]))


def _requires(node: Node | None, root: Path, problems: Problems) -> Condition | None:
    if node is None:
        return None
    return problems.attempt(read_condition, node, Scope(root, "UTC", "users", problems))


def _priority(node: ListNode | None, problems: Problems) -> tuple[tuple[str, ...], ...]:
    def read(item: Node) -> tuple[str, ...]:
        if not isinstance(item, ListNode):
            raise Wrong(item.place, "`priority` is a list of lists of audiences", "[[vip, big_spenders]]")
        keys = distinct_of(item, "an order of `priority`")
        if len(keys) < 2:
            raise Wrong(item.place, "an order of `priority` needs two audiences or more", "[[vip, big_spenders]]")
        return keys

    return () if node is None else problems.each(node, read)
