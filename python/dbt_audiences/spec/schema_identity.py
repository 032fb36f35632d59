"""JSON Schema of `identity.yml`."""

from __future__ import annotations

from dbt_audiences.core.identity import STANDARD
from dbt_audiences.spec.identity import NAME, PERIODS, RESERVED, SOURCES, WAYS
from dbt_audiences.spec.schema_words import Schema, any_required, described, listed, mapping, not_together, words

_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNTS: list[Schema] = [{"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, {"const": "none"}]
_REGION = described(
    {"type": "string", "pattern": "^[A-Z]{2}$"}, "The region of phone numbers that name no country, such as DE."
)
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
    priority = described(
        listed(_TEXT, uniqueItems=True), "Types that go before all others where a call has several, in this order."
    )
    rest = {"alias": alias, "priority": priority, "limits": _limits(), "default_region": _REGION}
    return mapping({"identifiers": types, **_blocked("every type"), **rest})


def _limits() -> Schema:
    words_of = {
        "merges": "How many profiles one may take in; 100 by default.",
        "identifiers": "How many identifiers a profile may have; 1000 by default.",
        "shared_by": "With how many others an identifier may be named before it ties nobody together; 1000 by default.",
    }
    return described(
        mapping({word: described({"anyOf": _COUNTS}, text) for word, text in words_of.items()}), "What no profile may exceed."
    )


def _custom() -> Schema:
    places: dict[str, Schema] = {source: described(_TEXT, _READ_FROM[source]) for source in SOURCES}
    return mapping({**places, **_settings("")}, required=(), anyOf=any_required(SOURCES), **not_together(SOURCES))


def _settings(name: str) -> dict[str, Schema]:
    ways = words("lower_trim") if name == "email" else words(*WAYS)
    limit: Schema = {"anyOf": [*_COUNTS, {"type": "string", "pattern": f"^[0-9]+ ({'|'.join(PERIODS)})$"}]}
    region = {} if name == "email" else {"default_region": _REGION}
    return {
        "normalize": described(ways, "How values are written before they are compared."),
        "limit": described(limit, "How many values a profile may have; 1 of `user_id` and 5 of all others by default."),
        **region,
        **_blocked("this type"),
    }


def _blocked(of: str) -> dict[str, Schema]:
    return {
        "blocked": described(listed(_TEXT, uniqueItems=True), f"Values of {of} that identify nobody."),
        "blocked_patterns": described(listed(_TEXT, uniqueItems=True), f"Regular expressions of such values of {of}."),
    }
