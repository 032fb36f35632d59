"""Temporary projects as `audiences init` makes them, with a DuckDB file each, driven by commands in this process."""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from dbt_audiences.cli.main import main
from dbt_audiences.flow.init import init

ROOT = Path(__file__).parents[2]
SAMPLES = (
    "models/audiences", "models/events", "models/traits/custom", "models/traits/computed", "models/traits/sql",
    "models/entities", "models/sync/sends",
    "macros/audiences_project.sql",
)  # fmt: skip
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
BUYERS = "{performed: Bought, within: 30 days}"
KEPT = (
    "memberships", "membership_changes", "evaluations", "acknowledged", "deliveries", "requests", "connections", "runs", "keys",
    "profile_identifiers", "profile_merges",
)  # fmt: skip

# A fifth of a small run's time, for files that three tests read: these say `with artifacts()`.
os.environ.setdefault("DBT_WRITE_JSON", "false")

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Result:
    """What a command gave back."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project in a folder of its own; instants are given in days (or a timedelta) from NOW."""

    root: Path

    def audiences(self, *arguments: str, expect: int | None = 0) -> Result:
        """A command; with `expect` its exit code is checked."""
        result = command_line([*arguments, "--project-dir", str(self.root)])
        assert expect is None or result.exit_code == expect, f"exit {result.exit_code}\n{result.out}\n{result.err}"
        return result

    def run(self, *arguments: str, day: float = 0, expect: int | None = 0, sync: bool = False) -> Any:
        """`audiences run` as of so many days after NOW; its JSON report."""
        given = [*arguments, "--as-of", at(day), "--json", *(() if sync else ("--no-sync",))]
        result = self.audiences("run", *given, expect=expect)
        return result.json

    def dbt(self, *arguments: str) -> Any:
        """dbt alone, as a user runs it, in this process; the runner's result."""
        return dbt(self.root, *arguments)

    def load(self, *calls: Mapping[str, object]) -> None:
        """Load calls by `audiences load`."""
        path = self.root / "calls.jsonl"
        path.write_text("".join(json.dumps(call) + "\n" for call in calls), encoding="utf-8")
        self.audiences("load", str(path), "--max-rejected", "0")
        path.unlink()

    def write(self, path: str, text: str) -> None:
        """A file of the project."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def define(self, key: str, who: str, **more: object) -> None:
        """An audience; `who` is YAML on one line, other keys are written as JSON, which is YAML."""
        others = (f"{name}: {json.dumps(value)}" for name, value in {"name": key, **more}.items())
        lines = [f"audience: {key}", f"who: {who}", *others]
        self.write(f"audiences/{key}.yml", "\n".join(lines) + "\n")

    def sql(self, *statements: str) -> Rows:
        """Run statements on the database; the rows of the last."""
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            for statement in statements:
                rows: Rows = connection.execute(statement).fetchall()
        return rows

    def members(self, key: str) -> set[str]:
        """User ids (email where there is none, then anonymous id) of an audience's members."""
        rows = self.audiences("members", key, "--json").json
        return {row["user_id"] or row["email"] or row["anonymous_id"] for row in rows}

    def copy(self, folder: Path) -> Project:
        """The same project and database elsewhere."""
        shutil.copytree(self.root, folder, symlinks=True)
        return Project(folder)


def at(day: float) -> str:
    """The instant so many days after NOW, as ISO 8601."""
    return (NOW + timedelta(days=day)).isoformat().replace("+00:00", "Z")


def track(user: str | None, event: str, day: float, **more: object) -> dict[str, object]:
    """A track call; a message id is made of its content unless given."""
    call = {"type": "track", "event": event, "timestamp": at(day), "messageId": f"{user}-{event}-{day}", **more}
    return call if user is None else {**call, "userId": user}


def identify(day: float, **more: object) -> dict[str, object]:
    """An identify call."""
    ids = "-".join(str(more.get(name, "")) for name in ("userId", "anonymousId", "traits"))
    return {"type": "identify", "timestamp": at(day), "messageId": f"identify-{ids}-{day}", **more}


