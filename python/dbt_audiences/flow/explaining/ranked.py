"""Who is among the first by a trait: told by the whole warehouse, since one profile does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dbt_audiences.compile.project import generate
from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import All, Any, Condition, Everyone, InAudience, Members, Not, Top
from dbt_audiences.core.project import Audience
from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.diff.fresh import fresh_tables
from dbt_audiences.flow.evaluate import Person
from dbt_audiences.flow.preview import compiled_anew
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.sync.engine import identifiers_of

Ranking = Mapping[str, Audience]
"""Key -> an audience that ranks: each `top` of a definition as one of its own, and what it refers to."""


def ranking_of(audience: Audience, known: Mapping[str, Audience]) -> Ranking:
    """All that ranks in the definition of an audience, or in one of `known` that it reads."""
    tops = {_key(top): replace(audience, key=_key(top), who=top, send_to=(), examples=()) for top in _tops(audience.who)}
    found: dict[str, Audience] = {}
    seen: set[str] = set()
    waiting = list(_references(audience.who))
    while waiting:
        key = waiting.pop()
        if key in seen or key not in known:
            continue
        seen.add(key)
        if any(_tops(known[key].who)):
            found[key] = known[key]
        else:
            waiting += _references(known[key].who)
    return {**tops, **found}


def told(who: Condition) -> Condition:
    """The same condition with a membership in place of each `top`: whether somebody is among the first is given."""
    match who:
        case All(children=children, place=place):
            return All(tuple(told(child) for child in children), place)
        case Any(children=children, place=place):
            return Any(tuple(told(child) for child in children), place)
        case Not(child=child, place=place):
            return Not(told(child), place)
        case Top(place=place):
            return InAudience(_key(who), place)
    return who


def told_audience(audience: Audience) -> Audience:
    """An audience of nobody but those whose membership is given."""
    return replace(audience, who=Not(Everyone(audience.place), audience.place), send_to=(), examples=())


def with_ranks(workspace: Workspace, ranking: Ranking, people: Sequence[Person], as_of: datetime) -> list[Person]:
    """The people with a membership in each of these audiences that they are in, judged among all that the last run staged."""
    if not ranking:
        return list(people)
    project = workspace.project
    audiences = {**{key: replace(one, send_to=()) for key, one in project.audiences.items() if one.enabled}, **ranking}
    changed = replace(project, audiences=audiences, hashes={**project.hashes, **dict.fromkeys(ranking, "")})
    files = generate(changed, identifiers_of(project.destinations))
    listed = ", ".join(text_literal(person.profile_id) for person in people)
    with compiled_anew(workspace, list(ranking), as_of, with_audiences=True, files=files) as (dbt, models):
        relations, audiences_read = dbt.relations(), frozenset(dbt.graph.materialized("audience"))
        with (
            workspace.prepared_warehouse() as warehouse,
            fresh_tables(warehouse, relations, models, read=audiences_read) as fresh,
        ):
            members = {
                key: {
                    str(row[0])
                    for row in warehouse.fetch(f"select profile_id from {fresh[key]} where profile_id in ({listed})")
                }
                for key in ranking
            }
    return [replace(one, memberships=[key for key, those in members.items() if one.profile_id in those]) for one in people]


def _key(top: Top) -> str:
    return f"asked_top_{top.place.line}_{top.place.column}"


def _tops(who: Condition) -> Iterator[Top]:
    return (leaf for leaf in leaves(who) if isinstance(leaf, Top))


def _references(who: Condition) -> Iterator[str]:
    for leaf in leaves(who):
        if isinstance(leaf, InAudience):
            yield leaf.key
        elif isinstance(leaf, Members):
            yield from _references(leaf.who)
