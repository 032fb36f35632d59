"""SQL traits, related rows and places in a ranking: the SQL compared with the reference, in memory and from run to run."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from tests.integration.agreement import Definitions
from tests.integration.agreement_batches import Tally, check_batch
from tests.integration.agreement_families import draw_sources, sources
from tests.integration.projects import NOW, Project, new_project, track
from tests.integration.source_models import COLUMNS, files
from tests.reference.history import Person
from tests.reference.interpreter import members
from tests.reference.yaml_text import to_yaml

SEED, DEFINITIONS, RUNS = 20260312, 60, 6


def test_the_sql_says_what_the_reference_says() -> None:
    tally = Tally()
    told = check_batch(draw_sources(SEED, DEFINITIONS), tally)
    assert not told, f"{len(told)} findings, of which some:\n\n" + "\n".join(told)
    assert tally.inside > tally.judged / 4


def test_members_are_right_after_every_run(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    as_of = NOW
    definitions, strangers = sources(24, SEED + 1, as_of)
    users = [f"u{number}" for number in range(20)]  # so many that no table loses half of its rows, which a guard would refuse
    project = _project(tmp_path / "shop", definitions, users)
    pool = [one for one in strangers if one.related["orders"] or one.sql_traits]
    people = {user: Person(user, {"user_id": [user]}, [], [], as_of - timedelta(days=3)) for user in users}
    for run in range(RUNS):
        for user in users if run == 0 else chance.sample(users[:6], 2):
            model = chance.choice(pool)
            people[user] = replace(people[user], sql_traits=_flat(model.sql_traits), related=_texts(model.related))
        _lay(project, people.values())
        project.audiences("run", "--no-sync", "--verify", "100%", "--as-of", as_of.isoformat(), "--reuse-key", "x")
        ids = dict(project.sql("select value, profile_id from audiences.profile_identifiers where type = 'user_id'"))
        known = [replace(one, name=ids[one.name]) for one in people.values()]
        found: dict[str, set[str]] = {key: set() for key in definitions}
        for key, profile_id in project.sql("select audience, profile_id from audiences.memberships"):
            found[key].add(profile_id)
        wrong = [
            f"run {run}: {definitions[key]}" for key in definitions if found[key] != members(definitions, key, known, as_of)
        ]
        assert not wrong, "\n".join(wrong)
        due = project.sql(f"select min(changes_at) from audiences.evaluations where changes_at > timestamp '{as_of:%F %T.%f}'")[
            0
        ][0]
        as_of = chance.choice([as_of, as_of + timedelta(hours=5), due.replace(tzinfo=UTC) if due else as_of])
    partly = project.sql("select count(*) from audiences_build.cursors where not is_full")[0][0]
    assert partly > len(definitions) / 2


def _project(folder: Path, definitions: Definitions, users: list[str]) -> Project:
    project = new_project(folder)
    for path, text in files().items():
        project.write(path, text)
    for model, columns in COLUMNS.items():
        typed = ", ".join(
            f'"{column}" {"text" if column in ("user_id", "customer", "item", "id") else "json"}' for column in columns
        )
        project.sql(f"create table raw.{model} ({typed})")
    for key, definition in definitions.items():
        project.write(f"audiences/{key}.yml", to_yaml({**definition, "audience": key, "name": key}))
    project.load(*(track(user, "Visited", -3) for user in users))
    return project


def _flat(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _texts(related: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """One item below each order at most, as the key that an order holds leads to one."""
    return {"orders": [{**order, "items": order.get("items", [])[:1]} for order in related["orders"]]}


def _lay(project: Project, people: Any) -> None:
    """All rows of all people in place of those before."""
    rows: dict[str, list[dict[str, Any]]] = {model: [] for model in COLUMNS}
    for person in people:
        rows["scores"].append({"user_id": person.name, **person.sql_traits})
        for number, order in enumerate(person.related.get("orders", [])):
            item_id = f"{person.name}-{number}"
            rows["orders"].append({"customer": person.name, "item": item_id, **order})
            for item in order["items"]:
                rows["items"].append({"id": item_id, **item})
                rows["makers"] += [{"item": item_id, **maker} for maker in item["makers"]]
    for model, columns in COLUMNS.items():
        project.sql(f"delete from raw.{model}")
        for row in rows[model]:
            literals = [
                _literal(row.get(column), is_text=column in ("user_id", "customer", "item", "id")) for column in columns
            ]
            project.sql(f"insert into raw.{model} values ({', '.join(literals)})")


def _literal(value: Any, *, is_text: bool) -> str:
    if value is None:
        return "null"
    text = value if is_text else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "'" + text.replace("'", "''") + "'"
