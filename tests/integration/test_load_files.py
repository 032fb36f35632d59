"""`audiences load`: files of every format, odd, damaged and wide ones among them, on DuckDB and Postgres."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.integration.loads import call, calls, load, parquet, reasons, written

from dbt_audiences.core.errors import FailedError, UsageError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.files import Loaded
from dbt_audiences.run.warehouses import duckdb as duckdb_warehouse

ODD = [
    "It's",
    " blanks around ",
    "a\\b",
    "{{ x }}",
    '"; drop table',
    "two\nlines",
    "caf\u00e9 \U0001f600",
    "x" * 10_000,
    "\\u0000",
    "\u0301 mark",
]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson.gz", "csv", "csv.gz", "parquet"])
def test_odd_texts_pass_unharmed_from_every_format(warehouse: Warehouse, tmp_path: Path, ending: str) -> None:
    rows = [call(messageId=f"m{index}", userId=text, properties={text: text}) for index, text in enumerate(ODD)]
    path = tmp_path / f"calls.{ending}"
    if "csv" in ending:
        texts = [",".join(rows[0])]
        texts += [
            ",".join('"' + (v if isinstance(v, str) else json.dumps(v)).replace('"', '""') + '"' for v in row.values())
            for row in rows
        ]
        content = "\r\n".join(texts).encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    elif ending == "parquet":
        plain = written(tmp_path / "plain.jsonl", [row | {"properties": json.dumps(row["properties"])} for row in rows])
        parquet(path, f"select * from read_json('{plain}', columns = {{{', '.join(f'{k}: varchar' for k in rows[0])}}})")
    else:
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        path.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    assert load(warehouse, str(path)) == [Loaded(str(path), len(ODD), 0, 0)]
    found = calls(warehouse, "user_id, cast(properties as text)")
    assert sorted((str(user), json.loads(str(text))) for user, text in found) == sorted((text, {text: text}) for text in ODD)


def test_a_call_without_message_id_has_the_same_one_in_every_format(warehouse: Warehouse, tmp_path: Path) -> None:
    row = call(messageId=...)
    first = written(tmp_path / "a.jsonl", ["", row])
    second = parquet(
        tmp_path / "b.parquet",
        "select 'track' as type, timestamp '2026-01-02 03:04:05.678' as timestamp, 'u1' as user_id, "
        "'Order Completed' as event, {'revenue': 12.5::double} as properties",
    )
    third = tmp_path / "c.csv"
    third.write_text('TYPE,timestamp,user_id,event,properties\ntrack,1767323045678,u1,Order Completed,"{""revenue"": 12.5}"\n')
    assert [one.duplicates for one in load(warehouse, first, second, str(third))] == [0, 1, 1]


def test_a_last_line_cut_in_the_middle_is_rejected_with_its_number(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    whole = json.dumps(call())
    path.write_text(f"\ufeff{whole}\r\n\n{whole[:40]}", encoding="utf-8")
    assert load(warehouse, str(path)) == [Loaded(str(path), 1, 0, 1)]
    assert reasons(warehouse) == [(3, "not JSON")]


def test_a_line_that_is_not_utf_8_is_rejected(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json.dumps(call()).encode() + b'\n{"userId":"\xff"}\n' + json.dumps(call(messageId="m2")).encode())
    assert load(warehouse, str(path)) == [Loaded(str(path), 2, 0, 1)]
    assert reasons(warehouse) == [(2, "not UTF-8")]


@pytest.mark.parametrize("ending", ["jsonl.gz", "csv.gz", "parquet"])
def test_nothing_of_a_damaged_file_is_loaded(warehouse: Warehouse, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"calls.{ending}"
    if ending == "parquet":
        parquet(path, "select 'page' as type, i as \"userId\", 1 as timestamp, md5(i::varchar) as name from range(9999) t(i)")
    elif ending == "csv.gz":
        path.write_bytes(gzip.compress(b"type,userId,timestamp\n" + b"".join(b"page,%d,1\n" % n for n in range(500_000))))
    else:
        path.write_bytes(gzip.compress(b"".join(json.dumps(call(messageId=n)).encode() + b"\n" for n in range(50_000))))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(FailedError, match="damaged or cut short"):
        load(warehouse, str(path))
    assert calls(warehouse, "message_id") == []
    assert warehouse.fetch("select * from raw.loads") == []


def test_a_csv_row_of_another_width_is_rejected_with_its_line(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_bytes(
        b'type,userId,timestamp,name\npage,u1,2026-01-01,"a\nb"\npage,u2\n\npage,u3,2026-01-01,x,y\npage,\xff,1,\npage,u4,1,\n'
    )
    assert load(warehouse, str(path)) == [Loaded(str(path), 2, 0, 3)]
    assert reasons(warehouse) == [(4, "2 values instead of 4"), (6, "5 values instead of 4"), (7, "not UTF-8")]
    assert calls(warehouse, "user_id, name") == [("u1", "a\nb"), ("u4", None)]


def test_parquet_columns_of_other_types_are_read(warehouse: Warehouse, tmp_path: Path) -> None:
    file = parquet(
        tmp_path / "calls.parquet",
        "select 'page' as type, 7.0::double as user_id, uuid() as message_id, timestamp_ns '2026-01-01 00:00:00.999999999' "
        "as timestamp, timestamptz '2026-01-01 02:00:00+02' as received_at, map {'a': 1} as properties, "
        "{'email': 'a@b.c', 'tags': ['x']} as traits, '{ \"n\" : 12345678901234567.89 }' as context",
    )
    assert load(warehouse, file) == [Loaded(file, 1, 0, 0)]
    assert calls(warehouse, "user_id, occurred_at, received_at") == [
        ("7", datetime(2026, 1, 1, 0, 0, 0, 999999), datetime(2026, 1, 1))
    ]
    assert calls(warehouse, "cast(properties as text), cast(traits as text), cast(context as text)") == [
        ('{"a":1}', '{"email":"a@b.c","tags":["x"]}', '{"n":12345678901234567.89}')
    ]


def test_parquet_rows_are_rejected_by_their_number(warehouse: Warehouse, tmp_path: Path) -> None:
    file = parquet(
        tmp_path / "calls.parquet",
        "select * from (values ('page', 'u', '2026-01-01', '{}'), ('page', null, '2026', null), ('page', 'u', 'x', null), "
        "('page', 'u', '1', '[1]'), ('page', 'u', '1', '{\"a\": NaN}')) as t(type, user_id, timestamp, properties)",
    )
    assert load(warehouse, file) == [Loaded(file, 1, 0, 4)]
    assert reasons(warehouse) == [
        (2, "no identifier"),
        (3, "no usable time"),
        (4, "properties is not an object"),
        (5, "properties is not an object"),
    ]


def test_wide_calls_fit_into_the_memory_of_a_load(warehouse: Warehouse, tmp_path: Path) -> None:
    count, text = 8_000, "wide " * 2_000
    file = parquet(
        tmp_path / "calls.parquet",
        f"select 'page' as type, i as user_id, 1 as timestamp, {{'text': '{text}' || i}} as properties "
        f"from range({count}) as t(i)",
    )
    assert load(warehouse, file) == [Loaded(file, count, 0, 0)]
    lines = tmp_path / "calls.jsonl"
    duckdb.connect().execute(
        f"copy (select 'm' || user_id as \"messageId\", user_id as \"userId\", * exclude user_id from '{file}') "
        f"to '{lines}' (format json)"
    ).fetchall()
    assert load(warehouse, str(lines)) == [Loaded(str(lines), count, 0, 0)]


def test_folders_and_patterns_name_files(tmp_path: Path) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    (tmp_path / "deep").mkdir()
    first = written(tmp_path / "a.jsonl", [call(messageId="1")])
    second = written(tmp_path / "deep" / "b[1].ndjson", [call(messageId="2")])
    written(tmp_path / "notes.txt", ["not a call"])
    assert [one.file for one in load(warehouse, str(tmp_path))] == [first, second]
    assert [one.file for one in load(warehouse, str(tmp_path / "**" / "*.*json*"))] == [first, second]


@pytest.mark.parametrize(
    ("name", "message"), [("missing.jsonl", "there is no file"), ("x.txt", "no known ending"), (".", "holds no")]
)
def test_what_cannot_be_a_file_of_calls_is_refused(tmp_path: Path, name: str, message: str) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    written(tmp_path / "x.txt", ["{}"])
    with pytest.raises(UsageError, match=message):
        load(warehouse, str(tmp_path / name))
