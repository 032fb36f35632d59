"""`audiences explain`: each condition for one profile, the rows that decide, what is near, and what time will change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dbt_audiences.core.definitions import Count, InAudience, Members, Performed, TraitTest
from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.personal import Personal
from dbt_audiences.core.project import Audience
from dbt_audiences.flow.evaluate import Answer, Call, Evaluator, Loaded, Person
from dbt_audiences.flow.explaining.given import with_given
from dbt_audiences.flow.explaining.person import read_first_runs, read_known
from dbt_audiences.flow.explaining.questions import ELIGIBLE, Part, evaluator, parts, variants
from dbt_audiences.flow.explaining.ranked import ranking_of, with_ranks
from dbt_audiences.flow.explaining.smallest import smallest
from dbt_audiences.flow.explaining.wording import ago, condition_words
from dbt_audiences.flow.workspace import Workspace

MOST_INSTANTS = 12
"""Instants of the future that are looked at for what time alone will change."""

MOST_SHOWN = 20
"""Rows of one condition that are printed; the JSON has all."""


@dataclass(frozen=True, slots=True)
class DecidingRow:
    """A call that decides; `said` is what it says, as the condition reads it."""

    message_id: str
    at: datetime
    name: str
    said: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Turn:
    """When time alone changes an answer, and to what."""

    at: datetime
    becomes: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """One condition: what it asks and where it stands, its answer, the rows that decide it, and how near it is."""

    condition: str
    place: str
    depth: int
    answer: Literal["true", "false", "missing"]
    rows: tuple[DecidingRow, ...]
    near: str | None
    turn: Turn | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a profile is in an audience or not; `entered_at` where the last run left it in."""

    audience: str
    profile_id: str
    as_of: datetime
    is_member: bool
    is_eligible: bool
    entered_at: datetime | None
    turn: Turn | None
    conditions: tuple[Explained, ...]


def explain(workspace: Workspace, key: str, identifier: str, as_of: datetime) -> Explanation:
    """The definition as it stands, on what the last run staged about the profile; nothing is written."""
    audience = workspace.audience(key)
    if not audience.enabled:
        raise UsageError(f"`{key}` is disabled", hint=f"audiences enable {key}")
    tree = parts(audience.who)
    ranking = ranking_of(audience, workspace.project.audiences)
    with workspace.prepared_warehouse() as warehouse:
        relations = workspace.dbt.relations()
        known = read_known(warehouse, relations, identifier, audience, workspace.project.identity)
        first_runs = {**dict.fromkeys(workspace.project.audiences, as_of), **read_first_runs(warehouse, relations)}
    asked = evaluator(workspace, audience, tree, first_runs, ranking)
    with workspace.prepared_warehouse() as warehouse:
        people = [with_given(warehouse, workspace.dbt.relations(), asked, one) for one in (known.person, *known.around)]
    person, *around = with_ranks(workspace, ranking, people, as_of)
    found = explain_person(asked, audience, tree, person, as_of, around=around)
    personal = workspace.project.personal
    return replace(found, entered_at=known.entered_at, conditions=tuple(_masked(one, personal) for one in found.conditions))


def _masked(condition: Explained, personal: Personal) -> Explained:
    """Without what the rows say of a person that is marked as personal."""
    rows = tuple(replace(row, said={name: personal.of(name, one) for name, one in row.said.items()}) for row in condition.rows)
    return replace(condition, rows=rows)


