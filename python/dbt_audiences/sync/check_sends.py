"""What is sent to a destination, checked against what its type can take; and which identifiers go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from dbt_audiences.core.definitions import Which
from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Audience, Destination, Sendable, SendTo
from dbt_audiences.spec.audience import ELIGIBLE
from dbt_audiences.sync.channel import ACCOUNT_IDENTIFIER, IDENTIFIER_COLUMNS, Spec
from dbt_audiences.sync.destinations import type_of
from dbt_audiences.sync.wording import hint_of, listed

IdentifiersOf = Callable[[SendTo, Sendable], Mapping[str, Which]]

_DEFAULT_IDENTIFIERS: Mapping[str, Which] = dict.fromkeys(IDENTIFIER_COLUMNS, "last")


def identifiers_of(destinations: Mapping[str, Destination]) -> IdentifiersOf:
    """The types of identifiers of users that a send uses, and which values of each: its own, or its destination's that are
    eligible. An account has its id alone, which always goes."""

    def chosen(send: SendTo, sent: Sendable) -> Mapping[str, Which]:
        named = {name: which for name, which in (send.identifiers or {}).items() if not _is_of_account(name, sent)}
        if named:
            return named
        destination = destinations.get(send.destination)
        spec = type_of(destination) if destination is not None else None
        default = _DEFAULT_IDENTIFIERS if spec is None else spec.identifiers
        types, anonymous = _eligible(sent)
        found: dict[str, Which] = {name: which for name, which in default.items() if name in {*types, *anonymous}}
        if found or (spec is not None and spec.identifier_types is not None):
            return found
        return dict.fromkeys(types, "last")

    return chosen


def reaches_users(send: SendTo, sent: Sendable) -> bool:
    """Whether something goes to users: always, but for accounts only tracks and what `users: true` adds."""
    return sent.of == "users" or send.users or send.as_ == "events"


def problems_of_send(send: SendTo, sent: Sendable, spec: Spec, chosen: IdentifiersOf) -> Iterator[Problem]:
    """Everything that the destination's type cannot do with one connection."""
    forms = spec.forms_of(is_value=bool(sent.values))
    if not forms:
        hint = "it takes lists: send an audience that tests the trait"
        yield Problem(send.place, f"a {spec.type} destination cannot be sent a trait", hint)
        return
    if send.as_ is not None and send.as_ not in forms:
        hint = f"it takes {listed(forms)}" if isinstance(sent, Audience) else "leave `as` out"
        yield Problem(send.place, f"a {spec.type} destination cannot be sent `as: {send.as_}`", hint)
    yield from _words_of_another_form(send, send.as_ or forms[0])
    if sent.of == "accounts" and not spec.takes_accounts and (send.as_ or forms[0]) != "events":
        hint = (
            "`as: events` tells each of their users"
            if "events" in forms
            else "send an audience of users whose `account:` is in it"
        )
        yield Problem(send.place, f"a {spec.type} destination knows users, and no accounts", hint)
    for name in send.identifiers or ():
        if spec.identifier_types is not None and name not in spec.identifier_types and not _is_of_account(name, sent):
            message = f"a {spec.type} destination cannot carry the identifier `{name}`"
            yield Problem(send.place, message, hint_of(name, spec.identifier_types))
    yield from _names_taken(send, sent)
    what = "trait" if sent.values else "audience"
    if reaches_users(send, sent) and not chosen(send, sent):
        yield Problem(
            send.place,
            f"a {spec.type} destination can carry none of the identifiers of this {what} ({listed(_eligible(sent)[0])})",
            "name others under `identifiers:`",
        )


def _words_of_another_form(send: SendTo, form: str) -> Iterator[Problem]:
    if send.list_name is not None and form != "list":
        yield Problem(send.place, f"`list` names a list, and this is sent `as: {form}`", "add `as: list`, or leave `list` out")
    names = (send.entered_event, send.exited_event, send.computed_event)
    if names != ("Audience Entered", "Audience Exited", "Trait Computed") and form != "events":
        yield Problem(
            send.place, f"`events` names events, and this is sent `as: {form}`", "add `as: events`, or leave `events` out"
        )


def _names_taken(send: SendTo, sent: Sendable) -> Iterator[Problem]:
    """What goes along must not arrive under the name of what is sent, or of the key of a track."""
    own, key = ("the trait", "trait_key") if sent.values else ("the membership", "audience_key")
    names = sent.values or (sent.key,)
    if send.as_ == "events" and key in names:
        yield Problem(send.place, f"`{key}` cannot be sent `as: events`: a property of each event has that name", "rename it")
    for _, there in send.traits:
        if there in names or (send.as_ == "events" and there == key):
            yield Problem(
                send.place,
                f"a trait cannot be sent as `{there}`: {own} itself has that name",
                "rename it: `- {trait: name there}`",
            )


def _is_of_account(name: str, sent: Sendable) -> bool:
    return name == ACCOUNT_IDENTIFIER and sent.of == "accounts"


def _eligible(sent: Sendable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The types that make a user eligible, and `anonymous_id` where that may go as well; a trait is sent to the usual ones."""
    if not isinstance(sent, Audience):
        return ELIGIBLE, ()
    return sent.identifiers, ("anonymous_id",) if sent.include_anonymous else ()
