"""Exits of deleted audiences: what their destinations still hold is taken back, by what is known of how it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.core.project import Audience, SendTo
from dbt_audiences.core.warehouse import Relations, Warehouse
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.connections import Parting, note_definition, partings
from dbt_audiences.spec.audience import read_audience
from dbt_audiences.spec.fields import Problems, json_value
from dbt_audiences.spec.nodes import ListNode, MapNode, Node, parse_yaml, read_yaml
from dbt_audiences.sync.engine import SyncResult, sync_connection

NOBODY = (
    "(select cast(null as text) as profile_id, cast(null as text) as identifier_type, cast(null as text) as identifier_value, "
    "cast(null as text) as traits where false) as nobody"
)
"""What must hold at a destination for an audience that is gone."""


def note_sending(workspace: Workspace, warehouse: Warehouse, relations: Relations, audience: Audience, send: SendTo) -> None:
    """Write down how an audience is sent, so that its exits can be sent when its file is gone."""
    entry = _entry(workspace, audience, send)
    if entry is None:
        return
    file = {"audience": audience.key, "name": audience.name, "of": audience.of, "who": "everyone"}
    text = json.dumps({**file, "send_to": [json_value(entry)]}, ensure_ascii=False)
    note_definition(warehouse, relations, send.destination, audience.key, text)


def _entry(workspace: Workspace, audience: Audience, send: SendTo) -> Node | None:
    """What the file says of a connection; None where it was edited since the definitions were read: the next run notes that."""
    try:
        tree = read_yaml(workspace.root, workspace.root / "audiences" / f"{audience.key}.yml")
    except (DefinitionError, OSError):
        return None
    sends = tree.entries.get("send_to") if isinstance(tree, MapNode) else None
    items = sends.items if isinstance(sends, ListNode) else ()
    return next((item for item in items if item.place == send.place), None)


def say_farewell(
    workspace: Workspace,
    warehouse: Warehouse,
    *,
    sync_id: str,
    as_of: datetime,
    is_wanted: Callable[[str, str], bool],
    approve: str | None = None,
    dry_run: bool = False,
) -> list[SyncResult]:
    """Send the exits of deleted audiences to the destinations that hold them, as far as the guards let them through.

    is_wanted  whether a destination and a key are asked for
    """
    relations, results = workspace.dbt.relations(), []
    for parting in partings(warehouse, relations):
        destination = workspace.project.destinations.get(parting.destination)
        if destination is None or not is_wanted(parting.destination, parting.audience):
            continue
        audience = _audience(workspace, parting)
        results.append(
            sync_connection(
                warehouse,
                relations,
                destination,
                audience,
                audience.send_to[0],
                desired=NOBODY,
                project=workspace.project.name,
                sync_id=sync_id,
                now=now(),
                as_of=as_of,
                target=workspace.dbt.target_name(),
                root=workspace.root,
                approved=parting.is_approved or approve == parting.audience,
                dry_run=dry_run,
                personal=workspace.project.personal,
            )
        )
    return results


def sent_before(workspace: Workspace, warehouse: Warehouse) -> dict[tuple[str, str], tuple[Audience, SendTo]]:
    """Destination and key -> the deleted audience that is still held there, and how it was sent."""
    found = {}
    for parting in partings(warehouse, workspace.dbt.relations()):
        audience = _audience(workspace, parting)
        found[parting.destination, parting.audience] = (audience, audience.send_to[0])
    return found


def _audience(workspace: Workspace, parting: Parting) -> Audience:
    """The audience that was sent, with this connection alone."""
    problems = Problems()
    tree = parse_yaml(parting.definition, f"audiences/{parting.audience}.yml")
    return read_audience(tree, workspace.root, parting.audience, problems)
