"""The same project on two engines: a copy of this one, with audiences and calls of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.integration.postgres import Database
from tests.integration.projects import SAMPLES

from dbt_audiences.core.warehouse import instant_literal
from dbt_audiences.flow.run import RunReport, run
from dbt_audiences.flow.workspace import Workspace

ROOT = Path(__file__).parents[2]
Rows = list[tuple[Any, ...]]
Evaluate = Callable[[str, datetime], Rows]
CALL_COLUMNS = (
    "message_id", "type", "occurred_at", "user_id", "anonymous_id", "event", "properties", "traits", "context", "loaded_at",
)  # fmt: skip
COLUMN_TYPES = {
    **dict.fromkeys(("occurred_at", "loaded_at"), "timestamp"),
    **dict.fromkeys(("properties", "traits", "context"), "json"),
}
LOADED_AT = datetime(2030, 1, 1)


@dataclass(frozen=True, slots=True)
class Side:
    """One project on one engine."""

    workspace: Workspace
    engine: str

    def load(self, calls: Sequence[Mapping[str, Any]]) -> None:
        rows = [tuple({"loaded_at": LOADED_AT, **call}.get(column) for column in CALL_COLUMNS) for call in calls]
        columns = ["received_at timestamp", "name text", "group_id text", "previous_id text", "source text", "load_id text"]
        columns += [f"{column} {COLUMN_TYPES.get(column, 'text')}" for column in CALL_COLUMNS]
        with self.workspace.warehouse() as warehouse:
            warehouse.execute("create schema raw")
            warehouse.execute(f"create table raw.calls ({', '.join(columns)})")
            warehouse.insert("raw.calls", CALL_COLUMNS, rows)

    def run(self, as_of: datetime, *select: str) -> RunReport:
        """A run, of everything or of what dbt's selectors select."""
        report = run(self.workspace, as_of=as_of, select=select, with_sync=False)
        assert report.exit_code == 0, report.failures
        return report

    def rows(self, sql: str) -> Rows:
        with self.workspace.warehouse() as warehouse:
            return sorted(warehouse.fetch(sql), key=repr)

    def members(self, audience: str, identifier: str = "user_id") -> set[str]:
        sql = (
            f"select i.value from audiences.profile_identifiers as i inner join audiences.{audience} as a "
            f"on a.profile_id = i.profile_id where i.type = '{identifier}'"
        )
        return {str(row[0]) for row in self.rows(sql)}


def make_side(root: Path, output: Mapping[str, object], audiences: Mapping[str, str] | None) -> Side:
    """A copy of this project, with these audiences in place of the sample's (None keeps them)."""
    root.mkdir()
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("macros", "models", "seeds", "audiences", "destinations"):
        shutil.copytree(ROOT / name, root / name, ignore=skipped)
    shutil.copy(ROOT / "dbt_project.yml", root)
    if audiences is not None:
        for name in SAMPLES:
            shutil.rmtree(root / name, ignore_errors=True)
        for name in ("audiences", "destinations"):
            shutil.rmtree(root / name)
            (root / name).mkdir()
        for key, text in audiences.items():
            (root / "audiences" / f"{key}.yml").write_text(text, encoding="utf-8")
    profile = {"dbt_audiences": {"target": "dev", "outputs": {"dev": dict(output)}}}
    (root / "profiles.yml").write_text(json.dumps(profile))
    return Side(Workspace(root), str(output["type"]))


def empty_sides(folder: Path, database: Database, audiences: Mapping[str, str] | None) -> tuple[Side, Side]:
    """The same project on DuckDB and on Postgres, in this order."""
    duckdb = {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "schema": "main", "threads": 1}
    return (
        make_side(folder / "duckdb", duckdb, audiences),
        make_side(folder / "postgres", database.credentials(), audiences),
    )


def track(user: str, event: str, instant: str, value: str) -> dict[str, Any]:
    """A call with the property `v`, given as JSON."""
    return {
        "message_id": f"{user} {event} {instant}",
        "type": "track",
        "occurred_at": naive(instant),
        "user_id": user,
        "event": event,
        "properties": f'{{"v":{value}}}',
    }


STATE = {
    "identifiers": "select type, value, profile_id, first_seen_at from audiences.profile_identifiers",
    "memberships": "select audience, profile_id, entered_at from audiences.memberships",
    "changes": "select audience, profile_id, change, changed_at, definition_hash, cause from audiences.membership_changes",
    "evaluations": "select audience, profile_id, is_member, changes_at from audiences.evaluations",
    "traits": "select profile_id, trait, value, updated_at from audiences.traits",
    "user_traits": "select * from audiences.user_traits",
    "account_traits": "select * from audiences.account_traits",
}


def state(side: Side) -> dict[str, Rows]:
    return {name: side.rows(sql) for name, sql in STATE.items()}


def differing_state(one: Mapping[str, Rows], other: Mapping[str, Rows]) -> dict[str, list[Any]]:
    return {name: sorted({*one[name]} ^ {*other[name]}, key=repr)[:5] for name in one if one[name] != other[name]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def naive(text: str) -> datetime:
    return at(text).replace(tzinfo=None)


def evaluator(side: Side) -> Evaluate:
    """What the model of an audience says at any as_of, from tables that are built: user, is_member, changes_at."""
    some = datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC)
    side.workspace.dbt.parse()
    models = side.workspace.dbt.compile({"as_of": some.replace(tzinfo=None).isoformat(), "run_id": "x"})
    side.workspace.dbt.release()

    def evaluate(audience: str, as_of: datetime) -> Rows:
        assert instant_literal(some) in models[audience]
        sql = models[audience].replace(instant_literal(some), instant_literal(as_of))
        return side.rows(
            f"select i.value, e.is_member, e.changes_at from ({sql}) as e "
            "inner join audiences.profile_identifiers as i on i.profile_id = e.profile_id"
        )

    return evaluate
