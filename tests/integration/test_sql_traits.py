"""SQL traits: models of the user's own whose columns are traits, whatever is wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import Project, call, identify, new_project, track

SCORES = "select * from raw.scores"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.load(
        *(track(user, "Visited", -3) for user in ("ann", "bob", "cid")),
        call("group", -5, userId="ann", groupId="acme", traits={}, messageId="g1"),
    )
    shop.sql("create table raw.scores (user_id text, score decimal(9, 2), plan text)")
    declare(shop)
    return shop


def declare(project: Project, sql: str = "select user_id, score, plan from raw.scores", **more: object) -> None:
    """The model `scores`, and what its yml says."""
    meta = {"of": "users", "identifier": "user_id", **more}
    written = ", ".join(f"{name}: {value}" for name, value in meta.items())
    project.write("models/marts/scores.sql", sql + "\n")
    project.write("models/marts/scores.yml", f"models:\n  - name: scores\n    config: {{meta: {{sql_trait: {{{written}}}}}}}\n")


def rows(project: Project, *given: tuple[Any, ...]) -> None:
    """These are the rows of the model's source now."""
    project.sql("delete from raw.scores")
    for row in given:
        project.sql("insert into raw.scores values (" + ", ".join("null" if v is None else repr(v) for v in row) + ")")


def traits(project: Project, *names: str) -> list[tuple[str, str, str]]:
    """Who (a user id, else the account), trait and value of what one table of all traits says."""
    listed = ", ".join(f"'{name}'" for name in names)
    return project.sql(
        "select coalesce(i.value, t.profile_id), t.trait, t.value from audiences.traits as t left join "
        "audiences.profile_identifiers as i on i.profile_id = t.profile_id and i.type = 'user_id' "
        f"where t.trait in ({listed}) order by all"
    )


def looked_at(project: Project) -> dict[str, tuple[int, bool]]:
    found = project.sql("select model, evaluated_count, is_full from audiences_build.cursors")
    return {model: (count, is_full) for model, count, is_full in found}


def test_columns_are_traits_that_audiences_follow_for_whom_they_changed(project: Project) -> None:
    rows(project, ("ann", 0.5, "gold"), ("bob", 0.9, None))
    project.define("likely", "{trait: score, gt: 0.7}")
    project.define("on_gold", "{trait: plan, equals: gold}")
    project.define("without", "{not: {trait: score, exists: true}}")
    project.run("--verify", "100%")
    assert (project.members("likely"), project.members("on_gold")) == ({"bob"}, {"ann"})
    assert project.members("without") == {"cid"}
    assert traits(project, "score", "plan") == [("ann", "plan", '"gold"'), ("ann", "score", "0.5"), ("bob", "score", "0.9")]
    rows(project, ("ann", 0.8, "gold"), ("bob", 0.9, None))
    project.run("--verify", "100%", day=0.1)
    assert project.members("likely") == {"ann", "bob"}
    assert looked_at(project) == {"likely": (1, False), "on_gold": (0, False), "without": (1, False)}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (("ann", 0.1, None), "2 with a user_id that another has too"),
        ((None, 0.1, "x"), "1 without user_id"),
        (("", 0.1, "x"), "1 without user_id"),
    ],
)
def test_null_and_duplicate_identifiers_fail_that_trait_alone(project: Project, bad: tuple[Any, ...], said: str) -> None:
    rows(project, ("ann", 0.5, "gold"))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.define("visitors", "{performed: Visited}")
    project.run()
    rows(project, ("ann", 0.9, "gold"), ("bob", 0.9, "gold"), bad)
    project.load(track("dan", "Visited", -1))
    report = project.run(day=0.1, expect=1)
    (failure,) = report["failures"]
    assert failure["name"] == "check_sql_trait_scores"
    assert f"rows of scores: {said}; the last good values stay: " in failure["message"]
    assert {one["audience"]: one["status"] for one in report["audiences"]} == {"likely": "built", "visitors": "built"}
    assert (project.members("likely"), project.members("visitors")) == ({"ann"}, {"ann", "bob", "cid", "dan"})
    rows(project, ("ann", 0.1, "gold"), ("bob", 0.9, "gold"))
    project.run("--verify", "100%", day=0.2)
    assert project.members("likely") == {"bob"}


def test_at_most_ten_offending_rows_are_listed(project: Project) -> None:
    rows(project, *((None, 0.1, f"row {number:02}") for number in range(12)))
    project.define("likely", "{not: {trait: score, gte: 0.5}}")
    report = project.run(expect=1)
    message = next(one["message"] for one in report["failures"] if one["name"] == "check_sql_trait_scores")
    assert "12 without user_id" in message and message.count("null {") == 10 and "row 09" in message
    assert {one["audience"]: one["status"] for one in report["audiences"]} == {"likely": "skipped"}


