"""Who is first by a trait, and who has related rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.projects import Project, at, identify, new_project, track

TABLES = {
    "subs": "{name: subscriptions, user_id: customer, references: {products: product_id}}",
    "prods": "{name: products, key: id}",
    "notes": "{name: reviews, references: {products: about}}",
}
COLUMNS = {
    "subs": "customer text, status text, renews_on date, product_id integer",
    "prods": "id integer, price decimal(9, 2)",
    "notes": "about integer, stars integer",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.load(*(track(user, "Visited", -3) for user in ("ann", "bob", "cid", "dan")))
    for name, meta in TABLES.items():
        shop.sql(f"create table raw.{name} ({COLUMNS[name]})")
        shop.write(f"models/marts/{name}.sql", f"select * from raw.{name}\n")
        shop.write(f"models/marts/{name}.yml", f"models:\n  - name: {name}\n    config: {{meta: {{entity: {meta}}}}}\n")
    shop.sql(
        "insert into raw.subs values ('ann', 'active', '2026-02-20', 1), ('ann', 'ended', null, 2), ('bob', 'ended', null, 2), "
        "('cid', 'active', '2026-06-01', 3), ('nobody', 'active', null, 1)",
        "insert into raw.prods values (1, 10), (2, 200), (3, 5)",
        "insert into raw.notes values (2, 5), (2, 1), (1, 3)",
    )
    return shop


def looked_at(project: Project) -> dict[str, tuple[int, bool]]:
    found = project.sql("select model, evaluated_count, is_full from audiences_build.cursors")
    return {model: (count, is_full) for model, count, is_full in found}


def test_related_rows_are_counted_and_followed_to_their_owners(project: Project) -> None:
    project.define("active", "{has: subscriptions, where: [{property: status, equals: active}]}")
    project.define("none", "{not: {has: subscriptions}}")
    project.define("two", "{has: subscriptions, at_least: 2}")
    project.define("soon", "{has: subscriptions, where: [{property: renews_on, within_next: 30 days}]}")
    project.define("dear", "{has: subscriptions, where: [{has: products, where: [{property: price, gt: 100}]}]}")
    project.define(
        "good",
        "{has: subscriptions, where: {has: products, where: {has: reviews, exactly: 1, where: {property: stars, gte: 4}}}}",
    )
    project.define("unreviewed", "{has: subscriptions, where: [{not: {has: products, where: [{has: reviews}]}}]}")
    report = project.run("--verify", "100%")
    expected = {
        "active": {"ann", "cid"}, "none": {"dan"}, "two": {"ann"}, "soon": {"ann"}, "dear": {"ann", "bob"},
        "good": {"ann", "bob"}, "unreviewed": {"cid"},
    }  # fmt: skip
    assert {key: project.members(key) for key in expected} == expected
    assert report["related"] == [{"name": "subscriptions", "rows": 5, "of_nobody": 1}]
    project.sql("update raw.prods set price = 500 where id = 3")
    project.run("--verify", "100%", day=0.1)
    assert project.members("dear") == {"ann", "bob", "cid"}
    assert {key: looked_at(project)[key] for key in ("dear", "active", "good")} == {
        "dear": (1, False), "active": (0, False), "good": (1, False)
    }  # fmt: skip
    told = project.audiences("explain", "dear", "cid", "--json").json
    assert told["is_member"] and told["conditions"][0]["condition"] == "has subscriptions where has products where price gt 100"
    project.run("--verify", "100%", day=25)
    assert project.members("soon") == set()
    project.sql("insert into raw.prods values (3, 1)")
    report = project.run(day=26, expect=1)
    assert any("rows of `products` share a key: 3 (2)" in failure["message"] for failure in report["failures"])
    assert project.members("active") == {"ann", "cid"}


def test_the_first_by_a_trait(project: Project) -> None:
    for user, score in (("ann", 5), ("bob", "7.5"), ("cid", 5), ("dan", "many")):
        project.load(identify(-2, userId=user, traits={"score": score, "city": "Berlin" if user == "ann" else "Rome"}))
    project.define("first", "{top: {by: score, count: 1}}")
    project.define("half", "{top: {by: score, percent: 50}}")
    project.define("everybody", "{top: {by: score, percent: 100}}")
    project.define("rest_in_rome", "{all: [{not: {top: {by: score, count: 1}}}, {trait: city, equals: Rome}]}")
    project.run("--verify", "100%")
    assert (project.members("first"), project.members("everybody")) == ({"bob"}, {"ann", "bob", "cid"})
    assert project.members("rest_in_rome") == {"cid", "dan"}
    (tied,) = project.sql("select min(profile_id) from audiences.profile_identifiers where value in ('ann', 'cid')")[0]
    (second,) = project.sql(
        "select profile_id from audiences.half where profile_id <> (select profile_id from audiences.first)"
    )[0]
    assert second == tied
    project.load(identify(-1, userId="dan", traits={"score": 100}), identify(1, userId="cid", traits={"score": 900}))
    project.run("--verify", "100%", day=0.1)
    assert looked_at(project)["first"] == (4, True)
    assert (project.members("first"), project.members("rest_in_rome")) == ({"dan"}, {"bob", "cid"})
    project.define("first_in_rome", "{all: [{in_audience: first}, {trait: city, equals: Rome}]}")
    told = {
        (key, user): [
            one["answer"] for one in project.audiences("explain", key, user, "--as-of", at(0.1), "--json").json["conditions"]
        ]
        for key, user in (("rest_in_rome", "dan"), ("rest_in_rome", "bob"), ("first_in_rome", "dan"), ("first_in_rome", "bob"))
    }
    assert told == {
        ("rest_in_rome", "dan"): ["false", "false", "true", "true"],
        ("rest_in_rome", "bob"): ["true", "true", "false", "true"],
        ("first_in_rome", "dan"): ["true", "true", "true"],
        ("first_in_rome", "bob"): ["false", "false", "true"],
    }
    (project.root / "audiences/first_in_rome.yml").unlink()
    project.run("--verify", "100%", day=2)
    assert project.members("first") == {"cid"}


def test_examples_give_related_rows(project: Project) -> None:
    given = {
        "ann": {"related": {"subscriptions": [{"status": "active", "products": [{"price": 5}]}, {"status": "ended"}]}},
        "bob": {"related": {"subscriptions": [{"status": "active", "products": [{"price": 500}]}]}},
        "cid": {},
    }
    example = {"as_of": "2026-02-01T00:00:00Z", "given": given, "expect": {"in": ["bob"], "out": ["ann", "cid"]}}
    who = (
        "{has: subscriptions, where: [{property: status, equals: active}, {has: products, where: [{property: price, gt: 9}]}]}"
    )
    project.define("dear", who, examples=[example])
    project.audiences("test")
