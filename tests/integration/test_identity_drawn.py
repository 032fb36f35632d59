"""Drawn calls in several loads: after each, profiles and violations are those of the interpreter, on DuckDB files."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from tests.integration.identity_graphs import COLUMNS, SETTINGS, START, Drawn, by_profiles, drawn_calls, expected, found
from tests.integration.projects import Project, new_project
from tests.reference.identity import Resolved

GROUPS, LOADS = 150, 2


def insert(project: Project, calls: list[Drawn], load: int) -> None:
    rows = [(*one.row, START + timedelta(days=500 + load)) for one in calls]
    with duckdb.connect(str(project.root / "warehouse.duckdb")) as connection:
        connection.executemany(f"insert into raw.calls ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})", rows)


def resolve(project: Project, *more: str) -> None:
    assert project.dbt("run", "--select", "+profile_identifiers", *more).success


def _with_counts_of(wanted: Resolved | None, told: Resolved) -> Resolved:
    """With how many others something is shared is counted where all calls are looked at; a later load may add some."""
    counts = {name: wanted.shared.get(name, 0) if wanted else 0 for name in told.shared}
    same = {name: max(count, counts[name]) for name, count in told.shared.items()}
    return Resolved(told.profiles, told.dropped, same)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_load_leaves_the_profiles_of_the_interpreter_and_so_does_a_full_refresh(name: str, tmp_path: Path) -> None:
    setting = SETTINGS[name]
    project = new_project(tmp_path / "shop")
    if setting.text:
        project.write("identity.yml", setting.text)
        project.audiences("compile")
    calls = drawn_calls(setting, GROUPS, seed=77)
    random.Random(2).shuffle(calls)
    loaded: list[Drawn] = []
    for load in range(LOADS):
        fresh = calls[load::LOADS] if load else [one for one in calls[load::LOADS] if one.group % 3]
        insert(project, fresh, load)
        loaded += fresh
        resolve(project)
        wanted = {group: by_profiles(one) for group, one in expected(setting, loaded).items()}
        told = {group: _with_counts_of(wanted.get(group), one) for group, one in found(project.sql).items()}
        assert {group: told[group] for group in wanted if told.get(group) != wanted[group]} == {}
        assert told.keys() == wanted.keys()
    resolve(project, "--full-refresh")
    assert found(project.sql) == wanted
