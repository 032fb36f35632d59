"""A destination tried: can it be reached, and does it take the credentials? Nothing is changed there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.core.project import Destination
from dbt_audiences.sync.channel import Envelope, Outcome
from dbt_audiences.sync.destinations import type_of
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.opening import opened


def tried(destination: Destination, root: Path, effects: Effects | None = None) -> Outcome:
    """What came of asking: `delivered` where it answers and takes the credentials, else why not.

    root  the project's folder
    """
    spec = type_of(destination)
    if spec is None:
        return Outcome("unsent", f"the destination type `{destination.type}` is unknown")
    forms = spec.forms or spec.forms_of(is_value=True)
    envelope = Envelope(
        destination=destination.key,
        audience="test",
        as_=forms[0],
        list_name="test",
        entered_event="Audience Entered",
        exited_event="Audience Exited",
        project=root.resolve().name,
        as_of=datetime.now(UTC),
        sync_id="test",
    )
    try:
        channel, _ = opened(destination, spec, envelope, root, effects or Effects(), with_secrets=True)
    except ValueError as error:
        return Outcome("unsent", str(error))
    try:
        return channel.try_out()
    finally:
        channel.close()
