"""The same audiences on a real Postgres as on DuckDB: values, members, entry times and profile ids."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.integration.postgres import Database, Server, running_server

from dbt_audiences.core.warehouse import instant_literal
from dbt_audiences.flow.run import RunReport, run
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.load.files import load_calls

ROOT = Path(__file__).parents[2]
ENGINES = ("duckdb", "postgres", "postgres_in_c")
Rows = list[tuple[Any, ...]]
Evaluate = Callable[[str, datetime], Rows]
GENERATED = (
    "models/audiences", "models/events", "models/traits/custom", "models/traits/computed", "models/traits/sql",
    "models/entities", "models/sync/sends",
    "macros/audiences_project.sql",
)  # fmt: skip
CALL_COLUMNS = (
    "message_id", "type", "occurred_at", "user_id", "anonymous_id", "event", "properties", "traits", "context", "loaded_at",
)  # fmt: skip
COLUMN_TYPES = {
    **dict.fromkeys(("occurred_at", "loaded_at"), "timestamp"),
    **dict.fromkeys(("properties", "traits", "context"), "json"),
}
LOADED_AT = datetime(2030, 1, 1)


# --- projects and engines ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """One project on one engine."""

    workspace: Workspace
    engine: str

    def load(self, calls: Sequence[Mapping[str, Any]]) -> None:
        rows = [tuple({"loaded_at": LOADED_AT, **call}.get(column) for column in CALL_COLUMNS) for call in calls]
        columns = ["received_at timestamp", "name text", "group_id text", "previous_id text", "source text", "load_id text"]
        columns += [f"{column} {COLUMN_TYPES.get(column, 'text')}" for column in CALL_COLUMNS]
        with self.workspace.warehouse() as warehouse:
            warehouse.execute("create schema raw")
            warehouse.execute(f"create table raw.calls ({', '.join(columns)})")
            warehouse.insert("raw.calls", CALL_COLUMNS, rows)

    def run(self, as_of: datetime) -> RunReport:
        report = run(self.workspace, as_of=as_of, with_sync=False)
        assert report.exit_code == 0, report.failures
        return report

    def rows(self, sql: str) -> Rows:
        with self.workspace.warehouse() as warehouse:
            return sorted(warehouse.fetch(sql), key=repr)

    def members(self, audience: str, identifier: str = "user_id") -> set[str]:
        sql = (
            f"select i.value from audiences.profile_identifiers as i inner join audiences.{audience} as a "
            f"on a.profile_id = i.profile_id where i.type = '{identifier}'"
        )
        return {str(row[0]) for row in self.rows(sql)}


def make_side(root: Path, output: Mapping[str, object], audiences: Mapping[str, str] | None) -> Side:
    """A copy of this project, with these audiences in place of the sample's (None keeps them)."""
    root.mkdir()
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("macros", "models", "seeds", "audiences", "destinations"):
        shutil.copytree(ROOT / name, root / name, ignore=skipped)
    shutil.copy(ROOT / "dbt_project.yml", root)
    if audiences is not None:
        for name in GENERATED:
            shutil.rmtree(root / name, ignore_errors=True)
        for name in ("audiences", "destinations"):
            shutil.rmtree(root / name)
            (root / name).mkdir()
        for key, text in audiences.items():
            (root / "audiences" / f"{key}.yml").write_text(text, encoding="utf-8")
    profile = {"dbt_audiences": {"target": "dev", "outputs": {"dev": dict(output)}}}
    (root / "profiles.yml").write_text(json.dumps(profile))
    return Side(Workspace(root), str(output["type"]))


def empty_sides(folder: Path, database: Database, audiences: Mapping[str, str] | None) -> tuple[Side, Side]:
    """The same project on DuckDB and on Postgres, in this order."""
    duckdb = {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "schema": "main", "threads": 1}
    return (
        make_side(folder / "duckdb", duckdb, audiences),
        make_side(folder / "postgres", database.credentials(), audiences),
    )


def track(user: str, event: str, instant: str, value: str) -> dict[str, Any]:
    """A call with the property `v`, given as JSON."""
    return {
        "message_id": f"{user} {event} {instant}",
        "type": "track",
        "occurred_at": naive(instant),
        "user_id": user,
        "event": event,
        "properties": f'{{"v":{value}}}',
    }


STATE = {
    "identifiers": "select type, value, profile_id, first_seen_at from audiences.profile_identifiers",
    "memberships": "select audience, profile_id, entered_at from audiences.memberships",
    "changes": "select audience, profile_id, change, changed_at, definition_hash, cause from audiences.membership_changes",
    "evaluations": "select audience, profile_id, is_member, changes_at from audiences.evaluations",
    "traits": "select profile_id, trait, value, updated_at from audiences.traits",
}


