"""The README shows exactly what its commands print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COPIED = (
    "alerts",
    "audiences",
    "destinations",
    "macros",
    "models",
    "seeds",
    "analyses",
    "samples",
    "dbt_project.yml",
    "profiles.yml",
)


def copy_of_the_project(folder: Path) -> Path:
    """What a clone holds of the sample project."""
    folder.mkdir()
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    return folder


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `make run` prints the first time and the second."""
    root = copy_of_the_project(tmp_path_factory.mktemp("readme") / "project")
    command = [sys.executable, "samples/online_retail/run.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUDIENCES_")}
    runs = [subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False) for _ in range(2)]
    for run in runs:
        assert run.returncode == 0, run.stdout + run.stderr
    return [run.stdout.strip() for run in runs]


def test_the_first_make_run_prints_what_the_readme_shows(printed: list[str]) -> None:
    assert printed[0] == blocks("text")[0].strip()


def test_the_second_make_run_prints_what_the_readme_shows(printed: list[str]) -> None:
    assert printed[1] == blocks("text")[1].strip()


def test_make_run_runs_that_script() -> None:
    assert "samples/online_retail/run.py" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_error_that_the_readme_shows_is_the_one_that_is_given(tmp_path: Path) -> None:
    root = copy_of_the_project(tmp_path / "project")
    path = root / "audiences" / "lapsed_customers.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("- performed:", "- performd:", 1), encoding="utf-8")
    audiences = Path(sys.executable).with_name("audiences")
    done = subprocess.run([audiences, "compile"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == blocks("text")[2].strip()


def test_every_command_of_the_table_exists() -> None:
    audiences = Path(sys.executable).with_name("audiences")
    listed = subprocess.run([audiences, "--help"], capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"`audiences ([a-z]+)", README))
    assert named == set(re.findall(r"^  ([a-z]+)  ", listed.split("Commands:")[1], re.MULTILINE))


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