def explain_person(
    asked: Evaluator,
    audience: Audience,
    tree: Sequence[Part],
    person: Person,
    as_of: datetime,
    around: Sequence[Person] = (),
) -> Explanation:
    """The same for a person, or an account, given with all calls; `around` are those whose calls count for it too."""
    of = _Subject(person, tuple(around))
    with asked.load(of.people) as loaded:
        now = _answers(loaded, person, as_of)
        turns = _turns(loaded, person, as_of, now, [part.key for part in tree])
    eligible = now[ELIGIBLE].is_member
    conditions = [_explained(asked, part, of, as_of, now, turns.get(part.key)) for part in tree]
    root = tree[0].key
    return Explanation(
        audience.key, person.profile_id, as_of, now[root].is_member, eligible, None, turns.get(root), tuple(conditions)
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who is judged, and whose calls count beside their own: members of an account, or of a user's accounts."""

    person: Person
    around: tuple[Person, ...]

    @property
    def people(self) -> list[Person]:
        """Everybody, who is judged first."""
        return [self.person, *self.around]

    def calls(self) -> list[_Row]:
        """The calls of all, oldest first, each with the number of who made it."""
        rows = [(number, call) for number, person in enumerate(self.people) for call in person.calls]
        return sorted(rows, key=lambda row: (row[1].at, row[1].message_id))

    def with_calls(self, rows: Sequence[_Row], prefix: str) -> list[Person]:
        """The same people under names of their own, with these calls alone."""
        return [
            replace(
                person,
                profile_id=f"{prefix}{person.profile_id}",
                identifiers={kind: [f"{prefix}{value}" for value in values] for kind, values in person.identifiers.items()},
                calls=[_renamed(call, prefix) for owner, call in rows if owner == number],
            )
            for number, person in enumerate(self.people)
        ]


_Row = tuple[int, Call]


def _renamed(call: Call, prefix: str) -> Call:
    context = json.loads(call.context) if isinstance(call.context, str) else call.context
    said = context.get("groupId") if isinstance(context, Mapping) and call.type != "group" else None
    group_id = call.group_id or (said if isinstance(said, str) and said else None)
    named = None if group_id is None else f"{prefix}{group_id}"
    return replace(call, message_id=f"{prefix}{call.message_id}", group_id=named)


def _answers(loaded: Loaded, person: Person, as_of: datetime) -> dict[str, Answer]:
    none = Answer(False, None)
    return {key: of_key.get(person.profile_id, none) for key, of_key in loaded.answers(as_of).items()}


def _turns(loaded: Loaded, person: Person, as_of: datetime, now: Mapping[str, Answer], keys: Sequence[str]) -> dict[str, Turn]:
    """For each key the first instant at which time alone changes its answer, as far as the next instants tell."""
    found: dict[str, Turn] = {}
    due = {key: now[key].changes_at for key in keys}
    for _ in range(MOST_INSTANTS):
        coming = [at for key, at in due.items() if at is not None and key not in found]
        if not coming:
            break
        at = min(coming)
        then = _answers(loaded, person, at)
        for key in (key for key, instant in due.items() if instant == at and key not in found):
            if then[key].is_member != now[key].is_member:
                found[key] = Turn(at, then[key].is_member)
            due[key] = then[key].changes_at
    return found


def _explained(
    asked: Evaluator, part: Part, of: _Subject, as_of: datetime, now: Mapping[str, Answer], turn: Turn | None
) -> Explained:
    node, answer = part.node, now[part.key].is_member
    said: Literal["true", "false", "missing"] = "true" if answer else "false"
    rows: tuple[DecidingRow, ...] = ()
    near = None
    if isinstance(node, TraitTest) and not now[f"{part.key}_any"].is_member and not answer:
        said = "missing"
    if isinstance(node, Performed | TraitTest | InAudience | Members):
        calls = smallest(of.calls(), lambda some: _same(asked, part.key, of, some, as_of, answer))
        rows = tuple(_row(call, node) for _, call in calls)
    if isinstance(node, Performed) and isinstance(node.measure, Count) and any(variants(part)):
        near = _near(asked, part, node, node.measure, of, as_of)
    return Explained(condition_words(node), str(node.place), part.depth, said, rows, near, turn)


def _same(
    asked: Evaluator, key: str, of: _Subject, selections: Sequence[Sequence[_Row]], as_of: datetime, answer: bool
) -> list[bool]:
    """Whether each selection of the calls alone gives the answer."""
    people = [person for number, rows in enumerate(selections) for person in of.with_calls(rows, f"{number}:")]
    with asked.load(people) as loaded:
        answers = loaded.answers(as_of, [key])[key]
    none, name = Answer(False, None), of.person.profile_id
    return [answers.get(f"{number}:{name}", none).is_member == answer for number in range(len(selections))]


def _near(asked: Evaluator, part: Part, node: Performed, count: Count, of: _Subject, as_of: datetime) -> str | None:
    """How many events count and how many are asked for; where one is lacking, the newest that does not count, and why."""
    wanted = count.at_least if count.exactly is None else count.exactly
    events = [row for row in of.calls() if row[1].type in ("track", "page", "screen") and row[1].at <= as_of]
    if len(events) > 2_000:
        return None

    bonds = [row for row in of.calls() if row[1].type == "group"]

    def alone(ending: str) -> list[_Row]:
        answers = _same(asked, f"{part.key}_{ending}", of, [[*bonds, row] for row in events], as_of, True)
        return [row for row, holds in zip(events, answers, strict=True) if holds]

    matching, rooted = alone("match"), alone("root")
    name = " or ".join(node.events)
    asks = "none" if count.at_most == 0 else str(wanted) if wanted is not None else f"at most {count.at_most}"
    if node.then is not None:
        return f"{len(rooted)} {name} in the window, before what must follow is asked"
    if wanted is None or len(rooted) >= wanted:
        return f"{len(rooted)} {name}, asked for {asks}"
    outside = [row for row in matching if row not in rooted]
    if not outside:
        return f"{len(rooted)} of {wanted} {name}"
    _, newest = max(outside, key=lambda row: row[1].at)
    return f"{len(rooted)} of {wanted} {name}; the next is {ago((as_of - newest.at).total_seconds())} old, outside the window"


def _row(call: Call, node: object) -> DecidingRow:
    return DecidingRow(call.message_id, call.at, call.event or call.name or call.type, dict(_said(call, node)))


def _said(call: Call, node: object) -> Iterator[tuple[str, object]]:
    given = call.traits if call.type in ("identify", "group") else call.properties
    found = json.loads(given) if isinstance(given, str) else dict(given or {})
    wanted = {node.path[0]} if isinstance(node, TraitTest) and call.type != "track" else set(found)
    for name in sorted(wanted & set(found)):
        yield name, found[name]
