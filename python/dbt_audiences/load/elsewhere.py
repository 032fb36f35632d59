"""What calls say in the places of identifiers, read by the staging engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dbt_audiences.core.identity import Identity
from dbt_audiences.core.warehouse import text_literal


def named_elsewhere(identity: Identity) -> str:
    """SQL over the `properties`, `traits` and `context` of a call: true where they name an identifier; else false or null."""
    places = said_identifiers(identity, of_accounts=True)
    return " or ".join(
        f"trim({text}) <> ''" for type_, texts in places.items() if type_ not in ("user_id", "anonymous_id") for text in texts
    )


def said_identifiers(identity: Identity, *, of_accounts: bool = False) -> Mapping[str, tuple[str, ...]]:
    """Type -> SQL of the texts that a staged call has in its places, the first that is no null counts; in the order of types.

    of_accounts  the traits of a group call, which are an account's, count too
    """
    traits = "traits" if of_accounts else "case when type <> 'group' then traits end"
    found = {"user_id": ("user_id",), "anonymous_id": ("anonymous_id",), "email": tuple(_of_trait("email", traits))}
    found["ga_client_id"] = (_text("context", "integrations", "Google Analytics", "clientId"),)
    kind = "lower(json_extract_string(context, '$.device.type'))"
    for device in ("android", "ios"):
        is_it = f"{kind} = '{device}'"
        tracked = f"{is_it} and json_extract_string(context, '$.device.adTrackingEnabled') = 'true'"
        for name, key, test in (("id", "id", is_it), ("idfa", "advertisingId", tracked), ("push_token", "token", is_it)):
            found[f"{device}.{name}"] = (f"case when {test} then {_text('context', 'device', key)} end",)
    for name, custom in identity.custom.items():
        if custom.source == "trait":
            found[name] = tuple(text for key in custom.keys for text in _of_trait(key, traits))
        elif custom.source == "property":
            found[name] = tuple(_text("properties", key) for key in custom.keys)
        else:
            place = f"list_position(json_extract_string(context, '$.externalIds[*].type'), {text_literal(custom.key)})"
            found[name] = (f"json_extract_string(context, '$.externalIds[*].id')[{place}]",)
    return {type_: found[type_] for type_ in identity.types}


def _of_trait(key: str, traits: str) -> Iterator[str]:
    yield _text(traits, key)
    yield _text("context", "traits", key)


def _text(field: str, *keys: str) -> str:
    escaped = (key.replace("~", "~0").replace("/", "~1") for key in keys)
    return f"json_extract_string({field}, {text_literal(''.join(f'/{key}' for key in escaped))})"
