"""A query cut into tokens, each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dbt_audiences.core.definitions import Place

Kind = Literal["text", "number", "instant", "name", "sign", "end"]

_SPACE = re.compile(r"\s+")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[-+][0-9]{2}:?[0-9]{2})?)?(?![\w-])"
)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,4})?(?!\w)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGN = re.compile(r"==|!=|<=|>=|[=<>(){}\[\],.:]")
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r"}


class QueryError(Exception):
    """A query that cannot be read: where, what, and what to do."""

    def __init__(self, place: Place, message: str, hint: str | None = None, *, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.place, self.message, self.hint = place, message, hint
        self.start, self.end = start, end


@dataclass(frozen=True, slots=True)
class Token:
    """One word: `text` is a text's content with its escapes resolved, else what is written; `start` to `end` is its span."""

    kind: Kind
    text: str
    place: Place
    start: int
    end: int


def tokens_of(query: str, file: str, *, line: int = 1) -> list[Token]:
    """The tokens, the last of kind `end`; raises `QueryError` at what begins none. `line` is that of the query's start."""
    found: list[Token] = []
    position = 0
    line_start = 0
    while True:
        space = _SPACE.match(query, position)
        if space is not None:
            breaks = query.count("\n", position, space.end())
            if breaks:
                line += breaks
                line_start = query.rfind("\n", position, space.end()) + 1
            position = space.end()
        place = Place(file, line, position - line_start + 1)
        if position >= len(query):
            return [*found, Token("end", "", place, position, position)]
        token = _token(query, position, place)
        found.append(token)
        breaks = query.count("\n", token.start, token.end)
        if breaks:
            line += breaks
            line_start = query.rfind("\n", token.start, token.end) + 1
        position = token.end


def _token(query: str, position: int, place: Place) -> Token:
    if query[position] in "'\"":
        return _text(query, position, place)
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("instant", _INSTANT), ("number", _NUMBER), ("name", _NAME), ("sign", _SIGN),
    )  # fmt: skip
    for kind, pattern in kinds:
        match = pattern.match(query, position)
        if match is not None:
            return Token(kind, match[0], place, position, match.end())
    character = query[position]
    hint = "quotes are straight: '...'" if character in "‘’“”`" else "texts stand in quotes: '...'"
    raise QueryError(place, f"`{character}` begins no word of the query language", hint, start=position, end=position + 1)


def _text(query: str, start: int, place: Place) -> Token:
    r"""A text: `\\` and `\'` are escapes, any other `\` stays, so that `\.` reaches the path."""
    quote, made, position = query[start], [], start + 1
    while position < len(query) and query[position] != quote:
        following = query[position + 1 : position + 2]
        if query[position] == "\\" and following in _ESCAPES:
            made.append(_ESCAPES[following])
            position += 2
            continue
        made.append(query[position])
        position += 1
    if position >= len(query):
        raise QueryError(place, "a text begins here and never ends", f"close it with {quote}", start=start, end=len(query))
    return Token("text", "".join(made), place, start, position + 1)


def closest(word: str, words: Iterable[str]) -> str:
    """`did you mean`, or the words that are known."""
    known = list(words)
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{close[0]}`?" if close else "known: " + ", ".join(known)
