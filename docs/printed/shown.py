"""Every word of the language with an example: files below `docs/printed/shown/<section>/<word>.yml`, printed as they are.

Each is a definition with `examples:`, headed by a comment that says what the word means; what it needs beside it follows
behind `---`. A test runs them all. A word that the JSON Schema knows and no file shows stops the printing, and so does a file
for a word that is none.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from docs.printed.markdown import ROOT

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.spec import json_schema, load_project
from dbt_audiences.spec.comparisons import OPERATORS
from dbt_audiences.spec.conditions import COMBINERS, LEAVES
from dbt_audiences.spec.trait import FUNCTIONS
from dbt_audiences.spec.values import UNITS

FOLDER = ROOT / "docs" / "printed" / "shown"
_TITLES = {
    "combining": "Combinations",
    "conditions": "Conditions",
    "events": "Keys of an event condition",
    "steps": "Keys of a step of `then`",
    "where": "What `where` judges",
    "operators": "Operators",
    "right_sides": "Right sides that are no literal",
    "tests": "Keys beside an operator",
    "units": "Units of time",
    "audience": "Keys of an audience that say who may be in",
    "functions": "Computed traits",
}
_FOR_PEOPLE = {
    "audience", "name", "description", "owner", "folder", "enabled", "every", "tags", "meta", "examples", "compute", "who",
    "send_to",
}  # fmt: skip
"""Keys of an audience that say nothing about who is in."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One word: what it means, and the definitions that show it, the first of which has the examples."""

    section: str
    word: str
    says: str
    documents: tuple[str, ...]


def words() -> dict[str, list[str]]:
    """Section -> the words that need an example, out of the spec and its JSON Schema."""
    schema: Mapping[str, Any] = json_schema("audience")
    known = schema["$defs"]

    def properties(*names: str) -> list[str]:
        return list(dict.fromkeys(key for name in names for key in known[name]["properties"]))

    events = [key for key in properties("performed") if key not in (*OPERATORS, *LEAVES)]
    subjects = [one["$ref"].rpartition("/")[2] for one in known["where"]["anyOf"] if "$ref" in one]
    subject_keys = [key for name in subjects for key in known[name]["required"] if key != "where"]
    tests = properties("trait_condition", *(name for name in subjects if "where" not in known[name]["properties"]))
    return {
        "combining": [*COMBINERS, "everyone"],
        "conditions": list(LEAVES),
        "events": events,
        "steps": [key for key in properties("step_performed") if key not in (*events, *OPERATORS, *LEAVES)]
        + ["after"] * ("after" in OPERATORS),
        "where": subject_keys,
        "operators": list(OPERATORS),
        "right_sides": [*properties("reference"), *_list_file(known)],
        "tests": [key for key in tests if key not in (*OPERATORS, *subject_keys, *LEAVES)],
        "units": list(UNITS),
        "audience": [key for key in schema["properties"] if key not in _FOR_PEOPLE],
        "functions": [*FUNCTIONS, "session"],
    }


def _list_file(known: Mapping[str, Any]) -> list[str]:
    return [key for one in known["many"]["anyOf"] for key in one.get("properties", ())]


