"""Checked definitions: what the YAML of a project means, after every rule of the language was applied.

`spec` makes these objects and nothing else does; `compile` and `sync` read them. They are frozen, hold no raw YAML, and cover
the whole language, also what a warehouse cannot yet be asked (the compiler refuses that by name).

Trees are made of `All`, `Any`, `Not` (a `none:` is `Not(Any(...))`) over leaves; the same three nest conditions of an
audience and tests of one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, Literal, TypeAlias, TypeVar

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years", "calendar_days"]
ValueType = Literal["number", "text", "boolean", "instant"]
Operator = Literal[
    "equals", "not_equals", "one_of", "none_of", "contains", "not_contains", "contains_any", "starts_with", "ends_with",
    "lt", "lte", "gt", "gte", "exists", "matches", "before", "after", "within_last", "within_next", "before_last", "after_next",
    "anniversary_within_next",
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
             `bool` for exists; `str` for matches; `Duration` for within_last, within_next, before_last, after_next and
             anniversary_within_next (days, weeks or calendar_days)
    type     what the left side is read as; None for `exists`
    """

    operator: Operator
    operand: Value | Reference | tuple[Value, ...] | ListFile | bool | str | Duration
    type: ValueType | None
    place: Place


# --- tests of one row --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PropertyTest:
    """`property:`, `context:`, `trait:` or `local:` of a row with its comparisons, all of which must hold.

    path  segments with dots already split and unescaped; `ITEM` opens an array. Of `local`: `hour` (a number from 0 to 23) or
          `weekday` (a text from monday to sunday) of the event's time in the definition's time zone
    """

    origin: Literal["property", "context", "trait", "local"]
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


@dataclass(frozen=True, slots=True)
class Related:
    """`has:` rows of a related table, counted: of the entity judged, or of the row above it."""

    table: str
    measure: Count
    where: Where | None
    place: Place


Where: TypeAlias = "All[Where] | Any[Where] | Not[Where] | PropertyTest | ItemTest | Related"


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
class Top:
    """`top:` of the universe by a trait: the first `percent` of those with a number, rounded up, or `count` of them."""

    path: tuple[str, ...]
    custom: bool
    percent: Decimal | None
    count: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class InAudience:
    """`in_audience:`; `not_in_audience:` is its `Not`."""

    key: str
    place: Place


@dataclass(frozen=True, slots=True)
class InList:
    """`in_list:`: on a list that `audiences load --list` has read."""

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
    "All[Condition] | Any[Condition] | Not[Condition] | Performed | TraitTest | InAudience | InList | Everyone | Members"
    " | Related | Top"
)
