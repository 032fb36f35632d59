"""Compiling again is quick, and what comes out is what a compile from nothing gives; too much is refused at once."""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.compile import definition, make

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.spec import reuse

COUNT = 60


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make(tmp_path / "project", COUNT)
    return tmp_path / "project"


def cached(root: Path) -> list[Path]:
    return sorted((root.parent / "cache").rglob("*.pickle"))


def from_nothing(root: Path) -> dict[str, str]:
    """The files that a compile gives which knows of no other."""
    for path in cached(root):
        path.unlink()
    return Workspace(root).files()


EDITS = {
    "one definition": ("audiences/audience_7.yml", definition(7, days=31)),
    "a column that others use as another type": ("audiences/a.yml", "audience: a\nwho: {trait: plan, gt: 5}\n"),
    "a computed trait in the place of a custom one": ("traits/plan.yml", "trait: plan\nperformed: Signed Up\nlast: plan\n"),
    "an audience that others refer to, of accounts": (
        "audiences/audience_8.yml", "audience: audience_8\nof: accounts\nwho: everyone\n",
    ),
    "the project's name": ("dbt_project.yml", "name: dbt_audiences\nversion: 1.0.0\nprofile: many\n"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_after_an_edit_every_file_is_what_a_compile_from_nothing_gives(root: Path, edit: str) -> None:
    before = Workspace(root).files()
    assert len(cached(root)) == 1
    path, text = EDITS[edit]
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)
    again = Workspace(root).files()
    assert again != before
    assert again == from_nothing(root)


def test_a_definition_that_became_wrong_is_refused_and_mended_again(root: Path) -> None:
    before = Workspace(root).files()
    path = root / "audiences/audience_3.yml"
    text = path.read_text()
    path.write_text(text.replace("within", "withn", 1))
    with pytest.raises(DefinitionError, match=r"audience_3.yml:12:7: `withn` is not known"):
        Workspace(root).files()
    path.write_text(text)
    assert Workspace(root).files() == before


def test_only_what_changed_is_read_again_and_nothing_after_an_edit_of_the_code(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Workspace(root).files()
    read: list[str] = []
    real = reuse.Reuse.get

    def counted(self: reuse.Reuse, parts: tuple[object, ...], make_: object) -> object:
        known = len(self.known)
        found = real(self, parts, lambda: read.append(str(parts[0])) or make_())  # type: ignore[func-returns-value, operator]
        assert len(self.known) == known
        return found

    monkeypatch.setattr(reuse.Reuse, "get", counted)
    Workspace(root).files()
    assert read == []
    (root / "audiences/audience_7.yml").write_text(definition(7, days=31))
    Workspace(root).files()
    assert len(read) == 2 and read[0] == "audiences/audience_7.yml"
    monkeypatch.setattr(reuse, "code_fingerprint", lambda: "another version")
    Workspace(root).files()
    assert len(read) == 2 + 2 * COUNT


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps([1, 2])])
def test_a_cache_that_is_broken_is_as_if_it_were_not_there(root: Path, content: bytes) -> None:
    files = Workspace(root).files()
    cached(root)[0].write_bytes(content)
    assert Workspace(root).files() == files


def test_a_small_project_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make(tmp_path / "project", 5)
    Workspace(tmp_path / "project").files()
    assert cached(tmp_path / "project") == []


# --- too much ----------------------------------------------------------------------------------------------------------------

CONDITION = "    - {trait: plan, equals: a}\n"
TEST = "      - {property: price, gt: 5}\n"
TOO_MUCH = {
    "conditions": ("who:\n  any:\n" + CONDITION * 5_000, "`big` has 5,000 conditions, more than the 200 that one query takes"),
    "comparisons": (
        "who:\n  performed: Bought\n  where:\n    any:\n" + TEST * 5_000,
        "`big` has 5,000 comparisons, more than the 1,000 that one query takes",
    ),
    "levels": ("who: " + "{not: " * 100 + "{performed: Bought}" + "}" * 100, "the file is nested too deeply"),
    "flow levels": ("who: " + "[" * 50_000, "the file is nested too deeply"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_no_engine_could_answer_is_refused_at_once_and_in_little_memory(root: Path, what: str) -> None:
    text, said = TOO_MUCH[what]
    (root / "audiences/big.yml").write_text(f"audience: big\n{text}\n")
    gigabyte = 2**30

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (gigabyte, gigabyte))
        resource.setrlimit(resource.RLIMIT_CPU, (10, 10))

    program = [sys.executable, "-c", "from dbt_audiences.cli.main import main; main()", "compile", "--project-dir", str(root)]
    ended = subprocess.run(program, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert ended.returncode == 2, ended.stderr[-500:]
    assert said in ended.stderr and "audiences/big.yml:" in ended.stderr
