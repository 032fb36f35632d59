"""`audiences run --verify`: a part of the profiles, another one in each run, judged anew and compared with what is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dbt_audiences.core.project import Project
from dbt_audiences.core.warehouse import Warehouse, text_literal
from dbt_audiences.run.dbt import Outcome
from dbt_audiences.run.scoping import scoped

_SPACE = 16**8
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared: how many profiles of how many audiences; `differences` name audience, profile, and what is stored."""

    share: Decimal
    audiences: int
    profiles: int
    differences: tuple[str, ...]


def verify(
    warehouse: Warehouse,
    relations: Mapping[str, str],
    project: Project,
    outcomes: Sequence[Outcome],
    *,
    share: Decimal,
    turn: int,
) -> Verification:
    """Evaluates a slice of every audience that was just built, in full and without its stored state, and compares.

    turn  counts runs; after 1 / share of them every profile has been looked at
    """
    within = _slice(share, turn)
    judged = {key for key, audience in project.audiences.items() if not audience.static}
    built = [one for one in outcomes if one.status == "success" and one.name in judged and one.sql is not None]
    compared, differences = 0, []
    for outcome in built:
        assert outcome.sql is not None
        found = _compare(warehouse, relations, outcome.name, scoped(outcome.sql), project.audiences[outcome.name].of, within)
        compared += found[0]
        differences += found[1]
    return Verification(share, len(built), compared, tuple(differences))


def _slice(share: Decimal, turn: int) -> str:
    """A range of hashes, as SQL over `profile_id`: the turn's part of 1 / share equal ones."""
    parts = max(1, int(1 / share))
    part = turn % parts
    low, high = (_SPACE * part // parts, _SPACE * (part + 1) // parts)
    return f"md5(profile_id) >= '{low:08x}' and md5(profile_id) < '{'g' if high == _SPACE else f'{high:08x}'}'"


def _compare(
    warehouse: Warehouse, relations: Mapping[str, str], key: str, sql: str, of: str, within: str
) -> tuple[int, list[str]]:
    members = f"(select profile_id from {relations['memberships']} where audience = {text_literal(key)} and {within})"
    everybody = (
        f"select profile_id from {relations['profiles']}"
        if of == "users"
        else f"select account_id as profile_id from {relations['accounts']}"
    )
    warehouse.execute(
        f"create temporary table scope as select profile_id from ({everybody}) as known where {within} "
        f"union select profile_id from {members} as stored"
    )
    try:
        rows = warehouse.fetch(
            "select coalesce(judged.profile_id, stored.profile_id), stored.profile_id is not null "
            f"from ({sql}) as judged full join {members} as stored on stored.profile_id = judged.profile_id "
            "where coalesce(judged.is_member, false) <> (stored.profile_id is not null) order by 1"
        )
        (count,) = warehouse.fetch("select count(*) from scope")[0]
    finally:
        warehouse.execute("drop table scope")
    wrong = {True: "in, and should not be", False: "not in, and should be"}
    said = [f"{key}: {profile_id} is {wrong[bool(is_in)]}" for profile_id, is_in in rows]
    if len(said) > MOST_NAMED:
        said = [*said[:MOST_NAMED], f"{key}: and {len(said) - MOST_NAMED} more"]
    return int(str(count)), said
