"""One batch of scenarios put to the product: whatever it says otherwise than the reference, and every law that it breaks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from tests.integration.agreement import as_profile, compiled, members_of
from tests.integration.agreement_report import report
from tests.integration.agreement_scenarios import Batch, Scenario, is_about_any_event, names_of, referred
from tests.integration.laws import with_everything_under_both_names

from dbt_audiences.flow.evaluate import Answers, Evaluator, Loaded, Person

MICROSECOND = timedelta(microseconds=1)
AGREE = "product and reference agree"
MOST_REPORTS = int(os.environ.get("AUDIENCES_AGREEMENT_REPORTS", "3"))


@dataclass(slots=True)
class Tally:
    """What was done: cases, and the single judgements of somebody at some instant; and how many of those were `in`."""

    cases: int = 0
    judged: int = 0
    inside: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: which law, of which audience and entity, when."""

    law: str
    key: str
    name: str
    as_of: datetime


def check_batch(batch: Batch, tally: Tally, *, most_reports: int = MOST_REPORTS) -> list[str]:
    """What is wrong, once for each audience, the first findings told in full; nothing where all is right."""
    tally.cases += batch.cases
    told: dict[tuple[str, str], str] = {}
    with compiled(batch.definitions, batch.files) as evaluator:
        evaluator.first_runs = batch.first_runs
        for as_of, scenarios in batch.by_instant():
            for finding in _findings(evaluator, scenarios, as_of, tally, batch.later):
                if (finding.law, finding.key) not in told:
                    is_told = len(told) < most_reports
                    told[finding.law, finding.key] = (
                        _told(evaluator, scenarios, finding, batch.files) if is_told else str(finding)
                    )
    return list(told.values())


def _findings(
    evaluator: Evaluator, scenarios: Sequence[Scenario], as_of: datetime, tally: Tally, later: int
) -> Iterator[Finding]:
    keys = {key for scenario in scenarios for key in scenario.audiences}
    made = {key for scenario in scenarios for law in scenario.laws for key in law.definitions}
    profiles = [as_profile(person) for scenario in scenarios for person in scenario.people]
    with evaluator.load(profiles) as loaded:
        now = loaded.answers(as_of, keys | made)
        yield from _disagreements(scenarios, now, as_of, tally)
        for scenario in scenarios:
            names = {key: members_of(now, key) for key in now}
            for law in scenario.laws:
                yield from (Finding(broken, law.of, name, as_of) for broken, name in law.broken(names))
        yield from _instants(loaded, scenarios, now, as_of, tally, later)
    yield from _of_other_rows(evaluator, scenarios, now, as_of)


def _disagreements(scenarios: Sequence[Scenario], said: Answers, as_of: datetime, tally: Tally) -> Iterator[Finding]:
    for scenario in scenarios:
        own = names_of(scenario.people)
        for key in scenario.audiences:
            expected = scenario.expected(key, as_of)
            found = members_of(said, key) & own
            tally.judged += len(own)
            tally.inside += len(expected)
            yield from (Finding(AGREE, key, name, as_of) for name in sorted(found ^ expected))


def _instants(
    loaded: Loaded, scenarios: Sequence[Scenario], now: Answers, as_of: datetime, tally: Tally, later: int
) -> Iterator[Finding]:
    """What is said about the next change is to come, and nothing changes before; later answers are right as well."""
    keys = {key for scenario in scenarios for key in scenario.audiences}
    changes = _changes(scenarios, now)
    yield from (Finding("changes_at is to come", key, name, as_of) for (key, name), at in changes.items() if at and at <= as_of)
    known = sorted({at for at in changes.values() if at is not None and at > as_of + 2 * MICROSECOND})
    chosen = Random(as_of.timestamp()).sample(known, min(later, len(known)))
    for instant in [as_of + 2 * MICROSECOND, *(at - MICROSECOND * (number % 2) for number, at in enumerate(chosen))]:
        then = loaded.answers(instant, keys)
        yield from _disagreements(scenarios, then, instant, tally)
        for (key, name), at in changes.items():
            if (at is None or at > instant) and then[key][name].is_member is not now[key][name].is_member:
                yield Finding(f"nothing changes before changes_at ({at}), but at {instant}", key, name, as_of)


def _changes(scenarios: Sequence[Scenario], said: Answers) -> dict[tuple[str, str], datetime | None]:
    """When each answer may change next: by itself, or by an audience it refers to, of anybody in the same history."""
    found = {}
    for scenario in scenarios:
        for key in scenario.audiences:
            others = [one for one in referred(scenario.definitions, key) if one != key and one in said]
            for people in scenario.histories:
                names = names_of(people)
                around = [said[one][name].changes_at for one in others for name in names if name in said[one]]
                for name in names & set(said[key]):
                    instants = [said[key][name].changes_at, *around]
                    found[key, name] = min((at for at in instants if at is not None), default=None)
    return found


def _of_other_rows(evaluator: Evaluator, scenarios: Sequence[Scenario], now: Answers, as_of: datetime) -> Iterator[Finding]:
    """Neither what nobody asks for nor the order of rows matters, nor what events are called."""
    chance = Random(as_of.timestamp())
    profiles = [
        _shuffled(as_profile(with_everything_under_both_names(person)), chance)
        for scenario in scenarios
        for person in scenario.people
    ]
    alike = {key for scenario in scenarios for law in scenario.laws if law.alike for key in (law.of, law.alike)}
    chosen = {
        key
        for scenario in scenarios
        for key in scenario.audiences
        if not is_about_any_event(scenario.definitions, key) and (key in alike or chance.randrange(4) == 0)
    }
    if not chosen:
        return
    with evaluator.load(profiles) as loaded:
        richer = loaded.answers(as_of, chosen | alike)
    for key in sorted(chosen):
        changed = members_of(now, key) ^ members_of(richer, key)
        yield from (Finding("other events and another order change nothing", key, name, as_of) for name in sorted(changed))
    names = {key: members_of(richer, key) for key in richer}
    for law in (law for scenario in scenarios for law in scenario.laws):
        yield from (Finding(broken, law.of, name, as_of) for broken, name in law.broken_by_names(names))


def _shuffled(profile: Person, chance: Random) -> Person:
    """The same calls, loaded when they were, but standing in another order."""
    return replace(profile, calls=chance.sample(list(profile.calls), len(profile.calls)))


def _told(evaluator: Evaluator, scenarios: Sequence[Scenario], finding: Finding, files: Mapping[str, str]) -> str:
    scenario = next(scenario for scenario in scenarios if finding.key in scenario.definitions)
    history = scenario.history_of(finding.name)
    if finding.law == AGREE:
        return report(evaluator, scenario.definitions, finding.key, history, finding.as_of, files)
    definitions = [scenario.definitions[one] for one in referred(scenario.definitions, finding.key)]
    return f"{finding}\n{definitions}\n{history}\n"
