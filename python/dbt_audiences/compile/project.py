"""A checked project -> the text of every file that is generated for it, and the writing of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

from dbt_audiences.compile.audience import audience_model
from dbt_audiences.compile.jinja import Expression, render, string
from dbt_audiences.compile.limits import too_large
from dbt_audiences.compile.lists import list_model
from dbt_audiences.compile.loaded_lists import list_models
from dbt_audiences.compile.names import send_model
from dbt_audiences.compile.needs import collect_tables
from dbt_audiences.compile.sends import desired_model
from dbt_audiences.compile.sql_traits import declared, sql_trait_models
from dbt_audiences.compile.tables import Tables, table_models
from dbt_audiences.compile.traits import trait_model
from dbt_audiences.compile.wide import wide_columns
from dbt_audiences.compile.withheld import requires_models, withholding
from dbt_audiences.core.definitions import Which
from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.core.identity import Identity, Limit
from dbt_audiences.core.phones import PhoneRule
from dbt_audiences.core.project import MACRO_FILE, Project, Sendable, SendTo
from dbt_audiences.spec.reuse import Reuse

FOLDERS = (
    "models/audiences", "models/lists", "models/events", "models/traits/custom", "models/traits/computed",
    "models/traits/sql", "models/entities", "models/sync/sends",
    "models/sync/requires",
)  # fmt: skip
PACKAGE = "dbt_audiences"
"""The dbt package, whose own audiences are samples. It gets no yml of them: where another project installs the package, dbt
would take an entry for that project's audience of the same name. Its singular tests check what the yml would."""

MARKS = ("-- Generated ", "{#- Generated ", "# Generated ")
"""How every generated file begins; only such files are ever replaced or removed."""

