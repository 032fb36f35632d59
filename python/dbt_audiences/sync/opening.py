"""A destination opened: settings and secrets rendered, and the pace of its credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dbt_audiences.core.destination_type import RateLimit
from dbt_audiences.core.project import Destination
from dbt_audiences.sync.channel import Channel, Envelope, Opening, Spec
from dbt_audiences.sync.check import secret_urls, used_secrets, used_settings
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.pace import PACES, Pace
from dbt_audiences.sync.redaction import Discreet

_AT_ONCE = 4
_SECONDS: dict[Literal["second", "minute", "hour", "day"], int] = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def opened(
    destination: Destination, spec: Spec, envelope: Envelope, root: Path, effects: Effects, *, with_secrets: bool
) -> tuple[Channel, Pace]:
    """The channel and the pace that it keeps; raises `ValueError` that says what is wrong with settings or secrets.

    root          the project's folder
    with_secrets  else nothing can be sent, and no secret need be there
    """
    settings = used_settings(destination, spec)
    secrets = used_secrets(destination, spec) if with_secrets else {}
    address = str(settings.get("url") or settings.get("base_url") or "")
    pace = PACES.of(spec.type, address, secrets, limit_of(destination, spec)) if with_secrets else Pace()
    channel = spec.open(
        Opening(
            envelope=envelope,
            settings=settings,
            secrets=secrets,
            shown_settings=destination.settings,
            allow_private_addresses=destination.allow_private_addresses,
            root=root,
            effects=effects,
            pace=pace,
            secret_names=tuple(destination.secrets),
        )
    )
    return Discreet(channel, [*secrets.values(), *secret_urls(destination, spec, settings)]), pace


def limit_of(destination: Destination, spec: Spec) -> RateLimit | None:
    """What its file allows, else what the vendor is known to allow."""
    if destination.rate_limit is None:
        return spec.rate_limit
    count, per = destination.rate_limit
    at_once = _AT_ONCE if spec.rate_limit is None else spec.rate_limit.at_once
    return RateLimit(count, _SECONDS[per], at_once)
