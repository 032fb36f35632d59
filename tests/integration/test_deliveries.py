"""The delivery overview over rows of every fate, in real tables of both engines, against a count made in Python."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from dbt_audiences.cli.commands.deliveries import _print
from dbt_audiences.core.warehouse import Warehouse, naive
from dbt_audiences.sync.overview import DIMENSIONS, STEPS, Scope, overview
from dbt_audiences.sync.patience import HOLD_REASON

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FATES = (
    ("delivered", None, "delivered", None),
    ("pending", "503", "pending_retry", "503"),
    ("pending", None, "pending_retry", None),
    ("filtered", "consent", "filtered_at_source", "consent"),
    ("filtered", "the target `dev` is not among those that may send", "filtered_at_source", "target"),
    ("rejected", "its `email` has no form that can be sent there", "filtered_at_destination", "NO_MATCHING_MAPPING"),
    ("rejected", "it is larger than 2,000 bytes", "filtered_at_destination", "MESSAGE_TOO_LARGE"),
    ("rejected", "400: bad row", "failed", "400"),
    ("rejected", "4 of it's rows", "failed", "MESSAGE_REJECTED"),
    ("rejected", "400 rows", "failed", "MESSAGE_REJECTED"),
    ("retried", "404", "failed", "404"),
    ("held", f"{HOLD_REASON}: it did not answer in time", "failed", "ETIMEDOUT"),
    ("held", f"{HOLD_REASON}: 503: later", "failed", "503"),
    ("held", f"{HOLD_REASON}: it cannot be reached: no route", "failed", "EREFUSED"),
)
KINDS = (("track", "Audience Entered"), ("track", "It's over"), ("identify", None), ("list", "add"))
COLUMNS = (
    "destination", "audience", "profile_id", "identifier_type", "identifier_value", "op", "type", "event", "status", "reason",
    "created_at",
)  # fmt: skip


@pytest.fixture
def rows(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Two hours of deliveries, half of them in the second."""
    models = yaml.safe_load((ROOT / "models/sync/sync.yml").read_text())["models"]
    (model,) = [one for one in models if one["name"] == "deliveries"]
    warehouse.execute("drop table if exists deliveries")
    columns = ", ".join(f"{one['name']} {one['data_type']}" for one in model["columns"])
    warehouse.execute(f"create table deliveries ({columns})")
    chance = random.Random(7)
    made = []
    for number in range(600):
        status, reason, _, _ = chance.choice(FATES)
        type_, event = chance.choice(KINDS)
        at = NOW - timedelta(minutes=chance.randint(1, 120))
        who = (chance.choice(["crm", "ads"]), chance.choice(["vips", "lapsed"]), f"p{number}", "user_id", f"u{number}")
        made.append((*who, "add", type_, event, status, reason, naive(at)))
    made.append(("crm", "vips", "edge", "user_id", "x", "add", "list", "add", "delivered", None, naive(NOW - HOUR)))
    made.append(("crm", "vips", "late", "user_id", "y", "add", "list", "add", "delivered", None, naive(NOW)))
    warehouse.insert("deliveries", COLUMNS, made)
    return made


@pytest.mark.parametrize(("audience", "destination", "event"), [(None,) * 3, ("vips", "crm", None), (None, None, "It's over")])
def test_every_row_is_counted_once_and_what_was_created_is_the_sum(
    warehouse: Warehouse, rows: list[tuple[object, ...]], audience: str | None, destination: str | None, event: str | None
) -> None:
    scope = Scope(NOW - HOUR, NOW, audience, destination, event)
    fate = {(status, reason): (step, code) for status, reason, step, code in FATES}
    wanted = [
        row for row in rows
        if (audience, destination, event) == (audience and row[1], destination and row[0], event and row[7])
    ]  # fmt: skip
    now = [row for row in wanted if naive(NOW - HOUR) <= row[10] < naive(NOW)]  # type: ignore[operator]
    before = [row for row in wanted if row[10] < naive(NOW - HOUR)]  # type: ignore[operator]
    steps = [Counter(fate[row[8], row[9]][0] for row in span) for span in (now, before)]  # type: ignore[index]
    for dimension in DIMENSIONS:
        found = overview(warehouse, {"deliveries": "deliveries"}, scope, dimension)
        assert found.created == len(now) == sum(part.count for part in found.steps.values())
        assert sum(one["created"] for one in found.by.values()) == found.created
        assert all(one["created"] == sum(one[step] for step in STEPS) for one in found.by.values())
    for step, part in found.steps.items():
        assert part.count == steps[0][step]
        assert part.share == pytest.approx(steps[0][step] / len(now))
        expected = 100 * (steps[0][step] / len(now) - steps[1][step] / len(before))
        assert part.change == pytest.approx(expected, abs=0.006)
    events = Counter((str(row[6]), str(row[7] or "")) for row in now)
    assert {key: part.count for key, part in found.breakdown.items()} == events
    reasons = Counter(fate[row[8], row[9]] for row in now if fate[row[8], row[9]][0] not in ("delivered", "pending_retry"))  # type: ignore[index]
    assert {(one.step, one.reason): one.counted.count for one in found.discards} == reasons
    assert all(len(one.samples) == min(10, one.counted.count) for one in found.discards)
    assert all(fate[_fate_of(rows, sample["profile_id"])][1] == one.reason for one in found.discards for sample in one.samples)


def _fate_of(rows: list[tuple[object, ...]], profile_id: object) -> tuple[str, str | None]:
    (row,) = [row for row in rows if row[2] == profile_id]
    return str(row[8]), row[9]  # type: ignore[return-value]


def test_it_is_printed_as_shares_or_counts_and_a_change_as_points(
    warehouse: Warehouse, rows: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    found = overview(warehouse, {"deliveries": "deliveries"}, Scope(NOW - HOUR, NOW, "vips", "crm"), "event")
    _print(found, "event", counts=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"from 2026-02-01T11:00:00Z to 2026-02-01T12:00:00Z, {found.created} created"
    delivered = found.steps["delivered"]
    assert [line.split() for line in lines if line.startswith("delivered ")] == [
        ["delivered", f"{delivered.share:.1%}", f"{delivered.change:+.1f}"]
    ]
    _print(found, "event", counts=True)
    lines = capsys.readouterr().out.splitlines()
    assert ["delivered", str(delivered.count), f"{delivered.change:+.1f}"] in [line.split() for line in lines]
    assert "event" in [line.split()[0] for line in lines if "pending retry" in line]


def test_nothing_created_has_no_share_and_no_change(warehouse: Warehouse, rows: list[tuple[object, ...]]) -> None:
    empty = overview(warehouse, {"deliveries": "deliveries"}, Scope(NOW + HOUR, NOW + 2 * HOUR))
    assert empty.created == 0 and {part.share for part in empty.steps.values()} == {None} == {
        part.change for part in empty.steps.values()
    }
    first = overview(warehouse, {"deliveries": "deliveries"}, Scope(NOW - 9 * HOUR, NOW))
    assert first.created == 601 and {part.change for part in first.steps.values()} == {None}
