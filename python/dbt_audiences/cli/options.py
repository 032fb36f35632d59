"""Options that commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from dbt_audiences.flow.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


class Instant(click.ParamType[datetime]):
    """ISO 8601; without an offset UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware UTC instant of a text."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"`{value}` is no ISO 8601 time, such as 2026-03-10T12:00:00Z", param, ctx)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class Percent(click.ParamType[Decimal]):
    """A share such as `1%` or `0.5 %`, as a fraction of one: above 0, at most 100%."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The fraction of a text."""
        if isinstance(value, Decimal):
            return value
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", str(value))
        share = Decimal(match[1]) / 100 if match else Decimal(0)
        if not 0 < share <= 1:
            self.fail(f"`{value}` is no share, such as 1%, above 0% and at most 100%", param, ctx)
        return share


PERCENT = Percent()


def project_options(command: F) -> F:
    """--project-dir, --profiles-dir and --target, as dbt has them."""
    folder = click.Path(file_okay=False, resolve_path=True, path_type=Path)
    for option in (
        click.option("--target", metavar="NAME", help="The dbt target; default: the profile's own."),
        click.option("--profiles-dir", type=folder, help="Where profiles.yml lies."),
        click.option("--project-dir", type=folder, default=".", help="Where dbt_project.yml lies."),
    ):
        command = option(command)
    return command


def unused_options(command: F) -> F:
    """--profiles-dir and --target of a command that opens no warehouse: every command takes them, so that scripts may."""
    for name in ("--target", "--profiles-dir"):
        command = click.option(name, expose_value=False, metavar="TEXT", help="Taken, and of no use here.")(command)
    return command


def json_option(command: F) -> F:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def as_of_option(command: F) -> F:
    """--as-of."""
    return click.option("--as-of", type=Instant(), help="The instant to compute for, ISO 8601; default: now.")(command)


def wait_option(command: F) -> F:
    """--wait."""
    return click.option("--wait", is_flag=True, help="Wait while another process holds the warehouse.")(command)


def open_workspace(project_dir: Path, profiles_dir: Path | None, target: str | None) -> Workspace:
    """The project, with its folder as the working directory: paths in profiles.yml and in destinations are relative to it."""
    from dbt_audiences.core.errors import UsageError
    from dbt_audiences.flow.workspace import Workspace

    if not (project_dir / "dbt_project.yml").is_file():
        raise UsageError(
            f"there is no dbt_project.yml in {project_dir}",
            hint="go to a project, give --project-dir, or make one with `audiences init`",
        )
    os.chdir(project_dir)
    return Workspace(project_dir, profiles_dir, target)


def instant_or_now(as_of: datetime | None) -> datetime:
    """The instant that was given, else the present, taken once."""
    return datetime.now(UTC) if as_of is None else as_of
