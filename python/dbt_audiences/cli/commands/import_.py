"""`audiences import segment FILE`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, unused_options
from dbt_audiences.cli.output import print_json, print_table, say

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import", short_help="Take definitions over from another product.")
def command() -> None:
    """Take definitions over from another product, as files of this project."""


@command.command("segment", short_help="Segment's query language -> YAML.")
@click.argument("file", metavar="FILE", type=_FILE)
@click.option(
    "--output",
    "--project-dir",
    "output",
    type=click.Path(file_okay=False, resolve_path=True, path_type=Path),
    default=".",
    help="The project to write into: `audiences/` and `traits/` below it; default: here.",
)
@unused_options
@json_option
def segment(file: Path, output: Path, as_json: bool) -> int:
    """Turn audiences and computed traits in Segment's query language into files of this project.

    FILE is the text of one query, or JSON as Segment's public API returns it. What cannot be said is listed, and the exit
    code is then 1.
    """
    from dbt_audiences.flow.import_segment import import_segment

    done = import_segment(file, output)
    if as_json:
        print_json(done)
        return 1 if done.not_expressed else 0
    for path in done.written:
        click.echo(path)
    for title, findings in (("not expressed", done.not_expressed), ("to know", done.notes)):
        if findings:
            click.echo(f"\n{title}:")
            print_table(("key", "place", "text", ""), [(one.key, one.place, _short(one.text), one.message) for one in findings])
    say(f"{len(done.written)} files written below {done.folder}, {len(done.not_expressed)} parts not expressed")
    return 1 if done.not_expressed else 0


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 60 else f"{one_line[:57]}..."
