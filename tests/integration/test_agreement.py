"""The SQL that production runs, compared with the reference interpreter on drawn definitions and histories.

CI draws the same scenarios each time; AUDIENCES_AGREEMENT_EXAMPLES asks for more of them, AUDIENCES_AGREEMENT_SEED for others.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.integration.agreement import Definitions, as_profile, compiled, members_of
from tests.integration.agreement_report import report
from tests.integration.agreement_scenarios import Batch, draw_batch, is_about_any_event, referred, with_irrelevant_events
from tests.reference.history import Person
from tests.reference.interpreter import members

from dbt_audiences.flow.evaluate import Answers, Evaluator

SCENARIOS_EACH = 60
SEED = int(os.environ.get("AUDIENCES_AGREEMENT_SEED", "20260310"))
SCENARIOS = int(os.environ.get("AUDIENCES_AGREEMENT_EXAMPLES", str(SCENARIOS_EACH)))
MOST_REPORTS = int(os.environ.get("AUDIENCES_AGREEMENT_REPORTS", "3"))
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: which law, of which audience and person, when."""

    law: str
    key: str
    person: str
    as_of: datetime


def test_the_sql_says_what_the_reference_says() -> None:
    for number in range(0, SCENARIOS, SCENARIOS_EACH):
        batch = draw_batch(min(SCENARIOS_EACH, SCENARIOS - number), SEED + number)
        with compiled(batch.definitions) as evaluator:
            findings = [finding for as_of in sorted(batch.people) for finding in _findings(evaluator, batch, as_of)]
            assert not findings, f"seed {SEED + number}: {len(findings)} findings\n\n" + "\n".join(
                _told(evaluator, batch, finding) for finding in findings[:MOST_REPORTS]
            )


def _findings(evaluator: Evaluator, batch: Batch, as_of: datetime) -> Iterator[Finding]:
    people = batch.people[as_of]
    with evaluator.load([as_profile(person) for person in people]) as loaded:
        now = loaded.answers(as_of)
        yield from _disagreements(batch.definitions, now, people, as_of)
        yield from _split(batch, now, as_of)
        changes = _changes(batch.definitions, now)
        yield from (
            Finding("changes_at is to come", key, name, as_of) for (key, name), at in changes.items() if at and at <= as_of
        )
        for instant in _later_instants(changes, as_of):
            then = loaded.answers(instant)
            yield from _disagreements(batch.definitions, then, people, instant)
            yield from (
                Finding(f"nothing changes before changes_at ({at}), but at {instant}", key, name, as_of)
                for (key, name), at in changes.items()
                if (at is None or at > instant) and then[key][name].is_member is not now[key][name].is_member
            )
    if as_of in sorted(batch.people)[::4]:
        yield from _irrelevant(evaluator, batch, now, as_of)


def _irrelevant(evaluator: Evaluator, batch: Batch, said: Answers, as_of: datetime) -> Iterator[Finding]:
    with evaluator.load([as_profile(person) for person in with_irrelevant_events(batch.people[as_of], as_of)]) as loaded:
        richer = loaded.answers(as_of)
    for key in batch.definitions:
        if not is_about_any_event(batch.definitions, key):
            changed = members_of(said, key) ^ members_of(richer, key)
            yield from (Finding("an irrelevant event changes nothing", key, name, as_of) for name in sorted(changed))


def _disagreements(definitions: Definitions, said: Answers, people: list[Person], as_of: datetime) -> Iterator[Finding]:
    for key in definitions:
        for name in sorted(members_of(said, key) ^ members(definitions, key, people, as_of)):
            yield Finding("product and reference agree", key, name, as_of)


def _split(batch: Batch, said: Answers, as_of: datetime) -> Iterator[Finding]:
    for key, (negated, universe) in batch.splits.items():
        inside, outside = members_of(said, key), members_of(said, negated)
        wrong = inside & outside | (inside | outside) ^ members_of(said, universe)
        yield from (Finding("a condition and its not split the universe", key, name, as_of) for name in sorted(wrong))


def _changes(definitions: Definitions, said: Answers) -> dict[tuple[str, str], datetime | None]:
    """When each answer may change next, through the audiences that it refers to as well."""
    found = {}
    for key in definitions:
        involved = referred(definitions, key)
        for name in said[key]:
            instants = [said[one][name].changes_at for one in involved if name in said[one]]
            found[key, name] = min((at for at in instants if at is not None), default=None)
    return found


def _later_instants(changes: dict[tuple[str, str], datetime | None], as_of: datetime) -> list[datetime]:
    """Right after as_of, where histories crowd; an instant at which something changes, and one right before such."""
    known = sorted({at for at in changes.values() if at is not None and at > as_of + 2 * MICROSECOND})
    chosen = random.Random(as_of.timestamp()).sample(known, min(2, len(known)))
    return [as_of + 2 * MICROSECOND, *(at - MICROSECOND * number for number, at in enumerate(chosen))]


def _told(evaluator: Evaluator, batch: Batch, finding: Finding) -> str:
    person = next(person for people in batch.people.values() for person in people if person.name == finding.person)
    if finding.law == "product and reference agree":
        return report(evaluator, batch.definitions, finding.key, person, finding.as_of)
    definitions = [batch.definitions[one] for one in referred(batch.definitions, finding.key)]
    return f"{finding}\n{definitions}\n{person}\n"
