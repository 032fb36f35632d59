"""`audiences load`: files into the raw tables of the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.load.files import Loaded, load_calls, load_people
from dbt_audiences.run.suppressions import find_suppressed
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.identity import read_identity
from dbt_audiences.spec.tracking_plan import read_tracking_plan


def load(
    workspace: Workspace,
    paths: Sequence[str],
    *,
    source: str | None,
    identifier: str | None,
    max_rejected: int | None,
    loaded_at: datetime,
    wait: bool,
    progress: Callable[[str, int, int], None] | None,
) -> list[Loaded]:
    """Load calls, or with `identifier` people, one transaction a file."""
    schema = workspace.dbt.raw_schema()
    problems = Problems()
    identity = read_identity(workspace.root, problems)
    plan = read_tracking_plan(workspace.root, problems)
    if identity is None or problems.found:
        raise DefinitionError(problems.found)
    with workspace.warehouse(wait=wait) as warehouse:
        suppressed = find_suppressed(warehouse)
        if identifier is None:
            return load_calls(
                warehouse,
                paths,
                schema=schema,
                source=source,
                max_rejected=max_rejected,
                loaded_at=loaded_at,
                progress=progress,
                identity=identity,
                suppressed=suppressed,
                plan=plan,
            )
        if len(paths) != 1:
            raise UsageError("--people loads one file at a time")
        return [
            load_people(
                warehouse,
                paths[0],
                schema=schema,
                identifier=identifier,
                source=source,
                max_rejected=max_rejected,
                loaded_at=loaded_at,
                progress=progress,
                identity=identity,
                suppressed=suppressed,
            )
        ]
