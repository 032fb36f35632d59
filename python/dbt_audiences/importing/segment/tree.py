"""What a query of Segment says, as a tree; places count for messages only, never for what is equal.

Expression  And | Or | Not | Quantified | Comparison       true or false
Scalar      Extract | Literal | Reduced                    a value
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal as Word
from typing import TypeAlias

from dbt_audiences.core.definitions import Place

Origin = Word["trait", "property", "context"]
Reducer = Word["count", "sum", "avg", "max", "min", "mode", "first", "last", "unique"]
REDUCERS: tuple[Reducer, ...] = ("count", "sum", "avg", "max", "min", "mode", "first", "last", "unique")
COMPARISONS = (
    "equals", "differs", "less_than", "greater_than", "at_most", "at_least", "one_of", "none_of", "contains", "omits",
    "starts_with", "ends_with", "exists", "absent", "before_date", "after_date", "within_last", "within_next", "before_last",
    "after_next",
)  # fmt: skip
SPANS = ("within_last", "within_next", "before_last", "after_next")
"""Comparisons whose argument is a length of time."""
SEVERAL = ("one_of", "none_of", "contains", "omits")
"""Comparisons that take one argument or more."""
SYMBOLS = {
    "=": "equals", "==": "equals", "!=": "differs", "<": "less_than", ">": "greater_than", "<=": "at_most", ">=": "at_least",
}  # fmt: skip
UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: a whole number and one of `UNITS`."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, boolean, or an unquoted date or time as it was written (`instant`)."""

    value: str | Decimal | bool
    is_instant: bool = False
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Extract:
    """`trait('k')`, `property('p')`, `context('page.url')`; `parent` for `property(parent: 'p')`."""

    origin: Origin
    path: str
    parent: bool = False
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Where:
    """`.where(...)`: events that satisfy the expression."""

    expression: Expression
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Sources:
    """`.sources({exclude: 'a', 'b'})`."""

    exclude: tuple[str, ...]
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Within:
    """`.within(7 days)`, `.within(parent: 5 days)`."""

    span: Span
    parent: bool = False
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Between:
    """`.between(7 days, 10 days)`; `parent` as for `Within`."""

    ends: tuple[Span, Span]
    parent: bool = False
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ExpiresAfter:
    """`.expires_after(1 hour)`: the current session."""

    span: Span
    place: Place = field(compare=False, kw_only=True)


Filter: TypeAlias = Where | Sources | Within | Between | ExpiresAfter


@dataclass(frozen=True, slots=True)
class Reduced:
    """`event('X')`, its filters and its reducer.

    of       what the reducer reads; None for `count`
    as_type  `as string` and the like
    minimum  of `mode`: how often at least
    counted  `unique(...)` with `.count()` behind it
    """

    event: str
    filters: tuple[Filter, ...]
    reducer: Reducer
    of: Extract | None = None
    as_type: str | None = None
    minimum: int | None = None
    counted: bool = False
    place: Place = field(compare=False, kw_only=True)


Scalar: TypeAlias = Extract | Literal | Reduced


@dataclass(frozen=True, slots=True)
class Comparison:
    """A scalar compared; `arguments` are scalars, or one `Span` for the relative dates, or none for exists and absent."""

    left: Scalar
    function: str
    arguments: tuple[Scalar | Span, ...]
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class And:
    """Two or more that must all hold."""

    children: tuple[Expression, ...]
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more of which one must hold."""

    children: tuple[Expression, ...]
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Not:
    """`NOT x`."""

    child: Expression
    place: Place = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Quantified:
    """`ANY x`, `ALL x`: of the users of an account."""

    quantifier: Word["ANY", "ALL"]
    child: Expression
    place: Place = field(compare=False, kw_only=True)


Expression: TypeAlias = And | Or | Not | Quantified | Comparison
EXPRESSIONS = (And, Or, Not, Quantified, Comparison)
