"""One profile as the warehouse holds it: found by an identifier, with all its calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dbt_audiences.compile.tables import leaves
from dbt_audiences.core.definitions import InAudience, Members
from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.identity import Identity
from dbt_audiences.core.project import Audience
from dbt_audiences.core.warehouse import Relations, Warehouse, text_literal
from dbt_audiences.flow.evaluate import Call, Person

_COLUMNS = (
    "message_id", "type", "occurred_at", "event", "properties", "traits", "context", "received_at", "loaded_at", "source",
    "name", "group_id",
)  # fmt: skip


MOST_PEOPLE = 500
"""People of an account whose calls are looked at."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who is judged, with all calls, oldest first, and whose calls count beside; `entered_at` where stored as a member."""

    person: Person
    around: tuple[Person, ...]
    entered_at: datetime | None


def read_known(warehouse: Warehouse, relations: Relations, identifier: str, audience: Audience, identity: Identity) -> Known:
    """The profile that `type:value`, a profile id or a bare value names, or the account by its id or `group_id:` and the id.

    Raises where it names none or several.
    """
    if audience.of == "accounts":
        person, around = _account(warehouse, relations, identifier)
    else:
        person = _person(warehouse, relations, profile_id_of(warehouse, relations, identifier, identity))
        around = _beside(warehouse, relations, person.profile_id) if _reads_accounts(audience) else ()
    entered = warehouse.fetch(
        f"select entered_at from {relations['memberships']} where audience = {text_literal(audience.key)} "
        f"and profile_id = {text_literal(person.profile_id)}"
    )
    return Known(person, around, _aware(entered[0][0]) if entered else None)


def _reads_accounts(audience: Audience) -> bool:
    """Whether accounts decide: directly, or in an audience that it refers to, which may be of them."""
    return any(isinstance(leaf, Members | InAudience) for leaf in leaves(audience.who))


def _person(warehouse: Warehouse, relations: Relations, profile_id: str) -> Person:
    own = f"profile_id = {text_literal(profile_id)}"
    identifiers: dict[str, list[str]] = {}
    first_seen_at: datetime | None = None
    seen_later: dict[tuple[str, str], datetime] = {}
    for kind, value, seen_at in warehouse.fetch(
        f"select type, value, first_seen_at from {relations['profile_identifiers']} "
        f"where {own} order by first_seen_at, type, value"
    ):
        identifiers.setdefault(str(kind), []).append(str(value))
        seen = _aware(seen_at)
        assert seen is not None
        seen_later[str(kind), str(value)] = seen
        first_seen_at = first_seen_at or seen
    rows = warehouse.fetch(
        f"select {', '.join(f'c.{column}' for column in _COLUMNS)} from {relations['stg_calls']} as c "
        f"inner join {relations['profile_identifiers']} as i on i.type = c.identifier_type and i.value = c.identifier_value "
        f"where i.{own} order by c.occurred_at, c.message_id"
    )
    assert first_seen_at is not None
    return Person(profile_id, identifiers, first_seen_at, [_call(row) for row in rows], seen_later=seen_later)


def _account(warehouse: Warehouse, relations: Relations, identifier: str) -> tuple[Person, tuple[Person, ...]]:
    """The account with the group calls that name no user, and everybody who did something for it."""
    named = {identifier, identifier.removeprefix("group_id:")}
    found = warehouse.fetch(
        f"select account_id, first_seen_at from {relations['accounts']} "
        f"where account_id in ({', '.join(text_literal(name) for name in sorted(named))})"
    )
    if len(found) != 1:
        said = f"no account has the id `{identifier}`" if not found else f"`{identifier}` is of several accounts"
        raise UsageError(said, hint="write it as group_id:acme")
    account, first_seen_at = str(found[0][0]), _aware(found[0][1])
    person = _nobody(warehouse, relations, account, first_seen_at)
    return person, _people(warehouse, relations, f"select {text_literal(account)}", "")


