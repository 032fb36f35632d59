"""Pieces of Markdown, and the lists that must agree with the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; `|` and line ends are kept out of its cells."""

    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(str(cell).replace("\n", " ").replace("|", "\\|") for cell in cells) + " |"

    return "\n".join([line(headers), "|" + "---|" * len(headers), *(line(row) for row in rows)]) + "\n"


def code(words: Iterable[object]) -> str:
    """Words as code, with commas."""
    return ", ".join(f"`{word}`" for word in words)


def described(known: Iterable[str], lines: Mapping[str, str], what: str) -> list[tuple[str, str]]:
    """(word, its line) in the code's order; raises where the two lists differ."""
    words = list(known)
    odd = set(words) ^ set(lines)
    if odd:
        raise SystemExit(f"docs/printed: {what} without a line, or lines without one: {', '.join(sorted(odd))}")
    return [(f"`{word}`", lines[word]) for word in words]
