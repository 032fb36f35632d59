"""Drawn histories cut into drawn runs of one project, and what is right after each of them.

Calls come late by up to months or before their time, people merge between runs, as_of steps over the instants at which
something is due, definitions are edited, and some runs look at all anew. Every run is dbt's, with the materializations that
production has.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
from tests.integration.agreement import LOADED_AT, Definitions, as_profile, identifies, renamed, write
from tests.integration.agreement_scenarios import draw_batch
from tests.integration.projects import Project, new_project
from tests.reference.funnel_drawing import conditions
from tests.reference.funnel_drawing import histories as funnel_histories
from tests.reference.history import Event, GroupCall, Person, TraitChange
from tests.reference.interpreter import members

from dbt_audiences.core.warehouse import naive
from dbt_audiences.flow.evaluate import Call
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.dbt import Outcome
from dbt_audiences.run.packages import PACKAGE_VARIABLE

MICROSECOND = timedelta(microseconds=1)
SCENARIOS, HISTORIES_EACH, SEQUENCES = 20, 2, 6
COLUMNS = (
    "message_id, type, occurred_at, received_at, user_id, anonymous_id, event, group_id, properties, traits, context, "
    "loaded_at, source"
)


@dataclass(frozen=True, slots=True)
class Coming:
    """A call that is to arrive.

    kind  of the identifier that it comes under, `both` for the one that ties a person's two
    says  what the reference knows it as
    """

    call: Call
    kind: str
    says: Sequence[Event | GroupCall | TraitChange] = ()


@dataclass(slots=True)
class Life:
    """A person whose calls arrive one by one, some of them under an anonymous id that a later call ties to the user's.

    calls    all, in the order in which they arrive
    arrived  how many have
    """

    person: Person
    calls: list[Coming]
    arrived: int = 0


@dataclass(slots=True)
class Tally:
    """What was done: runs, steps (one audience brought up to date by one run), entities looked at in full, and by parts."""

    runs: int = 0
    steps: int = 0
    full: int = 0
    members: int = 0


class World:
    """One project that lives through runs; `step` makes one and says what is wrong after it."""

    def __init__(self, folder: Path, seed: int, tally: Tally) -> None:
        self.seed, self.tally = seed, tally
        self.chance = Random(seed)
        batch = draw_batch(SCENARIOS, HISTORIES_EACH, seed)
        self.made: Definitions = {key: one for scenario in batch.scenarios for key, one in scenario.definitions.items()}
        self.home = {key: number for number, scenario in enumerate(batch.scenarios) for key in scenario.definitions}
        self.histories = [
            (number, [life for life in (_life(person, self.chance) for person in people) if life.calls])
            for number, scenario in enumerate(batch.scenarios)
            for people in scenario.histories
        ]
        self.as_of = batch.scenarios[0].as_of
        self._add_sequences()
        self.first_runs = dict.fromkeys(self.made, self.as_of)
        self.loaded = 0
        self.project: Project = new_project(folder)
        package = os.environ.get(PACKAGE_VARIABLE)
        if package is not None:  # the one that is tried, which may have faults
            self.project.write("packages.yml", f"packages: [{{local: {package}}}]\n")
            shutil.rmtree(self.project.root / "dbt_packages")
        self.workspace = Workspace(self.project.root)
        self._define()

    def _add_sequences(self) -> None:
        """Audiences about what followed what, and the people for each."""
        for number in range(SEQUENCES):
            key, who = f"q{number}", conditions(self.chance)
            self.made[key] = {"audience": key, "who": who}
            self.home[key] = SCENARIOS + number
            people = [renamed(one, f"{key}_") for one in funnel_histories(self.chance, self.as_of, who, 4)]
            self.histories.append((SCENARIOS + number, [_life(person, self.chance) for person in people]))

    def step(self, *, everything: bool, is_edited: bool) -> list[str]:
        """Some calls arrive, a run follows, everything is compared; then time goes on."""
        self._let_arrive(everything=everything)
        if is_edited:
            self.made = _edited(self.made, self.home, self.chance)
            self._define()
        is_full = self.chance.randrange(4) == 0
        variables = {"as_of": naive(self.as_of).isoformat(), "run_id": f"run_{self.tally.runs}"}
        with chdir(self.project.root):  # profiles.yml names the database by a relative path
            outcomes = self.workspace.dbt.run(variables, full_refresh=is_full)
        self.workspace.dbt.release()
        self.tally.runs += 1
        self.tally.full += is_full
        told = f"seed {self.seed}, as of {self.as_of}{', looking at all' if is_full else ''}"
        failed = [f"{told}: {one.name}: {one.message}" for one in outcomes if one.status != "success"]
        found = failed or [f"{told}: {wrong}" for wrong in self._wrong(outcomes)]
        self.as_of = self._next_as_of()
        return found

    def _define(self) -> None:
        for folder in ("audiences", "traits"):
            for path in (self.project.root / folder).glob("*.yml"):
                path.unlink()
        write(self.project.root, self.made)
        self.workspace = Workspace(self.project.root)
        self.workspace.compile(check=False)
        (self.project.root / "models" / "audiences" / "audiences.yml").unlink(missing_ok=True)
        self.workspace.dbt.parse()

    def _let_arrive(self, *, everything: bool) -> None:
        rows = []
        for life in (life for _, lives in self.histories for life in lives):
            coming = life.calls[life.arrived :]
            for one in coming if everything else coming[: self.chance.choice([0, 0, 1, 2])]:
                self.loaded += 1
                life.arrived += 1
                rows.append(_row(life.person, one, LOADED_AT + timedelta(seconds=self.loaded)))
        if rows:
            with duckdb.connect(str(self.project.root / "warehouse.duckdb")) as connection:
                connection.executemany(f"insert into raw.calls ({COLUMNS}) values ({', '.join('?' * 13)})", rows)

    def _wrong(self, outcomes: Sequence[Outcome]) -> Iterator[str]:
        """Every audience whose stored members are not those of the reference, or not those of its whole query."""
        queries = {outcome.name: outcome.sql for outcome in outcomes if outcome.name in self.made}
        with duckdb.connect(str(self.project.root / "warehouse.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            names = dict(connection.execute(
                "select profile_id, coalesce(max(case when type = 'user_id' then value end), max(value)) "
                "from audiences.profile_identifiers group by profile_id"
            ).fetchall())  # fmt: skip
            stored: dict[str, set[str]] = {}
            for key, profile_id in connection.execute("select audience, profile_id from audiences.memberships").fetchall():
                stored.setdefault(key, set()).add(profile_id)
            for key, definition in self.made.items():
                if "audience" not in definition:
                    continue
                self.tally.steps += 1
                found = stored.get(key, set())
                rows = connection.execute(f"select profile_id from ({queries[key]}) where is_member").fetchall()
                whole = {row[0] for row in rows}
                if found != whole:
                    yield f"{key} holds {sorted(found)}, and looking at all gives {sorted(whole)}"
                own = found if definition.get("of") == "accounts" else {names[profile_id] for profile_id in found}
                expected = self._expected(key)
                self.tally.members += len(expected)
                if own != expected:
                    yield f"{key} {definition} holds {sorted(own)}, and the reference says {sorted(expected)}"

    def _expected(self, key: str) -> set[str]:
        """Who is in, as the reference has it, of every history: those of other definitions too."""
        found: set[str] = set()
        for _, lives in self.histories:
            found |= members(self.made, key, [one for life in lives for one in _people(life)], self.as_of, self.first_runs)
        return found

    def _next_as_of(self) -> datetime:
        """The same instant, one at which something is due, the microsecond before it, or some time later."""
        waiting = f"select distinct changes_at from audiences.evaluations where changes_at > timestamp '{naive(self.as_of)}'"
        due = sorted(row[0].replace(tzinfo=UTC) for row in self.project.sql(waiting))
        choices = [self.as_of, self.as_of + MICROSECOND, self.as_of + timedelta(hours=self.chance.randint(1, 900))]
        if due:
            choices += [due[0], due[0], self.chance.choice(due[:20]), max(self.as_of, due[0] - MICROSECOND)]
        return min(self.chance.choice(choices), self.as_of + timedelta(days=400))


def live_through(folder: Path, seed: int, runs: int, tally: Tally) -> list[str]:
    """A world's whole life; what was wrong after the first run that left anything wrong."""
    world = World(folder, seed, tally)
    for run in range(runs):
        found = world.step(everything=run == runs - 2, is_edited=run % 4 == 3)
        if found:
            return found
    return []


