"""The sample retailer on a real Postgres as on DuckDB: members, entry times, profile ids and what is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.postgres import Server
from tests.integration.sides import LOADED_AT, ROOT, Rows, Side, at, differing_state, empty_sides, state

from dbt_audiences.load.files import load_calls


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample retailer on both engines, with the state after each of three runs."""

    duckdb: Side
    postgres: Side
    states: dict[str, list[dict[str, Rows]]]


AS_OFS = ("2011-12-10T00:00:00Z", "2011-12-10T00:00:00Z", "2012-01-10T00:00:00Z")


@pytest.fixture(scope="module")
def sample(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([sys.executable, ROOT / "samples/online_retail/convert.py", folder], check=True, capture_output=True)
    sides = empty_sides(folder, server.database("sample"), None)
    states: dict[str, list[dict[str, Rows]]] = {}
    for side in sides:
        with side.workspace.warehouse() as warehouse:
            load_calls(
                warehouse, [str(folder / "calls.parquet")], source=None, max_rejected=0, loaded_at=LOADED_AT, progress=None
            )
        states[side.engine] = []
        for as_of in AS_OFS:
            side.run(at(as_of))
            states[side.engine].append(state(side))
    return Sample(*sides, states)


@pytest.mark.parametrize("number", range(len(AS_OFS)))
def test_members_changes_profile_ids_and_next_changes_of_the_sample_are_the_same(sample: Sample, number: int) -> None:
    duckdb, postgres = sample.states["duckdb"][number], sample.states["postgres"][number]
    assert differing_state(duckdb, postgres) == {}
    assert len({audience for audience, *_ in postgres["memberships"]}) >= 7


def test_a_second_run_changes_nothing(sample: Sample) -> None:
    assert sample.states["postgres"][0] == sample.states["postgres"][1]


def test_members_of_the_sample_are_the_same_people(sample: Sample) -> None:
    for audience in ("repeat_buyers", "continental_customers"):
        assert sample.postgres.members(audience) == sample.duckdb.members(audience) != set()


def test_what_is_sent_of_the_sample_is_the_same(sample: Sample) -> None:
    for send in ("crm_files_repeat_buyers", "crm_webhook_lapsed_customers"):
        sql = f"select profile_id, identifier_type, identifier_value, traits from audiences_build.send_{send}"
        assert sample.postgres.rows(sql) == sample.duckdb.rows(sql) != []


def test_dbt_build_with_its_tests_passes_and_keeps_the_members(sample: Sample) -> None:
    root = sample.postgres.workspace.root
    variables = json.dumps({"as_of": "2012-01-10T00:00:00"})
    command: list[str | Path] = [
        Path(sys.executable).parent / "dbt",
        "build",
        "--vars",
        variables,
        "--project-dir",
        root,
        "--profiles-dir",
        root,
    ]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-3_000:]
    assert "ERROR=0" in built.stdout and "data test" in built.stdout
    assert state(sample.postgres) == sample.states["postgres"][-1]
