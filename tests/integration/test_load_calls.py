"""`audiences load`: what of a call reaches which column and which calls are refused, on DuckDB and Postgres."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from tests.integration.loads import AT, call, calls, load, reasons, written

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.files import Loaded
from dbt_audiences.run.warehouses import duckdb as duckdb_warehouse


def test_every_field_of_a_call_arrives_in_its_column(warehouse: Warehouse, tmp_path: Path) -> None:
    file = written(
        tmp_path / "calls.jsonl",
        [
            call(
                receivedAt="2026-01-02T05:00:00+02:00",
                anonymousId="a1",
                name="n",
                groupId="g",
                previousId="p",
                traits={"plan": "gold"},
                context={"ip": "::1"},
            )
        ],
    )
    assert load(warehouse, file, source="shop") == [Loaded(file, 1, 0, 0)]
    columns = "message_id, type, user_id, anonymous_id, event, name, group_id, previous_id, source"
    assert calls(warehouse, columns) == [("m1", "track", "u1", "a1", "Order Completed", "n", "g", "p", "shop")]
    assert calls(warehouse, "occurred_at, received_at, loaded_at") == [
        (datetime(2026, 1, 2, 3, 4, 5, 678000), datetime(2026, 1, 2, 3), AT)
    ]
    texts = "cast(properties as text), cast(traits as text), cast(context as text)"
    assert calls(warehouse, texts) == [('{"revenue":12.5}', '{"plan":"gold"}', '{"ip":"::1"}')]
    assert warehouse.fetch("select file, source, accepted, duplicates, rejected, started_at from raw.loads") == [
        (file, "shop", 1, 0, 0, AT)
    ]


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02T03:04:05.1234569Z", datetime(2026, 1, 2, 3, 4, 5, 123456)),
        ("2026-01-02T03:04:05.9999999+05:30", datetime(2026, 1, 1, 21, 34, 5, 999999)),
        ("2026-01-02T03:04:05-0800", datetime(2026, 1, 2, 11, 4, 5)),
        ("2026-01-02 03:04", datetime(2026, 1, 2, 3, 4)),
        ("2026-01-02", datetime(2026, 1, 2)),
        (1767323045, datetime(2026, 1, 2, 3, 4, 5)),
        (1767323045.678, datetime(2026, 1, 2, 3, 4, 5, 678000)),
        (1767323045678, datetime(2026, 1, 2, 3, 4, 5, 678000)),
        (1767323045678901, None),
        ("2026-02-30T00:00:00Z", None),
        ("20260102", None),
        ("now", None),
        ("infinity", None),
        (None, None),
        (True, None),
    ],
)
def test_times_are_utc_and_cut_to_microseconds(tmp_path: Path, time: object, instant: datetime | None) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    load(warehouse, written(tmp_path / "calls.jsonl", [call(timestamp=time)]))
    assert calls(warehouse, "occurred_at") == ([(instant,)] if instant else [])
    assert reasons(warehouse) == ([] if instant else [(1, "no usable time")])


def test_the_first_usable_time_counts(warehouse: Warehouse, tmp_path: Path) -> None:
    lines: list[object] = [
        call(messageId="1", timestamp="soon", originalTimestamp="2026-01-01", sentAt="2026-01-02"),
        call(messageId="2", timestamp=..., sentAt="2026-01-02", receivedAt="2026-01-03"),
        call(messageId="3", timestamp=None, receivedAt="2026-01-03"),
    ]
    load(warehouse, written(tmp_path / "calls.jsonl", lines))
    assert calls(warehouse, "message_id, occurred_at") == [(str(day), datetime(2026, 1, day)) for day in (1, 2, 3)]


REJECTED: list[tuple[object, str]] = [
    ("{", "not JSON"),
    ("nonsense", "not JSON"),
    ('{"type":"track",}', "not JSON"),
    ('{"type":NaN}', "not JSON"),
    ("[1]", "not a JSON object"),
    ("7", "not a JSON object"),
    ("null", "not a JSON object"),
    (call(type=...), "no type"),
    (call(type=""), "no type"),
    (call(type="tracks"), "unknown type tracks"),
    (call(userId=...), "no identifier"),
    (call(userId=" ", anonymousId=""), "no identifier"),
    (call(userId=None, context={"externalIds": []}, traits={"email": " "}), "no identifier"),
    (call(userId=None, context={"externalIds": [{"id": "1", "type": "t"}]}), "no identifier"),
    (call(userId={"id": 7}), "userId is neither a text nor a number"),
    (call(userId=True), "userId is neither a text nor a number"),
    (call(messageId=[1]), "messageId is neither a text nor a number"),
    (call(event=...), "track without event"),
    (call(type="group"), "group without groupId"),
    (call(type="alias"), "alias without previousId"),
    (call(properties=[1]), "properties is not an object"),
    (call(traits="x"), "traits is not an object"),
    (call(timestamp=...), "no usable time"),
    (call(userId="a\x00b"), "NUL character"),
    (call(properties={"a": ["b\x00"]}), "NUL character"),
    ('{"a":' * 5_000 + "1" + "}" * 5_000, "not JSON"),
    ('{"type":"track","userId":"\\ud800"}', "not JSON"),
]


def test_a_bad_line_is_rejected_with_its_reason_and_holds_nothing_back(warehouse: Warehouse, tmp_path: Path) -> None:
    file = written(
        tmp_path / "calls.jsonl", [call(messageId="first"), "", *(line for line, _ in REJECTED), call(messageId="last")]
    )
    assert load(warehouse, file) == [Loaded(file, 2, 0, len(REJECTED))]
    assert reasons(warehouse) == [(line, reason) for line, (_, reason) in enumerate(REJECTED, start=3)]
    assert calls(warehouse, "message_id") == [("first",), ("last",)]
    kept = warehouse.fetch("select file, content, loaded_at from raw.rejected where line = 3")
    assert kept == [(file, "{", AT)]
    assert warehouse.fetch("select max(length(content)) from raw.rejected") == [(10_000,)]


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": 7},
        {"userId": ..., "anonymousId": "a"},
        {"userId": ..., "traits": {"email": "a@b.c"}},
        {"userId": ..., "context": {"traits": {"email": "a@b.c"}}},
        {"userId": ..., "context": {"device": {"type": "ios", "advertisingId": "x", "adTrackingEnabled": True}}},
    ],
)
def test_any_identifier_is_enough(tmp_path: Path, changes: dict[str, object]) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    assert load(warehouse, written(tmp_path / "calls.json", [call(**changes)]))[0].accepted == 1


def test_numbers_as_identifiers_become_their_text(warehouse: Warehouse, tmp_path: Path) -> None:
    lines: list[object] = [
        call(messageId=1, userId=7),
        '{"messageId":2,"userId":12345678901234567890123,"type":"page","timestamp":1}',
    ]
    load(warehouse, written(tmp_path / "calls.jsonl", lines))
    assert calls(warehouse, "message_id, user_id") == [("1", "7"), ("2", "12345678901234567890123")]


def test_json_is_kept_compact_and_to_the_last_digit(warehouse: Warehouse, tmp_path: Path) -> None:
    line = '{"type":"page","userId":"u","timestamp":1, "properties" : { "b" : 12345678901234567.89 , "a" : [ 1 , "x , y" ] } }'
    load(warehouse, written(tmp_path / "calls.jsonl", [line]))
    assert calls(warehouse, "cast(properties as text)") == [('{"b":12345678901234567.89,"a":[1,"x , y"]}',)]
