"""Whatever stands in a file, reading it gives a project or says what is wrong with it."""

from __future__ import annotations

import contextlib
import random
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.unit.spec_projects import CASES, instance_of, kind_of, place_of, problems_of, write_around

from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.spec import SCHEMAS, json_schema, load_project

VALID = sorted((CASES / "valid").glob("*.yml"))
VALIDATORS: dict[str, Any] = {kind: Draft202012Validator(json_schema(kind)) for kind in SCHEMAS}
SOURCES = [path.read_bytes() for folder in ("valid", "invalid") for path in sorted((CASES / folder).glob("*.yml"))]
LINES = [line for source in SOURCES for line in source.splitlines(keepends=True)]
WORDS = [
    b"[]", b"{}", b"null", b"~", b"true", b"-1", b"1e999", b"9" * 5000, b"9" * 5000 + b" days", b"2026-13-01", b"0000-01-01",
    b"9999-12-31T23:59:59-23:59", b"999999999999 years ago", b"now + 999999999999 weeks", b"*a", b"&a ", b"!!x ", b"<<", b"'",
    b'"', b"{parent: a}", b"{trait: a}", b"{file: ..}", b"{file: lists}", b"\t", b"\x00", b"\xff", "\u2028".encode(),
    "²%".encode(), "١ days".encode(), b"[" * 3000, b"{a: " * 400, b"- " * 3000, b"? ",
    b"|\n", b">-\n", b"%YAML 1.2\n---\n", b"---\n", b"...\n",
]  # fmt: skip


def mutated(source: bytes, seed: int) -> bytes:
    """The source with a few lines or bytes deleted, inserted, repeated or replaced."""
    chosen = random.Random(seed)
    for _ in range(chosen.randint(1, 4)):
        lines = source.splitlines(keepends=True) or [b""]
        at = chosen.randrange(len(lines))
        match chosen.randrange(7):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, chosen.choice(LINES))
            case 2:
                lines.insert(at, lines[at])
            case 3:
                lines[at] = chosen.choice((b"  ", b"    ", b"- ")) + lines[at]
            case 4:
                key, colon, _ = lines[at].partition(b":")
                lines[at] = key + colon + b" " + chosen.choice(WORDS) + b"\n"
            case 5:
                cut = chosen.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + chosen.choice(WORDS) + lines[at][cut:]
            case _:
                cut = chosen.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + chosen.randbytes(chosen.randint(1, 3)) + lines[at][cut + 1 :]
        source = b"".join(lines)
    return source


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SOURCES), st.integers(min_value=0, max_value=2**64))
def test_no_text_makes_the_parser_fail_otherwise(source: bytes, seed: int) -> None:
    assert_read_or_refused(mutated(source, seed), kind_of(source))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_fail_otherwise(content: bytes) -> None:
    for kind in ("audience", "trait", "destination", "destination_type"):
        assert_read_or_refused(content, kind)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(VALID), st.integers(min_value=0, max_value=2**64))
def test_what_the_parser_accepts_the_schema_accepts(case: Path, seed: int) -> None:
    source = case.read_bytes()
    content, kind = mutated(source, seed), kind_of(source)
    with tempfile.TemporaryDirectory() as folder:
        root = write_around(Path(folder))
        path = root / place_of(kind, case.name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        if not problems_of(root):
            errors = VALIDATORS[kind].iter_errors(instance_of(content.decode("utf-8")))
            assert [error.message for error in errors] == []


def assert_read_or_refused(content: bytes, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_around(Path(folder))
        path = root / place_of(kind, "mutant.yml")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        with contextlib.suppress(DefinitionError, UsageError):
            load_project(root)


def test_a_dbt_project_that_is_no_yaml_is_refused_too() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = write_around(Path(folder))
        for content in (b"", b"\xff", b"name: [", b"- a", b"name: [a]"):
            (root / "dbt_project.yml").write_bytes(content)
            with contextlib.suppress(DefinitionError, UsageError):
                load_project(root)
                raise AssertionError(content)
