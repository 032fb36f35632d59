"""`audiences deliveries`"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import click

from dbt_audiences.cli.options import Instant, json_option, open_workspace, project_options
from dbt_audiences.cli.output import iso, print_json, print_table

if TYPE_CHECKING:
    from dbt_audiences.sync.overview import Counted, Overview

By = Literal["audience", "destination", "event", "type", "minute", "hour", "day"]
DEFAULT_SPAN = timedelta(hours=24)
_HEADS = ("created", "filtered at source", "filtered at destination", "pending retry", "failed", "delivered")


@click.command("deliveries", short_help="What became of what was to be delivered.")
@click.option("--audience", metavar="KEY", help="Only of this audience or trait.")
@click.option("--destination", metavar="KEY", help="Only to this destination.")
@click.option("--event", metavar="NAME", help="Only events of this name; of lists `add` or `remove`.")
@click.option("--since", type=Instant(), help="From this instant on, ISO 8601; default: 24 hours before --until.")
@click.option("--until", type=Instant(), help="Before this instant, ISO 8601; default: now.")
@click.option("--by", type=click.Choice(get_args(By)), help="A line for each of these.")
@click.option("--counts", is_flag=True, help="Show counts instead of percentages.")
@json_option
@project_options
def command(
    audience: str | None,
    destination: str | None,
    event: str | None,
    since: datetime | None,
    until: datetime | None,
    by: By | None,
    counts: bool,
    as_json: bool,
    project_dir: Path,
    profiles_dir: Path | None,
    target: str | None,
) -> None:
    """What became of what was to be delivered, by when it was first to be sent; a row is one identifier of one person.

    A change is the share now less the share in as long a time before, in points.
    """
    from dbt_audiences.flow.deliveries import deliveries
    from dbt_audiences.sync.overview import Scope

    end = datetime.now(UTC) if until is None else until
    scope = Scope(end - DEFAULT_SPAN if since is None else since, end, audience, destination, event)
    found = deliveries(open_workspace(project_dir, profiles_dir, target), scope, by)
    if as_json:
        print_json(_document(found))
    else:
        _print(found, by, counts=counts)


def _document(found: Overview) -> dict[str, object]:
    return {
        "since": found.since,
        "until": found.until,
        "created": found.created,
        "steps": [{"step": step, **asdict(part)} for step, part in found.steps.items()],
        "breakdown": [{"type": type_, "name": name or None, **asdict(part)} for (type_, name), part in found.breakdown.items()],
        "discards": [
            {"step": one.step, "reason": one.reason or None, **asdict(one.counted), "samples": one.samples}
            for one in found.discards
        ],
        "by": [{"value": value or None, **steps} for value, steps in found.by.items()],
    }


def _print(found: Overview, by: By | None, *, counts: bool) -> None:
    click.echo(f"from {iso(found.since)} to {iso(found.until)}, {found.created:,} created\n")

    def shown(part: Counted) -> object:
        return part.count if counts else _percent(part.share)

    head = "count" if counts else "share"
    steps = [("created", found.created if counts else _percent(1.0 if found.created else None), None)]
    steps += [(step.replace("_", " "), shown(part), _points(part)) for step, part in found.steps.items()]  # type: ignore[misc]
    print_table(("step", head, "change"), steps)
    if found.by:
        click.echo()
        lines = [
            (value, *(count if counts or not steps["created"] or name == "created" else _percent(count / steps["created"])
                      for name, count in steps.items()))
            for value, steps in found.by.items()
        ]  # fmt: skip
        print_table((str(by), *_HEADS), lines)
    if found.breakdown:
        click.echo()
        events = [(type_, name, part.count, _points(part)) for (type_, name), part in found.breakdown.items()]
        print_table(("type", "name", "count", "change"), events)
    if found.discards:
        click.echo()
        lines = [(one.step.replace("_", " "), one.reason, one.counted.count, _points(one.counted)) for one in found.discards]
        print_table(("discarded", "reason", "count", "change"), lines)


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.1%}"


def _points(part: Counted) -> str | None:
    return None if part.change is None else f"{part.change:+.1f}"
