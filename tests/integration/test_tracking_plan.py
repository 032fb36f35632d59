"""The tracking plan at load, on DuckDB and Postgres, against a judge written in Python: what is kept, flagged and blocked."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.integration.loads import AT, call, calls, written

from dbt_audiences.core.tracking_plan import TrackingPlan
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.files import Loaded, load_calls
from dbt_audiences.run.tracking import plan_violations
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.tracking_plan import read_tracking_plan
from dbt_audiences.sync.overview import Scope, overview

ROOT = Path(__file__).parents[2]
RELATIONS = {"deliveries": "deliveries"}
PLAN: dict[str, Any] = {
    "violations": "block",
    "unplanned_events": "flag",
    "unplanned_properties": "flag",
    "events": {
        "Order Completed": {
            "properties": {
                "revenue": {"type": "number", "required": True}, "currency": "text", "items": "integer", "gift": "boolean",
                "paid_at": "time", "products": "list", "shipping": "object", "note": "any",
                "shipping.it's": {"type": "text", "required": True}, r"a\.b/c~d": "text",
            }
        },
        "Page Viewed": {"violations": "flag", "properties": {"path": {"type": "text", "required": True}}},
        "Quiet": {"violations": "allow", "properties": {"x": {"type": "number", "required": True}}},
        "Bare": None,
    },
}  # fmt: skip
VALUES = (None, 0, -3, 2.5, 1.0, "x", "", "7", "2026-02-01", "2026-02-01T10:00:00Z", True, False, [], [1], {}, {"it's": "y"})


def plan(folder: Path, **changes: Any) -> TrackingPlan:
    (folder / "tracking_plan.yml").write_text(json.dumps(PLAN | changes))
    problems = Problems()
    read = read_tracking_plan(folder, problems)
    assert read is not None and not problems.found
    return read


def load(warehouse: Warehouse, path: str, planned: TrackingPlan, at: datetime = AT) -> Loaded:
    (one,) = load_calls(warehouse, [path], source="shop", max_rejected=None, loaded_at=at, progress=None, plan=planned)
    return one


def found(made: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(event, name of the property or empty, what is wrong, action), as the plan of this file asks for."""
    event = {"page": "Page Viewed", "screen": "Screen Viewed"}.get(made["type"], made.get("event"))
    if made["type"] not in ("track", "page", "screen"):
        return []
    planned = PLAN["events"].get(event)
    if event not in PLAN["events"]:
        return [(event, "", "it is not planned", "flag")]
    said = planned or {}
    action = said.get("violations", "block")
    wrong = []
    for path, rule in said.get("properties", {}).items():
        rule = {"type": rule} if isinstance(rule, str) else rule
        value: Any = made["properties"]
        for part in (p.replace("\\.", ".") for p in re.split(r"(?<!\\)\.", path)):
            value = value.get(part) if isinstance(value, dict) else None
        name = path.replace("\\.", ".")
        if value is None:
            wrong += [(event, name, f"`{name}` is missing", action)] if rule.get("required") else []
        elif not fits(value, rule["type"]):
            wrong.append((event, name, f"`{name}` is no {rule['type']}", action))
    tops = {re.split(r"(?<!\\)\.", path)[0].replace("\\.", ".") for path in said.get("properties", {})}
    wrong = [one for one in wrong if one[3] != "allow"]
    return wrong + [(event, key, f"`{key}` is not planned", "flag") for key in made["properties"] if key not in tops]


def fits(value: Any, kind: str) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "any": True,
        "text": isinstance(value, str),
        "number": is_number,
        "integer": is_number and "." not in json.dumps(value),
        "boolean": isinstance(value, bool),
        "time": isinstance(value, str) and value.startswith("2026"),
        "list": isinstance(value, list),
        "object": isinstance(value, dict),
    }[kind]


def drawn(number: int, chance: random.Random) -> dict[str, Any]:
    names = ("revenue", "currency", "items", "gift", "paid_at", "products", "shipping", "note", "a.b/c~d", "path", "more", "x")
    properties = {name: chance.choice(VALUES) for name in chance.sample(names, chance.randint(0, 6))}
    if chance.random() < 0.6:
        properties |= {"revenue": 12.5, "shipping": {"it's": "Rome"}}
    kind = chance.choice(["track"] * 6 + ["page", "screen", "identify"])
    event = chance.choice(["Order Completed"] * 4 + ["Quiet", "Bare", "It's `odd`", "Other"]) if kind == "track" else ...
    return call(messageId=f"m{number}", type=kind, event=event, properties=properties)


