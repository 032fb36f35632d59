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
_WORDS = (
    "select from where group order by over partition rows range between unbounded preceding following current row join cross",
    "on using union all except distinct filter case when then else end as in is not null cast interval timestamp at time zone",
    "having lambda values exists limit",
)
KEPT = frozenset((*SWAPPED, *(word for line in _WORDS for word in line.split())))
AROUND = 2
"""Pieces before and after one, of the same macro, by which its faults are known."""
MARK = re.compile(r"/\*<(?:/|(\w+))>\*/")
"""Around what a macro wrote: its name, and the end of it."""
COLUMN = re.compile(rf"\bas (\w+)(?:{MARK.pattern}|,)*$", re.MULTILINE)
INTERVAL = re.compile(r"'(\d+) (\w+)'")


Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: kind, text, and where it begins; the macro that wrote it, and what that wrote beside it."""

    kind: str
    text: str
    start: int
    macro: str
    around: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A query with one fault.

    place  what was changed, in which macro, and the pieces beside it that are of this macro too, without names and literals:
           the same for every query that this piece of the macro is in
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
    """Every single fault of a query that was compiled while macros were marked."""
    tokens = _tokens(sql)
    for index, token in enumerate(tokens):
        for start, end, new, change in _faults(tokens, index):
            place = (change, token.macro, token.around)
            changed = sql[:start] + new + sql[end:]
            yield Mutant(changed, place, _line(sql, token.start), _column(sql, token.start), change)


def _tokens(sql: str) -> list[Token]:
    found = list(TOKEN.finditer(sql))
    open_: list[tuple[str, list[str]]] = [("", [])]
    pieces: list[tuple[re.Match[str], str, list[str], int]] = []
    for number, piece in enumerate(found):
        begun = MARK.fullmatch(piece.group())
        if begun is not None and begun[1]:
            open_[-1][1].append("..")
            open_.append((begun[1], []))
        elif begun is not None:
            open_.pop()
        elif piece.lastgroup != "space":
            macro, own = open_[-1]
            pieces.append((piece, macro, own, len(own)))
            own.append(_masked(piece, found[number + 1].group() if number + 1 < len(found) else ""))
    return [
        Token(
            str(piece.lastgroup),
            piece.group(),
            piece.start(),
            macro,
            " ".join((*own[max(0, at - AROUND) : at], "@", *own[at : at + AROUND + 1])),
        )
        for piece, macro, own, at in pieces
    ]


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
    if token.kind == "number" and before == "select" and index > 2 and tokens[index - 3].text.lower() == "exists":
        return  # what an `exists` selects is never read
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
    return MARK.sub("", sql[sql.rfind("\n", 0, at) + 1 : (sql + "\n").index("\n", at)]).strip()


def _column(sql: str, at: int) -> str | None:
    """The name that ends the piece of a select in which something stands."""
    found = COLUMN.search(sql, at)
    return None if found is None or re.search(r"\bfrom\b", sql[at : found.start()]) else found[1]


def _masked(piece: re.Match[str], following: str) -> str:
    text = piece.group().lower()
    if piece.lastgroup in ("text", "number"):
        return "?"
    if piece.lastgroup == "quoted" or (piece.lastgroup == "word" and text not in KEPT and following != "("):
        return "name"
    return text
