"""The dbt package alone, inside another project and out of the wheel, and the project that `audiences init` makes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import (
    ROOT,
    SAMPLES,
    Project,
    Result,
    artifacts,
    at,
    command_line,
    dbt,
    new_project,
    package_as_in_the_wheel,
    statuses,
    track,
)

from dbt_audiences.flow.init import project_name
from dbt_audiences.run.dbt import Dbt

PYTHON = "import sys; sys.argv[0] = 'audiences'; from dbt_audiences.cli.main import main; main()"
SAMPLE_KEYS = {path.stem for path in (ROOT / "audiences").glob("*.yml")}
PROFILES = "{name}: {{target: dev, outputs: {{dev: {{type: duckdb, path: warehouse.duckdb, schema: main}}}}}}\n"


def audiences(folder: Path, *arguments: str, path: Path | None = None) -> Result:
    """`audiences` with a working directory; with `path` in a process of its own, out of the package that lies there."""
    if path is None:
        with contextlib.chdir(folder):
            return command_line(arguments)
    environment = {**os.environ, "PYTHONPATH": str(path)}
    environment.pop("DBT_AUDIENCES_PACKAGE", None)
    done = subprocess.run(
        [sys.executable, "-c", PYTHON, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    return Result(done.returncode, done.stdout, done.stderr)


def answer(folder: Path, *arguments: str, path: Path | None = None) -> Any:
    done = audiences(folder, *arguments, "--json", path=path)
    assert done.exit_code == 0, done.out + done.err
    return done.json


# --- the package in another project ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """An empty dbt project that installs the checkout, built by dbt alone."""
    project = Project(tmp_path_factory.mktemp("consumer") / "acme")
    project.write("dbt_project.yml", "name: acme\nversion: 1.0.0\nprofile: acme\n")
    project.write("profiles.yml", PROFILES.format(name="acme"))
    project.write("packages.yml", f"packages: [{{local: {ROOT}}}]\n")
    assert project.dbt("deps").success
    with artifacts():
        built = project.dbt("build")
    assert built.success, built.exception
    project.write("built.json", json.dumps(statuses(built)))
    return project


def test_an_empty_project_that_installs_the_package_builds_and_gets_none_of_its_samples(consumer: Project) -> None:
    built = set(json.loads((consumer.root / "built.json").read_text()))
    assert {"memberships", "profile_identifiers", "stg_calls", "traits", "acknowledged"} <= built
    nodes = json.loads((consumer.root / "target/manifest.json").read_text())["nodes"].values()
    there = {node["name"] for node in nodes if node["resource_type"] != "analysis"}
    assert SAMPLE_KEYS and not there & SAMPLE_KEYS
    assert [node["name"] for node in nodes if node["resource_type"] in ("seed", "test")] == []
    assert [name for name in there if name.startswith(("events_", "send_", "trait_"))] == []


def test_inside_another_project_the_schemas_follow_that_projects_rule(consumer: Project) -> None:
    found = consumer.sql("select distinct table_schema from information_schema.tables order by all")
    assert found == [("main_audiences",), ("main_audiences_build",), ("raw",)]


def test_a_sample_of_the_package_does_not_stand_in_the_way_of_an_audience_of_its_name(
    consumer: Project, tmp_path: Path
) -> None:
    project = consumer.copy(tmp_path / "acme")
    key = min(SAMPLE_KEYS)
    project.define(key, "{performed: Bought}", description="Ours")
    project.load(track("1", "Bought", -1))
    project.run()
    assert project.members(key) == {"1"}
    assert project.sql(f"select count(*) from main_audiences.{key}") == [(1,)]


# --- the checkout by itself --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the checkout's dbt project with a fresh database and a few calls, built by dbt alone as of an instant."""
    folder = tmp_path_factory.mktemp("checkout") / "dbt_audiences"
    for name in ("analyses", "audiences", "destinations", "macros", "models", "seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, folder)
    project = Project(folder)
    assert project.dbt("build").success  # with nothing loaded yet
    order = {"revenue": 2_000, "country": "France"}
    project.load(*(track(f"c{n}", "Order Completed", -n, properties=order) for n in range(1, 9)))
    project.load(*(track(f"c{n}", "Order Completed", -20 - n, properties=order) for n in range(1, 5)))
    return project


def test_dbt_run_and_dbt_test_alone_compute_and_check_everything_as_of_an_instant(checkout: Project) -> None:
    given = ("--vars", f"{{as_of: '{at(0)}'}}")
    assert checkout.dbt("run", *given).success
    tested = checkout.dbt("test", *given)
    assert tested.success and {path.stem for path in (ROOT / "tests/dbt").glob("*.sql")} <= set(statuses(tested))
    assert checkout.sql("select count(*), min(entered_at) from audiences.repeat_buyers") == checkout.sql(
        f"select 4, timestamp '{at(0)[:-1]}'"
    )


def test_the_tests_of_the_package_see_a_broken_state(checkout: Project, tmp_path: Path) -> None:
    project = checkout.copy(tmp_path / "dbt_audiences")
    assert project.dbt("run").success
    project.sql(
        "insert into audiences.memberships select 'repeat_buyers', 'twice', now() from range(2)",
        "insert into audiences.memberships values ('repeat_buyers', 'at no time', null)",
        "insert into audiences.profile_identifiers select 'p' || n, 'email', 'x@example.com', now() from range(2) as t(n)",
    )
    failed = {name for name, status in statuses(project.dbt("test")).items() if status == "fail"}
    assert {path.stem for path in (ROOT / "tests/dbt").glob("*.sql")} <= failed


# --- audiences init ----------------------------------------------------------------------------------------------------------


def run_through(folder: Path, path: Path | None) -> Path:
    """init, load and run, as its output says; the new project."""
    made = answer(folder, "init", "my-shop", path=path)
    assert made["name"] == "my_shop"
    assert made["next_commands"] == [
        "cd my-shop",
        "audiences load events.jsonl",
        "audiences run",
        "audiences members repeat_buyers",
    ]
    shop = folder / "my-shop"
    assert all((shop / file).is_file() for file in made["files"])
    assert [one["rejected"] for one in answer(shop, "load", "events.jsonl", path=path)] == [0]
    report = answer(shop, "run", path=path)
    assert [(one["status"], one["delivered"]) for one in report["connections"]] == [("synced", 3)]
    assert Project(shop).sql("select count(*) from audiences.repeat_buyers") == [(3,)]
    return shop


def test_a_new_project_runs_at_once_also_by_dbt_alone_and_after_a_fresh_checkout(tmp_path: Path) -> None:
    shop = run_through(tmp_path, None)
    assert (shop / "dbt_packages/dbt_audiences").resolve() == ROOT
    members = answer(shop, "members", "repeat_buyers")
    assert {member["email"] for member in members} == {"ann@example.com", "cleo@example.com", "finn@example.com"}
    assert audiences(shop, "test").exit_code == 0
    assert dbt(shop, "build").success
    shutil.rmtree(shop / "dbt_packages")
    assert answer(shop, "run", "--no-sync")["exit_code"] == 0
    again = audiences(shop, "init", ".")
    assert again.exit_code == 2 and "is not empty" in again.err
    assert audiences(tmp_path, "init", "my-shop/README.md").exit_code == 2


def test_a_model_of_a_new_project_is_there_before_its_first_run_for_dbt_alone(tmp_path: Path) -> None:
    made = answer(tmp_path, "init", "shop")
    assert {"models/audiences/repeat_buyers.sql", "macros/audiences_project.sql", ".gitignore"} <= set(made["files"])


@pytest.mark.parametrize("other", ["there", "gone"])
def test_a_package_of_another_installation_is_exchanged_for_the_one_that_runs(tmp_path: Path, other: str) -> None:
    package_as_in_the_wheel(tmp_path / "there")
    answer(tmp_path, "init", "shop")
    link = tmp_path / "shop/dbt_packages/dbt_audiences"
    link.unlink()
    link.symlink_to(tmp_path / other)
    Dbt(tmp_path / "shop").parse()
    assert link.resolve() == ROOT


@pytest.mark.parametrize("other", ["none", "gone"])
def test_examples_run_in_a_fresh_checkout_and_leave_it_as_it_is(tmp_path: Path, other: str) -> None:
    answer(tmp_path, "init", "shop")
    packages = tmp_path / "shop/dbt_packages"
    shutil.rmtree(packages)
    if other == "gone":
        packages.mkdir()
        (packages / "dbt_audiences").symlink_to(tmp_path / other)
    assert audiences(tmp_path / "shop", "test").exit_code == 0
    assert packages.exists() is (other == "gone")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop!", "my_shop"),
        ("2026", "project_2026"),
        ("dbt_audiences", "dbt_audiences_project"),
        ("Ünï", "uni"),
        ("日本", "x"),
    ],
)
def test_the_projects_name_is_one_that_dbt_takes(folder: str, name: str) -> None:
    assert project_name(folder) == name


