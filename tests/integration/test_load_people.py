"""`audiences load`: people from files become identify calls, on DuckDB and Postgres."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from tests.integration.loads import AT, calls, parquet, people, reasons, written

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.identity import Custom, Identity
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.load.files import Loaded
from dbt_audiences.run.warehouses import duckdb as duckdb_warehouse


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
    with pytest.raises(UsageError, match="`phone` is no type of identifier"):
        people(warehouse, str(path), "phone")


@pytest.mark.parametrize(
    ("identifier", "column", "written", "traits"),
    [
        ("phone", "context", None, '{"plan":"gold","mobile":"1"}'),
        ("card", "properties", '{"card":"1"}', '{"plan":"gold"}'),
        (
            "crm_id",
            "context",
            '{"externalIds":[{"type":"crm","collection":"users","encoding":"none","id":"1"}]}',
            '{"plan":"gold"}',
        ),
        ("ios.idfa", "context", '{"device":{"type":"ios","adTrackingEnabled":true,"advertisingId":"1"}}', '{"plan":"gold"}'),
        ("ga_client_id", "context", '{"integrations":{"Google Analytics":{"clientId":"1"}}}', '{"plan":"gold"}'),
    ],
)
def test_people_are_known_by_any_type_where_calls_name_it(
    tmp_path: Path, identifier: str, column: str, written: str | None, traits: str
) -> None:
    warehouse = duckdb_warehouse.connect({"path": ":memory:"})
    path = tmp_path / "people.csv"
    header, *rows = (
        ("plan,phone,mobile", "gold,1,2", "free,,") if identifier == "phone" else (f"plan,{identifier}", "gold,1", "free,")
    )
    path.write_text("\n".join((header, *rows, "")))
    identity = Identity(
        custom={"phone": Custom("trait", "mobile"), "card": Custom("property", "card"), "crm_id": Custom("external_id", "crm")}
    )
    assert people(warehouse, str(path), identifier, identity=identity) == Loaded(str(path), 1, 0, 1)
    assert calls(warehouse, f"user_id, cast({column} as text), cast(traits as text)") == [(None, written, traits)]
