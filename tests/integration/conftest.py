"""What tests of several files stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.postgres import Database, Server, running_server
from tests.integration.worlds import World, running_world

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.warehouses import duckdb, postgres


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def loading(server: Server) -> Database:
    return server.database("loaded")


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Each engine, without raw tables."""
    opened: Warehouse
    if request.param == "duckdb":
        opened = duckdb.connect({"path": str(tmp_path / "test.duckdb")})
    else:
        opened = postgres.connect(request.getfixturevalue("loading").credentials())
        opened.execute("drop schema if exists raw cascade")
    yield opened
    opened.close()
