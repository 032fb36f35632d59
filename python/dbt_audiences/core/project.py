"""What the files of a project define: audiences, traits, destinations, examples, and the project as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from dbt_audiences.core.definitions import Condition, Duration, Entity, Performed, Place, SendAs, Which
from dbt_audiences.core.destination_type import DestinationType
from dbt_audiences.core.identity import Identity
from dbt_audiences.core.personal import Personal

if TYPE_CHECKING:
    from dbt_audiences.core.alerts import Alert

MACRO_FILE = "macros/audiences_project.sql"
"""The macros that `audiences compile` writes: what models must know of the project as a whole."""


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

    as_          None: the destination type's own; `boolean` of a trait is an identify with its value
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
    computed_event: str = "Trait Computed"


class Sent(Protocol):
    """What is sent, an audience or traits, as far as sending must know it."""

    @property
    def key(self) -> str:
        """Its key, or a SQL trait's model."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def enabled(self) -> bool:
        """Whether it is computed and sent."""

    @property
    def values(self) -> tuple[str, ...]:
        """The names of the traits whose values are sent; none for an audience, of which membership is."""


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
    lists: tuple[str, ...] = ()
    users: tuple[ExamplePerson, ...] = ()
    of: Entity = "users"
    related: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """`examples:` entry: at `as_of`, each person `given` must be in, or out, as expected; of a trait, have the value expected.

    expect_values  name -> JSON value of a computed trait, None for missing
    """

    name: str
    as_of: datetime
    created: datetime | None
    given: tuple[ExamplePerson, ...]
    expect_in: tuple[str, ...]
    expect_out: tuple[str, ...]
    place: Place
    expect_values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audience:
    """`audiences/<key>.yml`.

    history      "all", "none", or a duration
    identifiers  the types that make a profile eligible, in the order written
    static       its membership is what the first evaluation found, for ever
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
    static: bool
    tags: tuple[str, ...]
    meta: Mapping[str, object]
    who: Condition
    send_to: tuple[SendTo, ...]
    examples: tuple[Example, ...]
    place: Place

    @property
    def values(self) -> tuple[str, ...]:
        """Memberships are sent, and no value."""
        return ()


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

    @property
    def values(self) -> tuple[str, ...]:
        """It is sent under its own name."""
        return (self.key,)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` (inclusive) until `end` (exclusive) of each day in a time zone; over midnight where `end` is earlier."""

    start: time
    end: time
    timezone: str


@dataclass(frozen=True, slots=True)
class Destination:
    """`destinations/<key>.yml`; `secrets` hold the templates, never the values (`Secret` renders late).

    rate_limit   (count, per) as in `100/second`
    quiet_hours  nothing is sent in them
    time_limit   how long all that goes there may take in one sync
    declaration  of its type, where the project declares it
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
    declaration: DestinationType | None = None
    quiet_hours: QuietHours | None = None
    time_limit: timedelta | None = None


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
    """A dbt model that declared itself a SQL trait by `config.meta.sql_trait`.

    traits   every other column, with the place that names it: in the yml, or that of the declaration
    missing  what becomes of the traits of a row that is gone
    every    how often the values are read anew: a cron expression in UTC, or a length of time; None is in every run
    """

    model: str
    of: Entity
    identifier: str
    traits: tuple[tuple[str, Place], ...]
    missing: Literal["unset", "keep"]
    every: str | None
    send_to: tuple[SendTo, ...]
    place: Place

    @property
    def key(self) -> str:
        """What it is known by where it is sent: its model."""
        return self.model

    @property
    def name(self) -> str:
        """The same for people."""
        return self.model

    @property
    def enabled(self) -> bool:
        """It is computed as long as it is declared."""
        return True

    @property
    def values(self) -> tuple[str, ...]:
        """All its columns go together."""
        return tuple(name for name, _ in self.traits)


Sendable: TypeAlias = Audience | Trait | SqlTrait


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """A dbt model that declared itself a table of related rows by `config.meta.entity`.

    key         the column that other tables refer to, and that tells rows apart
    owners      kind of entity -> (type of identifier, column) of whom a row belongs to
    references  name of another such table -> the column here that holds its key
    """

    name: str
    model: str
    key: str | None
    owners: Mapping[Entity, tuple[str, str]]
    references: Mapping[str, str]
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
    related: Mapping[str, RelatedTable] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)
    destination_types: Mapping[str, DestinationType] = field(default_factory=dict)
    """Those that the project declares itself."""
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    personal: Personal = field(default_factory=Personal)

    @property
    def computed(self) -> tuple[Audience | Trait, ...]:
        """What has a key of its own and may be sent: the audiences, then the computed traits."""
        return (*self.audiences.values(), *self.traits.values())

    @property
    def sendable(self) -> tuple[Sendable, ...]:
        """All that may be sent: the audiences, the computed traits, the SQL traits."""
        return (*self.computed, *self.sql_traits)

    def sql_trait(self, name: str) -> SqlTrait | None:
        """The SQL trait that has a column of this name."""
        return next((one for one in self.sql_traits if any(name == trait for trait, _ in one.traits)), None)
