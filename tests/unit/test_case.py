"""Texts and patterns without case: the same letters everywhere."""

from __future__ import annotations

import re
import string

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference.matching import matches
from tests.reference.values import lowered

from dbt_audiences.compile.patterns import without_case

PIECES = [
    *("a", "B", "z", "1", "é", "É", ".", "^", "$", r"\d", r"\D", r"\w", r"\s", r"\.", r"\-", "a{2}", "(a|B)", "K", "s"),
    *("[a-c]", "[^a-c]", "[A-Z]", "[Z-a]", r"[\dx]", r"[^\Dx]", r"[a\-z]", "[a-]", "[0-z]", "[^k]", "[é]"),
]
TEXTS = st.text(st.sampled_from("aAbBcCzZkKsSxX1-_ .éÉ\u212a\u017f\n`^"), max_size=6)


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join), TEXTS)
def test_a_pattern_without_case_finds_what_the_reference_finds(pattern: str, text: str) -> None:
    assert matches(text, without_case(pattern)) is matches(text, pattern, is_case_ignored=True)


def test_every_ascii_letter_stands_for_both_its_cases_and_no_other_letter_does() -> None:
    for letter in string.ascii_letters:
        found = [one for one in map(chr, range(1, 0x2200)) if re.fullmatch(without_case(letter), one)]
        assert found == sorted((letter.upper(), letter.lower()))


def test_every_letter_is_lowered_as_the_reference_lowers_it() -> None:
    """In the planes that all tables know; of the newest letters engines and Python may have different ones."""
    letters = [chr(code) for code in range(1, 0x2000) if chr(code).isprintable()]
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select letter, translate(lower(letter), 'ς', 'σ') from unnest(?::varchar[]) as t (letter)", [letters]
        ).fetchall()
    assert [(letter, low) for letter, low in rows if low != lowered(letter)] == []
