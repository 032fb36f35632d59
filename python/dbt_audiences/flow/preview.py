"""Definitions tried on the data of the last run before they are built: `preview`, `backtest`, and what `diff` compares."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dbt_audiences.core.errors import UsageError
from dbt_audiences.core.warehouse import Relations, Row, Warehouse, instant_literal, naive
from dbt_audiences.diff.fresh import fresh_tables
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.dbt import Dbt

COMPUTED = ("models/events/", "models/traits/", "models/accounts/", "models/lists/", "models/entities/")
"""Folders of generated models that are cheap to compute anew, and must be where a definition reads what no table has yet."""

AS_BUILT = ("models/traits/sql/sql_trait_", "models/traits/sql/check_")
"""Of these: copies of rows of SQL traits, which are as last built."""

MOST_POINTS = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """The exact size of an audience, of how many it could have, and a sample of members with their first identifiers."""

    key: str
    as_of: datetime
    members: int
    universe: int
    sample: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """The size that an audience would have had at an instant."""

    as_of: datetime
    members: int


def preview(workspace: Workspace, given: str, as_of: datetime, limit: int) -> Preview:
    """What an audience, by its key or the path of a file outside the project, would be now; nothing is written."""
    with ExitStack() as stack:
        if given.endswith((".yml", ".yaml")):
            workspace, given = stack.enter_context(_with_file(workspace, Path(given)))
        _refuse_disabled(workspace, given)
        warehouse, relations, table = stack.enter_context(judged(workspace, given, as_of))
        size, universe = warehouse.fetch(f"select count(case when is_member then 1 end), count(*) from {table}")[0]
        kinds, personal = ("user_id", "email", "anonymous_id"), workspace.project.personal
        first = ", ".join(
            f"(select min(i.value) from {relations['profile_identifiers']} as i "
            f"where i.profile_id = t.profile_id and i.type = '{kind}') as {kind}"
            for kind in kinds
        )
        rows = warehouse.fetch(
            f"select t.profile_id, {first} from {table} as t where t.is_member order by md5(t.profile_id) limit {limit}"
        )
        sample = tuple(personal.row(("profile_id", *kinds), row) for row in rows)
        return Preview(given, as_of, int(str(size)), int(str(universe)), sample)


def backtest(
    workspace: Workspace,
    key: str,
    start: datetime,
    end: datetime,
    step: timedelta,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[Point]:
    """The size that the definition as it stands would have had at each step from start to end, both ends included.

    Events, custom traits and members of accounts count from their own time on; merges, SQL traits and lists are as last built.
    """
    count = int((end - start) / step) + 1
    if end < start or count > MOST_POINTS:
        raise UsageError(
            f"a backtest has 1 to {MOST_POINTS:,} points, and these are {max(count, 0):,}",
            hint="choose another --every, --from or --to",
        )
    _refuse_disabled(workspace, key)
    with compiled_anew(workspace, [key], start, with_audiences=True) as (dbt, models):
        relations, marker, points = dbt.relations(), instant_literal(start), []
        read = frozenset(dbt.graph.materialized("audience") - {key})
        still = [(name, sql) for name, sql in models if marker not in sql and name not in read and name != key]
        moving = [(name, sql) for name, sql in models if (name, sql) not in still]
        with workspace.prepared_warehouse() as warehouse, fresh_tables(warehouse, relations, still) as kept:
            for number in range(count):
                at = start + number * step
                there = [(name, sql.replace(marker, instant_literal(at))) for name, sql in moving]
                with fresh_tables(warehouse, relations, there, read=read, under=kept) as fresh:
                    size = warehouse.fetch(f"select count(*) from {fresh[key]} where is_member")[0][0]
                points.append(Point(at, int(str(size))))
                if progress is not None:
                    progress(f"{at:%Y-%m-%d}", number + 1, count)
        return points


@contextmanager
def judged(workspace: Workspace, key: str, as_of: datetime) -> Iterator[tuple[Warehouse, Relations, str]]:
    """The warehouse, its relations, and the temporary table of an audience evaluated by its definition as it stands."""
    with compiled_anew(workspace, [key], as_of, with_audiences=False) as (dbt, models):
        relations = dbt.relations()
        with workspace.prepared_warehouse() as warehouse, fresh_tables(warehouse, relations, models) as fresh:
            yield warehouse, relations, fresh[key]


@contextmanager
def compiled_anew(
    workspace: Workspace,
    keys: Sequence[str],
    as_of: datetime,
    *,
    with_audiences: bool,
    files: Mapping[str, str] | None = None,
) -> Iterator[tuple[Dbt, list[tuple[str, str]]]]:
    """dbt on a copy, and name and SQL of audiences and of what must be computed anew below them, in the order of reading.

    files  what is generated, of other definitions than the project's
    """
    with workspace.scratch(files) as copy:
        dbt = workspace.dbt_on(copy)
        dbt.parse()
        anew = set(keys)
        for path in workspace.files() if files is None else files:
            if (path.startswith(COMPUTED) and not path.startswith(AS_BUILT)) or (
                with_audiences and path.startswith("models/audiences/")
            ):
                anew.add(path.rsplit("/", 1)[1].removesuffix(".sql"))
        needed = dbt.graph.ancestors(keys) & anew
        compiled = dbt.compile({"as_of": naive(as_of).isoformat(), "run_id": "preview"}, needed)
        dbt.release()
        yield dbt, [(name, compiled[name]) for name in dbt.graph.order() if name in needed and name in compiled]


@contextmanager
def _with_file(workspace: Workspace, path: Path) -> Iterator[tuple[Workspace, str]]:
    """A copy of the project with one more definition, and its key."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    with workspace.scratch() as copy:
        folder = copy / "audiences"
        existing = folder.resolve()
        if folder.is_symlink():
            folder.unlink()
            shutil.copytree(existing, folder)
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / f"{path.stem}.yml")
        yield Workspace(copy, workspace.dbt.profiles_folder(), workspace.target), path.stem


def _refuse_disabled(workspace: Workspace, key: str) -> None:
    if not workspace.audience(key).enabled:
        raise UsageError(f"`{key}` is disabled", hint=f"audiences enable {key}")


def step_of(text: str) -> timedelta:
    """`1d`, `12h`, `30m` or `1w` as a length of time."""
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    if len(text) < 2 or text[-1] not in units or not text[:-1].isdigit() or int(text[:-1]) == 0:
        raise UsageError(f"`{text}` is no step", hint="write 1d, 12h, 30m or 1w")
    return int(text[:-1]) * units[text[-1]]