def _life(person: Person, chance: Random) -> Life:
    says: list[Sequence[Event | GroupCall | TraitChange]] = [[event] for event in person.events]
    says += [[call] for call in person.groups]
    says += list(identifies(person.traits))
    kinds: dict[str, str] = {}  # copies of a call come from one person
    calls = []
    for call, said in zip(as_profile(person).calls, says, strict=True):
        kind = kinds.setdefault(call.message_id, chance.choice(["user_id", "user_id", "anonymous_id"]))
        calls.append(Coming(call, kind, said))
    if "anonymous_id" in kinds.values():
        at = min(one.call.at for one in calls)
        calls.append(Coming(Call(f"{person.name}-link", "identify", at, traits="{}"), "both"))
    chance.shuffle(calls)
    return Life(person, calls)


def _row(person: Person, one: Coming, loaded_at: datetime) -> tuple[Any, ...]:
    call = one.call
    user = f"u-{person.name}" if one.kind in ("user_id", "both") else None
    anonymous = f"a-{person.name}" if one.kind in ("anonymous_id", "both") else None
    received = None if call.received_at is None else naive(call.received_at)
    return (
        call.message_id, call.type, naive(call.at), received, user, anonymous, call.event, call.group_id, call.properties,
        call.traits, call.context, naive(loaded_at), call.source,
    )  # fmt: skip


