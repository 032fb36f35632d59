"""dbt's models as a run decides about them: what each reads, and a digest of all that makes it what it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dbt_audiences.core.project import MACRO_FILE

AUDIENCE = "audience"
EVALUATED = frozenset({AUDIENCE, "computed_trait"})
"""Materializations that know by the log of changes and by `changes_at` whom they must look at."""
VIEWS = frozenset({"replaced_view", "send"})
BATCH = "call_batch"
TABLES = frozenset({"replaced_table", "guarded_table", "tracked_table", "profile_graph", "staged_calls", BATCH})
TRACKED = EVALUATED | {"guarded_table", "tracked_table", "profile_graph", "sql_trait", "state_table"}
"""Materializations whose changes are logged, as the macro `_tracked_materializations` has them."""
STATE = "state_table"
_TIMED = ("macro.dbt_audiences.as_of", "macro.dbt_audiences.as_of_datetime", "macro.dbt_audiences.run_id")
_OF_PROJECT = "macro.dbt_audiences.from_project"
_OF_SCHEMA = "macro.dbt_audiences.warehouse_schema_calls"


@dataclass(frozen=True, slots=True)
class Model:
    """One enabled model.

    reads        names of models, in dbt's order
    digest       of its text, configuration and macros, and of those of all that it reads
    is_timed     its SQL holds the as_of
    is_volatile  what it gives may change without anything that is seen here: it reads tables of others
    """

    name: str
    kind: str
    relation: str
    reads: tuple[str, ...]
    digest: str
    is_timed: bool
    is_volatile: bool


def models_of(manifest: Any, settings: Mapping[str, Any]) -> dict[str, Model]:
    """Name -> every enabled model, each after all that it reads; state tables first, whatever they name."""
    calls = _macro_calls(manifest)
    everywhere, of_project = _macro_digests(manifest)
    base = _digest(everywhere, settings, sorted(manifest.env_vars.items()))
    reads_schemas = _names_schemas(settings)
    found: dict[str, Model] = {}
    for node in _ordered(manifest):
        kind = str(node.config.materialized)
        macros = calls(node.depends_on.macros)
        parents = [manifest.nodes[id_] for id_ in node.depends_on.nodes if id_ in manifest.nodes]
        others = [id_ for id_ in node.depends_on.nodes if not id_.startswith(("model.", "source.dbt_audiences.audiences_raw."))]
        reads = () if kind == STATE else tuple(one.name for one in parents if one.resource_type == "model")
        read = [found[name] for name in reads if name in found]
        is_ours = kind in EVALUATED or kind in VIEWS or kind in TABLES
        found[node.name] = Model(
            node.name,
            kind,
            str(node.relation_name),
            reads,
            _digest(
                base, of_project if _OF_PROJECT in macros else "", str(node.checksum.checksum), node.relation_name,
                node.config.to_dict(), node.depends_on.nodes, [one.digest for one in read],
            ),
            kind == BATCH or not macros.isdisjoint(_TIMED),
            kind != STATE and (
                not is_ours or bool(others) or (_OF_SCHEMA in macros and reads_schemas)
                or any(one.is_volatile and one.kind not in EVALUATED for one in read)
            ),
        )  # fmt: skip
    return found


def readers(models: Mapping[str, Model], names: set[str]) -> set[str]:
    """These and all that reads them, directly or through others."""
    found = set(names)
    for model in models.values():
        if not found.isdisjoint(model.reads):
            found.add(model.name)
    return found


def _ordered(manifest: Any) -> Iterator[Any]:
    nodes = {id_: node for id_, node in manifest.nodes.items() if node.resource_type == "model"}
    done: set[str] = set()

    def visit(id_: str) -> Iterator[Any]:
        if id_ in done or id_ not in nodes:
            return
        done.add(id_)
        if nodes[id_].config.materialized != STATE:
            for parent in nodes[id_].depends_on.nodes:
                yield from visit(parent)
        yield nodes[id_]

    for id_ in sorted(nodes):
        yield from visit(id_)


def _macro_calls(manifest: Any) -> Callable[[list[str]], set[str]]:
    """Gives all macros that these call, themselves or through others."""
    known: dict[str, set[str]] = {}

    def called(name: str) -> set[str]:
        if name not in known:
            known[name] = {name}
            macro = manifest.macros.get(name)
            for other in macro.depends_on.macros if macro is not None else ():
                known[name] |= called(other)
        return known[name]

    return lambda names: {one for name in names for one in called(name)}


def _macro_digests(manifest: Any) -> tuple[str, str]:
    """Of all macros but those that `audiences compile` writes, and of these, which concern only what reads them."""
    others: list[tuple[str, str]] = []
    of_file: list[tuple[str, str]] = []
    for id_, macro in sorted(manifest.macros.items()):
        (of_file if str(macro.original_file_path) == MACRO_FILE else others).append((id_, macro.macro_sql))
    return _digest(others), _digest(of_file)


def _names_schemas(settings: Mapping[str, Any]) -> bool:
    """Whether calls are read out of schemas that other tools fill."""
    given = settings.get("vars") or {}
    own = given.get("dbt_audiences") or {}
    return any(own.get(name) or given.get(name) for name in ("audiences_segment_schema", "audiences_rudderstack_schema"))


def _digest(*parts: object) -> str:
    return hashlib.md5(json.dumps(parts, sort_keys=True, default=str).encode(), usedforsecurity=False).hexdigest()
