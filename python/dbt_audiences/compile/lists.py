"""Lists kept in files: short ones stand in the condition, long ones are models of their own that conditions look into."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from dbt_audiences.compile.jinja import package_call, render
from dbt_audiences.compile.names import assign, slug
from dbt_audiences.core.definitions import ListFile

MOST_INLINE = 12
"""Texts that a condition shows itself; more would hide the condition."""
WIDTH = 80


def is_long(listed: ListFile) -> bool:
    """Whether a list is a model of its own."""
    return len(listed.values) > MOST_INLINE


def list_models(lists: Iterable[ListFile]) -> dict[ListFile, str]:
    """The name of the model of each list; a file's columns are lists of their own."""
    texts = {listed: f"{listed.path}\n{listed.column or ''}" for listed in lists}
    words = {listed: slug(PurePosixPath(listed.path).stem) for listed in texts}
    digests = assign("list_", texts.values())
    shared = {one for one, word in words.items() if [*words.values()].count(word) > 1 or word.startswith("members_")}
    return {listed: digests[text] if listed in shared else f"list_{words[listed]}" for listed, text in texts.items()}


def list_model(listed: ListFile) -> str:
    """The text of the model of a list."""
    call = package_call("list_values", list(_pieces(listed.values)))
    return (
        f"-- Generated from {listed.path} by `audiences compile`. Edit that file.\n"
        "{{ config(materialized='tracked_table', schema='audiences_build') }}\n\n"
        f"{{{{ {render(call)} }}}}\n"
    )


def _pieces(values: Iterable[str]) -> Iterator[str]:
    """JSON texts, as many to a piece as fit a line."""
    piece = ""
    for value in values:
        text = json.dumps(value, ensure_ascii=False)
        if piece and len(piece) + len(text) > WIDTH:
            yield piece
            piece = ""
        piece += f",{text}" if piece else text
    if piece:
        yield piece
