"""dbt, run inside this process: parse once, then run with that manifest, so that a run's own variables cost no second parse."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbt_audiences.core.errors import AudiencesError, FailedError, UsageError, WarehouseError
from dbt_audiences.run import parsed
from dbt_audiences.run.graph import Graph, graph_of, read_graph, write_graph
from dbt_audiences.run.packages import PACKAGE_VARIABLE, lacks_packages, package_path
from dbt_audiences.run.profile import plain_credentials
from dbt_audiences.run.texts import PACKAGE, Texts, read_texts, texts_of, write_texts
from dbt_audiences.run.warehouses.duckdb import busy_error

Progress = Callable[[str, int, int], None]
"""Called with a model's name, how many are done, and how many there are."""

GUARD = "guard: "
_WITHOUT_MANIFEST = ("parse", "deps")
MOST_SELECTED = 200
"""Models that are named one by one; beyond, compiling all of them costs little more than looking each of them up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one model: `success`, `error` or `skipped`; `message` is dbt's, `seconds` its time, `sql` its query."""

    name: str
    status: str
    message: str
    seconds: float
    sql: str | None = field(default=None, repr=False)

    @property
    def is_guard(self) -> bool:
        """Whether a guard of ours refused it."""
        return self.status == "error" and GUARD in self.message

    @property
    def reason(self) -> str:
        """The message without dbt's frame around it."""
        lines = [line.strip() for line in self.message.splitlines() if line.strip()]
        return next((line[line.index(GUARD) + len(GUARD) :] for line in lines if GUARD in line), " ".join(lines))


