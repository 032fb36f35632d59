"""Jinja expressions as values, laid out as a person would: on one line where they fit, else one argument a line.

User text becomes a Jinja string literal in which nothing can end the literal or the block around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 96


@dataclass(frozen=True, slots=True)
class Call:
    """A macro call with positional and named arguments; None arguments are left out."""

    macro: str
    positional: tuple[Expression, ...] = ()
    named: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Jinja that is already written, such as `ref('profiles')`."""

    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Lists joined by `+`, at least one."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = "Call | Raw | Sum | str | int | bool | Sequence[Expression] | Mapping[str, Expression] | None"


def package_call(macro: str, *positional: Expression, **named: Expression) -> Call:
    """A call of one of this package's macros; named arguments that are None are dropped."""
    kept = tuple((name, value) for name, value in named.items() if value is not None)
    return Call(f"dbt_audiences.{macro}", positional, kept)


def reference(model: str) -> Raw:
    """`ref('model')` of the project's own model."""
    return Raw(f"ref('{model}')")


def string(text: str) -> str:
    """A Jinja string literal; braces, percent signs, quotes and line ends are escaped, so no block can end or begin in it."""
    escaped = []
    for character in text:
        code = ord(character)
        if character in "\\'{}%#" or code < 32 or code == 127:
            escaped.append({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t"}.get(character, f"\\x{code:02x}"))
        else:
            escaped.append(character)
    return "'" + "".join(escaped) + "'"


def render(expression: Expression, indent: int = 0) -> str:
    """The expression's text; lines after the first are indented by `indent` spaces and more."""
    flat = _flat(expression)
    if len(flat) + indent <= WIDTH or isinstance(expression, Raw | str | int | bool | None):
        return flat
    inner = " " * (indent + 4)
    if isinstance(expression, Sum):
        return f"\n{inner}+ ".join(render(part, indent + 4) for part in expression.parts)
    if isinstance(expression, Call):
        parts = [render(value, indent + 4) for value in expression.positional]
        parts += [f"{name}={render(value, indent + 4)}" for name, value in expression.named]
        opening, closing = f"{expression.macro}(", ")"
    elif isinstance(expression, Mapping):
        parts = [f"{string(name)}: {render(value, indent + 4)}" for name, value in expression.items()]
        opening, closing = "{", "}"
    else:
        assert not isinstance(expression, Raw | str | int | bool | None)
        parts = [render(value, indent + 4) for value in expression]
        opening, closing = "[", "]"
    return (
        opening
        + "".join(f"\n{inner}{part}," for part in parts)[: -1 if closing == ")" else None]
        + f"\n{' ' * indent}{closing}"
    )


def _flat(expression: Expression) -> str:
    match expression:
        case None:
            return "none"
        case bool():
            return "true" if expression else "false"
        case int():
            return str(expression)
        case str():
            return string(expression)
        case Raw(text):
            return text
        case Sum(parts):
            return " + ".join(_flat(part) for part in parts)
        case Call(macro, positional, named):
            arguments = [_flat(value) for value in positional] + [f"{name}={_flat(value)}" for name, value in named]
            return f"{macro}({', '.join(arguments)})"
        case Mapping():
            return "{" + ", ".join(f"{string(name)}: {_flat(value)}" for name, value in expression.items()) + "}"
        case _:
            return "[" + ", ".join(_flat(value) for value in expression) + "]"
