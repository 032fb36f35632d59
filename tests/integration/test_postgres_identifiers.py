"""The same calls as on DuckDB on a real Postgres: which identifiers become one profile, what is none, and phone numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.integration import identity_calls, phone_calls
from tests.integration.postgres import Server
from tests.integration.sides import CALL_COLUMNS, Side, empty_sides

from dbt_audiences.flow.workspace import Workspace


def test_both_engines_read_identifiers_alike_and_write_drawn_phone_numbers_as_the_library_does(
    server: Server, tmp_path: Path
) -> None:
    audiences = {"everyone": "audience: everyone\nwho: everyone\ninclude_anonymous: true\n"}
    rows = [
        {key: json.dumps(value) if isinstance(value, dict) else value for key, value in one.items()}
        for one in identity_calls.calls()
    ]
    rows = [{**one, "occurred_at": datetime(2026, 1, 1)} for one in rows]
    sql = "select profile_id, type, value from audiences.profile_identifiers"
    told = []
    sides = empty_sides(tmp_path, server.database("identifiers"), audiences)
    for side in sides:
        (side.workspace.root / "identity.yml").write_text(identity_calls.IDENTITY)
        side.load(rows)
        side.run(datetime(2026, 2, 1, tzinfo=UTC))
        assert identity_calls.found(side.rows(sql)) == identity_calls.expected(), side.engine
        blocked = {(kind, value): count for kind, value, count in side.rows(identity_calls.VIOLATIONS)}
        assert blocked == identity_calls.BLOCKED, side.engine
        calls = "select message_id, identifier_type, identifier_value from audiences_build.stg_calls"
        told.append((side.rows(sql), side.rows(calls)))
    assert told[0] == told[1]
    for side in sides:
        _write_phone_numbers(side)


def _write_phone_numbers(side: Side) -> None:
    (side.workspace.root / "identity.yml").write_text(phone_calls.IDENTITY)
    with side.workspace.warehouse() as warehouse:
        warehouse.execute("delete from raw.calls")
        rows = [tuple(one.get(column) for column in CALL_COLUMNS) for one in phone_calls.calls()]
        warehouse.insert("raw.calls", CALL_COLUMNS, rows)
    workspace = Workspace(side.workspace.root)
    workspace.compile(check=False)
    outcomes = workspace.dbt.run({"as_of": "2026-02-01T00:00:00"}, select=["stg_calls"])
    assert {one.status for one in outcomes} == {"success"}, side.engine
    workspace.dbt.release()
    found = side.rows(phone_calls.FOUND)
    assert len(found) == phone_calls.EACH and phone_calls.wrong(found) == [], side.engine
    assert sum(value is not None for _, *values in found for value in values) > 5 * phone_calls.EACH
