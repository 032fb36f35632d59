"""`audiences watch`"""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import iso, say

if TYPE_CHECKING:
    from dbt_audiences.flow.watch import Watched


@click.command("watch", short_help="Run whenever calls, definitions or the time ask for it.")
@click.option(
    "--interval", type=click.FloatRange(min=0.05), default=0.25, show_default=True, metavar="SECONDS", help="Between two looks."
)
@click.option("--no-sync", is_flag=True, help="Push nothing.")
@json_option
@project_options
def command(
    interval: float, no_sync: bool, as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None
) -> int:
    """Look for new calls, edited definitions and what time has made due, and run when there is any, until stopped.

    What did not change is not built. --json prints one document a line.
    """
    from dbt_audiences.flow.watch import Watch

    watch = Watch(
        lambda: open_workspace(project_dir, profiles_dir, target),
        _print_json if as_json else _print,
        interval=interval,
        with_sync=not no_sync,
    )
    before = {number: signal.signal(number, lambda *_: watch.stop()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        watch.until_stopped()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _print(watched: Watched) -> None:
    from dbt_audiences.flow.alerts import line_of

    at, report = f"{datetime.now(UTC):%H:%M:%S}", watched.report
    if report is not None:
        moved = [f"{one.audience} +{one.entered} -{one.exited}" for one in report.audiences if one.entered or one.exited]
        sent = sum(one.delivered for one in report.connections)
        more = [f"{sent:,} delivered"] if sent else []
        click.echo(f"{at}  {watched.reason}: {', '.join([*moved, *more]) or 'nobody moved'} ({watched.seconds:.2f} s)")
        for failure in report.failures:
            say(f"{failure.name}: {failure.reason}")
        for news in report.alerts:
            say(f"{at}  {line_of(news)}")
    for line in watched.alerts.lines():
        say(f"{at}  {line}")
    if watched.error is not None:
        say(f"{at}  {watched.error}")


def _print_json(watched: Watched) -> None:
    report = watched.report
    document = {
        "at": iso(datetime.now(UTC)),
        "reason": watched.reason,
        "seconds": round(watched.seconds, 3),
        "run_id": None if report is None else report.run_id,
        "as_of": None if report is None else iso(report.as_of),
        "exit_code": None if report is None else report.exit_code,
        "audiences": []
        if report is None
        else [
            {
                "audience": one.audience,
                "members": one.members,
                "entered": one.entered,
                "exited": one.exited,
                "status": one.status,
            }
            for one in report.audiences
        ],
        "delivered": 0 if report is None else sum(one.delivered for one in report.connections),
        "alerts": [
            {"alert": one.alert, "state": one.state, "message": one.message}
            for one in (*(() if report is None else report.alerts), *watched.alerts.news)
        ],
        "error": watched.error,
    }
    click.echo(json.dumps(document, ensure_ascii=False))
