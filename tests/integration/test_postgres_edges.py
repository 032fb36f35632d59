"""Values, texts, windows and long names on Postgres, in a locale and in C, as on DuckDB."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from tests.integration.postgres import Server
from tests.integration.sides import Evaluate, Side, at, differing_state, evaluator, make_side, state, track
from tests.integration.value_cases import VALUES, expected_values, value_audiences, value_calls
from tests.integration.window_cases import EVENTS_AT, IN_WINDOW, window_audiences

ENGINES = ("duckdb", "postgres", "postgres_in_c")


# --- values ------------------------------------------------------------------------------------------------------------------


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
        device = {"type": "IOS" if index % 2 else "ios", "advertisingId": f"ad{index // 2}", "adTrackingEnabled": True}
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
    for name in ("traits", "user_traits"):
        del found[name], expected[name]
    assert differing_state(expected, found) == {}


# --- windows -----------------------------------------------------------------------------------------------------------------


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
