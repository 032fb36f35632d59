"""What a run builds, in which order, and what it need not build."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import sleep

from dbt_audiences.compile.related import rows_model as rows_model_of
from dbt_audiences.compile.sql_traits import check_model, rows_model
from dbt_audiences.core.warehouse import Relations, Warehouse, instant_literal, text_literal
from dbt_audiences.flow.computing import Computations
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.run.built import forget_built, note_built, note_unaffected, standing
from dbt_audiences.run.dbt import Dbt, Outcome
from dbt_audiences.run.direct.building import build as build_direct
from dbt_audiences.run.direct.building import host_of
from dbt_audiences.run.direct.host import Host
from dbt_audiences.run.evaluating import evaluate
from dbt_audiences.run.models import AUDIENCE, EVALUATED, STATE, readers
from dbt_audiences.run.passing import PAUSES, passes
from dbt_audiences.spec.schedule import schedules

Progress = Callable[[str, int, int], None]
IDENTITY = "profile_identifiers"


@dataclass(frozen=True, slots=True)
class SqlTraitResult:
    """The rows of a SQL trait; `problem` where it failed.

    new_identifiers  how many of their identifiers no profile had before
    of_nobody        rows whose identifier is of no profile: it is blocked, or makes one in the next run
    """

    model: str
    rows: int
    new_identifiers: int
    problem: str | None
    of_nobody: int = 0


@dataclass(frozen=True, slots=True)
class RelatedResult:
    """The rows of a related table, and how many of them belong to nobody who is known: those count nowhere."""

    name: str
    rows: int
    of_nobody: int


def build(
    workspace: Workspace,
    warehouse: Warehouse,
    variables: Mapping[str, object],
    *,
    as_of: datetime,
    select: Sequence[str],
    full_refresh: bool,
    is_prepared: bool,
    builds_all: bool,
    leaves_batch: bool,
    progress: Progress | None,
    computations: Computations,
) -> list[Outcome]:
    """`dbt run` of what does not stand as it must: SQL traits, what evaluations read, and then whom that or time has moved.

    SQL traits come before identity, to which theirs belong; all else goes on whatever became of them. One that reads profiles
    itself is built with all else: profiles of its identifiers are made by the next run. State tables of a prepared warehouse
    are left out: what is missing of them is made before any model runs.

    builds_all    also what stands is built
    leaves_batch  audiences of `compute: batch` that have no `every` stay as they are
    computations  is told what is being built
    """
    dbt = workspace.dbt
    wanted = dbt.selected(select) if select else set(dbt.relations())
    state = dbt.graph.materialized(STATE)
    wanted -= set(computations.unconnected)
    models = workspace.models()
    first = _before_identity(workspace)
    threads = dbt.credentials().get("threads")
    side_by_side = warehouse.engine != "duckdb" and isinstance(threads, int) and threads > 1
    parts = _Parts(dbt, warehouse, side_by_side, variables, full_refresh, progress, computations)
    if not (is_prepared or select):
        parts.run(wanted & state)  # what must be there for the others is made by a hook of dbt's
    if is_prepared or not select:
        wanted -= state
    parts.run(wanted & first)
    stand = standing(warehouse, dbt.relations(), models, dbt.raw_schema(), as_of)
    if stand.is_whole:
        parts.opens_host = lambda: host_of(dbt, warehouse, variables, full_refresh=full_refresh)
    rest = wanted - first
    if builds_all or full_refresh or not (is_prepared and stand.is_whole):
        forget_built(stand, rest)
        parts.run(rest)
    else:
        evaluated = {model.name for model in models.values() if model.kind in EVALUATED}
        later = readers(models, evaluated) & rest
        stale = stand.stale(rest - later)
        forget_built(stand, stale)
        lost = readers(models, parts.run(stale, is_small=all(map(stand.stands, stale)))) & later
        # Who names an audience wants it now.
        held = set() if select else stand.held(schedules(workspace.project, leaves_batch=leaves_batch)) & rest
        affected = stand.affected(rest & evaluated - held)
        stale |= affected | stand.stale(later, stale | affected)
        due = stale & later - lost
        forget_built(stand, due)
        parts.evaluate(due, {name for name in due & affected if stand.stands(name)}, as_of)
        note_unaffected(stand, rest & evaluated - affected - lost - held)
        parts.outcomes += [Outcome(name, "skipped", "", 0.0) for name in lost]
        parts.outcomes += [Outcome(name, "success", "", 0.0) for name in rest - stale - lost]
    note_built(stand, parts.built - first)
    if parts.opened is not None:  # at the end of a run of dbt's own it is a hook
        with warehouse.transaction():
            parts.opened.call("prune_changed_entities")
    return parts.outcomes


@dataclass(slots=True)
class _Parts:
    """The parts of one run: what this process can build itself, and a `dbt run` of its own for the rest of each.

    opens_host    gives what renders and runs models here, once there is one to build; none where dbt must
    side_by_side  dbt has a server build several models at once: it builds what is much
    """

    dbt: Dbt
    warehouse: Warehouse
    side_by_side: bool
    variables: Mapping[str, object]
    full_refresh: bool
    progress: Progress | None
    computations: Computations
    outcomes: list[Outcome] = field(default_factory=list)
    built: set[str] = field(default_factory=set)
    opens_host: Callable[[], Host | None] | None = None
    opened: Host | None = None

    def host(self) -> Host | None:
        """What renders and runs models here, opened when it is first asked for."""
        if self.opened is None and self.opens_host is not None:
            self.opened, self.opens_host = self.opens_host(), None
        return self.opened

    def run(self, names: set[str], *, is_small: bool = False) -> set[str]:
        """Build these; which of them were not built. What fails in passing is tried again, with what waited for it.

        is_small  all of them stand: what came is added, in one transaction
        """
        if not names:
            return set()
        self.plan(names)
        direct = self._direct(names, is_small)
        names = names - {one.name for one in direct}
        found = self._once(names) if names else []
        for pause in PAUSES:
            again = {one.name for one in found if one.status == "error" and passes(one.message)}
            if not again:
                break
            again |= {one.name for one in found if one.status == "skipped"} & readers(self.dbt.graph.models, again)
            sleep(pause)
            found = [one for one in found if one.name not in again] + self._once(again)
        found = direct + found
        self.outcomes += found
        done = {one.name for one in found if one.status == "success"}
        self.built |= done
        return {one.name for one in found} - done

    def _direct(self, names: set[str], is_small: bool) -> list[Outcome]:
        host = self.host()
        if host is None or (self.side_by_side and not is_small):
            return []
        host.adapter.forget()
        found = build_direct(
            host, self.dbt, self.warehouse, names, is_small=is_small and not self.full_refresh,
            progress=self.progress, starts=self.computations.starts,
        )  # fmt: skip
        self.computations.ends(found)
        return found

    def _once(self, names: set[str]) -> list[Outcome]:
        select, exclude = self.dbt.graph.selection(names)
        found = self.dbt.run(
            self.variables, select=select, exclude=exclude, full_refresh=self.full_refresh, progress=self.progress,
            starts=self.computations.starts,
        )  # fmt: skip
        self.computations.ends(found)
        return found

    def plan(self, names: set[str]) -> None:
        """Say that these are to be built."""
        self.computations.plan([name for name in self.dbt.graph.models if name in names])

    def evaluate(self, names: set[str], standing: set[str], as_of: datetime) -> None:
        """Build these; audiences that stand evaluate without dbt, once all is built that they read."""
        if not names:
            return
        models = self.dbt.graph.models
        audiences = {name for name in standing if models[name].kind == AUDIENCE and not self.dbt.graph.meta(name).get("static")}
        first = names - audiences - readers(models, audiences)
        lost = readers(models, self.run(first, is_small=first <= standing)) & names - first
        self.outcomes += [Outcome(name, "skipped", "", 0.0) for name in sorted(lost)]
        waiting = names - first - lost
        run_id = str(self.variables["run_id"])
        self.plan(waiting)
        found = evaluate(
            self.dbt, self.host(), self.warehouse, audiences & waiting, waiting, as_of=as_of, run_id=run_id,
            progress=self.progress, starts=self.computations.starts,
        )  # fmt: skip
        self.computations.ends(found)
        self.outcomes += found
        done = {one.name for one in self.outcomes if one.status == "success"}
        self.built |= done & waiting
        self.run(waiting - done)


def _before_identity(workspace: Workspace) -> set[str]:
    found: set[str] = set()
    for one in workspace.project.sql_traits:
        read = workspace.dbt.graph.ancestors([rows_model(one)])
        if read and IDENTITY not in read:
            found |= read | {check_model(one)}
    return found


def sql_trait_results(
    workspace: Workspace, warehouse: Warehouse, relations: Relations, as_of: datetime
) -> tuple[SqlTraitResult, ...]:
    """What became of every SQL trait that was built at least once."""
    state = relations["sql_trait_refreshes"]
    problems = {str(model): problem for model, problem in warehouse.fetch(f"select model, problem from {state}")}
    results = []
    for one in workspace.project.sql_traits:
        name = rows_model(one)
        if name not in problems or name not in relations:
            continue
        (rows, new, nobody), *_ = warehouse.fetch(
            "select count(*), "
            f"count(case when k.first_seen_at = p.first_seen_at and k.first_seen_at = {instant_literal(as_of)} then 1 end), "
            "count(case when p.profile_id is null and r.identifier_type <> 'group_id' then 1 end) "
            f"from {relations[name]} as r inner join {relations['sql_trait_identifiers']} as k "
            "on k.type = r.identifier_type and k.value = r.identifier "
            f"left join {relations[IDENTITY]} as p on p.type = k.type and p.value = k.value"
        )
        problem = problems[name]
        said = None if problem is None else str(problem)
        results.append(SqlTraitResult(one.model, int(str(rows)), int(str(new)), said, int(str(nobody))))
    return tuple(results)


def related_results(
    workspace: Workspace, outcomes: Sequence[Outcome], warehouse: Warehouse, relations: Relations
) -> tuple[RelatedResult, ...]:
    """The rows of every table that was built, belongs to somebody, and is read by conditions."""
    results = []
    built = {outcome.name for outcome in outcomes if outcome.status == "success"}
    for name, table in workspace.project.related.items():
        model = rows_model_of(name)
        if not table.owners or model not in built:
            continue
        (rows, nobody), *_ = warehouse.fetch(
            "select count(*), count(case when p.profile_id is null and a.account_id is null then 1 end) "
            f"from {relations[model]} as r "
            f"left join {relations[IDENTITY]} as p on p.type = r.owner_type and p.value = r.owner "
            f"left join {relations['accounts']} as a on a.account_id = r.account_id"
        )
        results.append(RelatedResult(name, int(str(rows)), int(str(nobody))))
    return tuple(results)


def hidden_traits(workspace: Workspace, warehouse: Warehouse, relations: Relations) -> tuple[str, ...]:
    """A warning for each custom trait that a definition of its name hides."""
    project = workspace.project
    names = [*(trait.key for trait in project.traits.values() if trait.enabled)]
    names += [name for one in project.sql_traits for name, _ in one.traits]
    if not names:
        return ()
    listed = ", ".join(text_literal(f"custom.{name}") for name in names)
    found = {
        str(row[0]) for row in warehouse.fetch(f"select distinct trait from {relations['traits']} where trait in ({listed})")
    }
    warnings = []
    for name in (name for name in names if f"custom.{name}" in found):
        sql_trait = project.sql_trait(name)
        place = project.traits[name].place if sql_trait is None else sql_trait.place
        kind = "computed" if sql_trait is None else "SQL"
        warnings.append(f"the {kind} trait `{name}` ({place}) hides a custom trait of that name, which `custom.{name}` reaches")
    return tuple(warnings)
