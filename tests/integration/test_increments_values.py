"""Runs of a part and what time, traits and lists move in comparisons; and what could not be read of the values."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import NOW, Project, identify, new_project, track

NAMES = [f"name {number}" for number in range(20)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Audiences whose members time and traits move, run once."""
    project = new_project(tmp_path_factory.mktemp("values") / "shop")
    project.write("lists/vips.csv", "\n".join(NAMES) + "\n")
    project.define("birthdays", "{trait: born, anniversary_within_next: 2 calendar_days}")
    project.define("spends_more", "{performed: Bought, where: {property: price, gt: {trait: limit}}}")
    project.define("beyond_limit", "{trait: score, gt: {trait: limit}}")
    project.define("vips", "{trait: name, one_of: {file: lists/vips.csv}}")
    project.define("bought_as_vip", "{performed: Bought, where: {property: names.$, one_of: {file: lists/vips.csv}}}")
    born = {"ann": NOW.date().replace(year=1990), "bob": NOW.date().replace(year=1990, day=NOW.day + 3)}
    project.load(
        *(identify(-9, userId=user, traits={"born": str(day), "name": "name 3", "limit": 10}) for user, day in born.items()),
        identify(-9, userId="cid", traits={"score": 5, "limit": "n/a", "born": "unknown"}),
        identify(-8, userId="dea", traits={"limit": "none", "name": "nobody"}),
        identify(1, userId="bob", traits={"limit": 1}),
        *(track(user, "Bought", -1, properties={"price": 5, "names": ["x", "name 7"]}) for user in ("bob", "cid")),
        *(track("dea", "Bought", -day, properties={"price": f"{day} pounds"}) for day in range(2, 7)),
    )
    project.run()
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return template.copy(tmp_path / "shop")


def last(project: Project, key: str) -> tuple[int, bool]:
    """How many profiles the last evaluation looked at, and whether it looked at all."""
    ((count, is_full),) = project.sql(f"select evaluated_count, is_full from audiences_build.cursors where model = '{key}'")
    return int(count), bool(is_full)


def test_birthdays_come_and_go_by_themselves_and_nobody_else_is_looked_at(project: Project) -> None:
    assert project.members("birthdays") == {"ann"}
    project.run(day=0.4)
    assert last(project, "birthdays") == (0, False)
    project.run(day=1.6)
    assert project.members("birthdays") == {"bob"} and last(project, "birthdays") == (2, False)
    project.run(day=4)
    assert project.members("birthdays") == set() and last(project, "birthdays") == (1, False)
    project.run("--verify", "100%", day=4.1)


def test_a_value_that_begins_later_of_a_trait_that_is_referred_to_moves_whom_it_judges(project: Project) -> None:
    assert project.members("spends_more") == set()
    project.run(day=1.1)
    assert project.members("spends_more") == {"bob"} and last(project, "spends_more") == (1, False)


def test_a_late_value_of_a_trait_that_is_referred_to_is_looked_at(project: Project) -> None:
    project.load(identify(-8.5, userId="cid", traits={"limit": 2}))
    project.run(day=0.1)
    assert project.members("beyond_limit") == {"cid"} and last(project, "beyond_limit") == (1, False)
    assert project.members("spends_more") == {"cid"}
    project.load(identify(-8.4, userId="cid", traits={"limit": None}))
    project.run(day=0.2)
    assert project.members("beyond_limit") == project.members("spends_more") == set()


def test_an_edited_list_is_a_new_definition_also_when_it_becomes_short_or_empty(project: Project) -> None:
    assert project.members("vips") == {"ann", "bob"} and project.members("bought_as_vip") == {"bob", "cid"}
    assert project.sql("select count(*) from audiences_build.list_vips") == [(20,)]
    project.write("lists/vips.csv", "\n".join([*NAMES[4:], "nobody"]) + "\n")
    project.run(day=0.1)
    assert project.members("vips") == {"dea"} and last(project, "vips")[1]
    assert project.members("bought_as_vip") == {"bob", "cid"}
    project.write("lists/vips.csv", "name 3\n")
    project.run(day=0.2)
    assert project.members("vips") == {"ann", "bob"} and project.members("bought_as_vip") == set()
    assert not (project.root / "models/lists/list_vips.sql").exists()
    project.write("lists/vips.csv", "")
    project.run(day=0.3)
    assert project.members("vips") == set()


def test_dbt_alone_builds_the_list_before_what_reads_it(project: Project) -> None:
    project.sql("drop table audiences_build.list_vips")
    result = project.dbt("run", "--select", "+vips")
    assert result.success, result.exception
    assert project.members("vips") == {"ann", "bob"}


def test_what_could_not_be_read_is_counted_with_samples_in_every_report(project: Project) -> None:
    expected = [
        {
            "kind": "event",
            "name": "Bought",
            "path": "price",
            "type": "number",
            "count": 5,
            "samples": ["2 pounds", "3 pounds", "4 pounds"],
        },
        {"kind": "trait", "name": "limit", "path": "limit", "type": "number", "count": 2, "samples": ["n/a", "none"]},
        {"kind": "trait", "name": "born", "path": "born", "type": "instant", "count": 1, "samples": ["unknown"]},
    ]
    assert project.audiences("status", "--json").json["unreadable_values"] == expected
    shown = project.audiences("status").out
    assert "values that could not be read, and count as missing" in shown and "'2 pounds', '3 pounds', '4 pounds'" in shown
    assert project.run(day=0.1)["unreadable_values"] == expected
    project.load(identify(-7, userId="cid", traits={"limit": 3, "born": "1990-01-01"}))
    told = project.audiences("run", "--no-sync", "--as-of", "2026-02-01T15:00:00Z")
    assert "some values of 2 properties and traits could not be read: audiences status" in told.err
    ((count,),) = project.sql("select value_count from audiences.unreadable_values where path = 'limit'")
    assert count == 1
