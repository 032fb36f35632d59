"""Queries of Segment, imported, take in those whom Segment's pages say they take in: run through the SQL of production."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tests.integration.projects import NOW

from dbt_audiences.flow.examples import run_examples
from dbt_audiences.flow.import_segment import import_segment
from dbt_audiences.flow.init import init
from dbt_audiences.flow.workspace import Workspace

GIVEN = """
examples:
  - as_of: 2026-03-10T12:00:00Z
    given:
      ann:
        traits: {plan: gold, seats: 10, since: "2026-03-05T00:00:00Z", vip: true}
        events:
          - {performed: Order Completed, at: 3 days ago, price: 80}
          - {performed: Order Completed, at: 40 days ago, price: 20}
      bob:
        traits: {plan: silver, seats: "7", since: "2026-01-05T00:00:00Z", vip: "true"}
        events: [{performed: Order Completed, at: 10 days ago, price: "60"}]
      cid:
        traits: {seats: 100, vip: false}
        events: [{performed: Page Viewed, at: now}]
      dan: {}
    expect: """
PEOPLE = ("ann", "bob", "cid", "dan")
ORDER = "event('Order Completed')"
QUERIES = {
    f"{ORDER}.within(7 days).count() >= 1": "ann",
    f"{ORDER}.between(30 days, 90 days).count() >= 1": "ann",
    f"{ORDER}.between(10 days, 5 days).count() >= 1": "bob",
    f"{ORDER}.count() = 0": "cid dan",
    f"{ORDER}.count() != 1": "ann cid dan",
    f"{ORDER}.count() < 2": "bob cid dan",
    f"{ORDER}.where(property('price') > '50').count() >= 1": "ann bob",
    f"{ORDER}.where(NOT property('price') = 80).count() >= 1": "ann bob",
    f"{ORDER}.where(trait('plan') = 'gold').count() = 0": "bob cid dan",
    f"{ORDER}.mode(property('price'), 1) = '20'": "ann",
    "trait('plan') != 'gold'": "bob",
    "NOT trait('plan') = 'gold'": "bob cid dan",
    "trait('plan').omits('old')": "bob cid dan",
    "NOT trait('plan').omits('old')": "ann",
    "trait('plan').none_of('gold')": "bob",
    "trait('plan').contains('old', 'ilv')": "ann bob",
    "trait('plan').absent() OR trait('seats') >= '8'": "ann cid dan",
    "trait('seats') = '7'": "bob",
    "trait('seats').one_of(10, '7')": "ann bob",
    "trait('vip') = 'true'": "ann bob",
    "trait('since').within_last(7 days)": "ann",
    "trait('since').before_date('2026-02-01')": "bob",
    "trait('golden') = true": "ann",
    "trait('golden') != true AND trait('revenue') >= 60": "bob",
    "trait('revenue') < 1": "cid dan",
}
BESIDE = {"golden": "trait('plan') = 'gold'", "revenue": f"{ORDER}.sum(property('price'))"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of these queries, imported, each with the people and those whom it should take in."""
    root = tmp_path_factory.mktemp("imported") / "shop"
    init(root, now=NOW)
    for folder in ("audiences", "traits", "destinations"):
        shutil.rmtree(root / folder)
    keys = {f"q{number:02}": query for number, query in enumerate(QUERIES)}
    (root / "all.json").write_text(json.dumps([{"key": k, "definition": {"query": q}} for k, q in {**BESIDE, **keys}.items()]))
    assert import_segment(root / "all.json", root).not_expressed == ()
    for key, query in keys.items():
        members = QUERIES[query].split()
        others = [name for name in PEOPLE if name not in members]
        path = root / "audiences" / f"{key}.yml"
        expected = f"{{in: [{', '.join(members)}], out: [{', '.join(others)}]}}\n"
        path.write_text(path.read_text(encoding="utf-8") + GIVEN + expected, encoding="utf-8")
    return root


def test_every_imported_query_takes_in_those_whom_it_says(shop: Path) -> None:
    results = run_examples(Workspace(shop), [])
    assert len(results) == len(QUERIES)
    queries = list(QUERIES)
    wrong = [(queries[int(one.audience[1:])], one.missing, one.unexpected) for one in results if not one.holds]
    assert wrong == []
