"""Rows of calls and people as lines of JSON, in the form of a Segment-spec call."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.identity import Identity
from dbt_audiences.load.calls import FIELDS, OBJECTS, TIMES
from dbt_audiences.load.exact import compact, exact_fields
from dbt_audiences.load.lines import quoted_json

_FIELDS = {"user_id": "userId", "anonymous_id": "anonymousId"}
_BY_PLAIN_NAME = {field.lower(): field for field in FIELDS}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")


def field_of(column: str) -> str | None:
    """The field of a call that a column holds: `messageId`, `message_id` and `MESSAGE_ID` are one."""
    return _BY_PLAIN_NAME.get(plain(column))


def plain(name: str) -> str:
    """A name without case and underscores."""
    return name.strip().replace("_", "").lower()


def call_line(header: Sequence[str], row: Sequence[str]) -> str:
    """The call in a row of texts; an empty text is an absent field, and a number in a column of times an epoch."""
    members = []
    for column, value in zip(header, row, strict=True):
        field = field_of(column)
        if field is None or value == "":
            continue
        text = quoted_json(value)
        if field in OBJECTS:
            text = compact(value) if exact_fields(value) is not None else "null" if value.strip() == "null" else text
        elif field in TIMES and _NUMBER.match(value.strip()):
            text = value.strip()
        members.append(f'"{field}":{text}')
    return "{" + ",".join(members) + "}"


def person_line(identifier: str, members: Sequence[tuple[str, str]], value: str | None, identity: Identity) -> str:
    """The identify call of a person.

    members  trait -> its JSON text; value  the JSON text of the identifier
    """
    column, before, after = identity.place(identifier)
    traits = "{" + ",".join(f"{quoted_json(name)}:{text}" for name, text in members) + "}"
    content = f"{identifier} {value} {traits}"
    parts = [f'"type":"identify","messageId":"{hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()}"']
    if value is not None and trait_of(identifier, identity) is None:
        parts.append(f'"{_FIELDS.get(column, column)}":{before}{value}{after}')
    parts.append(f'"traits":{traits}')
    return "{" + ",".join(parts) + "}"


def trait_of(identifier: str, identity: Identity) -> str | None:
    """The trait that holds the identifier; None where it stands elsewhere in a call."""
    custom = identity.custom.get(identifier)
    if custom is not None:
        return custom.key if custom.source == "trait" else None
    return "email" if identifier == "email" else None


def identifier_column(path: str, columns: Sequence[str], identifier: str) -> str:
    """The column that holds the identifier."""
    for column in columns:
        if plain(column) == plain(identifier):
            return column
    raise UsageError(f"`{path}` has no column `{identifier}`", hint=f"its columns are {', '.join(columns) or 'none'}")


def person_from_row(identifier: str, column: str, identity: Identity) -> Callable[[Sequence[str], Sequence[str]], str]:
    """Makes the line of a row of texts; an empty text is an absent trait."""

    def line(header: Sequence[str], row: Sequence[str]) -> str:
        given = {name: quoted_json(value) for name, value in zip(header, row, strict=True) if value != ""}
        return _person(identifier, column, given, identity)

    return line


def person_from_json(identifier: str, text: str, identity: Identity, column: str | None = None) -> str | None:
    """The line of a person written as a JSON object; None when it is none.

    column  the member that holds the identifier, in a row of a table, where null means absent; without it, the first member
            whose name is the identifier's
    """
    given = exact_fields(text)
    if given is None:
        return None
    if column is not None:
        given = {name: value for name, value in given.items() if value != "null"}
    found = column or next((name for name in given if plain(name) == plain(identifier)), identifier)
    return _person(identifier, found, given, identity)


def _person(identifier: str, column: str, given: dict[str, str], identity: Identity) -> str:
    """The line of a person; an identifier that is a trait stays one, before any other column of the trait's name."""
    value, trait = given.get(column), trait_of(identifier, identity)
    if trait is None:
        return person_line(identifier, [(name, text) for name, text in given.items() if name != column], value, identity)
    kept = ((name, text) for name, text in given.items() if name == column or name != trait)
    return person_line(identifier, [(trait if name == column else name, text) for name, text in kept], value, identity)
