"""What the files of a project define: audiences, traits, destinations, examples, and the project as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from dbt_audiences.core.definitions import Condition, Duration, Entity, Performed, Place, SendAs, Which


@dataclass(frozen=True, slots=True)
class RefuseAbove:
    """Limits of one sync; shares are fractions of the members that the destination holds."""

    leaving_share: Decimal | None = None
    leaving_count: int | None = None
    entering_share: Decimal | None = None
    entering_count: int | None = None


@dataclass(frozen=True, slots=True)
class SendTo:
    """One connection of an audience or a trait.

    as_          None: the destination type's own
    identifiers  type -> which of its values; None: the destination type's own
    traits       (name here, name there)
    """

    destination: str
    as_: SendAs | None
    identifiers: Mapping[str, Which] | None
    traits: tuple[tuple[str, str], ...]
    entered_event: str
    exited_event: str
    list_name: str | None
    existing_members: Literal["send", "skip"]
    users: bool
    enabled: bool
    refuse_above: RefuseAbove | None
    holdout: Decimal | None
    place: Place


@dataclass(frozen=True, slots=True)
class ExampleEvent:
    """An event of an example at an aware UTC instant; `name` is what `performed:` said."""

    name: str
    at: datetime
    properties: Mapping[str, object]
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExamplePerson:
    """What one user or account (`of`) of an example has; `users` only under accounts."""

    name: str
    traits: Mapping[str, object]
    events: tuple[ExampleEvent, ...]
    identifiers: Mapping[str, tuple[str, ...]]
    memberships: tuple[str, ...]
    users: tuple[ExamplePerson, ...] = ()
    of: Entity = "users"


@dataclass(frozen=True, slots=True)
class Example:
    """`examples:` entry: at `as_of`, each person `given` must be in, or out, as expected."""

    name: str
    as_of: datetime
    created: datetime | None
    given: tuple[ExamplePerson, ...]
    expect_in: tuple[str, ...]
    expect_out: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Audience:
    """`audiences/<key>.yml`.

    history      "all", "none", or a duration
    identifiers  the types that make a profile eligible, in the order written
    """

    key: str
    name: str
    description: str
    of: Entity
    owner: str | None
    folder: str | None
    enabled: bool
    identifiers: tuple[str, ...]
    include_anonymous: bool
    history: Literal["all", "none"] | Duration
    timezone: str
    compute: Literal["auto", "realtime", "batch"]
    every: str | None
    account_events: Literal["own", "all_of_user"]
    tags: tuple[str, ...]
    meta: Mapping[str, object]
    who: Condition
    send_to: tuple[SendTo, ...]
    examples: tuple[Example, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Trait:
    """`traits/<key>.yml`: a computed trait. `session` excludes a window."""

    key: str
    name: str
    description: str
    of: Entity
    owner: str | None
    folder: str | None
    enabled: bool
    function: Literal["count", "sum", "avg", "min", "max", "most_frequent", "first", "last", "unique", "unique_count"]
    path: tuple[str, ...] | None
    at_least: int
    as_type: Literal["number", "instant", "text"] | None
    performed: Performed
    session: Duration | None
    timezone: str
    every: str | None
    tags: tuple[str, ...]
    meta: Mapping[str, object]
    send_to: tuple[SendTo, ...]
    examples: tuple[Example, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Destination:
    """`destinations/<key>.yml`; `secrets` hold the templates, never the values (`Secret` renders late).

    rate_limit  (count, per) as in `100/second`
    """

    key: str
    type: str
    name: str
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    rate_limit: tuple[int, Literal["second", "minute", "hour", "day"]] | None
    requires: Condition | None
    targets: tuple[str, ...] | None
    every: Duration | None
    priority: tuple[tuple[str, ...], ...]
    allow_private_addresses: bool
    enabled: bool
    place: Place


@dataclass(frozen=True, slots=True)
class EventSource:
    """A dbt model that declared itself an event source by `config.meta.event`.

    name        the event's name
    at          the column of its time; `user_id`, `anonymous_id`, `group_id`, `id` are columns too (None: absent)
    properties  None: every other column
    """

    model: str
    name: str
    at: str
    user_id: str | None
    anonymous_id: str | None
    email: str | None
    group_id: str | None
    id: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class SqlTrait:
    """A dbt model that declared itself a SQL trait by `config.meta.sql_trait`."""

    model: str
    of: Entity
    identifier: str
    place: Place


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a project defines, checked together; keys in the order of their files' names."""

    name: str
    audiences: Mapping[str, Audience]
    traits: Mapping[str, Trait]
    destinations: Mapping[str, Destination]
    event_sources: tuple[EventSource, ...]
    sql_traits: tuple[SqlTrait, ...]
    hashes: Mapping[str, str]
    """Key -> 16 hex digits of what its definition means; `spec/hashes.py` says what counts."""
    warnings: tuple[str, ...] = ()