def keys_of_conditions() -> set[str]:
    """Every key that the schema knows below `who`; each must stand in some example."""
    schema: Mapping[str, Any] = json_schema("audience")
    found: set[str] = set()
    seen: set[str] = set()
    waiting: list[Any] = [schema["properties"]["who"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                waiting.append(schema["$defs"][name])
            found |= {key for key, under in (node.get("properties") or {}).items() if under is not False}
            waiting += node.values()
    return found


def shown(more: Mapping[str, Sequence[str]] | None = None) -> list[Shown]:
    """Every example, in the order of the page; raises `SystemExit` where words and files differ.

    more  words beside those that the spec knows, by section
    """
    needed = {section: [*known, *(more or {}).get(section, ())] for section, known in words().items()}
    there = {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.yml")}
    wanted = {(section, word) for section, of_section in needed.items() for word in of_section}
    missing = [f"docs/printed/shown/{section}/{word}.yml" for section, word in sorted(wanted - there)]
    if missing:
        raise SystemExit("docs/printed: the language knows words that no example shows; write " + ", ".join(missing))
    if there - wanted:
        odd = ", ".join(f"{section}/{word}" for section, word in sorted(there - wanted))
        raise SystemExit(f"docs/printed: examples of words that the language does not know: {odd}")
    found = [_read(section, word) for section, of_section in needed.items() for word in dict.fromkeys(of_section)]
    unused = keys_of_conditions() - {key for one in found for document in one.documents for key in _keys(document)}
    if unused:
        raise SystemExit(f"docs/printed: no example below docs/printed/shown has the keys {', '.join(sorted(unused))}")
    return found


def _read(section: str, word: str) -> Shown:
    path = FOLDER / section / f"{word}.yml"
    name = path.relative_to(ROOT).as_posix()
    head, _, text = path.read_text(encoding="utf-8").partition("\n")
    documents = tuple(f"{document.strip()}\n" for document in text.split("\n---\n"))
    says = head.removeprefix("# ")
    if not head.startswith("# ") or not says.endswith("."):
        raise SystemExit(f"{name}: the first line is a comment that says in a sentence what `{word}` means")
    if "examples:" not in documents[0]:
        raise SystemExit(f"{name}: the first definition needs `examples:`")
    said = documents[0].partition("\nexamples:")[0].partition("\n")[2] + "".join(documents[1:])
    if not re.search(rf"\b{word.removesuffix('s')}", said):
        raise SystemExit(f"{name}: its definitions do not use `{word}`")
    _check(documents, name)
    return Shown(section, word, says, documents)


def _keys(document: str) -> Iterator[str]:
    """Every key of a definition, without what its examples give."""

    def walk(node: object) -> Iterator[str]:
        if isinstance(node, dict):
            for key, under in node.items():
                yield str(key)
                yield from walk(under)
        elif isinstance(node, list):
            for item in node:
                yield from walk(item)

    yield from walk({key: value for key, value in yaml.safe_load(document).items() if key != "examples"})


def write_project(root: Path, documents: tuple[str, ...]) -> list[str]:
    """Definitions as files of a project, and the lists that they read; the keys of those with examples."""
    for source in (FOLDER / "lists").iterdir():
        (root / "lists").mkdir(parents=True, exist_ok=True)
        (root / "lists" / source.name).write_bytes(source.read_bytes())
    keys = []
    for document in documents:
        if document.startswith("models:"):
            write_models(root / "models", document)
            continue
        kind, _, key = document.splitlines()[0].partition(": ")
        (root / f"{kind}s").mkdir(parents=True, exist_ok=True)
        (root / f"{kind}s" / f"{key}.yml").write_text(document, encoding="utf-8")
        if "\nexamples:" in document:
            keys.append(key)
    return keys


def write_models(folder: Path, document: str) -> None:
    """Models of the user's own, as their yml says; what is in them the examples give."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [model["name"] for model in yaml.safe_load(document)["models"]]
    (folder / f"{names[0]}.yml").write_text(document, encoding="utf-8")
    for name in names:
        (folder / f"{name}.sql").write_text("select 1 as id\n", encoding="utf-8")


def _check(documents: tuple[str, ...], name: str) -> None:
    """Raise `SystemExit` where an example is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "dbt_project.yml").write_text("name: shown\n", encoding="utf-8")
        write_project(root, documents)
        try:
            load_project(root)
        except DefinitionError as error:
            raise SystemExit(f"{name}: {error}") from error


def language_page() -> str:
    """Every word, what it means, and an example that a test runs."""
    parts = [
        "# Every word by example\n",
        "Each definition below is run by a test with its `examples:`, through the SQL that production runs: the people under "
        "`in` are members at that instant, those under `out` are not. [Conditions](conditions.md) and "
        "[operators](operators.md) list the same words in tables; [The language](../definitions.md) is the guide.\n",
    ]
    section = ""
    for one in shown():
        if one.section != section:
            section = one.section
            parts.append(f"## {_TITLES[section]}\n")
        parts.append(f"### `{one.word}`\n")
        parts.append(f"{one.says}\n")
        parts += [f"```yaml\n{document}```\n" for document in one.documents]
    return "\n".join(parts)
