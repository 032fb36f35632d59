"""`audiences explain KEY IDENTIFIER`"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options
from dbt_audiences.cli.output import iso, print_json

if TYPE_CHECKING:
    from dbt_audiences.flow.explaining.explanation import Explained, Explanation, Turn


@click.command("explain", short_help="Why a profile is in an audience, or is not.")
@click.argument("key")
@click.argument("identifier")
@as_of_option
@json_option
@project_options
def command(
    key: str,
    identifier: str,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """Each condition for one profile (email:a@b.c, user_id:7, a profile_id): its answer, rows that decide, what changes it."""
    from dbt_audiences.flow.explaining.explanation import explain

    found = explain(open_workspace(project_dir, profiles_dir, target), key, identifier, instant_or_now(as_of))
    if as_json:
        print_json(found)
    else:
        click.echo("\n".join(lines(found)))


def lines(found: Explanation) -> list[str]:
    """The explanation as text: a line for each condition, its rows below it."""
    since = f", since {iso(found.entered_at)}" if found.entered_at is not None and found.is_member else ""
    said = [f"{found.profile_id} is {'in' if found.is_member else 'not in'} {found.audience}{since}, as of {iso(found.as_of)}"]
    if not found.is_eligible:
        said.append("not eligible: it has no identifier that the audience counts, or was first seen later")
    if found.turn is not None:
        said.append(_turn(found.turn))
    for one in found.conditions:
        said += _condition(one)
    return said


def _condition(one: Explained) -> list[str]:
    from dbt_audiences.flow.explaining.explanation import MOST_SHOWN

    indent = "  " * (one.depth + 1)
    said = [f"{indent}{one.answer:<7} {one.condition}  ({one.place})"]
    inner = f"{indent}        "
    if one.near is not None:
        said.append(f"{inner}{one.near}")
    for row in one.rows[:MOST_SHOWN]:
        values = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in row.said.items())
        said.append(f"{inner}{iso(row.at)} {row.name} {row.message_id} {values}".rstrip())
    if len(one.rows) > MOST_SHOWN:
        said.append(f"{inner}and {len(one.rows) - MOST_SHOWN:,} more rows")
    if one.turn is not None:
        said.append(f"{inner}{_turn(one.turn)}")
    return said


def _turn(turn: Turn) -> str:
    return f"turns {str(turn.becomes).lower()} at {iso(turn.at)} if nothing else happens"
