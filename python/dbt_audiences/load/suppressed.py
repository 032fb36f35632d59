"""Calls of people of whom nothing new is taken: left out before they reach the warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping

from dbt_audiences.core.identity import Identity
from dbt_audiences.core.suppression import Suppressed
from dbt_audiences.core.warehouse import text_literal
from dbt_audiences.load.elsewhere import said_identifiers
from dbt_audiences.load.staging import Run

_OBJECTS = ("properties", "traits", "context")


def leave_out(run: Run, identity: Identity, suppressed: Suppressed) -> int:
    """Drop staged calls whose first identifier is suppressed, blank those identifiers in other calls; how many went.

    A call that names nothing but suppressed identifiers goes too.
    """
    if not suppressed.hashes:
        return 0
    places = {type_: f"nullif(coalesce({', '.join(texts)}), '')" for type_, texts in said_identifiers(identity).items()}
    run("create or replace temp table suppressed_texts (type varchar, said varchar, is_whole boolean)")
    for type_, text in places.items():
        told = [str(row[0]) for row in run(f"select distinct {text} from staged where reason is null and {text} is not null")]
        if type_ == "anonymous_id":
            more = "select distinct previous_id from staged where reason is null and previous_id is not null"
            told += [str(row[0]) for row in run(more)]
        causes = ((said, suppressed.cause((type_, identity.normal(type_, said)))) for said in told)
        for said, cause in causes:
            if cause is not None:
                run("insert into suppressed_texts values (?, ?, ?)", (type_, said, cause != "removed"))
    if not run("select 1 from suppressed_texts limit 1"):
        return 0
    gone = _drop(run, places)
    _blank(run, places)
    return gone


def _drop(run: Run, places: Mapping[str, str]) -> int:
    firsts = " ".join(f"when {text} is not null then {_is_among(type_, text, True)}" for type_, text in places.items())
    nothing_else = " and ".join(f"({text} is null or {_is_among(type_, text)})" for type_, text in places.items())
    names_any = f"coalesce({', '.join(places.values())}) is not null"
    gone = f"reason is null and {names_any} and (case {firsts} end or ({nothing_else}))"
    return int(str(run(f"delete from staged where {gone}")[0][0]))


def _blank(run: Run, places: Mapping[str, str]) -> None:
    for column, type_ in (("user_id", "user_id"), ("anonymous_id", "anonymous_id"), ("previous_id", "anonymous_id")):
        run(f"update staged set {column} = null where reason is null and {_is_among(type_, column)}")
    for kind, text in run("select distinct type, said from suppressed_texts where type not in ('user_id', 'anonymous_id')"):
        value = json.dumps(str(text), ensure_ascii=False)
        told = [text_literal(colon + value) for colon in (":", ": ")]
        blanked = ", ".join(
            f"{column} = replace(replace({column}, {told[0]}, ':null'), {told[1]}, ':null')" for column in _OBJECTS
        )
        run(f"update staged set {blanked} where reason is null and {places[str(kind)]} = {text_literal(str(text))}")


def _is_among(type_: str, text: str, is_whole: bool = False) -> str:
    """SQL of whether a text of a type is suppressed; `is_whole`: with all calls of whom it names."""
    which = f"type = {text_literal(type_)}" + (" and is_whole" if is_whole else "")
    return f"{text} in (select said from suppressed_texts where {which})"
