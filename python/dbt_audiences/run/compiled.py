"""Models' SQL as dbt compiles it, of any instant: kept beside what dbt parsed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.core.warehouse import naive
from dbt_audiences.run.dbt import Dbt
from dbt_audiences.run.direct.host import Host
from dbt_audiences.run.models import Model

ANY_AS_OF = datetime(1234, 5, 6, 7, 8, 9, 101112, tzinfo=UTC)
"""An instant that stands nowhere else: compiled SQL holds its literal wherever as_of belongs."""
ANY_RUN = "the-run-that-evaluates"
"""The same of the id of a run."""

_ANY = {"as_of": naive(ANY_AS_OF).isoformat(), "run_id": ANY_RUN}


def compiled(dbt: Dbt, host: Host | None, wanted: Collection[Model]) -> dict[str, str]:
    """Name -> compiled SQL with `ANY_AS_OF` and `ANY_RUN`; kept for as long as nothing changes that makes it.

    host  renders what is not kept; dbt compiles where there is none
    """
    folder = dbt.target_folder() / "audiences" / "compiled"
    found = {model.name: text for model in wanted if (text := _kept(folder, model)) is not None}
    missing = [model for model in wanted if model.name not in found]
    if missing:
        names = {model.name for model in missing}
        made = _rendered(host, dbt, names) if host is not None else dbt.compile(_ANY, names)
        for model in missing:
            if model.name in made:
                found[model.name] = made[model.name]
                _keep(folder, model, made[model.name])
    return found


def _rendered(host: Host, dbt: Dbt, names: Collection[str]) -> dict[str, str]:
    return {node.name: host.sql(node, **_ANY) for node in dbt.graph.nodes.values() if node.name in names}


def _kept(folder: Path, model: Model) -> str | None:
    try:
        mark, _, text = (folder / f"{model.name}.sql").read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return text if mark == _mark(model) else None


def _keep(folder: Path, model: Model, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{model.name}.new"
        fresh.write_text(f"{_mark(model)}\n{text}", encoding="utf-8")
        fresh.replace(folder / f"{model.name}.sql")
    except OSError:
        return


def _mark(model: Model) -> str:
    return f"-- {model.digest}"