@dataclass(slots=True)
class Dbt:
    """A dbt project and target."""

    root: Path
    profiles_dir: Path | None = None
    target: str | None = None
    target_path: Path | None = None
    state: Path | None = None
    """Artifacts that `state:` selectors compare with."""
    writes_files: bool = True
    """What dbt does and has read is written to logs/dbt.log and target/manifest.json, which takes its time."""
    _manifest: Any = field(default=None, repr=False)
    _graph: Graph | None = field(default=None, repr=False)
    _said: dict[str, Any] | None = field(default=None, repr=False)
    _digest: str = ""
    """Of all that was read at the last parse."""

    def parse(self) -> None:
        """Read the project as it now stands on disk; must be called again after files were generated.

        While no file changes, what was read before is taken, of this process or of one before.
        """
        self._manifest = self._graph = self._said = None
        if self.lacks_packages():
            self.install_packages()
        mark = self._mark()
        self._digest = parsed.digest(mark)
        found = parsed.kept(self._key(), mark)
        if found is not None:
            self._manifest, self._graph = found
        else:
            self._graph = read_graph(self._kept_file("graph"), self._digest)
        if self._graph is None:
            self._read(mark)

    def _read(self, mark: parsed.Stamps) -> None:
        """Have dbt parse."""
        self._checked_credentials()
        self._manifest = self._invoke(["parse", *([] if self.writes_files else ["--no-write-json"])]).result
        self._graph = graph_of(self._manifest, self._settings(), self.target or self._default_target())
        parsed.keep(self._key(), mark, (self._manifest, self._graph))
        write_graph(self._kept_file("graph"), parsed.digest(mark), self._graph)
        texts = texts_of(self._manifest, self._settings(), self._package_settings())
        write_texts(self._kept_file("texts"), parsed.digest(mark), texts)

    def texts(self) -> Texts | None:
        """What dbt would render; None where it was not kept."""
        return read_texts(self._kept_file("texts"), self._digest)

    def _mark(self) -> parsed.Stamps:
        """All that decides about what dbt reads: files, environment, and the target."""
        files = parsed.mark_of(self.root, self._settings(), self.packages_folder, self._profiles_file())
        return files | {("target", self.target)}

    def _kept_file(self, name: str) -> Path:
        return self.target_folder() / "audiences" / f"{name}.json"

    def _package_settings(self) -> dict[str, Any]:
        """What dbt_project.yml of this package says, which is the project itself where it is developed."""
        import yaml

        installed = self.root / self.packages_folder / PACKAGE / "dbt_project.yml"
        file = installed if installed.is_file() else self.root / "dbt_project.yml"
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}

    def forget(self) -> None:
        """Have the whole project read again: of a new macro dbt does not notice which models it concerns."""
        (self.target_folder() / "partial_parse.msgpack").unlink(missing_ok=True)
        self._kept_file("graph").unlink(missing_ok=True)
        parsed.drop(self._key())
        self._manifest = self._graph = None

    def _key(self) -> parsed.Key:
        return (self.root.resolve(), self.target, self.target_path, self.profiles_dir)

    @property
    def packages_folder(self) -> str:
        """Where `dbt deps` puts packages."""
        return str(self._settings().get("packages-install-path") or "dbt_packages")

    def lacks_packages(self) -> bool:
        """Whether the packages that the project asks for are not those that it has."""
        return lacks_packages(self.root, self.packages_folder)

    def install_packages(self) -> None:
        """`dbt deps`: what packages.yml names into dbt_packages/; a package that lies on this machine needs no network."""
        self._invoke(["deps"])

    @property
    def manifest(self) -> Any:
        """dbt's manifest of the last parse."""
        if self._graph is None:
            self.parse()
        if self._manifest is None:
            self._read(self._mark())
        return self._manifest

    @property
    def graph(self) -> Graph:
        """The models of the last parse."""
        if self._graph is None:
            self.parse()
        assert self._graph is not None
        return self._graph

    def run(
        self,
        variables: Mapping[str, object],
        *,
        select: Sequence[str] = (),
        exclude: Sequence[str] = (),
        full_refresh: bool = False,
        progress: Progress | None = None,
        starts: Callable[[str], None] | None = None,
    ) -> list[Outcome]:
        """`dbt run`; models in the order in which they ended. Raises only when dbt could not run at all.

        starts  called with a model's name when it is its turn
        """
        arguments = ["run", *_variables(variables)]
        if select:
            arguments += ["--select", *select, *self._state()]
        if exclude:
            arguments += ["--exclude", *exclude]
        if full_refresh:
            arguments.append("--full-refresh")
        reporters = [_reporter(progress)] if progress else []
        reporters += [_starter(starts)] if starts else []
        result = self._invoke(arguments, callbacks=reporters, accept_failures=True).result
        return [
            Outcome(
                row.node.name,
                "success" if str(row.status) == "success" else "skipped" if str(row.status) == "skipped" else "error",
                row.message or "",
                row.execution_time,
                row.node.compiled_code,
            )
            for row in (result.results if result is not None else ())
            if row.node.resource_type == "model"
        ]

    def selected(self, select: Sequence[str]) -> set[str]:
        """Names of the models that dbt's selectors choose; a selector that dbt cannot read is a usage error."""
        try:
            result = self._invoke(
                ["list", "--resource-type", "model", "--output", "name", "--select", *select, *self._state()]
            ).result
        except FailedError as error:
            raise UsageError(f"`{' '.join(select)}` cannot be selected: {error.message}") from error
        return {name.rsplit(".", 1)[-1] for name in result or ()}

    def compile(self, variables: Mapping[str, object], names: Collection[str] | None = None) -> dict[str, str]:
        """Model name -> compiled SQL of these models, or of all; nothing is run."""
        if names is not None and not names:
            return {}
        named = names is not None and len(names) <= MOST_SELECTED
        select = self.graph.selectors(names or ()) if named else ["resource_type:model"]
        result = self._invoke(
            ["compile", "--no-write-json", "--indirect-selection", "empty", *_variables(variables), "--select", *select]
        ).result
        return {
            row.node.name: row.node.compiled_code
            for row in result.results
            if row.node.resource_type == "model" and row.node.compiled_code is not None
        }

    def own_models(self) -> set[str]:
        """Names of the enabled models of the project itself, not of packages that it installs."""
        return self.graph.of_package(str(self._settings().get("name")))

    def relations(self) -> dict[str, str]:
        """Model name -> its quoted relation in the target."""
        return self.graph.relations()

    def profile_name(self) -> str:
        """The profile that dbt_project.yml names."""
        settings = self._settings()
        return str(settings.get("profile") or settings.get("name"))

    def credentials(self) -> dict[str, object]:
        """The target's connection, secrets included: never print it."""
        plain = plain_credentials(self._profiles_file(), self.profile_name(), self.target)
        return plain or self._checked_credentials()

    def _profiles_file(self) -> Path:
        folder = self.profiles_folder()
        if not (folder / "profiles.yml").is_file():
            looked = f"{self.root} or {folder}" if self.profiles_dir is None and folder != self.root else str(folder)
            raise UsageError(
                f"there is no profiles.yml in {looked}", hint="write one, or say with --profiles-dir where it lies"
            )
        return folder / "profiles.yml"

    def _checked_credentials(self) -> dict[str, object]:
        file = self._profiles_file()
        from dbt.config.runtime import load_profile
        from dbt.flags import set_from_args
        from dbt_common.context import set_invocation_context
        from dbt_common.exceptions import DbtBaseException

        set_invocation_context(dict(os.environ))
        set_from_args(Namespace(PROFILES_DIR=str(file.parent), profiles_dir=str(file.parent)), None)
        try:
            profile = load_profile(str(self.root), {}, target_override=self.target)
        except DbtBaseException as error:
            said = _first_lines(error).replace("Runtime Error ", "")
            raise UsageError(f"{file} cannot be used: {said}", hint="see `dbt debug`") from error
        return {"type": profile.credentials.type, "threads": profile.threads, **_values(profile.credentials)}

    def target_name(self) -> str:
        """The name of the target that is in force."""
        return self.graph.target

    def _default_target(self) -> str:
        from dbt.config.runtime import load_profile

        return str(load_profile(str(self.root), {}, target_override=self.target).target_name)

    def release(self) -> None:
        """Close dbt's own connections; DuckDB's file is locked until then."""
        connections = sys.modules.get("dbt.adapters.duckdb.connections")
        if connections is not None:
            connections.DuckDBConnectionManager.close_all_connections()

    def raw_schema(self) -> str:
        """The schema that `audiences load` writes to: the variable `audiences_raw_schema` of the project."""
        return str(self.variable("audiences_raw_schema") or "raw")

    def computes_unconnected(self) -> bool:
        """Whether what is sent nowhere and read by nothing is computed: the variable `audiences_compute_unconnected`."""
        return self.variable("audiences_compute_unconnected") is not False

    def variable(self, name: str) -> object:
        """A variable as dbt_project.yml sets it, for this package or for all."""
        found = self._settings().get("vars") or {}
        ours = found.get("dbt_audiences") or {}
        return ours[name] if name in ours else found.get(name)

    def _settings(self) -> dict[str, Any]:
        """What dbt_project.yml says, as it was at the last parse, or when it was first asked for."""
        import yaml

        if self._said is None:
            try:
                read = yaml.safe_load((self.root / "dbt_project.yml").read_text(encoding="utf-8"))
            except (OSError, ValueError, yaml.YAMLError) as error:
                raise UsageError(f"dbt_project.yml cannot be read: {_first_lines(error)}") from error
            self._said = read if isinstance(read, dict) else {}
        return self._said

    def target_folder(self) -> Path:
        """Where dbt keeps what it parsed and compiled."""
        given = self.target_path or os.environ.get("DBT_TARGET_PATH") or self._settings().get("target-path") or "target"
        return self.root / str(given)

    def _state(self) -> list[str]:
        return [] if self.state is None else ["--state", str(self.state)]

    def profiles_folder(self) -> Path:
        """Where profiles.yml lies, as dbt looks for it."""
        if self.profiles_dir is not None:
            return self.profiles_dir
        if os.environ.get("DBT_PROFILES_DIR"):
            return Path(os.environ["DBT_PROFILES_DIR"])
        return self.root if (self.root / "profiles.yml").exists() else Path.home() / ".dbt"

    def _invoke(
        self, arguments: list[str], *, callbacks: Sequence[Callable[[Any], None]] = (), accept_failures: bool = False
    ) -> Any:
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from dbt.cli.main import dbtRunner

            manifest = None if arguments[0] in _WITHOUT_MANIFEST else self.manifest
            runner = dbtRunner(manifest=manifest, callbacks=list(callbacks))
            places = ["--project-dir", str(self.root), "--profiles-dir", str(self.profiles_folder())]
            if self.target is not None:
                places += ["--target", self.target]
            if self.target_path is not None and arguments[0] != "deps":
                places += ["--target-path", str(self.target_path)]
            os.environ.setdefault(PACKAGE_VARIABLE, str(package_path()))
            logs = ["--log-level", "none", "--log-level-file", "info" if self.writes_files else "none"]
            with _command_line(["dbt", *arguments]):
                result = runner.invoke([*arguments, *places, *logs, "--no-print", "--no-version-check"])
        if result.exception is not None:
            raise _translated(result.exception)
        if not result.success and not accept_failures:
            raise FailedError(f"dbt {arguments[0]} failed", hint="see logs/dbt.log")
        return result