def _nobody(warehouse: Warehouse, relations: Relations, account: str, first_seen_at: datetime | None) -> Person:
    """An account with the group calls that name no user, and when SQL traits named it."""
    assert first_seen_at is not None
    rows = warehouse.fetch(
        f"select {', '.join(_COLUMNS)} from {relations['stg_calls']} where identifier_type is null "
        f"and group_id = {text_literal(account)} order by occurred_at, message_id"
    )
    named = warehouse.fetch(
        f"select type, value, first_seen_at from {relations['sql_trait_identifiers']} "
        f"where type = 'group_id' and value = {text_literal(account)}"
    )
    by_sql = {(str(type_), str(value)): at.replace(tzinfo=UTC) for type_, value, at in named if isinstance(at, datetime)}
    return Person(account, {}, first_seen_at, [_call(row) for row in rows], seen_later=by_sql)


def _beside(warehouse: Warehouse, relations: Relations, profile_id: str) -> tuple[Person, ...]:
    """The accounts of the profile, and everybody who did something for one."""
    of_profile = f"select account_id from {relations['account_members']} where profile_id = {text_literal(profile_id)}"
    found = warehouse.fetch(
        f"select account_id, first_seen_at from {relations['accounts']} where account_id in ({of_profile}) order by account_id"
    )
    accounts = (_nobody(warehouse, relations, str(id_), _aware(seen_at)) for id_, seen_at in found)
    return (*accounts, *_people(warehouse, relations, of_profile, profile_id))


def _people(warehouse: Warehouse, relations: Relations, accounts: str, without: str) -> tuple[Person, ...]:
    """Members of accounts, and those whose events carry an account's id."""
    rows = warehouse.fetch(
        f"select profile_id from {relations['account_members']} where account_id in ({accounts}) union "
        f"select i.profile_id from {relations['stg_calls']} as c inner join {relations['profile_identifiers']} as i "
        f"on i.type = c.identifier_type and i.value = c.identifier_value where c.group_id in ({accounts}) order by 1"
    )
    ids = [str(row[0]) for row in rows if row[0] != without]
    if len(ids) > MOST_PEOPLE:
        raise UsageError(
            f"{len(ids):,} people count here, and at most {MOST_PEOPLE} can be explained", hint="explain a smaller account"
        )
    return tuple(_person(warehouse, relations, id_) for id_ in ids)


def read_first_runs(warehouse: Warehouse, relations: Relations) -> dict[str, datetime]:
    """When each audience was first run."""
    rows = warehouse.fetch(f"select key, first_run_at from {relations['keys']} where first_run_at is not null")
    return {str(key): at.replace(tzinfo=UTC) for key, at in rows if isinstance(at, datetime)}


def profile_id_of(warehouse: Warehouse, relations: Relations, identifier: str, identity: Identity) -> str:
    """The profile that `type:value`, a profile id or a bare value names; raises where it names none or several."""
    kind, colon, value = identifier.partition(":")
    found = {
        str(row[0])
        for row in warehouse.fetch(
            f"select profile_id from {relations['profile_identifiers']} where profile_id = {text_literal(identifier)} "
            f"or value = {text_literal(identifier)}"
            + (f" or (type = {text_literal(kind)} and value = {text_literal(identity.normal(kind, value))})" if colon else "")
        )
    }
    if not found:
        raise UsageError(
            f"no profile has the identifier `{identifier}`", hint="write it as user_id:7, email:a@b.c, or a profile_id"
        )
    if len(found) > 1:
        raise UsageError(f"`{identifier}` is of several profiles", hint="write its type too, as user_id:7 or email:a@b.c")
    return found.pop()


def _call(row: tuple[object, ...]) -> Call:
    given = dict(zip(_COLUMNS, row, strict=True))
    texts = {name: None if given[name] is None else str(given[name]) for name in ("event", "source", "name", "group_id")}
    objects = {name: None if given[name] is None else str(given[name]) for name in ("properties", "traits", "context")}
    at = _aware(given["occurred_at"])
    assert at is not None
    return Call(
        message_id=str(given["message_id"]),
        type=str(given["type"]),
        at=at,
        received_at=_aware(given["received_at"]),
        loaded_at=_aware(given["loaded_at"]),
        **texts,
        **objects,
    )


def _aware(instant: object) -> datetime | None:
    return instant.replace(tzinfo=UTC) if isinstance(instant, datetime) else None
