"""`audiences run`"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbt_audiences.cli.options import (
    PERCENT,
    as_of_option,
    instant_or_now,
    json_option,
    open_workspace,
    project_options,
    wait_option,
)
from dbt_audiences.cli.output import iso, print_connections, print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from dbt_audiences.flow.run import RunReport


@click.command("run", short_help="Compile, build, find who entered and left, and push it.")
@click.option("--select", multiple=True, metavar="SELECTOR", help="A key, or any selector of dbt (tag:..., +key, state:...).")
@click.option("--full-refresh", is_flag=True, help="Build everything anew; memberships, ledger and profile ids stay.")
@click.option("--no-sync", is_flag=True, help="Push nothing.")
@click.option("--verify", "share", type=PERCENT, help="Judge this part anew, another in each run, and fail on any difference.")
@click.option("--reuse-key", multiple=True, metavar="KEY", help="Let a deleted key come back with another definition.")
@click.option(
    "--state", type=click.Path(file_okay=False, resolve_path=True, path_type=Path), help="Artifacts for `state:` selectors."
)
@wait_option
@as_of_option
@json_option
@project_options
def command(
    select: tuple[str, ...],
    full_refresh: bool,
    no_sync: bool,
    share: Decimal | None,
    reuse_key: tuple[str, ...],
    state: Path | None,
    wait: bool,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> int:
    """Compile the definitions, build them with dbt, find who entered and who left, and push that to the destinations."""
    from dbt_audiences.flow.run import run

    at = instant_or_now(as_of)
    workspace = open_workspace(project_dir, profiles_dir, target)
    workspace.dbt.state = state
    with progress_bar("building") as progress:
        report = run(
            workspace,
            as_of=at,
            select=[word for words in select for word in words.split()],
            full_refresh=full_refresh,
            with_sync=not no_sync,
            wait=wait,
            verify_share=share,
            reuse_keys=frozenset(reuse_key),
            progress=progress,
        )
    if as_json:
        print_json(report)
    else:
        _print(report)
    return report.exit_code


def _print(report: RunReport) -> None:
    from dbt_audiences.flow.alerts import line_of

    click.echo(f"as of {iso(report.as_of)}\n")
    print_table(
        ("audience", "members", "entered", "exited", "status"),
        [(one.audience, one.members, one.entered, one.exited, one.status) for one in report.audiences],
    )
    if report.connections:
        click.echo()
        print_connections(report.connections)
    if report.verification is not None:
        differences = report.verification.differences
        say(f"verified: {report.verification.profiles:,} profiles judged anew, {len(differences)} differences")
        for difference in differences:
            say(f"difference: {difference}")
        if differences:
            say("nothing was sent; `audiences run --full-refresh` judges everybody anew")
    for trait in report.sql_traits:
        made = f", {trait.new_identifiers:,} identifiers that no profile had" if trait.new_identifiers else ""
        nobody = f", {trait.of_nobody:,} whose identifier is blocked or makes a profile next time" if trait.of_nobody else ""
        say(f"SQL trait {trait.model}: {trait.rows:,} rows{made}{nobody}")
    for table in report.related:
        nobody = f", {table.of_nobody:,} of nobody who is known" if table.of_nobody else ""
        say(f"{table.name}: {table.rows:,} rows{nobody}")
    if report.unreadable_values:
        say(f"some values of {len(report.unreadable_values)} properties and traits could not be read: audiences status")
    for news in report.alerts:
        say(line_of(news))
    for warning in report.warnings:
        say(f"warning: {warning}")
    for failure in report.failures:
        say(f"{failure.name}: {failure.reason}")
