"""Calls behind a dot: filters, reducers and comparisons, with their arguments."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from dbt_audiences.importing.segment.tokens import Token, closest
from dbt_audiences.importing.segment.tree import (
    COMPARISONS,
    REDUCERS,
    SEVERAL,
    SPANS,
    UNITS,
    Between,
    ExpiresAfter,
    Extract,
    Filter,
    Literal,
    Origin,
    Reduced,
    Reducer,
    Scalar,
    Sources,
    Span,
    Where,
    Within,
)

if TYPE_CHECKING:
    from dbt_audiences.importing.segment.parser import Found, Parser

T = TypeVar("T")
FILTERS = ("where", "sources", "within", "between", "expires_after")
METHODS = (*FILTERS, *REDUCERS)
_TYPES = ("number", "string", "array")


def extract(parser: Parser, token: Token) -> Extract:
    """`trait('k')`, `property('p')`, `property(parent: 'p')`, `context('c')`, behind its opening bracket."""
    origin: Origin = token.text  # type: ignore[assignment]  # the caller knows the extractors
    parent = _parent(parser)
    if parent and origin == "trait":
        parser.refuse("a trait has no parent", "write trait('name')", token)
    path = parser.text(f"the name of `{origin}`", f"{origin}('name')")
    parser.expect(")", f"at the end of `{origin}(`")
    return Extract(origin, path, parent, place=token.place)


def reduced(parser: Parser, event: str, token: Token, compared: Callable[[Found], Found]) -> Found:
    """The filters and the reducer of an event, and the comparison behind them."""
    filters: list[Filter] = []
    while True:
        if not parser.accept("."):
            parser.refuse("the events are filtered, and nothing counts them", "add .count() >= 1")
        name = parser.take()
        if name.text in FILTERS and name.kind == "name":
            filters.append(_filter(parser, name))
            continue
        if name.text not in REDUCERS or name.kind != "name":
            if name.text in COMPARISONS:
                parser.refuse(f"`{name.text}` compares a value, and these are events", "reduce them first: .count()", name)
            parser.refuse(f"`{name.text}` is neither a filter nor a reducer", closest(name.text, METHODS), name)
        return compared(_reduce(parser, event, tuple(filters), name, token))


def _reduce(parser: Parser, event: str, filters: tuple[Filter, ...], name: Token, token: Token) -> Reduced:
    reducer: Reducer = name.text  # type: ignore[assignment]  # the caller knows the reducers
    parser.expect("(", f"behind `{reducer}`")
    of, as_type, minimum, counted = None, None, None, False
    if reducer != "count":
        inner = parser.take()
        if inner.kind != "name" or inner.text not in ("property", "context"):
            parser.refuse(f"`{reducer}` takes a property", f"{reducer}(property('name'))", inner)
        parser.expect("(", f"behind `{inner.text}`")
        of = extract(parser, inner)
        if parser.sees_word("AS"):
            parser.take()
            word = parser.take()
            if word.text not in _TYPES or reducer not in ("min", "max", "mode"):
                allowed = ", ".join(_TYPES) if reducer == "mode" else "number, string"
                which = f"`as {word.text}` is no type of `{reducer}`"
                parser.refuse(which, f"known: {allowed}" if reducer in ("min", "max", "mode") else "leave it out", word)
            as_type = word.text
        if reducer == "mode" and parser.accept(","):
            minimum = _whole(parser, "how often at least")
    parser.expect(")", f"at the end of `{reducer}(`")
    if reducer == "unique" and parser.sees(".") and parser.tokens[parser.at + 1].text == "count":
        parser.take()
        parser.take()
        parser.expect("(", "behind `count`")
        parser.expect(")", "at the end of `count(`")
        counted = True
    elif reducer == "unique" and parser.sees("."):
        parser.take()
        parser.refuse("`unique(...)` gives a list, which only `count` takes", "unique(...).count()")
    elif parser.sees(".") and parser.tokens[parser.at + 1].text in METHODS:
        parser.take()
        parser.refuse(
            f"`{parser.next.text}` cannot follow `{reducer}`, which gives a single value", "move it before", parser.next
        )
    return Reduced(event, filters, reducer, of, as_type, minimum, counted, place=token.place)


def _filter(parser: Parser, name: Token) -> Filter:
    parser.expect("(", f"behind `{name.text}`")
    end = f"at the end of `{name.text}(`"
    if name.text == "where":
        braced = parser.accept("{")
        found: Filter = Where(parser.truth("where"), place=name.place)
        if braced:
            parser.expect("}", "at the end of what the `{` began")
    elif name.text == "sources":
        found = _sources(parser, name)
    elif name.text == "within":
        parent = _parent(parser)
        found = Within(_span(parser), parent, place=name.place)
    elif name.text == "between":
        parent = _parent(parser)
        first = _span(parser)
        parser.expect(",", "between the two lengths of `between`")
        found = Between((first, _span(parser)), parent, place=name.place)
    else:
        found = ExpiresAfter(_span(parser), place=name.place)
    parser.expect(")", end)
    return found


def _sources(parser: Parser, name: Token) -> Sources:
    braced = parser.accept("{")
    word = parser.take()
    if word.text != "exclude":
        parser.refuse("`sources` takes `exclude`", "sources({exclude: 'id'})", word)
    parser.expect(":", "behind `exclude`")
    found = _list(parser, lambda: parser.text("a source", "sources({exclude: 'id'})"))
    if braced:
        parser.expect("}", "at the end of what the `{` began")
    return Sources(tuple(found), place=name.place)


def _list(parser: Parser, item: Callable[[], T]) -> list[T]:
    """One or more with commas, in square brackets or not."""
    bracketed = parser.accept("[")
    found = [item()]
    while parser.accept(","):
        found.append(item())
    if bracketed:
        parser.expect("]", "at the end of what the `[` began")
    return found


def arguments(parser: Parser, token: Token) -> tuple[Scalar | Span, ...]:
    """What a comparison takes, with its brackets."""
    function = token.text
    parser.expect("(", f"behind `{function}`")
    found: list[Scalar | Span] = []
    if function in SPANS:
        found = [_span(parser)]
    elif function not in ("exists", "absent"):
        found = [*_list(parser, parser.scalar)]
        if len(found) > 1 and function not in SEVERAL:
            parser.refuse(f"`{function}` takes one value", "`one_of` and `contains` take several", token)
    parser.expect(")", f"at the end of `{function}(`")
    return tuple(found)


def _parent(parser: Parser) -> bool:
    if not parser.sees_word("PARENT"):
        return False
    parser.take()
    parser.expect(":", "behind `parent`")
    return True


def _span(parser: Parser) -> Span:
    count = _whole(parser, "a length of time")
    word = parser.take()
    unit = next((unit for unit in UNITS if word.kind == "name" and word.text.lower() in (unit, unit[:-1])), None)
    if unit is None:
        parser.refuse(f"`{word.text}` is no unit of time", closest(word.text, UNITS), word)
    return Span(count, unit)


def _whole(parser: Parser, what: str) -> int:
    token = parser.take()
    if token.kind != "number" or not token.text.isdigit() or len(token.text) > 18:
        parser.refuse(f"{what} must be a whole number", "such as 7 days" if "length" in what else "such as 2", token)
    return int(Decimal(token.text))


def literal_text(literal: Literal) -> str:
    """A literal as a text; numbers without an exponent and trailing zeros."""
    if isinstance(literal.value, bool):
        return "true" if literal.value else "false"
    if isinstance(literal.value, Decimal):
        written = f"{literal.value:f}"
        return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"
    return literal.value
