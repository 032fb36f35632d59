"""`audiences person IDENTIFIER`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, print_table


@click.command("person", short_help="All that is held about a person, and was sent.")
@click.argument("identifier")
@json_option
@project_options
def command(identifier: str, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> None:
    """What the warehouse holds about one profile (email:a@b.c, user_id:7, a profile_id), and what was sent about it.

    Identifiers, what was merged, traits, accounts, lists, memberships now and ever, deliveries, and every call.
    """
    from dbt_audiences.flow.person import PARTS, person

    found = person(open_workspace(project_dir, profiles_dir, target), identifier)
    if as_json:
        print_json({"profile_id": found.profile_id, **found.parts})
        return
    click.echo(found.profile_id)
    for name, rows in found.parts.items():
        click.echo(f"\n{name.replace('_', ' ')}: {len(rows)}")
        if rows:
            columns = PARTS[name].columns
            print_table(columns, [tuple(row[column] for column in columns) for row in rows])
