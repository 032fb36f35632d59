"""The truths about tests of one row, asked of Postgres, in a database whose locale knows no letters but ASCII's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.agreement import as_profile
from tests.integration.postgres import Server
from tests.integration.row_cases import Row, row_cases
from tests.integration.sides import Side, make_side
from tests.reference import row_truths
from tests.reference.history import Person
from tests.reference.values import lowered
from tests.reference.yaml_text import to_yaml

from dbt_audiences.core.warehouse import instant_literal

SOME = datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC)
MODELS = ["+path:models/events", "+path:models/traits/custom", "path:models/lists", "+profiles"]


def test_postgres_agrees_with_every_truth_about_rows(server: Server, tmp_path: Path) -> None:
    cases = list(row_cases())
    definitions: dict[str, dict[str, Any]] = {}
    keys: dict[str, str] = {}
    for case in cases:
        key = keys.setdefault(repr(case.definition), f"audience_{len(keys)}")
        definitions[key] = {"audience": key, "name": key, **case.definition}
    texts = {key: to_yaml(definition) for key, definition in definitions.items()}
    side = make_side(tmp_path / "rows", server.database("rows", locale="C").credentials(), texts)
    for path, values in row_truths.LISTS.items():
        (side.workspace.root / path).parent.mkdir(exist_ok=True)
        (side.workspace.root / path).write_text("".join(f"{value}\n" for value in values), encoding="utf-8")
    side.load([call for number, case in enumerate(cases) for call in _calls(case.person, number)])
    workspace = side.workspace
    workspace.compile(check=False)
    workspace.dbt.parse()
    variables = {"as_of": SOME.replace(tzinfo=None).isoformat(), "run_id": "x"}
    outcomes = workspace.dbt.run(variables, select=MODELS, full_refresh=False, progress=None)
    assert [one for one in outcomes if one.status != "success"] == []
    compiled = workspace.dbt.compile(variables)
    workspace.dbt.release()
    wrong = [
        told for number, case in enumerate(cases) if (told := _wrong(side, compiled[keys[repr(case.definition)]], number, case))
    ]
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong)


def _calls(person: Person, number: int) -> Iterator[dict[str, Any]]:
    for call in as_profile(Person(f"p{number}", {}, person.events, person.traits, person.first_seen_at)).calls:
        yield {
            "message_id": f"{number}-{call.message_id}", "type": call.type, "occurred_at": call.at.replace(tzinfo=None),
            "user_id": f"p{number}", "event": call.event, "properties": call.properties, "traits": call.traits,
            "context": _with_source(call.context, call.source),
        }  # fmt: skip


def _with_source(context: Any, source: str | None) -> str | None:
    """What was loaded as of a source names it itself, where it names none."""
    known = json.loads(context or "{}")
    if source is None or known.get("source") is not None:
        return None if context is None else str(context)
    return json.dumps({**known, "source": source}, separators=(",", ":"))


def _wrong(side: Side, sql: str, number: int, case: Row) -> str:
    asked = sql.replace(instant_literal(SOME), instant_literal(case.as_of))
    rows = side.rows(
        f"select e.is_member, e.changes_at from ({asked}) as e inner join audiences.profile_identifiers as i "
        f"on i.profile_id = e.profile_id where i.value = 'p{number}'"
    )
    ((is_member, changes_at),) = rows
    if is_member is not case.is_in:
        return f"{case.definition} of {case.person}: {is_member}"
    expected = case.changes_at
    if expected != "unasked" and changes_at != (None if expected is None else expected.replace(tzinfo=None)):
        return f"{case.definition} at {case.as_of}: changes at {changes_at}, and not at {expected}"
    return ""


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_every_letter_is_lowered_as_the_reference_lowers_it(server: Server, locale: str) -> None:
    """Letters of the planes that all know; of the newest ones engines and Python may have different tables."""
    letters = [chr(code) for code in range(1, 0x2000) if chr(code).isprintable()]
    connection = server.database(f"letters_{locale.replace('.', '_').replace('-', '_').lower()}", locale=locale).connect()
    with connection.cursor() as cursor:
        cursor.execute(
            "select letter, translate(lower(letter collate pg_c_utf8), 'ς', 'σ') from unnest(%s::text[]) as t (letter)",
            (letters,),
        )
        wrong = [(letter, low) for letter, low in cursor.fetchall() if low != lowered(letter)]
    connection.close()
    assert wrong == []