def state(side: Side) -> dict[str, Rows]:
    return {name: side.rows(sql) for name, sql in STATE.items()}


def differing_state(one: Mapping[str, Rows], other: Mapping[str, Rows]) -> dict[str, list[Any]]:
    return {name: sorted({*one[name]} ^ {*other[name]}, key=repr)[:5] for name in one if one[name] != other[name]}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def naive(text: str) -> datetime:
    return at(text).replace(tzinfo=None)


# --- values ------------------------------------------------------------------------------------------------------------------

LONG = "x" * 9_999 + "é"
ODD_KEY = 'it\'s "q" \\ é.$ [0]'
NESTED = '{"a":[1,{"b":"c d"}],"z":10.5}'


def d(text: str) -> Decimal:
    return Decimal(text)


# fmt: off
# JSON of the value -> number, boolean, instant, text; None is missing.
VALUES: list[tuple[str, Decimal | None, bool | None, str | None, str | None]] = [
    ('"100"', d("100"), None, None, "100"),
    ('"-.5"', d("-0.5"), None, None, "-.5"),
    ('"1e3"', d("1000"), None, None, "1e3"),
    ('"+7."', d("7"), None, None, "+7."),
    ('" 5 "', d("5"), None, None, " 5 "),
    ('"\\t5\\r\\n"', d("5"), None, None, "\t5\r\n"),
    ('"1e-9"', d("0.000000001"), None, None, "1e-9"),
    ('"0.0000000005"', d("0.000000001"), None, None, "0.0000000005"),
    ('"-0.0000000005"', d("-0.000000001"), None, None, "-0.0000000005"),
    ('"0.00000000049"', d("0"), None, None, "0.00000000049"),
    (f'"{"9" * 29}"', d("9" * 29), None, None, "9" * 29),
    (f'"{"9" * 29}.9999999995"', None, None, None, "9" * 29 + ".9999999995"),
    ('"1e29"', None, None, None, "1e29"),
    ('"1e400"', None, None, None, "1e400"),
    ('"1e-400"', d("0"), None, None, "1e-400"),
    ('"1e9999"', None, None, None, "1e9999"),
    (f'"{"0" * 60}12"', d("12"), None, None, "0" * 60 + "12"),
    (f'"0.{"0" * 60}1"', d("0"), None, None, "0." + "0" * 60 + "1"),
    *((json.dumps(text), None, None, None, text) for text in ("1,000", "$5", "0x10", "NaN", "Infinity", "1_000", "5 5")),
    *((json.dumps(text), None, None, None, text) for text in (".", "-", "e5", "1e", "٣", "\u00a05", "5\n6", "--5")),
    ("10.0", d("10"), None, "1970-01-01T00:00:10Z", "10"),
    ("1e2", d("100"), None, "1970-01-01T00:01:40Z", "100"),
    ("1E-2", d("0.01"), None, "1970-01-01T00:00:00.01Z", "0.01"),
    ("-0.0", d("0"), None, "1970-01-01T00:00:00Z", "0"),
    ("0", d("0"), None, "1970-01-01T00:00:00Z", "0"),
    ("1", d("1"), None, "1970-01-01T00:00:01Z", "1"),
    ("0.1", d("0.1"), None, "1970-01-01T00:00:00.1Z", "0.1"),
    ("12.50", d("12.5"), None, "1970-01-01T00:00:12.5Z", "12.5"),
    ("9007199254740993", d("9007199254740993"), None, None, "9007199254740993"),
    ("12345678901234567890", d("12345678901234567890"), None, None, "12345678901234567890"),
    ("12345678901234567890.123", d("12345678901234567890.123"), None, None, "12345678901234567890.123"),
    ("0.30000000000000000004", d("0.3"), None, "1970-01-01T00:00:00.3Z", "0.3"),
    ("1.0000000005", d("1.000000001"), None, "1970-01-01T00:00:01Z", "1.000000001"),
    ("true", None, True, None, "true"),
    ("false", None, False, None, "false"),
    ('"TRUE"', None, True, None, "TRUE"),
    ('"False"', None, False, None, "False"),
    *((json.dumps(text), None, None, None, text) for text in ("yes", "no", "t", " true", "true\n", "on")),
    ('"1"', d("1"), None, None, "1"),
    ('"2026-03-10"', None, None, "2026-03-10T00:00:00Z", "2026-03-10"),
    ('"2026-03-10T12:00"', None, None, "2026-03-10T12:00:00Z", "2026-03-10T12:00"),
    ('"2026-03-10 12:00:30"', None, None, "2026-03-10T12:00:30Z", "2026-03-10 12:00:30"),
    ('"2026-03-10T12:00:30Z"', None, None, "2026-03-10T12:00:30Z", "2026-03-10T12:00:30Z"),
    ('"2026-03-10T12:00:30+05:30"', None, None, "2026-03-10T06:30:30Z", "2026-03-10T12:00:30+05:30"),
    ('"2026-03-10 23:00-0200"', None, None, "2026-03-11T01:00:00Z", "2026-03-10 23:00-0200"),
    ('"2026-03-10T12:00+14"', None, None, "2026-03-09T22:00:00Z", "2026-03-10T12:00+14"),
    ('"2026-03-10T12:00:00.1234569Z"', None, None, "2026-03-10T12:00:00.123456Z", "2026-03-10T12:00:00.1234569Z"),
    ('"2026-12-31T23:59:59.9999999Z"', None, None, "2026-12-31T23:59:59.999999Z", "2026-12-31T23:59:59.9999999Z"),
    ('"2026-03-10T12:00:00.5"', None, None, "2026-03-10T12:00:00.5Z", "2026-03-10T12:00:00.5"),
    ('"2026-03-29T02:30:00"', None, None, "2026-03-29T02:30:00Z", "2026-03-29T02:30:00"),
    ('"2024-02-29"', None, None, "2024-02-29T00:00:00Z", "2024-02-29"),
    ('"0001-01-01"', None, None, "0001-01-01T00:00:00Z", "0001-01-01"),
    ('"9999-12-31T23:59:59.999999Z"', None, None, "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    *(
        (json.dumps(text), None, None, None, text)
        for text in (
            "2024-02-30", "2026-02-29", "2026-13-01", "2026-00-10", "0000-01-01", "10000-01-01", "2026-03-10T24:00:00Z",
            "2026-06-30T23:59:60Z", "2026-03-10T12:00:00+15:00", "2026-03-10T12:00:00+05:60", "2026-03-10Z", "2026-03-10T12Z",
            "2026-03-10T12:00:00.Z", "2026-03-10T12:00:00 Z", " 2026-03-10", "2026-03-10\n", "10/03/2026", "2026-3-1", "today",
            "2026-03-10T12:00:00z", "2026-03-10t12:00:00Z", "2026-03-10T12:00:00,5", "2026-03-10 BC", "now", "infinity",
            "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00",
        )
    ),
    ("1773144000", d("1773144000"), None, "2026-03-10T12:00:00Z", "1773144000"),
    ("1773144000.5", d("1773144000.5"), None, "2026-03-10T12:00:00.5Z", "1773144000.5"),
    ("1773144000123", d("1773144000123"), None, "2026-03-10T12:00:00.123Z", "1773144000123"),
    ("1.0000019", d("1.0000019"), None, "1970-01-01T00:00:01.000001Z", "1.0000019"),
    ("-1.0000019", d("-1.0000019"), None, "1969-12-31T23:59:58.999998Z", "-1.0000019"),
    ("-86400", d("-86400"), None, "1969-12-31T00:00:00Z", "-86400"),
    ("99999999999", d("99999999999"), None, "5138-11-16T09:46:39Z", "99999999999"),
    ("100000000000", d("100000000000"), None, "1973-03-03T09:46:40Z", "100000000000"),
    ("99999999999999", d("99999999999999"), None, "5138-11-16T09:46:39.999Z", "99999999999999"),
    ("-62135596800", d("-62135596800"), None, "0001-01-01T00:00:00Z", "-62135596800"),
    ("-62135596801", d("-62135596801"), None, None, "-62135596801"),
    ("-100000000000", d("-100000000000"), None, "1966-10-31T14:13:20Z", "-100000000000"),
    ("-62135596800000", d("-62135596800000"), None, "0001-01-01T00:00:00Z", "-62135596800000"),
    ("-62135596800001", d("-62135596800001"), None, None, "-62135596800001"),
    ("12345678.123456789", d("12345678.123456789"), None, "1970-05-23T21:21:18.123456Z", "12345678.123456789"),
    ("1e28", d("1e28"), None, None, "1" + "0" * 28),
    ("100000000000000", d("100000000000000"), None, None, "100000000000000"),
    ('"1773144000"', d("1773144000"), None, None, "1773144000"),
    *(
        (json.dumps(text), None, None, None, text)
        for text in (
            "", " ", "🎉 ünï", "It's", 'say "hi"', "a\\b", "a\\nb", "{{ x }}", "{% raw %}", "two\nlines", "tab\there", LONG,
            '"; drop table raw.calls; --', "'; drop table raw.calls; --", "%s %(x)s", "$1 :x ?", "null", "e\u0301", "\u2028",
            "\x7f",
        )
    ),
    ('"\\u00e9\\ud83c\\udf89\\/"', None, None, None, "é🎉/"),
    ("null", None, None, None, None),
    ("[]", None, None, None, "[]"),
    ("{}", None, None, None, "{}"),
    ('[1,"é",null,{"b":true,"a":"x y"}]', None, None, None, '[1,"é",null,{"b":true,"a":"x y"}]'),
    ('["2026-03-10"]', None, None, None, '["2026-03-10"]'),
    ("[5]", None, None, None, "[5]"),
    (NESTED, None, None, None, NESTED),
    ("", None, None, None, None),  # the key is absent
]
# fmt: on