def _edited(made: Definitions, home: dict[str, int], chance: Random) -> Definitions:
    """Some audiences get the conditions of others of their kind, and a computed trait another window.

    Those that refer to audiences keep theirs, so that no circle comes about.
    """
    edited = dict(made)
    for of in ("users", "accounts"):
        plain = [key for key, one in made.items() if "audience" in one and one.get("of", "users") == of]
        plain = [key for key in plain if "in_audience" not in json.dumps(made[key]["who"], default=str)]
        chosen = chance.sample(plain, min(4, len(plain)))
        edited |= {key: {**made[key], "who": made[other]["who"]} for key, other in zip(chosen, chosen[::-1], strict=True)}
    for key in (key for key, one in made.items() if "trait" in one and "session" not in one):
        if chance.randrange(2):
            edited[key] = {**made[key], "within": chance.choice(["7 days", "1 month", "30 days"])}
    return edited


def _people(life: Life) -> Iterator[Person]:
    """Whom the calls that have arrived make: one profile where something ties the two ids, else one for each id."""
    arrived = life.calls[: life.arrived]
    is_one = any(one.kind == "both" for one in arrived)
    for kind, prefix in (("user_id", "u-"), ("anonymous_id", "a-")):
        own = [one for one in arrived if is_one or one.kind == kind]
        if not own or (is_one and kind == "anonymous_id"):
            continue
        first: dict[str, Coming] = {}
        for one in own:
            first.setdefault(one.call.message_id, one)
        name = f"{prefix}{life.person.name}"
        said = [each for one in own for each in one.says]
        yield Person(
            name,
            {kind: [name], **({"anonymous_id": [f"a-{life.person.name}"]} if is_one else {})},
            [each for each in said if isinstance(each, Event)],
            [each for each in said if isinstance(each, TraitChange)],
            min(one.call.at for one in first.values()),
            groups=[each for each in said if isinstance(each, GroupCall)],
        )
