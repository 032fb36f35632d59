"""Aggregates, habits, conditions that held for a time and histories on a real Postgres, against truths worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.integration.agreement import as_profile, renamed
from tests.integration.postgres import running_server
from tests.integration.sides import make_side
from tests.integration.truth_cases import Case, measures
from tests.reference.truths import AS_OF
from tests.reference.yaml_text import to_yaml

from dbt_audiences.core.warehouse import naive


def test_postgres_agrees_with_the_truths(tmp_path: Path) -> None:
    asked = {f"case_{number}": case for number, case in enumerate(_chosen())}
    audiences = {key: to_yaml({"audience": key, "name": key, **case.definition}) for key, case in asked.items()}
    with running_server() as server:
        side = make_side(tmp_path / "postgres", server.database("measures").credentials(), audiences)
        side.load([call for key, case in asked.items() for call in _calls(key, case)])
        side.run(AS_OF)
        members = set(side.rows(f"select audience, i.value from audiences.memberships inner join {_IDENTIFIERS}"))
        due = side.rows(f"select audience, i.value, changes_at from audiences.evaluations inner join {_IDENTIFIERS}")
    changes = {(key, user): changes_at for key, user, changes_at in due}
    wrong = []
    for key, case in asked.items():
        if ((key, key) in members) is not case.is_in:
            wrong.append(f"{case.definition}: {case.person} must{'' if case.is_in else ' not'} be in")
        expected = case.changes_at if case.changes_at in ("unasked", None) else naive(case.changes_at)  # type: ignore[arg-type]
        if expected != "unasked" and changes.get((key, key)) != expected:
            wrong.append(f"{case.definition}: must change at {expected}, not {changes.get((key, key))}")
    assert not wrong, "\n".join(wrong)


_IDENTIFIERS = "audiences.profile_identifiers as i using (profile_id)"


def _chosen() -> Iterator[Case]:
    """Every other case that is not the `not` of the one before."""
    yield from [case for case in measures() if "not" not in case.definition["who"]][::2]


def _calls(key: str, case: Case) -> Iterator[dict[str, Any]]:
    seen = {"message_id": f"{key}-seen", "type": "identify", "occurred_at": naive(case.person.first_seen_at), "traits": "{}"}
    yield {**seen, "user_id": key}
    for call in as_profile(renamed(case.person, key)).calls:
        yield {
            "message_id": call.message_id,
            "type": call.type,
            "occurred_at": naive(call.at),
            "user_id": key,
            "event": call.event,
            "properties": call.properties,
            "traits": call.traits,
        }
