"""`audiences deliveries`: the delivery overview of a project."""

from __future__ import annotations

from datetime import timedelta

from dbt_audiences.core.errors import UsageError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.load.tables import relation
from dbt_audiences.run.registry import refuse_older_state, relation_exists
from dbt_audiences.spec.fields import unknown
from dbt_audiences.sync.overview import Dimension, Overview, Scope, overview

SHORTEST = timedelta(minutes=10)


def deliveries(workspace: Workspace, scope: Scope, dimension: Dimension | None = None) -> Overview:
    """What became of the rows of a scope; raises for a key that nothing was ever delivered of, or a span that is too short."""
    if scope.until - scope.since < SHORTEST:
        raise UsageError("a delivery overview is of ten minutes at least", hint="give an earlier --since, or a later --until")
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        refuse_older_state(warehouse, relations)
        sent = [(send.destination, one.key) for one in workspace.project.sendable for send in one.send_to]
        rows = warehouse.fetch(f"select destination, audience from {relations['connections']}")
        sent += [(str(destination), str(audience)) for destination, audience in rows]
        for what, key, known in (
            ("destination", scope.destination, {destination for destination, _ in sent} | {*workspace.project.destinations}),
            ("connection of an audience or trait", scope.audience, {audience for _, audience in sent}),
        ):
            if key is not None and key not in known:
                raise UsageError(f"there is no {what} `{key}`", hint=unknown(key, known))
        rejected = relation(workspace.dbt.raw_schema(), "rejected")
        blocked = rejected if relation_exists(warehouse, rejected) else None
        return overview(warehouse, relations, scope, dimension, blocked)
