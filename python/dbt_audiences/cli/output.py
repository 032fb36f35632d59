"""How results are printed: tables and JSON to standard output, progress and messages to standard error."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from dbt_audiences.sync.engine import SyncResult


def print_json(document: object) -> None:
    """One JSON document; dataclasses as objects, instants as ISO 8601 with `Z`."""
    click.echo(json.dumps(document, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def iso(instant: datetime) -> str:
    """An instant, naive or aware, as ISO 8601 in UTC."""
    at = instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo is not None else instant
    return f"{at.isoformat()}Z"


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their widest cell; numbers stand to the right."""
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [max(len(header), *(len(row[i]) for row in cells)) if cells else len(header) for i, header in enumerate(headers)]
    right = [all(isinstance(row[i], int) for row in rows) and bool(rows) for i in range(len(headers))]

    def line(values: Sequence[str]) -> str:
        parts = [
            value.rjust(width) if is_right else value.ljust(width)
            for value, width, is_right in zip(values, widths, right, strict=True)
        ]
        return "  ".join(parts).rstrip()

    click.echo(line(headers))
    click.echo("  ".join("-" * width for width in widths))
    for row in cells:
        click.echo(line(row))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return iso(value)
    return str(value).replace("\n", " ")


def print_connections(results: Sequence[SyncResult]) -> None:
    """A line for each connection that was synced; why one was not, to standard error."""
    print_table(
        ("destination", "audience", "added", "removed", "changed", "delivered", "rejected", "pending", "status"),
        [
            (r.destination, r.audience, r.entered, r.exited, r.changed, r.delivered, r.rejected, r.pending, r.status)
            for r in results
        ],
    )
    for result in results:
        if result.withheld:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in result.withheld.items())
            say(f"{result.destination} / {result.audience}: not told of: {reasons}")
        if result.message and (result.status != "synced" or result.message.startswith("dry run: ")):
            say(f"{result.destination} / {result.audience}: {result.message}")


def say(message: str) -> None:
    """A message for people, to standard error."""
    click.echo(message, err=True)


def _shown_item(item: object) -> str:
    return str(item or "")[:40]


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar on standard error where that is a terminal, else None: called with (what, done, total)."""
    if not sys.stderr.isatty():
        yield None
        return
    bar: ProgressBar[object] = click.progressbar(length=1, label=label, file=sys.stderr, item_show_func=_shown_item)
    with bar:

        def advance(what: str, done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos, what)

        yield advance
