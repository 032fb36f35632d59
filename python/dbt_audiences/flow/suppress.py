"""`audiences suppress`: a person of whom nothing new is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.suppression import Identifier
from dbt_audiences.core.warehouse import Relations, Warehouse, text_literal
from dbt_audiences.flow.building import IDENTITY
from dbt_audiences.flow.explaining.person import profile_id_of
from dbt_audiences.flow.workspace import Workspace, now
from dbt_audiences.run.suppressions import by_type, lift, suppress


@dataclass(frozen=True, slots=True)
class Suppression:
    """What `audiences suppress` did: how many identifiers of each type nothing new is taken of, or is taken of again."""

    identifiers: Mapping[str, int]
    is_lifted: bool
    is_known: bool


def suppress_person(workspace: Workspace, identifier: str, *, lifted: bool, wait: bool) -> Suppression:
    """Take nothing new of whom an identifier names, known or (as `type:value`) not yet; or lift that."""
    with workspace.prepared_warehouse(wait=wait) as warehouse:
        relations = workspace.dbt.relations()
        identifiers, is_known = _named_by(workspace, warehouse, relations, identifier)
        if lifted:
            count = lift(warehouse, relations, identifiers)
            if not count:
                raise UsageError(f"`{identifier}` is not suppressed", hint="write it as it was suppressed, as email:a@b.c")
        else:
            suppress(warehouse, relations, identifiers, "suppressed", now())
    return Suppression(by_type(identifiers), lifted, is_known)


def _named_by(
    workspace: Workspace, warehouse: Warehouse, relations: Relations, identifier: str
) -> tuple[list[Identifier], bool]:
    identity = workspace.project.identity
    kind, colon, value = identifier.partition(":")
    try:
        profile_id = profile_id_of(warehouse, relations, identifier, identity)
    except UsageError:
        if not colon or kind not in identity.types or not identity.normal(kind, value):
            raise
        return [(kind, identity.normal(kind, value))], False
    rows = warehouse.fetch(
        f"select type, value from {relations[IDENTITY]} where profile_id = {text_literal(profile_id)} order by 1, 2"
    )
    return [(str(kind), str(value)) for kind, value in rows], True