def call(kind: str, day: float, **more: object) -> dict[str, object]:
    """A call of another type."""
    return {"type": kind, "timestamp": at(day), "messageId": f"{kind}-{day}", **more}


def new_project(folder: Path) -> Project:
    """A project without any definition or row, parsed and with its state tables made."""
    return _template().copy(folder)


def shop_with_ten_buyers(folder: Path) -> Project:
    """Buyers b1..b10 and visitors v1..v4, each a day before the last, three audiences, one of them delivered; run once."""
    return _shop().copy(folder)


@cache
def _shop() -> Project:
    project = new_project(_template().root.parent / "ten_buyers")
    project.define("buyers", BUYERS, tags=["loyalty"], meta={"team": "lifecycle"}, send_to=[{"destination": "crm_files"}])
    project.define("on_business", "{trait: plan, equals: business}")
    project.define("bought_on_business", "{all: [{in_audience: buyers}, {in_audience: on_business}]}")
    project.load(
        *(track(f"b{n}", "Bought", -n) for n in range(1, 11)),
        *(track(f"v{n}", "Visited", -n) for n in range(1, 5)),
        identify(-11, userId="b1", traits={"plan": "business"}),
        identify(-11, userId="v1", traits={"plan": "business"}),
    )
    project.run(sync=True)
    return project


def state(project: Project, *without: str) -> dict[str, Rows]:
    """The rows of every table that no run may lose, but of those named."""
    return {table: project.sql(f"select * from audiences.{table} order by all") for table in KEPT if table not in without}


def changes(project: Project, key: str, run_id: str) -> dict[str, int]:
    """How many entered and exited an audience in a run."""
    of_run = f"audience = '{key}' and run_id = '{run_id}'"
    rows = project.sql(f"select change, count(*) from audiences.membership_changes where {of_run} group by all")
    return {str(change): count for change, count in rows}


@contextlib.contextmanager
def artifacts() -> Iterator[None]:
    """dbt writes manifest.json and run_results.json, as it does outside of tests."""
    before = os.environ.pop("DBT_WRITE_JSON", None)
    try:
        yield
    finally:
        if before is not None:
            os.environ["DBT_WRITE_JSON"] = before


def package_as_in_the_wheel(folder: Path) -> None:
    """The dbt package without what was generated for the sample project."""
    for name in ("macros", "models"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "dbt_project.yml", folder)
    for name in SAMPLES:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


@cache
def _template() -> Project:
    place = Path(tempfile.mkdtemp(prefix="audiences_"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    init(place / "shop", now=NOW)
    project = Project(place / "shop")
    for path in ("audiences/repeat_buyers.yml", "traits/revenue_90_days.yml", "alerts/failed_runs.yml"):
        (project.root / path).unlink()
    package_as_in_the_wheel(place / "package")
    project.write("packages.yml", f"packages: [{{local: {place / 'package'}}}]\n")
    shutil.rmtree(project.root / "dbt_packages")
    project.run()
    return project


def command_line(arguments: Sequence[str]) -> Result:
    """`audiences` with these arguments, in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv, folder = sys.argv, Path.cwd()
    sys.argv = ["audiences", *arguments]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv = argv
        os.chdir(folder)
    return Result(code if isinstance(code, int) else 0 if code is None else 1, out.getvalue(), err.getvalue())


def dbt(root: Path, *arguments: str) -> Any:
    """dbt in this process, with `root` as the working directory; the database is free afterwards."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with contextlib.chdir(root):
        try:
            return dbtRunner().invoke([*arguments, "--profiles-dir", str(root), "--log-level", "none", "--no-print", "--quiet"])
        finally:
            DuckDBConnectionManager.close_all_connections()


def statuses(result: Any) -> dict[str, str]:
    """Name of each node of a dbt result -> its status."""
    assert result.result is not None, result.exception
    return {row.node.name: str(row.status) for row in result.result.results}
