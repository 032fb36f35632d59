"""`audiences preview KEY|FILE|MODEL`"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbt_audiences.cli.options import as_of_option, instant_or_now, json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, print_table

if TYPE_CHECKING:
    from dbt_audiences.flow.preview_sql_trait import SqlTraitPreview

_COLUMNS = ("profile_id", "user_id", "email", "anonymous_id")


@click.command("preview", short_help="The size and a sample of a definition that need not be built.")
@click.argument("definition", metavar="KEY|FILE|MODEL")
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="Members in the sample.")
@as_of_option
@json_option
@project_options
def command(
    definition: str,
    limit: int,
    as_of: datetime | None,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """The exact size and a sample of an audience, by its key or the path of a file (.yml), on the data of the last run.

    Of a SQL trait, by the name of its model: rows, columns, and identifiers that are unknown, twice or missing.
    """
    from dbt_audiences.flow.preview import preview
    from dbt_audiences.flow.preview_sql_trait import preview_sql_trait, sql_trait_of

    workspace = open_workspace(project_dir, profiles_dir, target)
    declared = sql_trait_of(workspace, definition)
    if declared is not None:
        _print_sql_trait(preview_sql_trait(workspace, declared, instant_or_now(as_of), limit), as_json=as_json)
        return
    given = str(Path(definition).resolve()) if definition.endswith((".yml", ".yaml")) else definition
    found = preview(workspace, given, instant_or_now(as_of), limit)
    if as_json:
        sample = [dict(zip(_COLUMNS, row, strict=True)) for row in found.sample]
        print_json(
            {"key": found.key, "as_of": found.as_of, "members": found.members, "universe": found.universe, "sample": sample}
        )
        return
    click.echo(f"{found.members:,} of {found.universe:,} would be in {found.key}")
    if found.sample:
        print_table(_COLUMNS, found.sample)


def _print_sql_trait(found: SqlTraitPreview, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.rows:,} rows in {found.model}, by {found.identifier}")
    for count, what in (
        (found.unknown, "whose identifier nobody has yet: they would make new ones"),
        (found.duplicates, "that share their identifier with another: the build would fail"),
        (found.nulls, "without an identifier: the build would fail"),
    ):
        if count:
            click.echo(f"{count:,} {what}")
    print_table(("column", "type"), found.columns)
    if found.sample:
        click.echo()
        print_table(tuple(name for name, _ in found.columns), found.sample)
