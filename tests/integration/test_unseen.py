"""`audiences compile` warns of what the warehouse has never seen, with the nearest that it has."""

from __future__ import annotations

from pathlib import Path

from tests.integration.projects import identify, new_project, track

WHO = """audience: a
who:
  all:
    - performed: Order Complete
    - {performed: Order Completed, where: [{property: revenu, gt: 1}, {property: coupon.code, exists: true}]}
    - performed: Order Completed
      then: [{performed: Zebra, where: [{property: stripes, gt: 1}]}]
    - {trait: plann, equals: gold}
    - {trait: plan, equals: gold}
"""
WARNINGS = [
    "audiences/a.yml:4:7: the event `Order Complete` was never seen; did you mean `Order Completed` (seen 3 times)?",
    "audiences/a.yml:5:44: the property `revenu` of `Order Completed` was never seen; did you mean `revenue` (seen 3 times)?",
    "audiences/a.yml:7:14: the event `Zebra` was never seen",
    "audiences/a.yml:8:7: the trait `plann` was never seen; did you mean `plan` (seen 1 times)?",
]


def test_what_was_never_seen_is_named_with_the_nearest_that_was_and_strict_makes_it_an_error(tmp_path: Path) -> None:
    shop = new_project(tmp_path / "shop")
    properties = {"revenue": 5, "coupon": {"code": "x"}}
    shop.load(*(track("ann", "Order Completed", -day, properties=properties) for day in range(3)))
    shop.load(identify(-1, userId="ann", traits={"plan": "gold"}))
    shop.write("audiences/a.yml", WHO)
    shop.run()
    found = shop.audiences("compile", "--json").json["unseen"]
    assert found["warnings"] == WARNINGS and found["skipped"] is None
    told = shop.audiences("compile", "--strict", expect=2)
    assert told.err.splitlines() == [f"warning: {warning}" for warning in WARNINGS]
    shop.write("audiences/a.yml", "audience: a\nwho: {performed: Order Completed}\n")
    assert shop.audiences("compile", "--strict").err == ""
    (shop.root / "warehouse.duckdb").unlink()
    assert shop.audiences("compile", "--json").json["unseen"]["skipped"] == "there is no warehouse yet"
