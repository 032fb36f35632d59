"""The names of a model's columns, read from its SQL; where they cannot be told, its yml must list them."""

from __future__ import annotations

import re
from pathlib import Path

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?\*/|\{#.*?#\}|\{%.*?%\})|(?P<jinja>\{\{.*?\}\})|(?P<text>'(?:[^']|'')*')"
    r"|(?P<quoted>\"(?:[^\"]|\"\")*\")|(?P<name>[A-Za-z_][A-Za-z0-9_$]*)|(?P<other>::|.)",
    re.DOTALL,
)
_ENDS = ("from", "where", "group", "having", "order", "limit", "union", "except", "intersect", "qualify", "window")
_NO_NAMES = ("end", "null", "true", "false", "select", "distinct", "not", "and", "or", "is", "in")

Token = tuple[str, str]
"""Kind and text."""


def columns_of_sql(root: Path, model: str) -> tuple[str, ...] | None:
    """The columns of the last `select` of a model of the project, in its order; None where the text does not tell."""
    paths = sorted((root / "models").rglob(f"{model}.sql"))
    if len(paths) != 1:
        return None
    return _query(_tokens(paths[0].read_text(encoding="utf-8", errors="replace")), {})


def _tokens(sql: str) -> list[Token]:
    found = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(sql)]
    kept = [(kind, text) for kind, text in found if kind != "skip"]
    while kept and kept[0][0] == "jinja" and "config(" in kept[0][1]:
        kept.pop(0)
    while kept and kept[-1][1] == ";":
        kept.pop()
    return kept


def _is(token: Token, word: str) -> bool:
    return token[0] == "name" and token[1].lower() == word


def _query(tokens: list[Token], known: dict[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = dict(known)
    position = 0
    if tokens and _is(tokens[0], "with"):
        position = 1
        while position + 2 < len(tokens) and tokens[position][0] in ("name", "quoted") and _is(tokens[position + 1], "as"):
            start = position + 2
            if tokens[start][1] != "(":
                return None
            end = _closing(tokens, start)
            known[_plain(tokens[position])] = _query(tokens[start + 1 : end], known)
            position = end + 1
            if position < len(tokens) and tokens[position][1] == ",":
                position += 1
    if position >= len(tokens) or not _is(tokens[position], "select"):
        return None
    return _selected(tokens[position + 1 :], known)


def _closing(tokens: list[Token], start: int) -> int:
    depth = 0
    for position in range(start, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[position][1], 0)
        if depth == 0:
            return position
    return len(tokens)


def _selected(tokens: list[Token], known: dict[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    if tokens and _is(tokens[0], "distinct"):
        tokens = tokens[1:]
        if tokens and _is(tokens[0], "on"):
            tokens = tokens[_closing(tokens, 1) + 1 :]
    items: list[list[Token]] = [[]]
    depth, rest = 0, len(tokens)
    for position, token in enumerate(tokens):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token[1], 0)
        if depth == 0 and token[0] == "name" and token[1].lower() in _ENDS:
            rest = position
            break
        if depth == 0 and token[1] == ",":
            items.append([])
        else:
            items[-1].append(token)
    columns: list[str] = []
    for item in items:
        names = _starred(tokens[rest:], known) if item and item[-1][1] == "*" and len(item) in (1, 3) else _named(item)
        if names is None:
            return None
        columns += names
    return tuple(columns)


def _named(item: list[Token]) -> tuple[str, ...] | None:
    if not item or item[-1][0] not in ("name", "quoted") or item[-1][1].lower() in _NO_NAMES:
        return None
    if len(item) == 1:
        return (_plain(item[-1]),)
    before = item[-2]
    is_path = before[1] == "." and len(item) % 2 == 1 and all(one[1] == "." for one in item[1::2])
    is_alias = before[0] in ("quoted", "text", "jinja") or before[1] in (")", "]", "}") or before[1].isdigit()
    is_alias = is_alias or (before[0] == "name" and before[1].lower() not in ("not", "and", "or", "is", "in", "like", "then"))
    return (_plain(item[-1]),) if is_path or is_alias else None


def _starred(tokens: list[Token], known: dict[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """What `*` stands for where all comes from one common table expression."""
    if len(tokens) < 2 or not _is(tokens[0], "from") or _plain(tokens[1]) not in known:
        return None
    words = [text.lower() for kind, text in tokens[2:] if kind == "name"]
    joined = any(word in ("join", "union", "except", "intersect") for word in words) or any(
        one[1] == "," for one in tokens[2:3]
    )
    return None if joined else known[_plain(tokens[1])]


def _plain(token: Token) -> str:
    return token[1][1:-1].replace('""', '"') if token[0] == "quoted" else token[1]
