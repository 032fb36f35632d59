"""Every rule of the language that can be broken has a message with a place, a reason and a hint, and its text is tested."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.unit.spec_projects import CASES

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "python" / "dbt_audiences" / "spec"
HEAD = re.compile(r"^# ([0-9]+):([0-9]+): (.*)$")
MESSAGE_AT = {"Wrong": 1, "add": 1, "UsageError": 0, "_odd": 3}
"""Which argument of a refusal is its text."""


@cache
def cases() -> tuple[tuple[str, list[str]], ...]:
    """Name and head of each case: the exact text of what is refused."""
    found = []
    for path in sorted((CASES / "invalid").glob("*.yml")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        end = next((number for number, line in enumerate(lines) if not line.startswith("# ")), len(lines))
        found.append((path.stem, lines[:end]))
    return tuple(found)


def messages() -> Iterator[str]:
    """Every message of the cases, with what it names taken out, so that one rule is one text."""
    for _, head in cases():
        for line in head:
            found = HEAD.match(line)
            if found is not None:
                yield re.sub(r"[0-9]+", "0", re.sub(r"`[^`]*`", "`...`", found[3]))


def test_many_rules_are_broken_and_each_says_something_of_its_own() -> None:
    assert len(set(messages())) >= 150


@pytest.mark.parametrize("name", [name for name, _ in cases()])
def test_every_message_has_a_place_and_a_hint(name: str) -> None:
    head = [line for line in dict(cases())[name] if line != "# the schema refuses it too"]
    places = [number for number, line in enumerate(head) if HEAD.match(line)]
    assert places and places[0] == 0
    for number in places:
        assert head[number + 1 : number + 2] and head[number + 1].startswith("#   "), head[number]


def test_no_refusal_of_the_spec_is_without_a_tested_text() -> None:
    tested = "\n".join(line for _, head in cases() for line in head)
    tested += "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")) if path != Path(__file__)
    )
    untested = [f"{place}: {pattern}" for place, pattern in refusals() if not re.search(pattern, tested)]
    assert untested == [], "write a case in tests/cases/definitions/invalid, whose head is the exact message"


def test_there_are_refusals() -> None:
    assert len(list(refusals())) >= 150


def refusals() -> Iterator[tuple[str, str]]:
    """File and line of every refusal in the spec, and the pattern of its text, where it has one of its own."""
    for path in sorted(SPEC.glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            named = {
                target.id: node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and (at := MESSAGE_AT.get(name_of(node.func))) is not None
                    and len(node.args) > at
                ):
                    text = node.args[at]
                    pattern = pattern_of(named.get(text.id, text) if isinstance(text, ast.Name) else text)
                    if pattern is not None:
                        yield f"{path.name}:{node.lineno}", pattern


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def pattern_of(node: ast.expr) -> str | None:
    """A regular expression for the texts that an expression can give; None where it is no text of its own."""
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=values):
            return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+?" for one in values)
        case ast.BinOp(left=left, right=right):
            return (pattern_of(left) or ".+?") + (pattern_of(right) or ".+?")
        case ast.IfExp(body=body, orelse=orelse):
            return f"(?:{pattern_of(body)}|{pattern_of(orelse)})"
    return None
