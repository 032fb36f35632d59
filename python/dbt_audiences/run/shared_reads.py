"""Rows that several queries read of the few whom a run looks at: copied once, so that none reads the whole table for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from dbt_audiences.core.warehouse import Warehouse

_NAME = r'"(?:[^"]|"")*"'
_READ = re.compile(rf"\bfrom ({_NAME}(?:\.{_NAME})+)\s+where\b")
_TOKEN = re.compile(
    rf"'(?:[^']|'')*'|{_NAME}|--[^\n]*|(?P<scoped>/\* and profile_id in \(select profile_id from scope\) \*/)|/\*.*?\*/"
    r"|[()]|\b(?:from|select|where|union|group|order|having|join)\b",
    re.DOTALL,
)


def reads_in_scope(sql: str) -> list[re.Match[str]]:
    """Where a query reads a relation of which it keeps nothing but the rows of profiles in scope: the relations in group 1."""
    return [read for read in _READ.finditer(sql) if _keeps_scope(sql, read.end())]


def _keeps_scope(sql: str, start: int) -> bool:
    """Whether the `where` that ends here has the filter on the scope as a condition of its own."""
    depth = 0
    for token in _TOKEN.finditer(sql, start):
        text = token[0]
        if text == "(":
            depth += 1
        elif text == ")":
            depth -= 1
            if depth < 0:
                return False
        elif depth == 0 and token["scoped"] is not None:
            return True
        elif depth == 0 and text.isalpha():
            return False
    return False


def sharing(warehouse: Warehouse, queries: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The same queries over temporary copies of what at least two of them read in scope, and the names of these tables.

    queries  by name, with the filters of the scope still closed; `scopes` has whom they look at
    """
    reads = {name: reads_in_scope(sql) for name, sql in queries.items()}
    readers = Counter(relation for found in reads.values() for relation in {read[1] for read in found})
    copies = {relation: f"in_scope_{number}" for number, (relation, count) in enumerate(readers.items()) if count > 1}
    for relation, copy in copies.items():
        warehouse.execute(
            f"create temporary table {copy} as select * from {relation} where profile_id in (select profile_id from scopes)"
        )
    return {name: _read_from(sql, reads[name], copies) for name, sql in queries.items()}, list(copies.values())


def _read_from(sql: str, reads: list[re.Match[str]], copies: Mapping[str, str]) -> str:
    parts, end = [], 0
    for read in reads:
        if read[1] in copies:
            parts += [sql[end : read.start(1)], copies[read[1]]]
            end = read.end(1)
    return "".join([*parts, sql[end:]])