def test_a_model_that_breaks_leaves_the_last_good_values(project: Project) -> None:
    rows(project, ("ann", 0.5, "gold"))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.define("visitors", "{performed: Visited}")
    project.run()
    declare(project, "select user_id, score / 0 + no_such_column as score, plan from raw.scores")
    project.load(track("dan", "Visited", -1))
    report = project.run(day=0.1, expect=1)
    assert [one["name"] for one in report["failures"]] == ["scores"]
    assert (project.members("likely"), project.members("visitors")) == ({"ann"}, {"ann", "bob", "cid", "dan"})


def test_a_column_that_nothing_names_fails_the_trait(project: Project) -> None:
    rows(project, ("ann", 0.5, "gold"))
    declare(project, "select * from raw.scores")
    project.write(
        "models/marts/scores.yml",
        "models:\n  - name: scores\n    columns: [{name: score}]\n"
        "    config: {meta: {sql_trait: {of: users, identifier: user_id}}}\n",
    )
    report = project.run(expect=1)
    (failure,) = report["failures"]
    assert "scores has a column `plan` that neither its yml lists nor its SQL names" in failure["message"]


def test_a_row_that_is_gone_unsets_its_traits_or_keeps_them(project: Project) -> None:
    rows(project, ("ann", 0.5, "gold"), ("bob", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.run()
    rows(project, ("bob", 0.9, None))
    project.run("--verify", "100%", day=0.1)
    assert project.members("likely") == {"bob"}
    declare(project, missing="keep")
    project.run(day=0.2)
    rows(project, ("cid", 0.9, None))
    project.run("--verify", "100%", day=0.3)
    assert project.members("likely") == {"bob", "cid"}


def test_a_source_that_seems_broken_is_refused_until_approved(project: Project) -> None:
    rows(project, ("ann", 0.5, None), ("bob", 0.9, None), ("cid", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.run()
    rows(project, ("cid", 0.9, None))
    report = project.run(day=0.1, expect=3)
    assert "sql_trait_scores had 3 rows and now has 1" in report["failures"][0]["message"]
    assert project.members("likely") == {"ann", "bob", "cid"}
    project.audiences("sync", "--approve", "sql_trait_scores")
    project.run(day=0.2)
    assert project.members("likely") == {"cid"}


def test_every_holds_the_values_until_it_is_time(project: Project) -> None:
    declare(project, every="4 hours")
    rows(project, ("ann", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.run()
    rows(project, ("ann", 0.1, None))
    project.run(day=3.9 / 24)
    assert project.members("likely") == {"ann"}
    project.run(day=4 / 24)
    assert project.members("likely") == set()


def test_every_may_be_a_schedule_in_utc(project: Project) -> None:
    declare(project, every="'30 6 * * mon-fri'")  # the first of February 2026 is a Sunday
    rows(project, ("ann", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.run()
    rows(project, ("ann", 0.1, None))
    project.run(day=18.4 / 24)
    assert project.members("likely") == {"ann"}
    project.run(day=18.5 / 24)
    assert project.members("likely") == set()


def test_identifiers_that_no_profile_has_make_profiles_that_merge_later(project: Project) -> None:
    declare(project, "select user_id as email, score from raw.scores", identifier="email")
    project.write("identity.yml", "identifiers:\n  email: {blocked: [nobody@example.com]}\n")
    rows(project, (" New@Example.com ", 0.9, None), ("nobody@example.com", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.5}")
    project.define("visitors", "{performed: Visited}")
    report = project.run("--verify", "100%")
    assert report["sql_traits"] == [
        {"model": "scores", "rows": 2, "new_identifiers": 1, "problem": None, "of_nobody": 1}
    ]  # fmt: skip
    assert project.members("likely") == {"new@example.com"}
    assert str(project.sql("select min(first_seen_at) from audiences.profile_identifiers where type = 'email'")) \
        == str(project.sql("select timestamp '2026-02-01 12:00:00'"))  # fmt: skip
    project.load(identify(0.05, userId="ann", traits={"email": "new@example.com"}))
    report = project.run("--verify", "100%", day=0.1)
    assert report["sql_traits"][0]["new_identifiers"] == 0
    assert project.members("likely") == {"ann"}
    (entered,) = project.sql("select count(*) from audiences.profiles")[0]
    assert entered == 3


def test_accounts_have_sql_traits_too(project: Project) -> None:
    declare(project, "select user_id as group_id, score from raw.scores", of="accounts", identifier="group_id")
    rows(project, ("acme", 7, None), ("beta", 9, None))
    project.define("big", "{trait: score, gte: 5}", of="accounts")
    project.define("of_big", "{account: any, who: {trait: score, gte: 5}}")
    project.define("alone", "{account: none, who: {trait: score, gte: 5}}")
    project.run("--verify", "100%")
    assert project.sql("select profile_id from audiences.big order by 1") == [("acme",), ("beta",)]
    assert (project.members("of_big"), project.members("alone")) == ({"ann"}, {"bob", "cid"})
    assert traits(project, "score") == [("acme", "score", "7"), ("beta", "score", "9")]
    readers = project.audiences("consumers", "score", "--json").json
    assert [(one["key"], one["how"]) for one in readers] == [("alone", "trait"), ("big", "trait"), ("of_big", "trait")]
    for key, who in (("big", "group_id:beta"), ("of_big", "user_id:ann")):
        assert project.audiences("explain", key, who, "--json").json["is_member"]


def test_values_of_every_type_read_as_they_do_in_events(project: Project) -> None:
    declare(
        project,
        """select 'ann' as user_id, true as truth, date '2026-01-31' as day, timestamp '2026-01-31 10:00:00.5' as moment,
            timestamptz '2026-01-31 12:00:00+02' as zoned, 10.50 as price, cast(0.1 as double) as float_number,
            cast('nan' as double) as nothing, ['a', 'b'] as list, {'city': 'Berlin', 'zip': [1, 2]} as address,
            cast('{"x": {"y": "deep"}}' as json) as json_column, 'It''s "q"' as odd, 12345678901234567890123 as large,
            cast(null as text) as missing""",
    )
    tests = {
        "truth": "equals: true", "day": "equals: 2026-01-31", "moment": "after: 2026-01-31T10:00:00Z",
        "zoned": "equals: 2026-01-31T10:00:00Z", "price": "equals: 10.5", "float_number": "equals: 0.1",
        "nothing": "exists: false", "list": "equals: '[\"a\",\"b\"]'", "address.city": "equals: Berlin",
        "list.$": "equals: b", "address.zip.$": "gt: 1",
        "address.zip": "equals: '[1,2]'", "json_column.x.y": "equals: deep",
        "json_column": "equals: '{\"x\":{\"y\":\"deep\"}}'",
        "odd": "equals: 'It''s \"q\"'", "large": "equals: 12345678901234567890123", "missing": "exists: false",
    }  # fmt: skip
    for number, (path, test) in enumerate(tests.items()):
        project.define(f"test_{number:02}", f"{{trait: {path}, {test}}}")
    project.run("--verify", "100%")
    wrong = [path for number, path in enumerate(tests) if "ann" not in project.members(f"test_{number:02}")]
    assert wrong == []


def test_a_custom_trait_of_the_name_is_hidden_with_a_warning(project: Project) -> None:
    project.load(identify(-1, userId="ann", traits={"plan": "silver"}))
    rows(project, ("bob", 1, "silver"))
    project.define("by_sql", "{trait: plan, equals: silver}")
    project.define("said", "{trait: custom.plan, equals: silver}")
    report = project.run()
    assert (project.members("by_sql"), project.members("said")) == ({"bob"}, {"ann"})
    warning = (
        "the SQL trait `plan` (models/marts/scores.yml:3:32) hides a custom trait of that name, which `custom.plan` reaches"
    )
    assert report["warnings"] == [warning]


def test_examples_give_sql_traits_as_traits(project: Project) -> None:
    example = {
        "as_of": "2026-02-01T00:00:00Z",
        "given": {"ann": {"traits": {"score": 0.9}}, "bob": {"traits": {"score": 0.1, "kind": "x"}}, "cid": {}},
        "expect": {"in": ["ann"], "out": ["bob", "cid"]},
    }
    project.define("likely", "{trait: score, gte: 0.5}", examples=[example])
    assert "1 example" in project.audiences("test").out + project.audiences("test").err
    example["expect"] = {"in": ["bob"]}
    project.define("likely", "{trait: score, gte: 0.5}", examples=[example])
    project.audiences("test", expect=1)


def test_dbt_alone_builds_them_too(project: Project) -> None:
    rows(project, ("ann", 0.5, "gold"), ("bob", 0.9, None))
    project.define("likely", "{trait: score, gte: 0.9}")
    project.audiences("compile")
    assert project.dbt("run").success
    assert project.members("likely") == {"bob"}


def test_a_preview_tells_all_before_anything_is_built(project: Project) -> None:
    for ending in ("sql", "yml"):
        (project.root / f"models/marts/scores.{ending}").unlink()
    project.run()
    rows(project, ("ann", 0.5, "gold"), ("zoe", 0.9, None), ("ann", 0.1, None), (None, 0.1, None))
    declare(project)
    project.write("models/marts/scores.sql", "select user_id, score, plan from {{ ref('cleaned') }}\n")
    project.write("models/marts/cleaned.sql", "select * from raw.scores\n")
    before = project.sql("select table_schema, table_name from information_schema.tables order by all")
    found = project.audiences("preview", "scores", "--json").json
    counts = {name: found[name] for name in ("rows", "unknown", "duplicates", "nulls")}
    assert counts == {"rows": 4, "unknown": 1, "duplicates": 2, "nulls": 1}
    assert found["columns"] == [["user_id", "VARCHAR"], ["score", "DECIMAL(9,2)"], ["plan", "VARCHAR"]]
    assert len(found["sample"]) == 4
    assert "2 that share their identifier with another: the build would fail" in project.audiences("preview", "scores").out
    assert project.sql("select table_schema, table_name from information_schema.tables order by all") == before
