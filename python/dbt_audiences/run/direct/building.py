"""Builds what this package's own materializations build; what is not theirs, and what fails here, is left to dbt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from time import perf_counter

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.dbt import Dbt, Outcome
from dbt_audiences.run.direct.host import Host
from dbt_audiences.run.graph import Node
from dbt_audiences.run.models import EVALUATED, TABLES, VIEWS

_LOG = logging.getLogger(__name__)
_KINDS = EVALUATED | VIEWS | TABLES
Progress = Callable[[str, int, int], None]


def host_of(dbt: Dbt, warehouse: Warehouse, variables: Mapping[str, object], *, full_refresh: bool = False) -> Host | None:
    """What renders and runs this project's models in a prepared warehouse.

    None where more than its texts decides what they do, or where state has another version: dbt's hook migrates or refuses it.
    """
    texts = dbt.texts()
    if texts is None or not texts.is_plain:
        return None
    cache = dbt.target_folder() / "audiences" / "templates"
    host = Host(texts, dbt.graph, warehouse, variables, full_refresh=full_refresh, cache=cache)
    ((version,),) = warehouse.fetch(f"select max(version) from {dbt.relations()['state_version']}")
    return host if version == host.call("state_version") else None


def build(
    host: Host,
    dbt: Dbt,
    warehouse: Warehouse,
    names: Collection[str],
    *,
    is_small: bool = False,
    progress: Progress | None = None,
    starts: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """What became of those of the named models that were built here, in order.

    is_small  little is to be done for each: one transaction holds all, and only where that fails each has its own
    """
    nodes = {node.name: node for node in dbt.graph.nodes.values() if node.name in names}
    mine: list[Node] = []
    left: set[str] = set()
    for name in dbt.graph.order():
        node = nodes.get(name)
        if node is not None and node.kind in _KINDS and node.is_plain and left.isdisjoint(node.reads):
            mine.append(node)
        elif node is not None:
            left.add(node.id)
    if is_small:
        try:
            with warehouse.transaction():
                return [_built(host, node, progress, starts, number, len(mine)) for number, node in enumerate(mine, 1)]
        except Exception as error:
            _LOG.info("each model is built by itself: %s", error)
            host.adapter.forget()
    outcomes: list[Outcome] = []
    for number, node in enumerate(mine, 1):
        if not left.isdisjoint(node.reads):
            left.add(node.id)
            continue
        try:
            with warehouse.transaction():
                built = _built(host, node, progress, starts, number, len(mine))
        except Exception as error:  # whatever it is, dbt says it with its place
            _LOG.info("%s is left to dbt: %s", node.name, error)
            host.adapter.forget()
            left.add(node.id)
        else:
            outcomes.append(built)
    return outcomes


def _built(
    host: Host, node: Node, progress: Progress | None, starts: Callable[[str], None] | None, number: int, total: int
) -> Outcome:
    if starts is not None:
        starts(node.name)
    begun = perf_counter()
    sql = host.materialize(node)
    if progress is not None:
        progress(node.name, number, total)
    return Outcome(node.name, "success", "", perf_counter() - begun, sql)