IdentifiersOf = Callable[[SendTo, Sendable], Mapping[str, Which]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What writing would do to the files of a project, as paths relative to it."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def generate(project: Project, identifiers_of: IdentifiersOf, reuse: Reuse | None = None) -> dict[str, str]:
    """Path relative to the project -> text, for every generated file; raises on what is too large.

    reuse  what was generated before: texts whose definition and surroundings are the same are not made again
    """
    problems = too_large(project)
    if problems:
        raise DefinitionError(problems)
    tables = collect_tables(project)
    around = "" if reuse is None else _surroundings(project, tables)
    files = {f"models/{path}": text for path, text in table_models(tables).items()}
    files |= {f"models/{path}": text for path, text in sql_trait_models(project).items()}
    files |= {f"models/{path}": text for path, text in list_models(project).items()}
    files |= {f"models/lists/{model}.sql": list_model(listed) for listed, model in tables.lists.items()}
    for audience in project.audiences.values():
        if audience.enabled:
            make = partial(audience_model, audience, project, tables)
            text = make() if reuse is None else reuse.get((around, project.hashes[audience.key], audience), make)
            files[f"models/audiences/{audience.key}.sql"] = text
    for trait in project.traits.values():
        if trait.enabled:
            files[f"models/traits/computed/{trait.key}.sql"] = trait_model(trait, project, tables)
    for sent in project.sendable:
        for send in sent.send_to if sent.enabled else ():
            model = send_model(send.destination, sent.key)
            withheld = withholding(project, sent, send)
            files[f"models/sync/sends/{model}.sql"] = desired_model(sent, send, identifiers_of(send, sent), withheld)
    files |= requires_models(project, tables)
    if project.name != PACKAGE:
        files["models/audiences/audiences.yml"] = _audiences_yml(project)
    files[MACRO_FILE] = _project_macros(project, wide_columns(project, tables))
    return files


def _surroundings(project: Project, tables: Tables) -> str:
    """The hash of all that the text of an audience's model depends on beside the audience itself."""
    others = {key: (one.of, one.enabled, one.identifiers, one.include_anonymous) for key, one in project.audiences.items()}
    found: list[object] = [others, project.name, project.traits, project.sql_traits, project.related]
    for one in fields(tables):
        if one.name != "project":
            value = getattr(tables, one.name)
            found.append(_in_order(value.columns if one.name == "related" else value))
    return hashlib.sha256(repr(found).encode("utf-8", "surrogatepass")).hexdigest()


def _in_order(value: object) -> object:
    """Mappings and sets as lists in an order that is the same in each process."""
    if isinstance(value, Mapping):
        return sorted(((repr(key), _in_order(under)) for key, under in value.items()), key=repr)
    return sorted(map(repr, value)) if isinstance(value, set) else value


def compare(root: Path, files: Mapping[str, str]) -> Difference:
    """What is stale in a project; raises when a file of the user's own stands where one is generated."""
    existing = dict(_generated(root))
    for path in files:
        if (root / path).exists() and path not in existing:
            raise UsageError(f"{path} is in the way: it was not generated", hint="move it elsewhere and compile again")
    return Difference(
        new=tuple(sorted(path for path in files if path not in existing)),
        changed=tuple(sorted(path for path, text in files.items() if path in existing and existing[path] != text)),
        gone=tuple(sorted(path for path in existing if path not in files)),
    )


def write(root: Path, files: Mapping[str, str]) -> Difference:
    """Bring the generated files up to date; each is written beside and renamed, and an unchanged one is not touched."""
    difference = compare(root, files)
    for path in (*difference.new, *difference.changed):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        beside.write_text(files[path], encoding="utf-8")
        os.replace(beside, target)
    for path in difference.gone:
        (root / path).unlink()
    return difference


def _generated(root: Path) -> Iterator[tuple[str, str]]:
    candidates = [path for folder in FOLDERS for path in sorted((root / folder).glob("*")) if path.suffix in (".sql", ".yml")]
    for path in (*candidates, root / MACRO_FILE):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if text.startswith(MARKS):
                yield path.relative_to(root).as_posix(), text


def _audiences_yml(project: Project) -> str:
    lines = ["# Generated by `audiences compile` from the definitions. Edit those.", "version: 2", "", "models:"]
    enabled = [audience for audience in project.audiences.values() if audience.enabled]
    for audience in enabled:
        lines += [
            f"  - name: {_quoted(audience.key)}",
            f"    description: {_described(audience.description or audience.name)}",
            "    columns:",
            "      - name: profile_id",
            "        data_tests: [unique, not_null]",
            "      - name: entered_at",
            "        data_tests: [not_null]",
        ]
    return "\n".join(lines if enabled else lines[:2]) + "\n"


def _quoted(key: str) -> str:
    """A key as YAML 1.1, which dbt reads, takes for a text: `off` and `null` are none there without quotes."""
    return f'"{key}"' if key in ("y", "n", "yes", "no", "on", "off", "true", "false", "null") else key


def _described(text: str) -> str:
    """A description as YAML, of which dbt renders the Jinja: a text with braces becomes an expression that gives it."""
    return json.dumps(f"{{{{ {string(text)} }}}}" if "{" in text else text, ensure_ascii=False)


def _project_macros(project: Project, wide: list[Expression]) -> str:
    keys = [audience.key for audience in project.audiences.values() if audience.enabled]
    sources: list[Expression] = [
        {
            "model": source.model,
            "name": source.name,
            "at": source.at,
            "user_id": source.user_id,
            "anonymous_id": source.anonymous_id,
            "email": source.email,
            "group_id": source.group_id,
            "id": source.id,
        }
        for source in project.event_sources
    ]
    computed: list[Expression] = [trait.key for trait in project.traits.values() if trait.enabled]
    frozen: list[Expression] = [trait.key for trait in project.traits.values() if not trait.enabled]
    identity = _identity_macro(project.identity) if project.identity != Identity() else ""
    return (
        "{#- Generated by `audiences compile`: what the package's own models must know of this project. -#}\n"
        f"{{% macro audiences_keys() -%}}\n    {{{{ return({render(list(keys), 4)}) }}}}\n{{%- endmacro %}}\n\n\n"
        f"{{% macro audiences_computed_traits() -%}}\n    {{{{ return({render(computed, 4)}) }}}}\n{{%- endmacro %}}\n\n\n"
        f"{{% macro audiences_frozen_traits() -%}}\n    {{{{ return({render(frozen, 4)}) }}}}\n{{%- endmacro %}}\n\n\n"
        f"{{% macro audiences_sql_traits() -%}}\n    {{{{ return({render(declared(project), 4)}) }}}}\n{{%- endmacro %}}\n\n\n"
        f"{{% macro audiences_wide_traits() -%}}\n    {{{{ return({render(wide, 4)}) }}}}\n{{%- endmacro %}}\n\n\n"
        f"{{% macro audiences_event_sources() -%}}\n    {{{{ return({render(sources, 4)}) }}}}\n{{%- endmacro %}}\n"
        f"{identity}"
    )


def _limit(limit: Limit | None) -> Expression:
    return None if limit is None else {"count": limit.count, "period": limit.period}


def _phones(rule: PhoneRule) -> Expression:
    steps: list[Expression] = [
        {"test": step.test, "strip": step.strip, "by": step.by, "then": step.then} for step in rule.steps
    ]
    return {"country_code": rule.country_code, "abroad": rule.abroad, "steps": steps, "valid": rule.valid}


def _identity_macro(identity: Identity) -> str:
    """What identity.yml says, in the words of the package's macros about identity."""
    said: dict[str, Expression] = {
        "custom": {name: {"from": one.source, "keys": list(one.keys)} for name, one in identity.custom.items()},
        "normalize": dict(identity.normalize),
        "regions": {name: rule.region for name, rule in identity.regions.items()},
        "phones": {rule.region: _phones(rule) for rule in identity.regions.values()},
        "blocked": {name: list(values) for name, values in identity.blocked.items()},
        "blocked_patterns": {name: list(patterns) for name, patterns in identity.blocked_patterns.items()},
        "alias": "link" if identity.aliases_link else "ignore",
        "priority": list(identity.priority),
        "limits": {name: _limit(limit) for name, limit in identity.limits.items()},
        "profile_limits": {
            "merges": identity.profile_limits.merges,
            "identifiers": identity.profile_limits.identifiers,
            "shared_by": identity.profile_limits.shared_by,
        },
    }
    return f"\n\n{{% macro audiences_identity() -%}}\n    {{{{ return({render(said, 4)}) }}}}\n{{%- endmacro %}}\n"
