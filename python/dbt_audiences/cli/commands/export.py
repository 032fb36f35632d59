"""`audiences export KEY`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, say


@click.command("export", short_help="Write an audience to a file.")
@click.argument("key")
@click.option(
    "--format",
    "format_",
    type=click.Choice(("formatted", "unformatted")),
    default="formatted",
    help="Times for people, or as ISO 8601.",
)
@click.option("--columns", metavar="A,B,...", help="Which columns, in this order; default: all.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, resolve_path=True, path_type=Path),
    help="FILE.csv, .jsonl or .parquet",
)
@json_option
@project_options
def command(
    key: str,
    format_: str,
    columns: str | None,
    output: Path,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """Write the members of an audience to a CSV, JSON Lines or Parquet file, by its ending."""
    from dbt_audiences.flow.inspect import export_members

    chosen = [column.strip() for column in columns.split(",")] if columns else []
    workspace = open_workspace(project_dir, profiles_dir, target)
    count = export_members(workspace, key, output, format=format_, columns=chosen, tell=say)
    if as_json:
        print_json({"audience": key, "members": count, "file": str(output)})
    else:
        click.echo(f"{count:,} members in {output}")
