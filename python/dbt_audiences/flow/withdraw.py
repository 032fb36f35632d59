"""Removals of one person, sent to every destination that holds them, whatever else waits to be sent there."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dbt_audiences.core.project import Sendable, SendTo
from dbt_audiences.core.warehouse import Relations, Warehouse, naive, text_literal, text_literals
from dbt_audiences.flow.farewell import sent_before
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.erasure import Person
from dbt_audiences.sync.engine import sync_connection


@dataclass(frozen=True, slots=True)
class Removal:
    """What one destination was told of a person for one audience or trait.

    status       `removed`, `removed before`, or what kept it from being sent
    identifiers  under how many identifiers the destination knew the person
    """

    destination: str
    audience: str
    status: str
    identifiers: int
    message: str = ""


def withdraw(workspace: Workspace, warehouse: Warehouse, person: Person, *, as_of: datetime, is_whole: bool) -> list[Removal]:
    """Send the removals, past the guards; without `is_whole` what else is known of the profile stays there."""
    relations = workspace.dbt.relations()
    acknowledged = relations["acknowledged"]
    whose, these = _whose(person), _these(person)
    rows = warehouse.fetch(
        f"select destination, audience, count(*) from {acknowledged} where is_member and ({whose if is_whole else these}) "
        "group by destination, audience order by destination, audience"
    )
    known = {(send.destination, sent.key): (sent, send) for sent, send, _ in workspace.sends()}
    known |= {key: one for key, one in sent_before(workspace, warehouse).items() if key not in known}
    sync_id = f"{naive(as_of):%Y%m%dT%H%M%SZ}_{secrets.token_hex(4)}"
    results = []
    for destination, audience, count in ((str(row[0]), str(row[1]), int(str(row[2]))) for row in rows):
        found = known.get((destination, audience))
        if found is None or destination not in workspace.project.destinations:
            message = "it is no connection of the project any more: remove the person there by hand"
            results.append(Removal(destination, audience, "unknown", count, message))
            continue
        here = f"destination = {text_literal(destination)} and audience = {text_literal(audience)}"
        stays = (
            f"(select profile_id, identifier_type, identifier_value, traits from {acknowledged} where {here} and is_member "
            f"and ({whose}) and {'false' if is_whole else f'not ({these})'}) as what_stays"
        )
        results.append(_send(workspace, warehouse, found, stays, whose, sync_id, as_of, count))
    return results


def removals_before(warehouse: Warehouse, relations: Relations, person: Person) -> list[Removal]:
    """Where the person once was and is no more: the ledger knows when the removal was taken."""
    rows = warehouse.fetch(
        f"select destination, audience, count(*), max(acknowledged_at) from {relations['acknowledged']} "
        f"where not is_member and ({_these(person)}) "
        "group by destination, audience order by destination, audience"
    )
    return [
        Removal(str(destination), str(audience), "removed before", int(str(count)), f"on {at:%Y-%m-%d}")
        for destination, audience, count, at in rows
    ]


def _send(
    workspace: Workspace,
    warehouse: Warehouse,
    found: tuple[Sendable, SendTo],
    stays: str,
    whose: str,
    sync_id: str,
    as_of: datetime,
    count: int,
) -> Removal:
    sent, send = found
    result = sync_connection(
        warehouse,
        workspace.dbt.relations(),
        workspace.project.destinations[send.destination],
        sent,
        replace(send, existing_members="send"),
        desired=stays,
        project=workspace.project.name,
        sync_id=sync_id,
        now=now(),
        as_of=as_of,
        target=workspace.dbt.target_name(),
        root=workspace.root,
        approved=True,
        dry_run=False,
        among=whose,
        personal=workspace.project.personal,
    )
    status = "removed" if result.status == "synced" else result.status
    return Removal(send.destination, sent.key, status, count, result.message)


def _whose(person: Person) -> str:
    """SQL of whether a row of the ledger is of the person."""
    ids = text_literals(person.profile_ids)
    return f"{_these(person)} or profile_id in ({ids})" if ids else _these(person)


def _these(person: Person) -> str:
    pairs: Sequence[tuple[str, str]] = person.identifiers
    listed = ", ".join(f"({text_literal(kind)}, {text_literal(value)})" for kind, value in pairs)
    return f"(identifier_type, identifier_value) in ({listed})" if listed else "false"
