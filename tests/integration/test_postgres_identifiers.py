"""The same calls as on DuckDB on a real Postgres: which identifiers become one profile, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from tests.integration import identity_calls
from tests.integration.postgres import Server
from tests.integration.sides import empty_sides


def test_both_engines_read_identifiers_alike(server: Server, tmp_path: Path) -> None:
    audiences = {"everyone": "audience: everyone\nwho: everyone\ninclude_anonymous: true\n"}
    rows = [
        {key: json.dumps(value) if isinstance(value, dict) else value for key, value in one.items()}
        for one in identity_calls.calls()
    ]
    rows = [{**one, "occurred_at": datetime(2026, 1, 1)} for one in rows]
    sql = "select profile_id, type, value from audiences.profile_identifiers"
    told = []
    for side in empty_sides(tmp_path, server.database("identifiers"), audiences):
        (side.workspace.root / "identity.yml").write_text(identity_calls.IDENTITY)
        side.load(rows)
        side.run(datetime(2026, 2, 1, tzinfo=UTC))
        assert identity_calls.found(side.rows(sql)) == identity_calls.expected(), side.engine
        calls = "select message_id, identifier_type, identifier_value from audiences_build.stg_calls"
        told.append((side.rows(sql), side.rows(calls)))
    assert told[0] == told[1]
