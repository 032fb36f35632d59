"""`audiences identity rebuild`"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_json, print_table, progress_bar


@click.group("identity", short_help="Who is who: work it out anew.")
def command() -> None:
    """Identity resolution."""


@command.command("rebuild", short_help="Work out from all calls who is who, and move people.")
@click.option("--dry-run", is_flag=True, help="Only show the difference.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_of_option
@wait_option
@json_option
@project_options
def rebuild_command(
    dry_run: bool,
    yes: bool,
    as_of: datetime | None,
    wait: bool,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Show which profiles merge and fall apart when all calls are read anew, then move people, their memberships and ledger.

    Nothing is sent: the next `audiences sync` sends what changed.
    """
    from dbt_audiences.flow.rebuild_identity import identity_difference, rebuild

    workspace = open_workspace(project_dir, profiles_dir, target)
    at = instant_or_now(as_of)
    with progress_bar("comparing") as progress:
        found = identity_difference(workspace, as_of=at, wait=wait, progress=progress)
    if not as_json:
        click.echo(f"profiles: {found.profiles_before:,} now, {found.profiles_after:,} then")
        click.echo(f"merging: {found.merging:,}; falling apart: {found.splitting:,}; identifiers that move: {found.moving:,}")
        if found.members:
            print_table(("audience", "members that merge or fall apart"), list(found.members.items()))
        if found.moves:
            click.echo()
            rows = [(one.type, one.value, one.from_profile_id, one.to_profile_id) for one in found.moves]
            print_table(("type", "value", "from", "to"), rows)
    if not dry_run and not as_json and not yes and sys.stdin.isatty() and not found.is_empty:
        click.confirm("\nMove them?", abort=True)
    report = None
    if not dry_run:
        with progress_bar("building") as progress:
            report = rebuild(workspace, as_of=at, wait=wait, progress=progress)
    if as_json:
        print_json({"difference": found, "run_id": None if report is None else report.run_id, "is_applied": report is not None})
    elif report is not None:
        click.echo("\nmoved" if not found.is_empty else "\nnobody moved")
    return 0 if report is None else report.exit_code
