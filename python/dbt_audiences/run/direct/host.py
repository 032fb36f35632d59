"""Renders models and runs macros as dbt does, for the little of dbt's context that this package's own macros use."""

from __future__ import annotations

import datetime as datetime_module
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dbt_audiences.core.errors import FailedError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.direct.adapter import Adapter, Table
from dbt_audiences.run.direct.relation import Relation
from dbt_audiences.run.graph import Graph, Node
from dbt_audiences.run.texts import PACKAGE, Texts

if TYPE_CHECKING:
    from jinja2 import Environment

_OPENING = re.compile(r"^(\{%-?)\s*materialization\b[^%]*?(-?%\})")
_CLOSING = re.compile(r"(\{%-?)\s*endmaterialization\s*(-?%\})\s*$")
_STATE = f"model.{PACKAGE}.memberships"


class _Return(Exception):
    """How `return` leaves a macro."""

    def __init__(self, value: object) -> None:
        self.value = value


class _Macros:
    """The macros of one package, by name."""

    def __init__(self, known: Mapping[str, Callable[..., Any]]) -> None:
        self._known = known

    def get(self, name: str, default: object = None) -> Any:
        return self._bound(name) if name in self._known else default

    def __getitem__(self, name: str) -> Any:
        return self._bound(name)

    def __getattr__(self, name: str) -> Any:
        if name not in self._known:
            raise AttributeError(name)
        return self._bound(name)

    def _bound(self, name: str) -> Callable[..., Any]:
        macro = self._known[name]

        def call(*args: object, **named: object) -> object:
            try:
                return macro(*args, **named)
            except _Return as found:
                return found.value

        return call


class _Config:
    """What a model says in `config()`, as far as plain models do."""

    def __init__(self, node: Node) -> None:
        self._given = {"meta": node.meta, "materialized": node.kind, "contract": {"enforced": False}}

    def get(self, name: str, default: object = None) -> Any:
        return self._given.get(name, default)

    def __call__(self, **_: object) -> str:
        return ""


