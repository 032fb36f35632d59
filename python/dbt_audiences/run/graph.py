"""dbt's graph of models, as far as it is asked for here: it outlives dbt's own manifest, in a file that is read in no time."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dbt_audiences.run.models import Model, models_of

_FORM = 3
"""Of the file; another form is not read."""


@dataclass(frozen=True, slots=True)
class Node:
    """An enabled model.

    reads     ids of dbt's, of models and of other things
    is_plain  nothing but its query decides what building it does: it has no hooks, grants, contract or docs to persist
    """

    id: str
    name: str
    kind: str
    relation: str | None
    reads: tuple[str, ...]
    fqn: tuple[str, ...]
    package: str
    meta: Mapping[str, Any]
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The enabled models of a project and its packages.

    nodes   by dbt's ids
    models  by name, each after all that it reads, with its digest
    target  the name of the target that is in force
    """

    nodes: Mapping[str, Node]
    models: Mapping[str, Model]
    target: str

    def order(self) -> list[str]:
        """Names of the models, each after all that it reads."""
        done: dict[str, None] = {}

        def visit(id_: str) -> None:
            if id_ in self.nodes and id_ not in done:
                for parent in self.nodes[id_].reads:
                    visit(parent)
                done[id_] = None

        for id_ in sorted(self.nodes):
            visit(id_)
        return [self.nodes[id_].name for id_ in done]

    def selectors(self, names: Collection[str]) -> list[str]:
        """What selects exactly the models of these names: a bare name would select a folder of that name as well."""
        return sorted(f"fqn:{'.'.join(node.fqn)}" for node in self.nodes.values() if node.name in names)

    def selection(self, names: Collection[str]) -> tuple[list[str], list[str]]:
        """What to select and to exclude so that exactly the models of these names are built; the shorter of two ways."""
        others = set(self.relations()).difference(names)
        return (self.selectors(names), []) if len(names) <= len(others) else ([], self.selectors(others))

    def ancestors(self, names: Sequence[str], *, given: Collection[str] = ()) -> set[str]:
        """The named models and all that they read, by name; of those given only what else reads the same."""
        found: set[str] = set()
        waiting = [id_ for id_, node in self.nodes.items() if node.name in names]
        while waiting:
            id_ = waiting.pop()
            if id_ not in found and id_ in self.nodes:
                found.add(id_)
                waiting += [] if self.nodes[id_].name in given else self.nodes[id_].reads
        return {self.nodes[id_].name for id_ in found}

    def materialized(self, kind: str) -> set[str]:
        """Names of the models of a materialization."""
        return {node.name for node in self.nodes.values() if node.kind == kind}

    def of_package(self, package: str) -> set[str]:
        """Names of the models of one project."""
        return {node.name for node in self.nodes.values() if node.package == package}

    def metas(self, kind: str) -> dict[str, dict[str, Any]]:
        """Name -> `config.meta` of the models of a materialization."""
        return {node.name: dict(node.meta) for node in self.nodes.values() if node.kind == kind}

    def meta(self, name: str) -> Mapping[str, Any]:
        """`config.meta` of a model."""
        return next((node.meta for node in self.nodes.values() if node.name == name), {})

    def relations(self) -> dict[str, str]:
        """Name -> its quoted relation in the target."""
        return {node.name: node.relation for node in self.nodes.values() if node.relation is not None}


def graph_of(manifest: Any, settings: Mapping[str, Any], target: str) -> Graph:
    """What dbt's manifest says."""
    nodes = {
        id_: Node(
            id_, node.name, str(node.config.materialized), node.relation_name, tuple(node.depends_on.nodes), tuple(node.fqn),
            node.package_name, dict(node.config.meta), _is_plain(node.config),
        )
        for id_, node in manifest.nodes.items() if node.resource_type == "model"
    }  # fmt: skip
    return Graph(nodes, models_of(manifest, settings), target)


def _is_plain(config: Any) -> bool:
    given = config.to_dict()
    contract = given.get("contract") or {}
    others = ("pre-hook", "post-hook", "grants", "persist_docs")
    return given.get("full_refresh") is None and not (contract.get("enforced") or any(given.get(name) for name in others))


def write_graph(path: Path, mark: str, graph: Graph) -> None:
    """Keep a graph for other processes; where nothing can be written it is worked out again."""
    nodes, models = [asdict(one) for one in graph.nodes.values()], [asdict(one) for one in graph.models.values()]
    document = {"form": _FORM, "mark": mark, "target": graph.target, "nodes": nodes, "models": models}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(document, ensure_ascii=False, default=str), encoding="utf-8")
        fresh.replace(path)
    except OSError:
        return


def read_graph(path: Path, mark: str) -> Graph | None:
    """The graph that was kept under this mark; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["form"] != _FORM or found["mark"] != mark:
            return None
        nodes = [Node(**{**one, "reads": tuple(one["reads"]), "fqn": tuple(one["fqn"])}) for one in found["nodes"]]
        models = [Model(**{**one, "reads": tuple(one["reads"])}) for one in found["models"]]
        return Graph({one.id: one for one in nodes}, {one.name: one for one in models}, found["target"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
