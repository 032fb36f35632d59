"""Every sample audience has exactly the members that SQL written by hand counts."""

from __future__ import annotations

import re
import sys

import duckdb
import pytest
from tests.integration.projects import command_line
from tests.integration.test_readme import ROOT, copy_of_the_project

AS_OF = (ROOT / "samples" / "online_retail" / "as_of").read_text(encoding="utf-8").strip()
KEYS = sorted(path.stem for path in (ROOT / "audiences").glob("*.yml"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    import subprocess

    root = copy_of_the_project(tmp_path_factory.mktemp("samples") / "project")
    subprocess.run([sys.executable, "samples/online_retail/convert.py", "build/online_retail"], cwd=root, check=True)
    place = ["--project-dir", str(root)]
    assert command_line(["load", str(root / "build/online_retail/calls.parquet"), *place]).exit_code == 0
    done = command_line(["run", "--as-of", AS_OF, "--no-sync", *place])
    assert done.exit_code == 0, done.err
    return duckdb.connect(str(root / "warehouse.duckdb"), read_only=True)


def by_hand(key: str) -> str:
    """The SQL of the analysis with its two expressions filled in."""
    text = (ROOT / "analyses" / f"{key}.sql").read_text(encoding="utf-8")
    text = text.replace("{{ source('audiences_raw', 'calls') }}", "raw.calls")
    text = text.replace("{{ dbt_audiences.as_of() }}", f"timestamp '{AS_OF.replace('T', ' ').rstrip('Z')}'")
    assert "{{" not in text
    return text


@pytest.mark.parametrize("key", KEYS)
def test_the_members_are_those_counted_by_hand(database: duckdb.DuckDBPyConnection, key: str) -> None:
    kind = "anonymous_id" if key == "anonymous_purchasers" else "user_id"
    members = database.execute(
        f"select i.value from audiences.{key} as a "
        f"join audiences.profile_identifiers as i using (profile_id) where i.type = '{kind}'"
    ).fetchall()
    counted = database.execute(by_hand(key)).fetchall()
    assert len(counted) > 50
    assert sorted(members) == sorted(counted)


def test_every_audience_was_counted_by_hand() -> None:
    assert len(KEYS) >= 8
    assert {path.stem for path in (ROOT / "analyses").glob("*.sql")} == set(KEYS)


def test_as_of_stands_in_one_place() -> None:
    """Code and models do not repeat the sample's as_of; only texts that show it, and examples, name the day."""
    for path in [
        *(ROOT / "samples").rglob("*.py"),
        *(ROOT / "models").rglob("*.sql"),
        *(ROOT / "analyses").glob("*.sql"),
        ROOT / "Makefile",
    ]:
        assert not re.search(r"2011-12-10", path.read_text(encoding="utf-8")), path