class Host:
    """Macros and models of one project over one connection.

    variables  those of the run, above the project's
    cache      a folder in which compiled templates stay for the next process
    """

    def __init__(
        self,
        texts: Texts,
        graph: Graph,
        warehouse: Warehouse,
        variables: Mapping[str, object],
        *,
        full_refresh: bool = False,
        cache: Path | None = None,
    ) -> None:
        self.adapter = Adapter(warehouse, self._dispatch)
        self._texts, self._graph, self._engine = texts, graph, warehouse.engine
        self._environment = _environment(texts, cache)
        self._nodes = {id_: _node_for_macros(node) for id_, node in graph.nodes.items()}
        relations = [(node, Relation.of(node.relation)) for node in graph.nodes.values() if node.relation]
        self._relations: dict[tuple[str, ...], Relation] = {(node.name,): relation for node, relation in relations}
        self._relations |= {(node.package, node.name): relation for node, relation in relations}
        self._packages: dict[str, _Macros] = {}
        self._variables: dict[str, object] = {**texts.variables, **variables}
        self._scope = self._environment.globals | self._context(full_refresh)
        for package in texts.macros:
            self._packages[package] = self._scope[package] = _Macros(self._macros(package))

    def sql(self, node: Node, **variables: object) -> str:
        """The query of a model; under these variables, where any are given."""
        before = self._variables
        self._variables = {**before, **variables}
        self._enter(node)
        template = self._environment.get_template(node.id)
        try:
            return "".join(template.root_render_func(template.new_context(self._scope, shared=True)))
        finally:
            self._variables = before

    def materialize(self, node: Node) -> str:
        """Build a model in the transaction that is open; its query."""
        sql = self.sql(node)
        self._scope["sql"] = sql
        built = self.call(f"materialization_{node.kind}_default")
        for relation in built["relations"]:
            self.adapter.built(relation)
        return sql

    def call(self, name: str, *args: object) -> Any:
        """What one of this package's macros gives."""
        return self._packages[PACKAGE][name](*args)

    def _enter(self, node: Node) -> None:
        self._scope |= {
            "this": Relation.of(node.relation) if node.relation else None,
            "model": self._nodes[node.id],
            "config": _Config(node),
        }

    def _macros(self, package: str) -> Mapping[str, Callable[..., Any]]:
        template = self._environment.get_template(package)
        context = template.new_context(self._scope, shared=True)
        for _ in template.root_render_func(context):
            pass
        found: Mapping[str, Callable[..., Any]] = context.vars
        return found

    def _dispatch(self, name: str, macro_namespace: str = PACKAGE) -> Callable[..., Any]:
        for package in dict.fromkeys((self._texts.project, macro_namespace)):
            for prefix in (self._engine, "default"):
                found = self._packages[package].get(f"{prefix}__{name}")
                if found is not None:
                    return found  # type: ignore[no-any-return]
        raise FailedError(f"no macro `{name}` for {self._engine}")

    def _context(self, full_refresh: bool) -> dict[str, Any]:
        def statement(name: str | None = None, *, caller: Callable[[], str], **_: object) -> str:
            self.adapter.execute(caller())
            return ""

        def run_query(sql: object) -> Table:
            return self.adapter.query(str(sql))

        def var(name: str, default: object = None) -> object:
            return self._variables.get(name, default)

        def cached(relation: Relation) -> Relation | None:
            return self.adapter.get_relation(relation.database or "", relation.schema or "", relation.identifier or "")

        database = Relation.of(self._graph.nodes[_STATE].relation or "").database

        def nothing(*_: object, **__: object) -> str:
            return ""

        return {
            "adapter": self.adapter,
            "api": {"Relation": Relation},
            "apply_grants": nothing,
            "context": self._packages,
            "dbt": {"type_string": lambda: "TEXT"},
            "exceptions": {"raise_compiler_error": _refuse},
            "execute": True,
            "flags": {"WHICH": "run"},
            "graph": {"nodes": self._nodes, "sources": {}},
            "invocation_id": str(uuid4()),
            "load_cached_relation": cached,
            "local_md5": lambda text: hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest(),
            "modules": {"datetime": datetime_module, "pytz": {"utc": UTC}, "re": re},
            "persist_docs": nothing,
            "post_hooks": [],
            "pre_hooks": [],
            "project_name": self._texts.project,
            "ref": self._ref,
            "return": _give,
            "run_hooks": nothing,
            "run_query": run_query,
            "run_started_at": datetime.now(UTC),
            "should_full_refresh": lambda: full_refresh,
            "source": self._source,
            "statement": statement,
            "target": {"database": database, "type": self._engine},
            "tojson": lambda value, default=None, sort_keys=False: json.dumps(value, sort_keys=sort_keys),
            "var": var,
        }

    def _ref(self, *names: str) -> Relation:
        found = self._relations.get(names)
        if found is None:
            raise FailedError(f"no model `{'.'.join(names)}`")
        return found

    def _source(self, source: str, table: str) -> Relation:
        for id_, relation in self._texts.sources.items():
            if id_.endswith(f".{source}.{table}"):
                return Relation.of(relation)
        raise FailedError(f"no source `{source}.{table}`")


def _environment(texts: Texts, cache: Path | None) -> Environment:
    """With a template for each package's macros, and one for each model."""
    from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader

    def load(name: str) -> str | None:
        if name in texts.macros:
            return "\n".join(_macros_of(texts.macros[name]))
        return texts.models.get(name)

    kept = None
    if cache is not None:
        try:
            cache.mkdir(parents=True, exist_ok=True)
            kept = FileSystemBytecodeCache(str(cache))
        except OSError:
            kept = None
    return Environment(
        loader=FunctionLoader(load), extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], bytecode_cache=kept,
        cache_size=-1, auto_reload=False,
    )  # fmt: skip


def _macros_of(texts: Mapping[str, str]) -> Iterator[str]:
    for name, text in texts.items():
        if _OPENING.match(text):
            opened = _OPENING.sub(rf"\1 macro {name}() \2", text)
            yield _CLOSING.sub(r"\1 endmacro \2", opened)
        elif re.match(r"\{%-?\s*macro\b", text):
            yield text


def _node_for_macros(node: Node) -> dict[str, Any]:
    relation = Relation.of(node.relation) if node.relation else Relation()
    return {
        "resource_type": "model",
        "name": node.name,
        "package_name": node.package,
        "database": relation.database,
        "schema": relation.schema,
        "alias": relation.identifier,
        "config": {"meta": node.meta, "materialized": node.kind, "enabled": True},
        "depends_on": {"nodes": node.reads},
    }


def _give(value: object = None) -> None:
    raise _Return(value)


def _refuse(message: str) -> None:
    raise FailedError(message)
