"""What must hold at a destination, as one view for each connection of an audience or a trait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dbt_audiences.compile.jinja import Call, Expression, package_call, reference, render
from dbt_audiences.compile.sql_traits import rows_model
from dbt_audiences.compile.withheld import Withholding, wrapped
from dbt_audiences.core.definitions import Which
from dbt_audiences.core.project import Audience, Sendable, SendTo, SqlTrait, Trait


def desired_model(sent: Sendable, send: SendTo, identifiers: Mapping[str, Which], withheld: Withholding) -> str:
    """The text of `models/sync/sends/<model>.sql`; `identifiers` are those of users."""
    desired = _desired(sent, send, identifiers)
    body = f"{{{{ {render(desired)} }}}}\n" if withheld == Withholding() else wrapped(render(desired, 4), withheld)
    return f"{_origin(sent)}\n{{{{ config(materialized='send', schema='audiences_build') }}}}\n\n{body}"


def _origin(sent: Sendable) -> str:
    if isinstance(sent, SqlTrait):
        return f"-- Generated from the declaration of `{sent.model}` by `audiences compile`. Edit its yml."
    folder = "traits" if isinstance(sent, Trait) else "audiences"
    return f"-- Generated from {folder}/{sent.key}.yml by `audiences compile`. Edit that file."


def _desired(sent: Sendable, send: SendTo, identifiers: Mapping[str, Which]) -> Call:
    types: list[Expression] = [[kind, which] for kind, which in identifiers.items()]
    along: list[Expression] | None = [[here, there] for here, there in send.traits] or None
    value: Expression = sent.key if isinstance(sent, Trait) else None
    relation: Expression = reference(sent.key)
    if isinstance(sent, SqlTrait):
        value, relation = list(sent.values), package_call("sql_trait_said", reference(rows_model(sent)), sent.of)
    if sent.of == "accounts":
        eligible = sent.identifiers if isinstance(sent, Audience) else tuple(identifiers)
        return package_call("desired_of_accounts", relation, value=value, traits=along, users=_users(send, types, eligible))
    if value is None:
        return package_call("desired_identifiers", audience=relation, identifiers=types, traits=along)
    return package_call("desired_values", relation, value, identifiers=types, traits=along)


def _users(send: SendTo, identifiers: list[Expression], eligible: Sequence[str]) -> Mapping[str, Expression] | None:
    """What goes to the users of accounts, or None."""
    is_track = send.as_ == "events"
    if not is_track and not send.users:
        return None
    found: dict[str, Expression] = {"identifiers": identifiers, "eligible": list(eligible)}
    if is_track:
        found["instead"] = True
    if is_track or send.as_ == "list":
        found["with_traits"] = True
    return found
