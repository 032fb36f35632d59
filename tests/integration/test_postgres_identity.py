"""The drawn calls of identities on a real Postgres: the profiles and violations of the interpreter after each load."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.identity_graphs import COLUMNS, SETTINGS, START, by_profiles, drawn_calls, expected, found
from tests.integration.postgres import Server
from tests.integration.sides import make_side

GROUPS = 60


@pytest.mark.parametrize("name", ["narrow", "of a time"])
def test_postgres_resolves_what_the_interpreter_does(name: str, server: Server, tmp_path: Path) -> None:
    setting = SETTINGS[name]
    side = make_side(tmp_path / "shop", server.database(f"identity_{name.replace(' ', '_')}").credentials(), {})
    (side.workspace.root / "identity.yml").write_text(setting.text)
    calls = drawn_calls(setting, GROUPS, seed=3)
    side.load([])
    for load in range(2):
        rows = [(*one.row, START + timedelta(days=500 + load)) for one in calls[load::2]]
        with side.workspace.warehouse() as warehouse:
            warehouse.insert("raw.calls", COLUMNS, rows)
        side.run(datetime(2028, 1, 1 + load, tzinfo=UTC))
        loaded = [one for number in range(load + 1) for one in calls[number::2]]
        wanted = {group: by_profiles(one) for group, one in expected(setting, loaded).items()}
        told = found(side.rows)
        shared = {group: set(one.shared) for group, one in told.items()}
        assert shared == {group: set(one.shared) for group, one in wanted.items()}
        parts = {group: (one.profiles, one.dropped) for group, one in told.items()}
        assert parts == {group: (one.profiles, one.dropped) for group, one in wanted.items()}
