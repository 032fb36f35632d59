"""JSON Schema of `identity.yml`."""

from __future__ import annotations

from dbt_audiences.core.identity import STANDARD
from dbt_audiences.spec.identity import NAME, RESERVED, SOURCES, WAYS
from dbt_audiences.spec.schema_words import Schema, any_required, described, listed, mapping, not_together, words

_TEXT: Schema = {"type": "string", "minLength": 1}
_READ_FROM = {
    "trait": "The trait, of an identify call or in `context.traits`.",
    "property": "The property of an event.",
    "external_id": "The `type` of an item of `context.externalIds`.",
}


def identity_file() -> Schema:
    """`identity.yml`."""
    types: Schema = {
        "type": "object",
        "minProperties": 1,
        "properties": {name: mapping(_settings(name)) for name in STANDARD},
        "propertyNames": {"anyOf": [{"enum": list(STANDARD)}, {"pattern": f"^{NAME}$", "not": {"enum": list(RESERVED)}}]},
        "additionalProperties": _custom(),
        "description": "Types of your own, and what is said of the others.",
    }
    alias = described(words("link", "ignore"), "Whether alias calls make two profiles one; link by default.")
    return mapping({"identifiers": types, **_blocked("every type"), "alias": alias})


def _custom() -> Schema:
    places: dict[str, Schema] = {source: described(_TEXT, _READ_FROM[source]) for source in SOURCES}
    return mapping({**places, **_settings("")}, required=(), anyOf=any_required(SOURCES), **not_together(SOURCES))


def _settings(name: str) -> dict[str, Schema]:
    ways = words("lower_trim") if name == "email" else words(*WAYS)
    return {"normalize": described(ways, "How values are written before they are compared."), **_blocked("this type")}


def _blocked(of: str) -> dict[str, Schema]:
    return {
        "blocked": described(listed(_TEXT, uniqueItems=True), f"Values of {of} that identify nobody."),
        "blocked_patterns": described(listed(_TEXT, uniqueItems=True), f"Regular expressions of such values of {of}."),
    }
