"""The target as it is read without dbt; where that cannot be, dbt is asked."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dbt_audiences.flow.init import init
from dbt_audiences.run.profile import plain_credentials

PROFILE = """
shop:
  target: "{{ env_var('SHOP_TARGET', 'dev') }}"
  outputs:
    dev: {type: duckdb, path: "{{ env_var(\\"SHOP_FILE\\") }}.duckdb", config_options: {threads: 2}}
    asked: {type: duckdb, path: "{{ env_var('SHOP_FILE') | lower }}"}
    unset: {type: duckdb, path: "{{ env_var('NOT_SET') }}"}
    pathless: {type: duckdb}
    postgres: {type: postgres, host: localhost}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOP_FILE", "/data/Shop")
    (tmp_path / "profiles.yml").write_text(PROFILE)
    return tmp_path / "profiles.yml"


def test_a_duckdb_target_is_read_with_the_environment_filled_in(file: Path) -> None:
    found = {"type": "duckdb", "path": "/data/Shop.duckdb", "config_options": {"threads": 2}}
    assert plain_credentials(file, "shop", None) == found
    assert plain_credentials(file, "shop", "dev") == found


def test_the_target_itself_may_come_from_the_environment(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TARGET", "postgres")
    assert plain_credentials(file, "shop", None) is None


@pytest.mark.parametrize("target", ["asked", "unset", "pathless", "postgres", "missing"])
def test_whatever_else_stands_there_is_left_to_dbt(file: Path, target: str) -> None:
    assert plain_credentials(file, "shop", target) is None


@pytest.mark.parametrize("text", ["", "[]", "shop: 1", "shop: {outputs: []}", "{{", "other: {}"])
def test_a_file_that_cannot_be_read_is_left_to_dbt(tmp_path: Path, text: str) -> None:
    (tmp_path / "profiles.yml").write_text(text)
    assert plain_credentials(tmp_path / "profiles.yml", "shop", None) is None


def test_compiling_needs_no_dbt(tmp_path: Path) -> None:
    init(tmp_path / "shop", now=datetime(2026, 3, 10, tzinfo=UTC))
    program = (
        "import sys\nfrom dbt_audiences.cli.main import main\ntry:\n    main()\nexcept SystemExit as ended:\n"
        "    assert not ended.code\nassert not {'dbt', 'aiohttp'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", program, "compile", "--project-dir", str(tmp_path / "shop")]
    assert subprocess.run(command, check=False).returncode == 0