def test_a_database_file_that_bears_the_name_of_a_schema_is_refused_and_says_why(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.write("profiles.yml", (project.root / "profiles.yml").read_text().replace("warehouse.duckdb", "audiences.duckdb"))
    refused = project.audiences("run", expect=1)
    assert "the DuckDB file `audiences.duckdb` bears the name of the schema `audiences`" in refused.err
    assert "warehouse.duckdb" in refused.err


# --- the wheel ---------------------------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_package_without_samples_and_a_project_runs_on_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [
            name.removeprefix("dbt_audiences/dbt_package/")
            for name in archive.namelist()
            if name.startswith("dbt_audiences/dbt_package/")
        ]
        archive.extractall(tmp_path / "site")
    expected = {
        path.relative_to(ROOT).as_posix()
        for folder in ("macros", "models", "docs/schemas")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and not path.relative_to(ROOT)
        .as_posix()
        .startswith(tuple(name if name.endswith(".sql") else f"{name}/" for name in SAMPLES))
    }
    assert set(names) == {"dbt_project.yml", *expected}
    shop = run_through(tmp_path, tmp_path / "site")
    assert (shop / "dbt_packages/dbt_audiences").resolve() == tmp_path / "site/dbt_audiences/dbt_package"
    for path in sorted([*shop.glob("audiences/*.yml"), *shop.glob("traits/*.yml"), *shop.glob("destinations/*.yml")]):
        place = path.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        assert json.loads((path.parent / place).read_text(encoding="utf-8"))["title"], path
