"""Checked definitions: what the YAML of a project means, after every rule of the language was applied.

`spec` makes these objects and nothing else does; `compile` and `sync` read them. They are frozen, hold no raw YAML, and cover
the whole language, also what a warehouse cannot yet be asked (the compiler refuses that by name).

Trees are made of `All`, `Any`, `Not` (a `none:` is `Not(Any(...))`) over leaves; the same three nest conditions of an
audience and tests of one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, Literal, TypeAlias, TypeVar

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years", "calendar_days"]
ValueType = Literal["number", "text", "boolean", "instant"]
Operator = Literal[
    "equals", "not_equals", "one_of", "none_of", "contains", "not_contains", "contains_any", "starts_with", "ends_with",
    "lt", "lte", "gt", "gte", "exists", "matches", "before", "after", "within_last", "within_next", "before_last", "after_next",
]  # fmt: skip
Entity = Literal["users", "accounts"]
Quantifier = Literal["any", "all", "none"]
SendAs = Literal["boolean", "events", "list"]
Which = Literal["first", "last", "all"]

ITEM = "$"
"""The path segment that opens an array."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file relative to the project (with `/`), and its 1-based line and column."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


# --- trees -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class All(Generic[T]):
    """True when every child is."""

    children: tuple[T, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Any(Generic[T]):
    """True when a child is."""

    children: tuple[T, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Not(Generic[T]):
    """True when the child is not."""

    child: T
    place: Place


# --- values ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Duration:
    """Whole units; `calendar_days` are local days of the audience's time zone, months and years step the calendar."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Value:
    """A literal: `Decimal` for number, `str` for text, `bool` for boolean, an aware UTC `datetime` for instant."""

    value: Decimal | str | bool | datetime
    type: ValueType


@dataclass(frozen=True, slots=True)
class Reference:
    """`{parent: path}` or `{trait: path}` on the right of a comparison; `type` as the operator or `as:` asks."""

    of: Literal["parent", "trait"]
    path: tuple[str, ...]
    type: Literal["number", "text", "instant"]
    place: Place


@dataclass(frozen=True, slots=True)
class ListFile:
    """`{file: lists/vips.csv}`, already read: its trimmed, non-blank texts in file order without repeats."""

    path: str
    column: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One operator and its right side.

    operand  `Value` or `Reference` for equals, not_equals, contains, not_contains, starts_with, ends_with, lt.., before, after;
             a tuple of `Value` (one type), a `ListFile` or a `Reference` for one_of, none_of, contains_any;
             `bool` for exists; `str` for matches; `Duration` for within_last, within_next, before_last, after_next
    type     what the left side is read as; None for `exists`
    """

    operator: Operator
    operand: Value | Reference | tuple[Value, ...] | ListFile | bool | str | Duration
    type: ValueType | None
    place: Place


# --- tests of one row --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PropertyTest:
    """`property:`, `context:` or `trait:` of a row with its comparisons, all of which must hold.

    path  segments with dots already split and unescaped; `ITEM` opens an array
    """

    origin: Literal["property", "context", "trait"]
    path: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    ignore_case: bool
    place: Place


@dataclass(frozen=True, slots=True)
class ItemTest:
    """`any_item:`, `all_items:`, `no_item:` with a `where` that one element must satisfy."""

    which: Literal["any_item", "all_items", "no_item"]
    path: tuple[str, ...]
    where: Where
    place: Place


Where: TypeAlias = "All[Where] | Any[Where] | Not[Where] | PropertyTest | ItemTest"


# --- conditions --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds that must all hold; every field None means ever. Instants are aware and UTC.

    between  (far, near), the far end first; a far end of None is `ever`
    since    inclusive
    until    exclusive
    """

    within: Duration | None = None
    between: tuple[Duration | None, Duration] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many events; None where not asked. `not_performed` is `at_most=0`, and the default `at_least=1`."""

    at_least: int | None = None
    at_most: int | None = None
    exactly: int | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`sum: p` and the like, compared: `as_type` orders min and max. `path` may hold `ITEM`."""

    function: Literal["sum", "avg", "min", "max", "unique"]
    path: tuple[str, ...]
    as_type: Literal["number", "instant", "text"]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Regularly:
    """`regularly: {at_least: 3, of_last: 4, each: 1 week}`."""

    at_least: int
    of_last: int
    each: Duration


@dataclass(frozen=True, slots=True)
class Sources:
    """`sources: {only: [...]}` or `{exclude: [...]}`."""

    only: tuple[str, ...] | None
    exclude: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Performed:
    """An event condition; inside `then` also a child of one.

    events   exact names that count together; `("*",)` is every track, page and screen
    measure  a `Count`, or an `Aggregate` in its place
    negated  written as `not_performed` (its `measure` already is `at_most=0`)
    """

    events: tuple[str, ...]
    measure: Count | Aggregate
    window: Window
    where: Where | None
    sources: Sources | None
    regularly: Regularly | None
    then: Then | None
    complete_within: Duration | None
    negated: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Without:
    """`without:` of a child: an event that must not stand between the parent and the child."""

    event: str
    where: Where | None


@dataclass(frozen=True, slots=True)
class Child:
    """A step below an event: its condition, whose `window` counts from the parent, and what binds it to the parent."""

    step: Performed
    after: Duration | None
    strictly: bool
    wait: bool
    without: tuple[Without, ...]
    place: Place


Then: TypeAlias = "All[Then] | Any[Then] | Not[Then] | Child"


@dataclass(frozen=True, slots=True)
class TraitTest:
    """`trait:` of the entity judged; `custom` forces a custom trait (`custom.plan`)."""

    path: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    ignore_case: bool
    held_for: Duration | None
    custom: bool
    place: Place


@dataclass(frozen=True, slots=True)
class InAudience:
    """`in_audience:`; `not_in_audience:` is its `Not`."""

    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class Everyone:
    """`who: everyone`."""

    place: Place


@dataclass(frozen=True, slots=True)
class Members:
    """`users: any|all|none` of an account, or `account: any|all|none` of a user, with a `who` of the other kind."""

    of: Entity
    quantifier: Quantifier
    who: Condition
    place: Place


Condition: TypeAlias = (
    "All[Condition] | Any[Condition] | Not[Condition] | Performed | TraitTest | InAudience | Everyone | Members"
)


# --- files -------------------------------------------------------------------------------------------------------------------


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