def in_memory(root: Path, folder: Path, target: Path | None = None) -> Dbt:
    """dbt for the project at `root` with an in-memory DuckDB in place of its warehouse; what it writes goes to `folder`.

    target  where what was parsed stays for the next time
    """
    import json

    dbt = Dbt(root, folder, "memory", target or folder / "target", writes_files=False)
    memory = {"type": "duckdb", "path": ":memory:", "schema": "main"}
    profiles = {dbt.profile_name(): {"target": "memory", "outputs": {"memory": memory}}}
    (folder / "profiles.yml").write_text(json.dumps(profiles), encoding="utf-8")
    return dbt


@contextlib.contextmanager
def _command_line(words: list[str]) -> Iterator[None]:
    """dbt writes the process's command line into its artifacts, and ours may name a person."""
    before = sys.argv
    sys.argv = words
    try:
        yield
    finally:
        sys.argv = before


def _variables(variables: Mapping[str, object]) -> list[str]:
    import json

    return ["--vars", json.dumps(dict(variables))]


def _reporter(progress: Progress) -> Callable[[Any], None]:
    def report(event: Any) -> None:
        if event.info.name in ("LogModelResult", "LogNodeResult"):
            progress(event.data.node_info.node_name, event.data.index, event.data.total)

    return report


def _starter(starts: Callable[[str], None]) -> Callable[[Any], None]:
    def report(event: Any) -> None:
        if event.info.name == "LogStartLine":
            starts(event.data.node_info.node_name)

    return report


def _values(credentials: Any) -> dict[str, object]:
    from dataclasses import fields

    return {one.name: getattr(credentials, one.name) for one in fields(credentials)}


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, KeyboardInterrupt | AudiencesError):
        return error
    text = str(error)
    busy = busy_error(text)
    if busy is not None:
        return busy
    if "could not connect" in text.lower() or "Connection refused" in text:
        return WarehouseError(f"the warehouse cannot be reached: {_first_lines(error)}")
    return FailedError(f"dbt could not run: {_first_lines(error)}", hint="the whole message is in logs/dbt.log")


def _first_lines(error: BaseException) -> str:
    """The message on one line, without dbt's list of the macros that were running."""
    lines = (line.strip() for line in str(error).strip().splitlines())
    return " ".join(line for line in lines if line and not line.startswith(("> in macro", "> called by")))[:600]
