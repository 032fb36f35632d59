"""`audiences load FILE...`"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options, wait_option
from dbt_audiences.cli.output import print_json, print_table, progress_bar, say


@click.command("load", short_help="Load calls from files into the raw table.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--source", metavar="NAME", help="Where the calls come from, for those that do not say it themselves.")
@click.option("--people", is_flag=True, help="The file has one person a row, and traits in its columns.")
@click.option(
    "--identifier",
    type=click.Choice(("user_id", "email", "anonymous_id")),
    help="With --people: the column that tells who it is.",
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
    if rejected:
        say(f"{rejected:,} lines were rejected; raw.rejected has each with its place and reason")
