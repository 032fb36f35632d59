"""The hash of a definition: the same as long as it means the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Context, Decimal

from dbt_audiences.core.definitions import ListFile
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, Wrong

_NOT_MEANING = ("examples", "description", "owner", "folder", "name", "send_to", "tags", "meta", "static")
"""Keys that say nothing about who is in: an edit of them is no new definition."""
_DEFAULTS: dict[str, object] = {
    "of": "users", "enabled": True, "include_anonymous": False, "history": "all", "timezone": "UTC", "compute": "auto",
    "account_events": "own",
}  # fmt: skip
"""What a key means that is not written."""
_EXACT = Context(prec=3_000)


def definition_hash(tree: Node, definition: object) -> str:
    """16 hex digits of what the file says, without what says nothing about who is in, and with the lists that it reads."""
    entries = tree.entries if isinstance(tree, MapNode) else {}
    meaning = {key: _canonical(value) for key, value in entries.items() if key not in _NOT_MEANING}
    meaning = {key: value for key, value in meaning.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    lists = [list(one.values) for one in _list_files(definition)]
    if lists:
        meaning["lists"] = lists
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(node: Node) -> object:
    """What the node means, so that neither quotes without effect nor comments nor the order of keys make a new definition."""
    match node:
        case MapNode(entries=entries):
            return {key: _canonical(value) for key, value in entries.items()}
        case ListNode(items=items):
            return [_canonical(item) for item in items]
    try:
        value = node.value()
    except Wrong:
        value = node.text
    if isinstance(value, Decimal):
        return {"number": f"{value.normalize(_EXACT):f}"}
    return {"instant": value.isoformat()} if isinstance(value, datetime) else value


def _list_files(value: object) -> Iterator[ListFile]:
    if isinstance(value, ListFile):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _list_files(item)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _list_files(getattr(value, one.name))
