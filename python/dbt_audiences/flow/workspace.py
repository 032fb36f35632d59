"""A project on disk with its dbt target: what every command begins with."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dbt_audiences.compile.names import send_model
from dbt_audiences.compile.project import Difference, compare, generate, write
from dbt_audiences.core.errors import DefinitionError, UsageError, WarehouseError
from dbt_audiences.core.project import MACRO_FILE, Audience, Project, Sendable, SendTo
from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.run.dbt import Dbt
from dbt_audiences.run.models import Model
from dbt_audiences.run.registry import state_exists
from dbt_audiences.run.warehouses import open_warehouse
from dbt_audiences.spec import load_project
from dbt_audiences.spec.fields import unknown
from dbt_audiences.spec.reuse import Reuse, open_reuse
from dbt_audiences.sync.alerts.recipients import check_alerts
from dbt_audiences.sync.check import check_destinations
from dbt_audiences.sync.engine import identifiers_of

LONGEST_WAIT_SECONDS = 3_600.0
_POLL_SECONDS = 0.1
_NOT_COPIED = ("target", "logs", "build", ".git", ".venv")


@dataclass(slots=True)
class Workspace:
    """`root` holds dbt_project.yml; files are read when they are first asked for, and once."""

    root: Path
    profiles_dir: Path | None = None
    target: str | None = None
    _project: Project | None = field(default=None, repr=False)
    _dbt: Dbt | None = field(default=None, repr=False)
    _reuse: Reuse | None = field(default=None, repr=False)
    _files: dict[str, str] | None = field(default=None, repr=False)

    @property
    def project(self) -> Project:
        """The checked definitions."""
        if self._project is None:
            self._reuse = open_reuse(self.root)
            project = load_project(self.root, self._reuse)
            problems = [*check_destinations(project), *check_alerts(project)]
            if problems:
                raise DefinitionError(problems)
            self._project = project
        return self._project

    @property
    def dbt(self) -> Dbt:
        """dbt for this project and target, parsed when first needed."""
        if self._dbt is None:
            self._dbt = Dbt(self.root, self.profiles_dir, self.target)
        return self._dbt

    def models(self) -> dict[str, Model]:
        """Name -> every enabled model of dbt, each after all that it reads."""
        return dict(self.dbt.graph.models)

    def dbt_on(self, copy: Path) -> Dbt:
        """dbt for a copy of the project, with the same profile and target."""
        return Dbt(copy, self.dbt.profiles_folder(), self.target, self.parsed_before("preview") or copy / "target")

    def files(self) -> dict[str, str]:
        """The text of every generated file."""
        if self._files is None:
            self._files = generate(self.project, identifiers_of(self.project.destinations), self._reuse)
            if self._reuse is not None:
                self._reuse.save()
        return dict(self._files)

    def compile(self, *, check: bool) -> Difference:
        """Bring the generated files up to date, or with `check` only say what is stale."""
        files = self.files()
        if check:
            return compare(self.root, files)
        difference = write(self.root, files)
        if MACRO_FILE in (*difference.new, *difference.gone):
            self.dbt.forget()
        return difference

    @contextmanager
    def scratch(self, files: Mapping[str, str] | None = None) -> Iterator[Path]:
        """A copy of the project with its models as the definitions now say, or with other generated files in their place.

        For what must write nothing into the project.
        """
        with tempfile.TemporaryDirectory(prefix="audiences_") as folder:
            copy = Path(folder) / "project"
            copy.mkdir()
            not_copied = (*_NOT_COPIED, *((self.dbt.packages_folder,) if self.dbt.lacks_packages() else ()))
            for entry in self.root.iterdir():
                if entry.name in ("models", "macros"):
                    shutil.copytree(entry, copy / entry.name)
                elif entry.name not in not_copied:
                    (copy / entry.name).symlink_to(entry)
            write(copy, self.files() if files is None else files)
            yield copy

    def parsed_before(self, purpose: str) -> Path | None:
        """A folder where what dbt parsed for this purpose stays for the next time; none where nothing may be written."""
        folder = self.dbt.target_folder() / "audiences" / purpose
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        return folder

    def audience(self, key: str) -> Audience:
        """A defined audience; an unknown key is a usage error that names the nearest."""
        found = self.project.audiences.get(key)
        if found is None and key in self.project.traits:
            raise UsageError(f"`{key}` is a trait, and this is asked of audiences", hint="its values are in the table `traits`")
        if found is None:
            raise UsageError(f"there is no audience `{key}`", hint=unknown(key, self.project.audiences))
        return found

    def sent(self, key: str) -> Sendable:
        """An audience, a computed trait or the model of SQL traits; an unknown key is a usage error that names the nearest."""
        known = {one.key: one for one in self.project.sendable}
        if key not in known:
            raise UsageError(f"there is no audience or trait `{key}`", hint=unknown(key, known))
        return known[key]

    def sends(self) -> Iterator[tuple[Sendable, SendTo, str]]:
        """Every connection, with the name of its model; a disabled audience or trait has none that is built."""
        for sent in self.project.sendable:
            for send in sent.send_to:
                yield sent, send, send_model(send.destination, sent.key)

    @contextmanager
    def warehouse(self, *, wait: bool = False) -> Iterator[Warehouse]:
        """The target's warehouse; with `wait` a busy one is tried again for up to an hour."""
        opened = retry_while_busy(lambda: open_warehouse(self.dbt.credentials()), wait=wait)
        try:
            yield opened
        finally:
            opened.close()

    def reopening(self) -> Callable[[], AbstractContextManager[Warehouse]]:
        """What opens the warehouse again, also while dbt runs: reading credentials, which sets flags of dbt, is done now."""
        credentials = self.dbt.credentials()
        return lambda: closing(open_warehouse(credentials))

    @contextmanager
    def prepared_warehouse(self, *, wait: bool = False) -> Iterator[Warehouse]:
        """The same, where a run has been before; otherwise a usage error says so."""
        with self.warehouse(wait=wait) as warehouse:
            if not state_exists(warehouse, self.dbt.relations()):
                raise UsageError("nothing was computed in this warehouse yet", hint="run `audiences run` first")
            yield warehouse


def retry_while_busy(open_: Callable[[], Warehouse], *, wait: bool) -> Warehouse:
    """What `open_` gives; while another process holds the warehouse, with `wait`, again and again."""
    deadline = time.monotonic() + (LONGEST_WAIT_SECONDS if wait else 0)
    while True:
        try:
            return open_()
        except WarehouseError as error:
            if not error.is_busy or time.monotonic() >= deadline:
                raise
        time.sleep(_POLL_SECONDS)


def now() -> datetime:
    """The present, aware and UTC; commands take it once and pass it on."""
    return datetime.now(UTC)
