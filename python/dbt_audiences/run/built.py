"""Which models stand as their definitions and their inputs are, so that a run need not build them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from dbt_audiences.core.warehouse import (
    Relations,
    Warehouse,
    instant_literal,
    naive,
    schema_and_table,
    text_literal,
    text_literals,
)
from dbt_audiences.run.models import EVALUATED, STATE, TRACKED, VIEWS, Model
from dbt_audiences.spec.schedule import Schedule

TABLE = "built_models"
_RAW = ("calls", "list_members")
_INPUTS = ("suppressions", "sql_trait_identifiers", "state_version")
"""State tables that matter to models besides the raw tables."""


@dataclass(frozen=True, slots=True)
class Built:
    """How a model was last built: the digest of its definition, the state of the inputs, and the as_of."""

    digest: str
    inputs: str
    as_of: datetime


@dataclass(slots=True)
class Standing:
    """What stands in the warehouse at the beginning of a run."""

    warehouse: Warehouse
    relations: Relations
    models: Mapping[str, Model]
    raw_schema: str
    as_of: datetime
    inputs: str
    built: Mapping[str, Built]
    present: Mapping[tuple[str, str], str]
    """Schema and name of every table and view -> its kind."""

    @property
    def is_whole(self) -> bool:
        """Whether every state table is there: what is missing is made by dbt, whatever else there is to do."""
        return all(schema_and_table(model.relation) in self.present for model in self.models.values() if model.kind == STATE)

    def stale(self, wanted: Collection[str], changed: Collection[str] = ()) -> set[str]:
        """Of the wanted models those that must be built, without audiences and computed traits.

        changed  audiences and computed traits that are evaluated in this run
        """
        found: set[str] = set()
        for model in self.models.values():
            if model.kind == STATE or model.kind in EVALUATED or model.name not in wanted:
                continue
            if self._must_build(model, found.union(changed)):
                found.add(model.name)
        return found

    def affected(self, wanted: Collection[str]) -> set[str]:
        """Of the wanted audiences and computed traits those that a change or time may have moved, and their readers."""
        evaluated = [model for model in self.models.values() if model.kind in EVALUATED and model.name in wanted]
        if not evaluated:
            return set()
        cursors = self._cursors()
        log = self.relations["changed_entities"]
        logged = {
            str(name): int(str(number))
            for name, number in self.warehouse.fetch(f"select model, max(number) from {log} group by model")
        }
        due = self._due(evaluated)
        found: set[str] = set()
        for model in evaluated:
            number, as_of = cursors.get(model.name, (None, None))
            if (
                number is None
                or as_of is None
                or as_of > self.as_of
                or model.name in due
                or not self._stands(model)
                or any(self.models[name].kind not in TRACKED for name in model.reads if name in self.models)
                or any(logged.get(name, 0) > number for name in (*model.reads, "*"))
                or not found.isdisjoint(model.reads)
            ):
                found.add(model.name)
        return found

    def held(self, schedules: Mapping[str, Schedule]) -> set[str]:
        """Of the audiences and computed traits that are not evaluated in every run those whose time has not come."""
        if not schedules:
            return set()
        cursors, found = self._cursors(), set()
        for name, schedule in schedules.items():
            _, last = cursors.get(name, (0, None))
            if last is not None and last <= self.as_of and name in self.models and self._stands(self.models[name]):
                due = schedule.next_due(last)
                if due is None or due > self.as_of:
                    found.add(name)
        return found

    def stands(self, name: str) -> bool:
        """Whether a model is there, and was built by the definition that it has now."""
        return name in self.models and self._stands(self.models[name])

    def _cursors(self) -> dict[str, tuple[int, datetime]]:
        """Name -> the last change that an evaluation has seen, and its as_of."""
        rows = self.warehouse.fetch(f"select model, number, as_of from {self.relations['cursors']}")
        return {
            str(name): (int(str(number)), as_of.replace(tzinfo=UTC))
            for name, number, as_of in rows
            if isinstance(as_of, datetime)
        }

    def _due(self, evaluated: Iterable[Model]) -> set[str]:
        """Those of which somebody's `changes_at` has come."""
        until = f"changes_at <= {instant_literal(self.as_of)}"
        parts = [f"select distinct audience from {self.relations['evaluations']} where {until}"]
        parts += [
            f"select {text_literal(model.name)} where exists (select 1 from {model.relation} where {until})"
            for model in evaluated
            if model.kind == "computed_trait" and schema_and_table(model.relation) in self.present
        ]
        return {str(row[0]) for row in self.warehouse.fetch(" union all ".join(parts))}

    def _stands(self, model: Model) -> bool:
        built = self.built.get(model.name)
        return built is not None and built.digest == model.digest and schema_and_table(model.relation) in self.present

    def _must_build(self, model: Model, before: Set[str]) -> bool:
        built = self.built.get(model.name)
        if model.is_volatile or built is None or not self._stands(model):
            return True
        if model.kind in VIEWS:
            # Elsewhere a view goes with a table that it reads and that is replaced.
            keeps = self.warehouse.engine == "duckdb"
            lacked = any(name in before and name not in self.built for name in model.reads)
            return (
                (model.is_timed and built.as_of != naive(self.as_of)) or lacked or not (keeps or before.isdisjoint(model.reads))
            )
        return (
            built.inputs != self.inputs
            or not before.isdisjoint(model.reads)
            or (model.is_timed and self._happened(built.as_of))
        )

    def _happened(self, since: datetime) -> bool:
        """Whether a call of a time after `since` has come by now: tables know time only by that."""
        if since == naive(self.as_of):
            return False
        if since > naive(self.as_of) or "stg_calls" not in self.relations:
            return True
        calls, between = self.relations["stg_calls"], f"timestamp '{since.isoformat(' ')}'"
        sql = f"select 1 from {calls} where occurred_at > {between} and occurred_at <= {instant_literal(self.as_of)} limit 1"
        return bool(self.warehouse.fetch(sql))


