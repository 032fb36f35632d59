"""`audiences load FILE...`"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_json, print_table, progress_bar, say

if TYPE_CHECKING:
    from dbt_audiences.flow.workspace import Workspace


@click.command("load", short_help="Load calls from files into the raw table.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--source", metavar="NAME", help="Where the calls come from, for those that do not say it themselves.")
@click.option("--list", "list_key", metavar="KEY", help="The file is a list of identifiers, and becomes the audience KEY.")
@click.option("--people", is_flag=True, help="The file has one person a row, and traits in its columns.")
@click.option(
    "--identifier",
    metavar="TYPE",
    help="With --people: the column that tells who it is. With --list: the type of the identifiers.",
)
@click.option(
    "--max-rejected",
    type=click.IntRange(min=0),
    metavar="N",
    help="More rejected lines are an error; default: any number is kept and counted.",
)
@wait_option
@json_option
@project_options
def command(
    files: tuple[str, ...],
    list_key: str | None,
    source: str | None,
    people: bool,
    identifier: str | None,
    max_rejected: int | None,
    wait: bool,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """Load Segment-spec calls: JSON Lines (gzip or not), CSV or Parquet; a folder or a glob works. Loading twice is once."""
    from dbt_audiences.flow.load import load
    from dbt_audiences.load.files import rejected_lines

    if list_key is not None:
        if people or source is not None or max_rejected is not None:
            raise click.UsageError("--list goes with --identifier only")
        given = [str(Path.cwd() / name) for name in files]
        _load_list(open_workspace(project_dir, profiles_dir, target), given, list_key, identifier, wait, as_json)
        return
    if people != (identifier is not None):
        raise click.UsageError("--people and --identifier go together")
    paths = [str(Path.cwd() / name) for name in files]
    workspace = open_workspace(project_dir, profiles_dir, target)
    with progress_bar("loading") as progress:
        loaded = load(
            workspace,
            paths,
            source=source,
            identifier=identifier,
            max_rejected=max_rejected,
            loaded_at=datetime.now(UTC),
            wait=wait,
            progress=progress,
        )
    if as_json:
        print_json(loaded)
        return
    print_table(
        ("file", "accepted", "duplicates", "rejected"),
        [(os.path.relpath(one.file), one.accepted, one.duplicates, one.rejected) for one in loaded],
    )
    rejected = sum(one.rejected for one in loaded)
    suppressed = sum(one.suppressed for one in loaded)
    if suppressed:
        say(f"{suppressed:,} calls were left out: they are of people who were forgotten or suppressed")
    blocked, flagged = (sum(getattr(one, name) for one in loaded) for name in ("blocked", "flagged"))
    if blocked or flagged:
        say(f"tracking plan: {blocked:,} calls were blocked, {flagged:,} flagged; raw.plan_violations says what was wrong")
    if rejected:
        say(f"{rejected_lines(rejected)}; raw.rejected has each with its place and reason")


def _load_list(workspace: Workspace, paths: list[str], key: str, identifier: str | None, wait: bool, as_json: bool) -> None:
    from dbt_audiences.flow.load_list import load_list

    found = load_list(workspace, paths, key, identifier=identifier, loaded_at=datetime.now(UTC), wait=wait)
    if as_json:
        print_json(found)
        return
    click.echo(f"{key}: {found.identifiers:,} identifiers, {found.known:,} of them known, of {found.entities:,} {found.of}")
    if found.blank:
        say(f"{found.blank:,} rows hold no identifier")
    if found.is_new:
        click.echo(f"{found.file} is written; `audiences run` computes it")
