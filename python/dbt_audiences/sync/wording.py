"""Words in the problems of destinations."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def hint_of(word: str, known: Iterable[str], nothing: str = "nothing") -> str:
    """The nearest known word, or all of them."""
    words = list(known)
    near = get_close_matches(word, words, 1)
    return f"did you mean `{near[0]}`?" if near else f"it knows {listed(words)}" if words else f"it has {nothing}"


def listed(words: Iterable[str]) -> str:
    """Words in a sentence."""
    quoted = [f"`{word}`" for word in words]
    return "".join(quoted) if len(quoted) < 2 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