VALUES_AUDIENCE = """
audience: {key}
who:
  any:
    - performed: Valued
      where:
        any:
          - {{{property}: {path}, gt: 0}}
          - {{{property}: {path}, equals: x}}
          - {{{property}: {path}, equals: true}}
          - {{{property}: {path}, before: 2020-01-01}}
          - {{{property}: {path}, exists: true}}
    - any:
        - {{trait: {path}, gt: 0}}
        - {{trait: {path}, equals: x}}
        - {{trait: {path}, equals: true}}
        - {{trait: {path}, before: 2020-01-01}}
        - {{trait: {path}, exists: true}}
"""


def value_calls() -> Iterator[dict[str, Any]]:
    """Each value as a property, a property of the context, and a trait; plain, nested, and below a key that needs quoting."""
    for index, (written, *_) in enumerate(VALUES):
        inner = f'"v": {written}' if written else ""
        parts = [f'"{name}": {{{inner}}}' for name in ("deep", "inside", ODD_KEY.replace("\\", "\\\\").replace('"', '\\"'))]
        whole = "{" + ", ".join(part for part in (inner, *parts) if part) + "}"
        for type in ("track", "identify"):
            yield {
                "message_id": f"{type}-{index:03}", "type": type, "occurred_at": naive("2015-01-01T00:00:00Z"),
                "user_id": f"u{index:03}", "event": "Valued" if type == "track" else None,
                "properties": whole if type == "track" else None, "traits": whole if type == "identify" else None,
                "context": whole,
            }  # fmt: skip


