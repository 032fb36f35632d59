"""The catalogue: every declared destination type, as its file says."""

from __future__ import annotations

from docs.printed.markdown import code, table

from dbt_audiences.core.destination_type import Call, DestinationType, Field, ListPlace
from dbt_audiences.sync.channel import Spec
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.intervals import length_of

_FORMS = {
    "list": "members of a list",
    "boolean": "an attribute, `true` or `false`, and the value of a trait",
    "events": "an event for each entry, exit and value",
}


def catalogue_page() -> str:
    """A line for each type, then each with its settings, identifiers, requests and limits."""
    specs = list(destination_types().values())
    types = [spec for spec in specs if spec.declaration is not None]
    rows = [(f"[{spec.name}]({_place(spec)})", f"`{spec.type}`", code(spec.forms), spec.proven_by) for spec in specs]
    rows.sort(key=lambda row: row[0].lower())
    parts = [
        "# Catalogue of destinations\n",
        f"{len(specs)} types come with the package. {len(types)} are declared by a file each; what such a file may say: "
        "[Types of your own](../own-destinations.md). The others are [code](destination-types.md). Raw events are forwarded to "
        "none of them. How a type is proven:\n",
        "- *contract receiver*: by tests against an HTTP server that checks credentials, paths and bodies as the vendor's "
        "documentation asks for, and fails as it says: rows that are rejected, limits, lost answers. No account of the "
        "vendor was used.\n"
        "- *real server*: by tests against a running server that speaks the same protocol, which is named where it is not "
        "the vendor's own.\n"
        "- *not yet*: by nobody.\n",
        table(("destination", "type", "`as:`, the default first", "proven by"), rows),
    ]
    for spec in types:
        parts += _of_type(spec)
    return "\n".join(parts)


def _of_type(spec: Spec) -> list[str]:
    declaration = spec.declaration
    assert declaration is not None
    settings = [
        (f"`{one.name}`", "yes" if one.is_required else "", code(one.choices) or one.kind, one.default or "", one.description)
        for one in declaration.options
    ]
    parts = [
        f"## {spec.name}\n",
        f"{spec.description} [Documentation]({declaration.docs}), version {declaration.api_version}.\n",
        f"- type `{spec.type}`; secrets {code(spec.secrets)}; proven by: {spec.proven_by}",
        *(f"- `as: {form}`: {_FORMS[form]}" for form in spec.forms),
        f"- identifiers: {'; '.join(_identifier(one) for one in declaration.fields)}"
        + ("; and any other type" if declaration.any_identifier else ""),
        *(["- it can be told of accounts"] if declaration.accounts else []),
        f"- {_size(declaration)}",
    ]
    if "list" in spec.forms and declaration.most_rows is not None:
        parts.append(f"- the list: {_list(declaration.list_place)}")
    if declaration.minimum:
        parts.append(f"- lists of fewer than {declaration.minimum:,} are not used there")
    parts.append(f"- requests: {'; '.join(_requests(declaration))}\n")
    return [*parts, table(("setting", "needed", "holds", "default", ""), settings)] if settings else parts


def _identifier(one: Field) -> str:
    said = [*(word.replace("_", " ") for word in one.normalize), *([one.hash.upper()] if one.hash else [])]
    which = "" if one.is_default else ", where a connection names it"
    how = f" ({', '.join(said)})" if said else ""
    return f"`{one.of}`{how}{which}"


def _size(declaration: DestinationType) -> str:
    if declaration.most_rows is None:
        batch = "one request for each sync"
    elif declaration.is_whole:
        batch = f"all members in one request, at most {declaration.most_rows:,} and {declaration.most_bytes:,} bytes"
    else:
        rows = "one row" if declaration.most_rows == 1 else f"{declaration.most_rows:,} rows"
        batch = f"at most {rows} and {declaration.most_bytes:,} bytes in a request"
    limit = declaration.rate_limit
    if limit is not None:
        batch = f"{batch}, {limit.requests:,} requests in {limit.seconds} s, {limit.at_once} at once"
    every = declaration.every
    return batch if every is None else f"{batch}; a list is brought up to date every {length_of(every)} at most"


def _list(place: ListPlace) -> str:
    if place.find is None:
        return f"`list:` of the connection is {place.given}"
    return "looked up by its name" if place.create is None else "looked up by its name, and made where there is none"


def _requests(declaration: DestinationType) -> list[str]:
    found: dict[str, None] = {}
    for sends in declaration.sends.values():
        for call in (*sends.add, *sends.remove):
            found[_request(call)] = None
    return list(found)


def _request(call: Call) -> str:
    return f"`{call.method} {call.path}`".replace("{{", "{").replace("}}", "}")


def _place(spec: Spec) -> str:
    return f"destination-types.md#{spec.type}" if spec.declaration is None else f"#{_anchor(spec.name)}"


def _anchor(name: str) -> str:
    return "-".join("".join(character for character in name.lower() if character.isalnum() or character == " ").split())
