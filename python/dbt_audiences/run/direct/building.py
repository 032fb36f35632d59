"""Builds what this package's own materializations build; what is not theirs, and what fails here, is left to dbt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from time import perf_counter

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.dbt import Dbt, Outcome
from dbt_audiences.run.direct.host import Host
from dbt_audiences.run.models import EVALUATED, TABLES, VIEWS

_LOG = logging.getLogger(__name__)
_KINDS = EVALUATED | VIEWS | TABLES
Progress = Callable[[str, int, int], None]


def host_of(dbt: Dbt, warehouse: Warehouse, variables: Mapping[str, object], *, full_refresh: bool = False) -> Host | None:
    """What renders and runs this project's models; None where more than its texts decides what they do."""
    texts = dbt.texts()
    if texts is None or not texts.is_plain:
        return None
    return Host(
        texts, dbt.graph, warehouse, variables, full_refresh=full_refresh, cache=dbt.target_folder() / "audiences" / "templates"
    )


def build(
    host: Host,
    dbt: Dbt,
    warehouse: Warehouse,
    names: Collection[str],
    *,
    progress: Progress | None = None,
    starts: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """What became of those of the named models that were built here, each in a transaction of its own, in order."""
    nodes = {node.name: node for node in dbt.graph.nodes.values() if node.name in names}
    outcomes: list[Outcome] = []
    left: set[str] = set()
    for name in dbt.graph.order():
        node = nodes.get(name)
        if node is None:
            continue
        if node.kind not in _KINDS or not node.is_plain or not left.isdisjoint(node.reads):
            left.add(node.id)
            continue
        if starts is not None:
            starts(name)
        begun = perf_counter()
        try:
            with warehouse.transaction():
                sql = host.materialize(node)
        except Exception as error:  # whatever it is, dbt says it with its place
            _LOG.info("%s is left to dbt: %s", name, error)
            host.adapter.forget()
            left.add(node.id)
            continue
        outcomes.append(Outcome(name, "success", "", perf_counter() - begun, sql))
        if progress is not None:
            progress(name, len(outcomes), len(nodes))
    return outcomes