def value_audiences() -> dict[str, str]:
    odd = json.dumps(ODD_KEY.replace(".", "\\.") + ".v")
    return {
        "plain_values": VALUES_AUDIENCE.format(key="plain_values", property="property", path="v"),
        "deep_values": VALUES_AUDIENCE.format(key="deep_values", property="property", path="deep.v"),
        "odd_values": VALUES_AUDIENCE.format(key="odd_values", property="property", path=odd),
        "contexts_values": VALUES_AUDIENCE.format(key="contexts_values", property="context", path="inside.v"),
    }


def read_values(side: Side, relation: str, suffix: str) -> dict[str, tuple[Any, ...]]:
    kinds = ("number", "boolean", "instant", "text", "presence")
    columns = [str(row[0]) for row in side.rows(
        f"select column_name from information_schema.columns where table_schema || '.' || table_name = '{relation}'"
    )]  # fmt: skip
    chosen = {
        kind: [column for column in columns if column.startswith(f"{suffix}_{kind}") and not column.endswith("_odd")]
        for kind in kinds
    }
    assert all(len(found) == 1 for found in chosen.values()), columns
    listed = ", ".join(f"t.{chosen[kind][0]}" for kind in kinds)
    sql = (
        f"select i.value, {listed} from {relation} as t "
        "inner join audiences.profile_identifiers as i on i.profile_id = t.profile_id and i.type = 'user_id'"
    )
    return {row[0]: row[1:] for row in side.rows(sql)}


def expected_values() -> dict[str, tuple[Any, ...]]:
    return {
        f"u{index:03}": (number, boolean, None if instant is None else naive(instant), text, text is not None)
        for index, (_, number, boolean, instant, text) in enumerate(VALUES)
    }


def differing(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        (VALUES[int(user[1:])][0][:60], found.get(user), expected.get(user))
        for user in sorted({*found, *expected})
        if found.get(user) != expected.get(user)
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("relation", "column"),
    [
        ("events_valued", "v"),
        ("events_valued", "deep_v"),
        ("events_valued", "it_s_q_e_0_v"),
        ("events_valued", "inside_v"),
        ("trait_v", "value"),
        ("trait_deep", "v"),
        ("trait_it_s_q_e_0", "v"),
    ],
)
def test_every_value_converts_as_the_contract_says(mixed: Mixed, engine: str, relation: str, column: str) -> None:
    side = mixed.sides[engine]
    expected = expected_values()
    if relation == "trait_v":
        # A call that does not name a trait says nothing of it.
        del expected[f"u{len(VALUES) - 1:03}"]
    assert differing(read_values(side, f"audiences_build.{relation}", column), expected) == []


