"""The hash of a definition: the same for the same meaning, another for another."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.spec_projects import write_around

from dbt_audiences.spec import load_project

BASE = """\
audience: x
name: X
who:
  all:
    - performed: Order Completed
      within: 30 days
      at_least: 2
      where:
        - {property: price, gt: 50}
        - {property: email, one_of: {file: lists/vips.csv}}
    - trait: plan
      equals: business
"""


def hash_of(root: Path, text: str, lists: str | None = None) -> str:
    write_around(root)
    (root / "audiences" / "x.yml").write_text(text, encoding="utf-8")
    if lists is not None:
        (root / "lists" / "vips.csv").write_text(lists, encoding="utf-8")
    return load_project(root).hashes["x"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: X", "name: Other"),
        ("name: X\n", ""),
        ("name: X", "description: d\nowner: o\nfolder: f\ntags: [a]\nmeta: {a: 1}"),
        ("name: X", "send_to: [{destination: braze}]"),
        ("name: X", "examples: [{as_of: 2026-01-01, given: {ann: {}}, expect: {out: [ann]}}]"),
        ("name: X", "of: users\nenabled: true\ninclude_anonymous: false\nhistory: all\ntimezone: UTC\ncompute: auto"),
        ("name: X", "# a comment\n\n"),
        ("      within: 30 days\n      at_least: 2\n", "      at_least: 2   # twice\n      within: '30 days'\n"),
        ("gt: 50", "gt: 50.0"),
        ("gt: 50", "gt: 5e1"),
        ("{property: price, gt: 50}", "\n            gt: 50\n            property: price"),
        ("equals: business", 'equals: "business"'),
    ],
)
def test_what_means_the_same_has_the_same_hash(old: str, new: str, tmp_path: Path) -> None:
    assert old in BASE
    assert hash_of(tmp_path, BASE.replace(old, new)) == hash_of(tmp_path, BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Order Completed", "Order completed"),
        ("30 days", "31 days"),
        ("at_least: 2", "at_most: 2"),
        ("gt: 50", "gte: 50"),
        ("gt: 50", 'gt: "50"'),
        ("gt: 50", "gt: 50.000000001"),
        ("gt: 50", "gt: 12345678901234567890123456789.5"),
        ("equals: business", "equals: true"),
        ("  all:", "  any:"),
        ("name: X", "timezone: Europe/Berlin"),
        ("name: X", "include_anonymous: true"),
        ("name: X", "history: 90 days"),
        ("file: lists/vips.csv", "file: lists/empty.csv"),
    ],
)
def test_another_meaning_has_another_hash(old: str, new: str, tmp_path: Path) -> None:
    assert old in BASE
    assert hash_of(tmp_path, BASE.replace(old, new)) != hash_of(tmp_path, BASE)


def test_long_numbers_are_told_apart(tmp_path: Path) -> None:
    one, other = (BASE.replace("gt: 50", f"gt: 1234567890123456789012345678{digit}") for digit in "89")
    assert hash_of(tmp_path, one) != hash_of(tmp_path, other)


def test_a_changed_list_is_another_definition(tmp_path: Path) -> None:
    assert hash_of(tmp_path, BASE, "a\nb\n") == hash_of(tmp_path, BASE, "a, x\n\nb \na\n")
    assert hash_of(tmp_path, BASE, "a\nb\n") != hash_of(tmp_path, BASE, "a\nc\n")