def standing(
    warehouse: Warehouse, relations: Relations, models: Mapping[str, Model], raw_schema: str, as_of: datetime
) -> Standing:
    """What stands; nothing in a warehouse that does not know how its models were built."""
    present = _present(warehouse)
    built = {}
    if schema_and_table(relations[TABLE]) in present:
        for name, digest, inputs, at in warehouse.fetch(f"select model, digest, inputs, as_of from {relations[TABLE]}"):
            assert isinstance(at, datetime)
            built[str(name)] = Built(str(digest), str(inputs), at)
    return Standing(
        warehouse, relations, models, raw_schema, as_of, _marks(warehouse, relations, raw_schema, present), built, present
    )


def input_marks(warehouse: Warehouse, relations: Relations, raw_schema: str) -> str:
    """A text that is another one after any change of the raw tables, or of state that matters to models."""
    return _marks(warehouse, relations, raw_schema, _present(warehouse))


def inputs_of(warehouse: Warehouse, relations: Relations, model: str) -> str | None:
    """The marks of the inputs that a model was last built from; None where nothing says so."""
    rows = warehouse.fetch(f"select inputs from {relations[TABLE]} where model = {text_literal(model)}")
    return str(rows[0][0]) if rows else None


def _present(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    rows = warehouse.fetch("select table_schema, table_name, table_type from information_schema.tables")
    return {(str(schema), str(name)): str(kind) for schema, name, kind in rows}


def _marks(warehouse: Warehouse, relations: Relations, raw_schema: str, present: Mapping[tuple[str, str], str]) -> str:
    """The marks of the tables that calls and lists are read from, and of state that matters; a view may give anything."""
    names = [*(f'"{raw_schema}"."{name}"' for name in _RAW), *(relations[name] for name in _INPUTS)]
    kinds = {name: present.get(schema_and_table(name)) for name in names}
    return json.dumps(
        {name: warehouse.content_mark(name) if kind == "BASE TABLE" else kind and uuid4().hex for name, kind in kinds.items()}
    )


def forget_built(stand: Standing, names: Collection[str]) -> None:
    """Before these are built: whatever becomes of the run, nobody takes them for what they were."""
    known = sorted(set(names).intersection(stand.built))
    if known:
        stand.warehouse.execute(f"delete from {stand.relations[TABLE]} where model in ({text_literals(known)})")


def note_built(stand: Standing, names: Collection[str]) -> None:
    """Write down how these were built; state that the run itself made first is as it was made."""
    if None in json.loads(stand.inputs).values():
        now = json.loads(input_marks(stand.warehouse, stand.relations, stand.raw_schema))
        stand.inputs = json.dumps({name: mark or now[name] for name, mark in json.loads(stand.inputs).items()})
    rows = [
        (name, stand.models[name].digest, stand.inputs, naive(stand.as_of)) for name in sorted(names) if name in stand.models
    ]
    stand.warehouse.insert(stand.relations[TABLE], ("model", "digest", "inputs", "as_of"), rows)


def note_unaffected(stand: Standing, names: Collection[str]) -> None:
    """Write down that these audiences and traits have seen every change up to now, and that nobody had to be looked at."""
    if names:
        relations, at = stand.relations, instant_literal(stand.as_of)
        stand.warehouse.execute(
            f"update {relations['cursors']} set as_of = {at}, evaluated_count = 0, is_full = false, "
            f"number = (select coalesce(max(number), 0) from {relations['changed_entities']}) "
            f"where model in ({text_literals(sorted(names))})"
        )