TOO_LONG = [
    *(json.dumps(text) for text in ("9" * 200_000, "-" + "9" * 20_000, "1" + "0" * 50_000 + "e-999")),
    "1e400", "-1e999", "9" * 400, "0." + "0" * 400 + "1",
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_a_number_too_long_for_an_engine_is_missing(mixed: Mixed, engine: str) -> None:
    assert mixed.sides[engine].members("long_numbers") == {"long-6"}


# --- texts -------------------------------------------------------------------------------------------------------------------


NAMES = ["a", "B", "b", "Z", "é", "e\u0301", "z", "_", "-a", "10", "9", "", "🎉", "\ufffd"]
NAME_TESTS = {
    "below": ("{property: v, lt: b}", {name for name in NAMES if name < "b"}),
    "up_to": ("{property: v, lte: b}", {name for name in NAMES if name <= "b"}),
    "above": ("{property: v, gt: Z}", {name for name in NAMES if name > "Z"}),
    "from_bmp": ('{property: v, gte: "\\ufffd"}', {"\ufffd", "🎉"}),
    "equal": ("{property: v, equals: é}", {"é"}),
    "listed": ("{property: v, one_of: [A, b, z]}", {"b", "z"}),
}


def test_the_database_of_these_tests_does_not_sort_by_code_point(mixed: Mixed) -> None:
    assert mixed.sides["postgres"].rows("select 'a' < 'B', 'Z' > 'é'") == [(True, True)]


@pytest.mark.parametrize("engine", ENGINES)
def test_texts_are_ordered_by_code_point_whatever_the_database_sorts_by(mixed: Mixed, engine: str) -> None:
    found = {key: {NAMES[int(user.split("-")[1])] for user in mixed.sides[engine].members(key)} for key in NAME_TESTS}
    assert found == {key: expected for key, (_, expected) in NAME_TESTS.items()}


# fmt: off
EMAILS = [
    "Ann@Example.com", " ann@example.COM\t", "JÖRG@x.de", "jörg@x.de", "İI@x.tr", "ii@x.tr", "\u00a0b@x.de", "b@x.de", " ",
]
# fmt: on


def email_calls() -> Iterator[dict[str, Any]]:
    for index, email in enumerate(EMAILS):
        device = {"type": "IOS" if index % 2 else "ios", "advertisingId": f"ad{index // 2}"}
        yield {
            "message_id": f"email-{index}", "type": "identify", "occurred_at": datetime(2015, 1, 1, 0, index),
            "anonymous_id": f"a{index}", "traits": json.dumps({"email": email}), "context": json.dumps({"device": device}),
        }  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_an_email_is_one_identifier_in_any_case_and_locale(mixed: Mixed, engine: str) -> None:
    found = mixed.sides[engine].rows("select value from audiences.profile_identifiers where type = 'email'")
    assert {row[0] for row in found} == {"ann@example.com", "jörg@x.de", "ii@x.tr", "\u00a0b@x.de", "b@x.de"}


@pytest.mark.parametrize("engine", ["postgres", "postgres_in_c"])
def test_the_state_is_the_same_whatever_the_engine_and_locale(mixed: Mixed, engine: str) -> None:
    found, expected = state(mixed.sides[engine]), state(mixed.sides["duckdb"])
    # These calls were not written by `load`, so the JSON of their objects is not yet the same text.
    del found["traits"], expected["traits"]
    assert differing_state(expected, found) == {}


# --- windows -----------------------------------------------------------------------------------------------------------------

EVENTS_AT = {
    # Berlin: clocks go forward on 2026-03-29 and back on 2026-10-25, both at 01:00Z.
    "berlin": [
        "2026-03-27T22:59:59.999999Z", "2026-03-27T23:00:00Z", "2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59.999999Z", "2026-03-29T22:00:00Z", "2026-10-24T21:59:59.999999Z", "2026-10-24T22:00:00Z",
        "2026-10-25T22:59:59.999999Z", "2026-10-25T23:00:00Z",
    ],
    # Sao Paulo: midnight did not exist on 2018-11-04, and 23:00 came twice on 2018-02-17.
    "sao_paulo": [
        "2018-02-17T01:59:59.999999Z", "2018-02-17T02:00:00Z", "2018-02-18T02:59:59.999999Z", "2018-02-18T03:00:00Z",
        "2018-11-04T02:59:59.999999Z", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999Z", "2018-11-05T02:00:00Z",
    ],
    # Havana: midnight comes twice on 2026-11-01, at 04:00Z and 05:00Z.
    "havana": ["2026-11-01T03:59:59.999999Z", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z", "2026-11-02T04:59:59.999999Z"],
    "kolkata": ["2026-03-09T18:29:59.999999Z", "2026-03-09T18:30:00Z", "2026-03-10T18:29:59.999999Z", "2026-03-10T18:30:00Z"],
    "utc": [
        "2026-01-28T12:00:00Z", "2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z", "2024-02-28T12:00:00Z", "2024-02-29T12:00:00Z",
        "2025-12-31T12:00:00Z",
    ],
}  # fmt: skip
ZONES = {
    "berlin": "Europe/Berlin",
    "sao_paulo": "America/Sao_Paulo",
    "havana": "America/Havana",
    "kolkata": "Asia/Kolkata",
    "utc": "UTC",
}
WINDOWS = {
    "today": "within: 1 calendar_days",
    "yesterday": "between: [2 calendar_days, 1 calendar_days]",
    "one_month": "within: 1 month",
    "one_year": "within: 1 year",
    "last_month": "between: [2 months, 1 month]",
}
# as_of, place, window, which of the place's events are in it, by number
IN_WINDOW: list[tuple[str, str, str, set[int]]] = [
    ("2026-03-29T12:00:00Z", "berlin", "today", {3}),
    ("2026-03-29T12:00:00Z", "berlin", "yesterday", {1, 2}),
    ("2026-03-29T21:59:59.999999Z", "berlin", "today", {3, 4}),
    ("2026-03-29T22:00:00Z", "berlin", "today", {5}),
    ("2026-03-29T22:00:00Z", "berlin", "yesterday", {3, 4}),
    ("2026-10-25T23:00:00Z", "berlin", "today", {9}),
    ("2026-10-25T23:00:00Z", "berlin", "yesterday", {7, 8}),
    ("2018-02-18T02:59:59.999999Z", "sao_paulo", "today", {1, 2}),
    ("2018-02-18T03:00:00Z", "sao_paulo", "today", {3}),
    ("2018-02-18T03:00:00Z", "sao_paulo", "yesterday", {1, 2}),
    ("2018-11-04T12:00:00Z", "sao_paulo", "today", {5}),
    ("2018-11-05T02:00:00Z", "sao_paulo", "today", {7}),
    ("2018-11-05T02:00:00Z", "sao_paulo", "yesterday", {5, 6}),
    ("2026-11-01T04:30:00Z", "havana", "today", {1}),
    ("2026-11-01T12:00:00Z", "havana", "today", {1, 2}),
    ("2026-11-02T05:00:00Z", "havana", "yesterday", {1, 2, 3}),
    ("2026-03-10T18:29:59.999999Z", "kolkata", "today", {1, 2}),
    ("2026-03-10T18:30:00Z", "kolkata", "today", {3}),
    ("2026-03-10T18:30:00Z", "kolkata", "yesterday", {1, 2}),
    ("2026-02-28T12:00:00Z", "utc", "one_month", {0, 1, 2}),
    ("2026-02-28T12:00:00.000001Z", "utc", "one_month", {2}),
    ("2026-02-28T12:00:00Z", "utc", "last_month", {0, 1, 5}),
    ("2025-02-28T12:00:00Z", "utc", "one_year", {3, 4}),
    ("2025-02-28T12:00:00.000001Z", "utc", "one_year", set()),
]


def window_audiences() -> dict[str, str]:
    used = sorted({(place, window) for _, place, window, _ in IN_WINDOW})
    text = "audience: {0}_{1}\ntimezone: {2}\nwho: {{performed: Event {0}, {3}}}\n"
    return {f"{place}_{window}": text.format(place, window, ZONES[place], WINDOWS[window]) for place, window in used}


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_windows_of_local_days_and_months_hold_to_the_microsecond(mixed: Mixed, engine: str) -> None:
    evaluate = mixed.evaluators[engine]
    wrong = []
    for as_of, place, window, expected in IN_WINDOW:
        found = {user for user, is_member, _ in evaluate(f"{place}_{window}", at(as_of)) if is_member}
        if found != {f"{place}-{number}" for number in expected}:
            wrong.append((as_of, place, window, found, expected))
    assert wrong == []


def test_windows_say_the_same_next_change(mixed: Mixed) -> None:
    for as_of, place, window, _ in IN_WINDOW:
        audience = f"{place}_{window}"
        assert mixed.evaluators["postgres"](audience, at(as_of)) == mixed.evaluators["duckdb"](audience, at(as_of))


def evaluator(side: Side) -> Evaluate:
    """What the model of an audience says at any as_of, from tables that are built: user, is_member, changes_at."""
    some = datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC)
    side.workspace.dbt.parse()
    models = side.workspace.dbt.compile({"as_of": some.replace(tzinfo=None).isoformat(), "run_id": "x"})
    side.workspace.dbt.release()

    def evaluate(audience: str, as_of: datetime) -> Rows:
        assert instant_literal(some) in models[audience]
        sql = models[audience].replace(instant_literal(some), instant_literal(as_of))
        return side.rows(
            f"select i.value, e.is_member, e.changes_at from ({sql}) as e "
            "inner join audiences.profile_identifiers as i on i.profile_id = e.profile_id"
        )

    return evaluate


# --- the sample --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample retailer on both engines, with the state after each of three runs."""

    duckdb: Side
    postgres: Side
    states: dict[str, list[dict[str, Rows]]]


AS_OFS = ("2011-12-10T00:00:00Z", "2011-12-10T00:00:00Z", "2012-01-10T00:00:00Z")


@pytest.fixture(scope="module")
def sample(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    subprocess.run([sys.executable, ROOT / "samples/online_retail/convert.py", folder], check=True, capture_output=True)
    sides = empty_sides(folder, server.database("sample"), None)
    states: dict[str, list[dict[str, Rows]]] = {}
    for side in sides:
        with side.workspace.warehouse() as warehouse:
            load_calls(
                warehouse, [str(folder / "calls.parquet")], source=None, max_rejected=0, loaded_at=LOADED_AT, progress=None
            )
        states[side.engine] = []
        for as_of in AS_OFS:
            side.run(at(as_of))
            states[side.engine].append(state(side))
    return Sample(*sides, states)


@pytest.mark.parametrize("number", range(len(AS_OFS)))
def test_members_changes_profile_ids_and_next_changes_of_the_sample_are_the_same(sample: Sample, number: int) -> None:
    duckdb, postgres = sample.states["duckdb"][number], sample.states["postgres"][number]
    assert differing_state(duckdb, postgres) == {}
    assert len({audience for audience, *_ in postgres["memberships"]}) >= 7


def test_a_second_run_changes_nothing(sample: Sample) -> None:
    assert sample.states["postgres"][0] == sample.states["postgres"][1]


def test_members_of_the_sample_are_the_same_people(sample: Sample) -> None:
    for audience in ("repeat_buyers", "continental_customers"):
        assert sample.postgres.members(audience) == sample.duckdb.members(audience) != set()


def test_what_is_sent_of_the_sample_is_the_same(sample: Sample) -> None:
    for send in ("crm_files_repeat_buyers", "crm_webhook_lapsed_customers"):
        sql = f"select profile_id, identifier_type, identifier_value, traits from audiences_build.send_{send}"
        assert sample.postgres.rows(sql) == sample.duckdb.rows(sql) != []


def test_dbt_build_with_its_tests_passes_and_keeps_the_members(sample: Sample) -> None:
    root = sample.postgres.workspace.root
    variables = json.dumps({"as_of": "2012-01-10T00:00:00"})
    command: list[str | Path] = [
        Path(sys.executable).parent / "dbt",
        "build",
        "--vars",
        variables,
        "--project-dir",
        root,
        "--profiles-dir",
        root,
    ]
    built = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout[-3_000:]
    assert "ERROR=0" in built.stdout and "data test" in built.stdout
    assert state(sample.postgres) == sample.states["postgres"][-1]


# --- long names --------------------------------------------------------------------------------------------------------------

LONG_KEYS = ["k" * 62 + last for last in "ab"]
LONG_DESTINATION = "d" * 40


def long_audiences() -> dict[str, str]:
    text = "audience: {}\nwho: {{performed: Bought, at_least: {}}}\nsend_to: [{{destination: {}}}]\n"
    audiences = {key: text.format(key, count, LONG_DESTINATION) for count, key in enumerate(LONG_KEYS, start=1)}
    both_of_them = f"[{{in_audience: {LONG_KEYS[0]}}}, {{not_in_audience: {LONG_KEYS[1]}}}]"
    return {**audiences, "both_of_them": f"audience: both_of_them\nwho: {both_of_them}\n"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_of_63_characters_works_from_definition_to_what_is_sent(mixed: Mixed, engine: str) -> None:
    side = mixed.sides[engine]
    assert [side.members(key) for key in (*LONG_KEYS, "both_of_them")] == [{"ann", "bob"}, {"ann"}, {"bob"}]
    sends = [row[0] for row in side.rows("select table_name from information_schema.tables where table_name like 'send%'")]
    sent = [{row[0] for row in side.rows(f"select identifier_value from audiences_build.{send}")} for send in sends]
    assert sorted(sent, key=len) == [{"ann"}, {"ann", "bob"}]


# --- the project of all of these ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mixed:
    """The engines with the project run on them, and what says who is in an audience at another as_of."""

    sides: dict[str, Side]
    evaluators: dict[str, Evaluate]


@pytest.fixture(scope="module")
def mixed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    long_ago = "2015-01-01T00:00:00Z"
    calls = [
        *value_calls(),
        *email_calls(),
        *(track(f"long-{index}", "Long", long_ago, value) for index, value in enumerate(TOO_LONG)),
        *(track(f"name-{index}", "Named", long_ago, json.dumps(name)) for index, name in enumerate(NAMES)),
        *(track(user, "Bought", f"2015-01-0{day}T00:00:00Z", "1") for user, day in (("ann", 1), ("ann", 2), ("bob", 1))),
        *(
            track(f"{place}-{number}", f"Event {place}", instant, "1")
            for place, instants in EVENTS_AT.items()
            for number, instant in enumerate(instants)
        ),
    ]
    named = {key: f"audience: {key}\nwho: {{performed: Named, where: [{test}]}}\n" for key, (test, _) in NAME_TESTS.items()}
    long_numbers = "audience: long_numbers\nwho: {performed: Long, where: [{property: v, gte: 0}]}\n"
    audiences = {**value_audiences(), **named, **window_audiences(), **long_audiences(), "long_numbers": long_numbers}
    folder = tmp_path_factory.mktemp("mixed")
    duckdb = {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "schema": "main", "threads": 1}
    outputs = {
        "duckdb": duckdb,
        "postgres": server.database("mixed").credentials(),
        "postgres_in_c": server.database("mixed_in_c", locale="C").credentials(),
    }
    sides = {name: make_side(folder / name, output, audiences) for name, output in outputs.items()}
    for side in sides.values():
        destination = side.workspace.root / "destinations" / f"{LONG_DESTINATION}.yml"
        destination.write_text(f"destination: {LONG_DESTINATION}\ntype: folder\nsettings: {{path: out}}\n")
        side.load(calls)
        side.run(at("2026-03-29T12:00:00Z"))
    return Mixed(sides, {name: evaluator(sides[name]) for name in ("duckdb", "postgres")})


# --- interruptions -----------------------------------------------------------------------------------------------------------


def test_a_run_killed_in_the_middle_of_an_audience_leaves_it_as_it_was(server: Server, tmp_path: Path) -> None:
    database = server.database("killed")
    audience = "audience: recent\nwho: {performed: Bought, within: 7 days}\n"
    side = make_side(tmp_path / "project", database.credentials(), {"recent": audience})
    side.load([track(f"u{day}", "Bought", f"2026-01-0{day}T00:00:00Z", "1") for day in range(1, 10)])
    side.run(at("2026-01-08T00:00:00Z"))
    before = state(side)
    assert len(before["memberships"]) == 8

    later = "2026-01-14T00:00:00Z"
    command: list[str | Path] = [
        Path(sys.executable).parent / "audiences",
        "run",
        "--as-of",
        later,
        "--project-dir",
        side.workspace.root,
    ]
    with held_evaluations(database):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            statement = wait_until_blocked(database)
        finally:
            running.kill()
            running.wait()
    # Who left was written by then, and taken from the members.
    assert '"node_id": "model.dbt_audiences.recent"' in statement
    wait_until_alone(database)
    assert state(side) == before

    side.run(at(later))
    assert side.members("recent") == {"u7", "u8", "u9"}
    changes = [(change, changed_at) for _, _, change, changed_at, _, _ in state(side)["changes"]]
    assert changes.count(("exited", naive(later))) == 6


@contextmanager
def held_evaluations(database: Database) -> Iterator[None]:
    """Hold the rows that an audience's last statements delete."""
    holder = database.connect()
    try:
        with holder.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select 1 from audiences.evaluations for update")
            yield
            cursor.execute("rollback")
    finally:
        holder.close()


def wait_until_blocked(database: Database, seconds: float = 30) -> str:
    """The statement that waits for the rows held."""
    sql = "select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return str(poll(database, sql, lambda rows: bool(rows), seconds)[0][0])


def wait_until_alone(database: Database, seconds: float = 30) -> None:
    """Until the server has noticed that the other side of every connection is gone."""
    sql = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    poll(database, sql, lambda rows: not rows, seconds)


def poll(database: Database, sql: str, is_enough: Callable[[Rows], bool], seconds: float) -> Rows:
    connection = database.connect()
    deadline = time.monotonic() + seconds
    try:
        with connection.cursor() as cursor:
            while True:
                cursor.execute(sql)
                rows: Rows = cursor.fetchall()
                if is_enough(rows):
                    return rows
                assert time.monotonic() < deadline, rows
                time.sleep(0.05)
    finally:
        connection.close()
