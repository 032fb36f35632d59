"""Tree -> query, the inverse of `parser`: what is printed reads back as the same tree."""

from __future__ import annotations

from decimal import Decimal

from dbt_audiences.importing.segment.tree import (
    SYMBOLS,
    And,
    Between,
    Comparison,
    ExpiresAfter,
    Expression,
    Extract,
    Filter,
    Literal,
    Not,
    Or,
    Quantified,
    Scalar,
    Sources,
    Span,
    Where,
    Within,
)

_SIGNS = {function: sign for sign, function in reversed(SYMBOLS.items())}


def query_text(node: Expression | Scalar) -> str:
    """The query of a tree, with no more brackets than it needs."""
    match node:
        case Or(children=children):
            return " OR ".join(query_text(child) for child in children)
        case And(children=children):
            return " AND ".join(_bracketed(child, Or) for child in children)
        case Not(child=child):
            return f"NOT {_bracketed(child, And, Or)}"
        case Quantified(quantifier=quantifier, child=child):
            return f"{quantifier} {_bracketed(child, And, Or)}"
        case Comparison():
            return _comparison(node)
    return _scalar(node)


def _bracketed(node: Expression, *kinds: type[And] | type[Or]) -> str:
    text = query_text(node)
    return f"({text})" if isinstance(node, kinds) else text


def _comparison(node: Comparison) -> str:
    left = _scalar(node.left)
    arguments = [_span(one) if isinstance(one, Span) else _scalar(one) for one in node.arguments]
    if node.function in _SIGNS:
        return f"{left} {_SIGNS[node.function]} {arguments[0]}"
    if isinstance(node.left, Literal):
        left = f"literal({left})"
    return f"{left}.{node.function}({', '.join(arguments)})"


def _scalar(node: Scalar) -> str:
    match node:
        case Literal():
            return _literal(node)
        case Extract():
            return _extract(node)
    filters = "".join(f".{_filter(one)}" for one in node.filters)
    inner = "" if node.of is None else _extract(node.of)
    if node.as_type is not None:
        inner += f" as {node.as_type}"
    if node.minimum is not None:
        inner += f", {node.minimum}"
    return f"event({_quoted(node.event)}){filters}.{node.reducer}({inner}){'.count()' if node.counted else ''}"


def _filter(node: Filter) -> str:
    match node:
        case Where():
            return f"where({query_text(node.expression)})"
        case Sources():
            return f"sources({{exclude: {', '.join(_quoted(one) for one in node.exclude)}}})"
        case Within():
            return f"within({_parent(node.parent)}{_span(node.span)})"
        case Between():
            return f"between({_parent(node.parent)}{', '.join(_span(end) for end in node.ends)})"
        case ExpiresAfter():
            return f"expires_after({_span(node.span)})"


def _extract(node: Extract) -> str:
    return f"{node.origin}({_parent(node.parent)}{_quoted(node.path)})"


def _parent(parent: bool) -> str:
    return "parent: " if parent else ""


def _span(span: Span) -> str:
    return f"{span.count} {span.unit if span.count != 1 else span.unit[:-1]}"


def _literal(node: Literal) -> str:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    if isinstance(node.value, Decimal):
        return str(node.value)
    return node.value if node.is_instant else _quoted(node.value)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
