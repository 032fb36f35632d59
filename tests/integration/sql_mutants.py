"""One fault at a time in a compiled query: each operator, bound, default, function and clause turned into its opposite."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\")"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign><>|<=|>=|!=|\|\||::|->>|->|//|.)",
    re.DOTALL,
)
SWAPPED = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "=": ["<>"], "<>": ["="], "+": ["-"], "-": ["+"],
    "and": ["or"], "or": ["and"], "true": ["false"], "false": ["true"], "min": ["max"], "max": ["min"],
    "bool_or": ["bool_and"], "bool_and": ["bool_or"], "greatest": ["least"], "least": ["greatest"], "lead": ["lag"],
    "left": ["inner"], "inner": ["left"], "desc": ["asc"],
}  # fmt: skip
COLUMN = re.compile(r"\bas (\w+),?$", re.MULTILINE)
_LONG = 120
"""Masked characters from which a line says by itself where it comes from."""
INTERVAL = re.compile(r"'(\d+) (\w+)'")


Place = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: kind, text, and where it begins."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Mutant:
    """A query with one fault.

    place  the line that it is in with those beside it, names and literals left out, and which piece of it was changed: the
           same for every query that the same lines of a macro wrote
    line   the line that was changed
    column the column of the result that this line belongs to, where it belongs to one
    change what was changed
    """

    sql: str
    place: Place
    line: str
    column: str | None
    change: str


def mutants(sql: str) -> Iterator[Mutant]:
    """Every single fault of a query."""
    all_tokens = [Token(str(found.lastgroup), found.group(), found.start()) for found in TOKEN.finditer(sql)]
    tokens = [token for token in all_tokens if token.kind != "space"]
    numbers = [sql.count("\n", 0, token.start) for token in tokens]
    lines = [
        _masked([token for token, at in zip(tokens, numbers, strict=True) if at == line]) for line in range(numbers[-1] + 1)
    ]
    for index, token in enumerate(tokens):
        for start, end, new, change in _faults(tokens, index):
            line = numbers[index]
            around = lines[line] if len(lines[line]) > _LONG else "\n".join(lines[max(0, line - 1) : line + 2])
            changed = sql[:start] + new + sql[end:]
            place = (change, around, index - numbers.index(line))
            yield Mutant(changed, place, _line(sql, token.start), _column(sql, token.start), change)


def _faults(tokens: Sequence[Token], index: int) -> Iterator[tuple[int, int, str, str]]:
    """Where a piece of the query begins and ends, what stands there instead, and what that is called."""
    token, word = tokens[index], tokens[index].text.lower()
    end = token.start + len(token.text)
    following = [one.text.lower() for one in tokens[index + 1 : index + 3]] + ["", ""]
    before = tokens[index - 1].text.lower() if index else ""
    if token.kind == "text":
        found = INTERVAL.fullmatch(token.text)
        if found is not None and before == "interval":
            yield token.start, end, f"'{int(found[1]) + 1} {found[2]}'", "an interval one longer"
            if found[2].startswith("microsecond"):
                yield token.start, end, f"'0 {found[2]}'", "an interval of nothing"
        return
    if token.kind == "number" and "." not in token.text:
        yield token.start, end, str(int(token.text) + 1), "a number one more"
        return
    is_between = word == "and" and before == "preceding"
    is_sign = word in ("+", "-") and before in ("(", ",", "", "=", "then", "else")
    is_function = word in ("left", "right") and following[0] == "("
    if word in SWAPPED and not is_between and not is_sign and not is_function:
        for new in SWAPPED[word]:
            yield token.start, end, new, f"`{word}` is `{new}`"
    if word == "is" and following[0] in ("null", "not"):
        opposite = "is null" if following[0] == "not" else "is not null"
        if following[0] == "null" or following[1] == "null":
            last = tokens[index + (2 if following[0] == "not" else 1)]
            yield token.start, last.start + len(last.text), opposite, f"`{opposite}` is its opposite"
    if word == "not" and before != "is":
        yield token.start, end, "", "`not` left out"
    if word == "coalesce":
        first, *_ = _arguments(tokens, index + 1)
        closing = _closing(tokens, index + 1)
        yield token.start, closing, f"({_joined(tokens, first)})", "`coalesce` without a default"
    if word == "union" and following[0] == "all":
        last = tokens[index + 1]
        yield token.start, last.start + len(last.text), "union", "`union all` is `union`"
        yield token.start, last.start + len(last.text), "except all", "`union all` is `except all`"
    if word == "filter" and following[0] == "(":
        yield token.start, _closing(tokens, index + 1), "", "`filter` left out"
    if word == "distinct":
        yield token.start, end, "", "`distinct` left out"


def _arguments(tokens: Sequence[Token], opening: int) -> list[tuple[int, int]]:
    """Where each argument of a call begins and ends, by the index of its parenthesis."""
    depth, start, found = 0, opening + 1, []
    for index in range(opening, len(tokens)):
        text = tokens[index].text
        depth += (text == "(") - (text == ")")
        if (depth == 1 and text == ",") or depth == 0:
            found.append((tokens[start].start, tokens[index].start))
            start = index + 1
        if depth == 0:
            return found
    raise ValueError("a parenthesis that does not close")


def _joined(tokens: Sequence[Token], span: tuple[int, int]) -> str:
    return "".join(f"{one.text} " for one in tokens if span[0] <= one.start < span[1])


def _closing(tokens: Sequence[Token], opening: int) -> int:
    return _arguments(tokens, opening)[-1][1] + 1


def _line(sql: str, at: int) -> str:
    return sql[sql.rfind("\n", 0, at) + 1 : (sql + "\n").index("\n", at)].strip()


def _column(sql: str, at: int) -> str | None:
    """The name that ends the piece of a select in which something stands."""
    found = COLUMN.search(sql, at)
    return None if found is None or re.search(r"\bfrom\b", sql[at : found.start()]) else found[1]


def _masked(tokens: Sequence[Token]) -> str:
    masked: list[str] = []
    for token in tokens:
        is_name = token.kind in ("word", "quoted") and (
            (bool(masked) and masked[-1] == "as") or any(map(str.isdigit, token.text))
        )
        masked.append("?" if token.kind in ("text", "number") else "name" if is_name else token.text.lower())
    return " ".join(masked)
