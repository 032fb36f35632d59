"""Calls without `userId` and `anonymousId`: whether something else in them names a person."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.core.identity import Identity
from dbt_audiences.core.warehouse import text_literal


def named_elsewhere(identity: Identity) -> str:
    """SQL over the `properties`, `traits` and `context` of a call: true where they name an identifier; else false or null."""
    return " or ".join(_tests(identity))


def _tests(identity: Identity) -> Iterator[str]:
    yield from _of_trait("email")
    values = (_has("context", "device", key) for key in ("id", "advertisingId", "token"))
    yield f"lower(json_extract_string(context, '$.device.type')) in ('android', 'ios') and ({' or '.join(values)})"
    yield _has("context", "integrations", "Google Analytics", "clientId")
    for custom in identity.custom.values():
        if custom.source == "trait":
            yield from _of_trait(custom.key)
        elif custom.source == "property":
            yield _has("properties", custom.key)
        else:
            types = "json_extract_string(context, '$.externalIds[*].type')"
            yield f"list_contains({types}, {text_literal(custom.key)})"


def _of_trait(key: str) -> Iterator[str]:
    yield _has("traits", key)
    yield _has("context", "traits", key)


def _has(field: str, *keys: str) -> str:
    escaped = (key.replace("~", "~0").replace("/", "~1") for key in keys)
    return f"trim(json_extract_string({field}, {text_literal(''.join(f'/{key}' for key in escaped))})) <> ''"
