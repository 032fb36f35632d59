"""Audiences evaluated together: what was compiled is kept, and many are compared and stored by one set of statements.

A model costs dbt 60 ms and more, whatever it does, and what is stored of it 15 statements. Here it costs its own query.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from dbt_audiences.core.errors import AudiencesError
from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, naive, text_literal
from dbt_audiences.run.compiled import ANY_AS_OF, ANY_RUN, compiled
from dbt_audiences.run.dbt import Dbt, Outcome
from dbt_audiences.run.direct.host import Host
from dbt_audiences.run.models import TRACKED, Model
from dbt_audiences.run.shared_reads import sharing

STATEMENTS = "evaluation_statements"
_PARTS = re.compile(r"/\* (?:models are named|answers are found) here \*/")
_CLOSED = re.compile(r"/\* (and \S+ in \(select profile_id from scope\)) \*/")
_ACCOUNT_MEMBERS = "account_members"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Cursor:
    """As of when, and by which SQL, a model was last evaluated."""

    as_of: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Audience:
    """An audience with its compiled query."""

    model: Model
    sql: str
    meta: Mapping[str, object]

    @property
    def fingerprint(self) -> str:
        """Of the query, as the materialization has it."""
        text = "".join(self.sql.replace(instant_literal(ANY_AS_OF), "").split())
        return hashlib.md5(f"{self.meta.get('definition_hash', '')}{text}".encode(), usedforsecurity=False).hexdigest()

    def query(self, as_of: datetime) -> str:
        """The query at an instant, with the filters of the scope closed."""
        return self.sql.replace(instant_literal(ANY_AS_OF), instant_literal(as_of))


def evaluate(
    dbt: Dbt,
    host: Host | None,
    warehouse: Warehouse,
    names: Collection[str],
    waiting: Collection[str],
    *,
    as_of: datetime,
    run_id: str,
    progress: Progress | None = None,
    starts: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """Evaluate those of the named audiences that were evaluated before by the same SQL; all others are left to dbt.

    Those that fail here are left, too, so that dbt says what is wrong.

    names    audiences whose views stand
    waiting  all that is still to be built, these among them
    """
    relations, models = dbt.relations(), dbt.graph.models
    cursors = _cursors(warehouse, relations)
    nodes = {node.name: node for node in dbt.graph.nodes.values() if node.is_plain and node.name in names}
    candidates = [
        models[name]
        for name in nodes
        if name in cursors
        and cursors[name].as_of <= naive(as_of)
        and all(id_.startswith("model.") for id_ in nodes[name].reads)
        and all(models[read].kind in TRACKED for read in models[name].reads)
    ]
    if not candidates:
        return []
    texts = compiled(dbt, host, [*candidates, models[STATEMENTS]])
    known = [_Audience(model, texts[model.name], nodes[model.name].meta) for model in candidates if model.name in texts]
    ready = {one.model.name: one for one in known if one.fingerprint == cursors[one.model.name].fingerprint}
    statements = texts[STATEMENTS].replace(instant_literal(ANY_AS_OF), instant_literal(as_of)).replace(ANY_RUN, run_id)
    outcomes: list[Outcome] = []
    for layer in _layers(ready, models, waiting):
        if starts is not None:
            for one in layer:
                starts(one.model.name)
        outcomes += _evaluate_layer(warehouse, statements, layer, as_of, run_id)
        done = {one.name for one in outcomes}
        if progress is not None:
            for number, one in enumerate(layer, len(outcomes) - len(layer) + 1):
                progress(one.model.name, number, len(ready))
        if any(one.model.name not in done for one in layer):
            break
    return outcomes


def _evaluate_layer(
    warehouse: Warehouse, statements: str, layer: Collection[_Audience], as_of: datetime, run_id: str
) -> list[Outcome]:
    """Those of a layer that can be evaluated, in one transaction."""
    waiting = list(layer)
    while waiting:
        trying: list[_Audience] = []
        begun = perf_counter()
        try:
            with warehouse.transaction():
                seconds = _evaluate_together(warehouse, _PARTS.split(statements), waiting, as_of, run_id, trying)
        except AudiencesError:
            if not trying:
                return []
            waiting.remove(trying[-1])
            continue
        shared = (perf_counter() - begun - sum(seconds.values())) / len(waiting)
        return [
            Outcome(one.model.name, "success", "", seconds.get(one.model.name, 0.0) + shared, one.query(as_of))
            for one in waiting
        ]
    return []


def _evaluate_together(
    warehouse: Warehouse, parts: list[str], layer: Iterable[_Audience], as_of: datetime, run_id: str, trying: list[_Audience]
) -> dict[str, float]:
    """Seconds that each query took; `trying` has the one that is being asked at last."""
    opening, scoping, storing = parts
    known = {one.model.name: one for one in layer}
    warehouse.execute(opening)
    warehouse.insert(
        "evaluating",
        ("model", "of", "crosses", "is_whole", "definition_hash", "fingerprint", "is_full"),
        [
            (
                name, one.meta.get("of", "users"), _ACCOUNT_MEMBERS in one.model.reads, "whole" in one.meta,
                one.meta.get("definition_hash", ""), one.fingerprint, False,
            )
            for name, one in known.items()
        ],
    )  # fmt: skip
    warehouse.insert(
        "evaluating_reads",
        ("model", "read"),
        [(name, read) for name, one in known.items() for read in (*one.model.reads, "*")],
    )
    warehouse.execute(scoping)
    asked = {
        str(name): bool(is_full)
        for name, is_full, in_scope in warehouse.fetch(
            "select e.model, e.is_full, count(s.profile_id) from evaluating as e left join scopes as s on s.model = e.model "
            "group by e.model, e.is_full order by e.model"
        )
        if is_full or in_scope
    }
    partly = {name: known[name].query(as_of) for name, is_full in asked.items() if not is_full}
    partly, copies = sharing(warehouse, partly)
    seconds = {}
    for name, is_full in asked.items():
        one, begun = known[name], perf_counter()
        trying.append(one)
        key = text_literal(name)
        sql = one.query(as_of) if is_full else _CLOSED.sub(r"\1", partly[name])
        warehouse.execute(f"create temporary table scope as select distinct profile_id from scopes where model = {key}")
        warehouse.execute(
            f"/* audience {name}, run {run_id} */ insert into evaluated (model, profile_id, is_member, changes_at) "
            f"select {key}, profile_id, is_member, changes_at from ({sql}) as found"
        )
        warehouse.execute("drop table scope")
        seconds[name] = perf_counter() - begun
    for copy in copies:
        warehouse.execute(f"drop table {copy}")
    trying.clear()
    warehouse.execute(storing)
    return seconds


def _layers(ready: Mapping[str, _Audience], models: Mapping[str, Model], waiting: Collection[str]) -> list[list[_Audience]]:
    """Audiences that can be evaluated together, each layer after all that it reads; without what waits for something else."""
    places: dict[str, int] = {}
    layers: list[list[_Audience]] = []
    for name in models:
        if name not in ready:
            continue
        read = [one for one in models[name].reads if one in waiting]
        if any(one not in places for one in read):
            continue
        places[name] = 1 + max((places[one] for one in read), default=-1)
        while len(layers) <= places[name]:
            layers.append([])
        layers[places[name]].append(ready[name])
    return layers


def _cursors(warehouse: Warehouse, relations: Relations) -> dict[str, Cursor]:
    rows = warehouse.fetch(f"select model, as_of, fingerprint from {relations['cursors']}")
    return {str(name): Cursor(as_of, str(mark)) for name, as_of, mark in rows if isinstance(as_of, datetime)}
