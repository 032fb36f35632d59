"""How audiences were last sent, and which destinations still hold one that was deleted."""

from __future__ import annotations

from dataclasses import dataclass

from dbt_audiences.core.warehouse import Relations, Warehouse, text_literal
from dbt_audiences.run.deletion import knows_deletions


@dataclass(frozen=True, slots=True)
class Parting:
    """A deleted audience that a destination holds; `definition` is the JSON of a file with this connection alone."""

    destination: str
    audience: str
    definition: str
    is_approved: bool


def note_definition(warehouse: Warehouse, relations: Relations, destination: str, key: str, definition: str) -> None:
    """Write down how a key is sent to a destination."""
    connections = relations["connections"]
    here = f"destination = {text_literal(destination)} and audience = {text_literal(key)}"
    rows = warehouse.fetch(f"select definition from {connections} where {here}")
    if not rows:
        warehouse.execute(
            f"insert into {connections} (destination, audience, definition) "
            f"values ({text_literal(destination)}, {text_literal(key)}, {text_literal(definition)})"
        )
    elif rows[0][0] != definition:
        warehouse.execute(f"update {connections} set definition = {text_literal(definition)} where {here}")


def partings(warehouse: Warehouse, relations: Relations) -> list[Parting]:
    """Deleted audiences that destinations still hold, but for those that were to stay there."""
    if not knows_deletions(warehouse, relations):
        return []
    rows = warehouse.fetch(
        f"select c.destination, c.audience, c.definition, coalesce(k.farewell, '') from {relations['connections']} as c "
        f"inner join {relations['keys']} as k on k.key = c.audience "
        "where k.deleted_at is not null and coalesce(k.farewell, '') <> 'none' and c.definition is not null and exists ("
        f"select 1 from {relations['acknowledged']} as a where a.destination = c.destination and a.audience = c.audience "
        "and a.is_member) order by c.audience, c.destination"
    )
    return [Parting(str(row[0]), str(row[1]), str(row[2]), row[3] == "approved") for row in rows]
