"""The docs hold what they say: printed pages are up to date, links lead somewhere, definitions and commands are real."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from docs.printed import pages
from docs.printed.shown import shown, write_models

from dbt_audiences.cli.main import group
from dbt_audiences.spec import load_project
from dbt_audiences.sync.alerts.recipients import check_alerts
from dbt_audiences.sync.check import check_destinations

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LISTS = DOCS / "printed" / "shown" / "lists"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "CONTRIBUTING.md"])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEEDED = {
    "crm": "destination: crm\ntype: webhook\nsettings: {url: 'https://example.com'}\n",
    "crm_files": "destination: crm_files\ntype: folder\nsettings: {path: out}\n",
}


def blocks(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == language:
                yield page.relative_to(ROOT).as_posix(), text


def test_printing_the_reference_again_changes_nothing() -> None:
    printed = pages()
    stale = [name for name, text in printed.items() if (DOCS / "reference" / name).read_text(encoding="utf-8") != text]
    assert not stale, "run: python -m docs.printed"
    assert {path.name for path in (DOCS / "reference").glob("*.md")} == set(printed)


def test_a_word_that_no_example_shows_stops_the_printing_and_says_which_file_to_write() -> None:
    with pytest.raises(SystemExit) as stopped:
        shown({"operators": ["resembles"], "conditions": ["dreamt_of"]})
    assert str(stopped.value) == (
        "docs/printed: the language knows words that no example shows; write docs/printed/shown/conditions/dreamt_of.yml, "
        "docs/printed/shown/operators/resembles.yml"
    )


def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    foreign = re.compile(r"""<(?:script|link|img)[^>]*(?:src|href)=["'](?:https?:)?//""")
    for page in (tmp_path / "site").rglob("*.html"):
        assert not foreign.findall(page.read_text(encoding="utf-8")), page


def test_every_definition_in_the_docs_is_right_and_supported(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: docs\n")
    for folder in ("audiences", "traits", "destinations", "alerts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "destinations" / "types").mkdir()
    shutil.copytree(LISTS, tmp_path / "lists")
    for key, text in NEEDED.items():
        (tmp_path / "destinations" / f"{key}.yml").write_text(text)
    found = 0
    for page, text in blocks("yaml"):
        first = next(line for line in text.splitlines() if not line.startswith("#"))
        kind, _, key = first.partition(":")
        key = key.strip()
        if page == "docs/tracking-plan.md":
            (tmp_path / "tracking_plan.yml").write_text(text)
        if kind == "models":
            write_models(tmp_path / "models", text)
        if kind == "destination_type":
            (tmp_path / "destinations" / "types" / f"{key}.yml").write_text(text, encoding="utf-8")
        if kind in ("audience", "destination", "alert") or (kind == "trait" and "\nperformed: " in text):
            (tmp_path / f"{kind}s" / f"{key}.yml").write_text(text, encoding="utf-8")
            found += 1
    project = load_project(tmp_path)
    assert found > 5
    assert not check_destinations(project) and not check_alerts(project)


def test_every_block_of_yaml_and_json_can_be_read() -> None:
    for page, text in blocks("yaml"):
        assert yaml.safe_load(text) is not None, page
    for page, text in blocks("json"):
        assert json.loads(text) is not None, page


def test_every_command_in_the_docs_takes_its_arguments() -> None:
    seen = set()
    for page, text in blocks("bash"):
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if not words or not words[0].endswith("audiences"):
                continue
            command = group.get_command(click.Context(group), words[1])
            assert command is not None, f"{page}: {line}"
            try:
                command.make_context(words[1], words[2:])
            except click.ClickException as error:
                pytest.fail(f"{page}: {line}: {error.format_message()}")
            seen.add(words[1])
    assert {"init", "load", "run", "members", "diff", "test", "sync", "status"} <= seen


def test_every_file_that_contributing_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    package = ROOT / "python" / "dbt_audiences"
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|sql|md))`", text))
    missing = [name for name in sorted(named) if not (ROOT / name).exists() and not (package / name).exists()]
    assert not missing


def test_every_word_of_the_glossary_stands_there_once_in_order() -> None:
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE)[1:]
    assert len(words) > 50
    assert len(set(words)) == len(words)


def test_every_hook_runs_what_is_installed_here() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
