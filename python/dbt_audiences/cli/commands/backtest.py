"""`audiences backtest KEY --from A --to B --every 1d`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from dbt_audiences.cli.options import Instant, json_option, open_workspace, project_options
from dbt_audiences.cli.output import iso, print_json, print_table, progress_bar


@click.command("backtest", short_help="The size that a definition would have had.")
@click.argument("key")
@click.option("--from", "start", type=Instant(), required=True, help="The first instant, ISO 8601.")
@click.option("--to", "end", type=Instant(), required=True, help="The last instant, ISO 8601.")
@click.option("--every", default="1d", show_default=True, metavar="STEP", help="1d, 12h, 30m or 1w.")
@json_option
@project_options
def command(
    key: str,
    start: datetime,
    end: datetime,
    every: str,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """The size that a definition, as it stands now, would have had at past instants, on the data of the last run."""
    from dbt_audiences.flow.preview import backtest, step_of

    workspace = open_workspace(project_dir, profiles_dir, target)
    with progress_bar("instants") as progress:
        points = backtest(workspace, key, start, end, step_of(every), progress)
    if as_json:
        print_json(points)
        return
    print_table(("as of", "members"), [(iso(point.as_of), point.members) for point in points])
