"""`audiences consumers`: everything that refers to a key."""

from __future__ import annotations

from dbt_audiences.core.errors import UsageError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.spec.consumers import Consumer, consumers_of
from dbt_audiences.spec.fields import unknown


def consumers(workspace: Workspace, key: str) -> list[Consumer]:
    """What refers to an audience or a trait of the project, computed or SQL, in the order of file and line."""
    project = workspace.project
    by_sql = {name for one in project.sql_traits for name, _ in one.traits}
    known = {*project.audiences, *project.traits, *by_sql}
    if key not in known:
        raise UsageError(f"there is no audience or trait `{key}`", hint=unknown(key, known))
    return consumers_of(project, key)