@pytest.mark.parametrize("seed", range(3))
def test_every_call_is_kept_flagged_or_blocked_as_the_plan_says(warehouse: Warehouse, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = [drawn(number, chance) for number in range(150)]
    file, planned = written(tmp_path / "calls.jsonl", [*made, "broken"]), plan(tmp_path)
    wrong = {one["messageId"]: found(one) for one in made}
    blocked = {id_ for id_, said in wrong.items() if any(one[3] == "block" for one in said)}
    flagged = {id_ for id_, said in wrong.items() if said and id_ not in blocked}
    loaded = load(warehouse, file, planned)
    assert (loaded.accepted, loaded.rejected, loaded.blocked, loaded.flagged) == (
        150 - len(blocked), len(blocked) + 1, len(blocked), len(flagged),
    )  # fmt: skip
    assert blocked and flagged and len(flagged | blocked) < 150
    assert {str(row[0]) for row in calls(warehouse, "message_id")} == {*wrong} - blocked
    kept = {json.loads(str(content))["messageId"]: str(reason) for reason, content in warehouse.fetch(
        "select reason, content from raw.rejected where reason like 'tracking plan: %'"
    )}  # fmt: skip
    assert kept == {
        id_: f"tracking plan: `{wrong[id_][0][0]}`: " + ", ".join(sorted(one[2] for one in wrong[id_] if one[3] == "block"))
        for id_ in blocked
    }
    counts = Counter(
        (event, what, action)
        for id_, said in wrong.items()
        for event, _, what, action in said
        if (action == "block") is (id_ in blocked)
    )
    counted = "select event, violation, action, sum(calls), count(*) from raw.plan_violations group by 1, 2, 3"
    assert {row[:3]: (int(str(row[3])), row[4]) for row in warehouse.fetch(counted)} == {
        key: (count, 1) for key, count in counts.items()
    }
    before = warehouse.fetch(counted)
    again = load(warehouse, file, planned, AT + timedelta(days=1))
    assert (again.accepted, again.blocked, again.flagged) == (0, len(blocked), len(flagged))
    assert sorted(warehouse.fetch(counted), key=repr) == sorted(before, key=repr)


def test_a_blocked_call_is_kept_whole_and_comes_in_when_the_plan_allows_it(warehouse: Warehouse, tmp_path: Path) -> None:
    exact = '{"revenue":"none","n":12345678901234567890.10,"text":"' + "ü\\n" * 6_000 + '"}'
    line = json.dumps(call(userId="u'1", anonymousId="a", context={"ip": "::1"}, properties=...))[:-1]
    file = written(tmp_path / "calls.jsonl", [f'{line}, "properties": {exact}}}'])
    assert load(warehouse, file, plan(tmp_path)).blocked == 1
    ((content, source),) = warehouse.fetch("select content, source from raw.rejected")
    kept = written(tmp_path / "again.jsonl", [str(content)])
    assert load(warehouse, kept, plan(tmp_path, violations="flag")) == Loaded(kept, 1, 0, 0, flagged=1)
    columns = "message_id, user_id, anonymous_id, event, cast(occurred_at as text), cast(context as text)"
    assert calls(warehouse, columns) == [("m1", "u'1", "a", "Order Completed", "2026-01-02 03:04:05.678", '{"ip":"::1"}')]
    assert str(calls(warehouse, "cast(properties as text)")[0][0]).replace(": ", ":").replace(", ", ",") == exact
    shown = plan_violations(warehouse, "raw")
    assert ("Order Completed", "`revenue` is no number", "block", 1, AT, "m1") in shown and source == "shop"


def test_blocked_calls_stand_in_the_overview_of_all_and_of_no_destination(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.execute("drop table if exists deliveries")
    tables = {one["name"]: one["columns"] for one in yaml.safe_load((ROOT / "models/sync/sync.yml").read_text())["models"]}
    columns_of = ", ".join(f"{column['name']} {column['data_type']}" for column in tables["deliveries"])
    warehouse.execute(f"create table deliveries ({columns_of})")
    bad = [call(messageId=f"m{n}", properties={}) for n in range(3)]
    load(warehouse, written(tmp_path / "calls.jsonl", [*bad, call(messageId="ok", event="Bare")]), plan(tmp_path))
    columns = ("destination", "audience", "status", "reason", "created_at", "type", "event")
    warehouse.insert("deliveries", columns, [("crm", "vips", "delivered", None, AT, "track", "Audience Entered")] * 2)
    scope = Scope(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC))
    whole = overview(warehouse, RELATIONS, scope, "event", rejected="raw.rejected")
    assert (whole.created, whole.steps["filtered_at_source"].count, whole.steps["delivered"].count) == (5, 3, 2)
    (discard,) = whole.discards
    assert (discard.reason, discard.counted.count) == ("tracking_plan", 3)
    assert "`revenue` is missing" in str(discard.samples[0]["reason"])
    assert whole.by["Order Completed"]["filtered_at_source"] == 3
    of_crm = Scope(scope.since, scope.until, destination="crm")
    assert overview(warehouse, RELATIONS, of_crm, rejected="raw.rejected").created == 2
    of_event = Scope(scope.since, scope.until, event="Order Completed")
    assert overview(warehouse, RELATIONS, of_event, rejected="raw.rejected").created == 3
