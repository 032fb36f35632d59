"""Whoever is known under two ids is in the same audiences, since the same instants, as under one, however calls were loaded."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from tests.integration.agreement import write
from tests.integration.projects import Project, new_project
from tests.integration.two_ids import INSERT, LATE, ONE, TIED, draw

from dbt_audiences.flow.workspace import Workspace

MEMBERS = "select audience, {name} as name, entered_at from audiences.memberships as m"
CHANGES = "select audience, {name} as name, change, changed_at, cause from audiences.membership_changes as m"
EVALUATIONS = "select audience, {name} as name, is_member, changes_at from audiences.evaluations as m"
NAME = """coalesce(
    (
        select min(i.value)
        from audiences.profile_identifiers as i
        where i.profile_id = coalesce(
            (select g.to_profile_id from audiences.profile_merges as g where g.from_profile_id = m.profile_id), m.profile_id
        )
    ),
    m.profile_id
)"""
"""The id that a profile is known by; of an account its own."""

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Rows, Rows, Rows]]:
    """Members, changes and evaluations after each of the loads, by copy."""
    drawn = draw(20260401)
    assert drawn.people > 150
    project = new_project(tmp_path_factory.mktemp("two_ids") / "shop")
    write(project.root, drawn.definitions)
    Workspace(project.root).compile(check=False)
    (project.root / "models" / "audiences" / "audiences.yml").unlink()
    found = []
    for number, rows in enumerate(drawn.loads):
        with duckdb.connect(str(project.root / "warehouse.duckdb")) as connection:
            connection.executemany(INSERT, rows)
        as_of = (drawn.as_of + timedelta(hours=7 * number)).replace(tzinfo=None).isoformat()
        assert project.dbt("run", "--vars", f"{{as_of: '{as_of}', run_id: 'run_{number}'}}").success
        found.append((_by_copy(project, MEMBERS), _by_copy(project, CHANGES), _by_copy(project, EVALUATIONS)))
    return found


def _by_copy(project: Project, sql: str) -> Rows:
    """The rows of each copy, without what tells it from the others."""
    found: Rows = {ONE: [], TIED: [], LATE: []}
    for audience, name, *rest in project.sql(sql.format(name=NAME)):
        copy, _, own = name.partition(":")
        found[copy].append((audience, own, *rest))
    return {copy: sorted(rows, key=repr) for copy, rows in found.items()}


def test_two_ids_that_are_tied_from_the_start_are_as_one_after_every_load(told: list[tuple[Rows, Rows, Rows]]) -> None:
    for members, changes, evaluations in told:
        for rows in (members, changes, evaluations):
            assert rows[TIED] == rows[ONE]
    members, changes, _ = told[-1]
    audiences = {audience for audience, *_ in members[ONE]}
    assert len(audiences) > 6 and len(members[ONE]) > 200
    assert {"entered", "exited"} == {change for _, _, change, *_ in changes[ONE]}


def test_two_ids_that_the_last_load_ties_end_in_the_same_audiences_and_nobody_enters_twice(
    told: list[tuple[Rows, Rows, Rows]],
) -> None:
    *_, (before, _, _), (after, changes, _) = told
    assert [row[:2] for row in after[LATE]] == [row[:2] for row in after[ONE]]
    entries = defaultdict(list)
    for audience, name, entered_at in before[LATE]:
        entries[audience, name].append(entered_at)
    was_in = [(audience, name, at) for audience, name, at in after[LATE] if (audience, name) in entries]
    assert [at for *_, at in was_in] == [min(entries[audience, name]) for audience, name, _ in was_in]
    new = {
        (audience, name)
        for audience, name, change, at, cause in changes[LATE]
        if change == "entered" and cause == "run" and at > max(row[2] for row in before[LATE])
    }
    assert not new & entries.keys()
    assert any(len(set(both)) == 2 for both in entries.values()) and len(was_in) > 100
