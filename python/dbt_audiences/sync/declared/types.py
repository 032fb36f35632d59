"""A declaration as a destination type, and those that come with the package."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from dbt_audiences.core.destination_type import DestinationType
from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.spec.destination_types import read_type
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.nodes import read_yaml
from dbt_audiences.sync.channel import Channel, Opening, Setting, Spec

CATALOGUE = Path(__file__).parents[1] / "destinations"
_OWN = (Setting("base_url", "url"), Setting("batch_size", "integer", most=10_000))
_TOKEN_URL = Setting("token_url", "url")


def spec_of(type_: DestinationType) -> Spec:
    """The type with the channel that renders it."""
    settings = tuple(Setting(one.name, one.kind, one.is_required, one.choices) for one in type_.options)
    return Spec(
        type=type_.key,
        settings=(*settings, *_OWN, *(() if type_.auth.token_url is None else (_TOKEN_URL,))),
        secrets=type_.secrets,
        forms=tuple(type_.sends),
        identifiers={field.of: field.send for field in type_.fields if field.is_default},
        identifier_types=None if type_.any_identifier else tuple(dict.fromkeys(field.of for field in type_.fields)),
        is_mixed=type_.most_rows is None or type_.is_whole,
        is_paced=True,
        rate_limit=type_.rate_limit,
        list_every=type_.every,
        open=partial(_open, type_),
        takes_accounts=type_.accounts,
        needed_secrets=type_.secrets,
        declaration=type_,
        name=type_.name,
        description=type_.description,
        proven_by=type_.proven_by,
    )


def _open(type_: DestinationType, opening: Opening) -> Channel:
    from dbt_audiences.sync.declared.channel import Declared

    return Declared(type_, opening)


def declared_keys() -> tuple[str, ...]:
    """The types that the package declares."""
    return tuple(sorted(path.stem for path in CATALOGUE.glob("*.yml")))


@cache
def declared_type(key: str) -> DestinationType:
    """One of them; raises `DefinitionError` with what is wrong in its file."""
    problems = Problems()
    found = problems.attempt(lambda: read_type(read_yaml(CATALOGUE, CATALOGUE / f"{key}.yml"), key, problems))
    if problems.found or found is None:
        raise DefinitionError(problems.found)
    return found
