"""The product asked what the reference interpreter is asked: many definitions compiled once, many people loaded once."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.reference import history
from tests.reference.history import TraitChange
from tests.reference.values import compact_json
from tests.reference.yaml_text import to_yaml

from dbt_audiences.flow import evaluate
from dbt_audiences.flow.evaluate import Call, Evaluator
from dbt_audiences.flow.init import init
from dbt_audiences.flow.workspace import Workspace

Definitions = dict[str, dict[str, Any]]

LOADED_AT = datetime(2000, 1, 1, tzinfo=UTC)
NOT_BUILT = {"ignore_case"}
"""Keys of the language that the compiler still refuses by name; drawn definitions go on without them."""


@contextmanager
def compiled(definitions: Mapping[str, dict[str, Any]]) -> Iterator[Evaluator]:
    """These audiences as the models of one project, ready to be asked."""
    with tempfile.TemporaryDirectory(prefix="agreement_") as folder:
        yield Evaluator(_project(Path(folder) / "shop", definitions), list(definitions))


def generated(root: Path, definitions: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The generated files of a project in which these are the audiences; nothing is generated, and nothing run."""
    shutil.rmtree(root / "audiences", ignore_errors=True)
    write(root, definitions)
    return Workspace(root).files()


def _project(root: Path, definitions: Mapping[str, dict[str, Any]]) -> Path:
    init(root, now=LOADED_AT)
    for folder in ("audiences", "traits"):
        shutil.rmtree(root / folder, ignore_errors=True)
    write(root, definitions)
    Workspace(root).compile(check=False)
    (root / "models" / "audiences" / "audiences.yml").unlink()  # dbt would parse three tests for each audience
    return root


def write(root: Path, definitions: Mapping[str, dict[str, Any]]) -> None:
    """One YAML file for each audience."""
    (root / "audiences").mkdir(parents=True, exist_ok=True)
    for key, definition in definitions.items():
        (root / "audiences" / f"{key}.yml").write_text(to_yaml({"audience": key, "name": key, **definition}), encoding="utf-8")


def answers(
    evaluator: Evaluator, people: Sequence[history.Person], as_of: datetime, keys: Collection[str] | None = None
) -> evaluate.Answers:
    """What the product says of these people."""
    with evaluator.load([as_profile(person) for person in people]) as loaded:
        return loaded.answers(as_of, keys)


def members_of(answers: evaluate.Answers, key: str) -> set[str]:
    """The names of those who are in."""
    return {name for name, answer in answers[key].items() if answer.is_member}


def as_profile(person: history.Person) -> evaluate.Person:
    """A person of the reference as the product's, every event and identify a call, loaded in the order written."""
    calls = [
        Call(
            message_id=event.message_id or _hash(person, event),
            type="track",
            at=event.at,
            event=event.name,
            properties=compact_json(event.properties),
            context=compact_json(event.context),
            received_at=event.received_at,
        )
        for event in person.events
    ]
    calls += [
        Call(
            message_id=changes[0].message_id or _hash(person, changes[0]),
            type="identify",
            at=changes[0].at,
            traits=compact_json({change.name: change.value for change in changes}),
            received_at=changes[0].received_at,
        )
        for changes in _identifies(person.traits)
    ]
    stamped = [replace(call, loaded_at=LOADED_AT + timedelta(seconds=second)) for second, call in enumerate(calls)]
    return evaluate.Person(person.name, person.identifiers, person.first_seen_at, stamped)


def _hash(person: history.Person, call: object) -> str:
    return f"{person.name}-{hashlib.sha256(repr(call).encode()).hexdigest()}"


def _identifies(changes: Sequence[TraitChange]) -> Iterator[list[TraitChange]]:
    """Changes of one message_id, time and arrival are one call, until one of them names a trait again: a copy."""
    call: list[TraitChange] = []
    for change in changes:
        stamp = (change.message_id, change.at, change.received_at)
        is_same = bool(call) and bool(change.message_id) and stamp == (call[0].message_id, call[0].at, call[0].received_at)
        if call and not (is_same and change.name not in {one.name for one in call}):
            yield call
            call = []
        call.append(change)
    if call:
        yield call


def renamed(person: history.Person, prefix: str) -> history.Person:
    """The same person under a name that is theirs alone among many histories; the order of message ids stays."""
    return history.Person(
        f"{prefix}{person.name}",
        {kind: [f"{prefix}{value}" for value in values] for kind, values in person.identifiers.items()},
        [replace(event, message_id=event.message_id and prefix + event.message_id) for event in person.events],
        [replace(change, message_id=change.message_id and prefix + change.message_id) for change in person.traits],
        person.first_seen_at,
    )


def rekeyed(definitions: Mapping[str, dict[str, Any]], prefix: str) -> Definitions:
    """The same audiences under keys of their own, references between them too, without what cannot be built yet."""
    return {
        f"{prefix}{key}": {**_rekeyed(definition, prefix), "audience": f"{prefix}{key}"}
        for key, definition in definitions.items()
    }


def _rekeyed(value: Any, prefix: str) -> Any:
    if isinstance(value, list):
        return [_rekeyed(under, prefix) for under in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{prefix}{under}" if name in ("in_audience", "not_in_audience") else _rekeyed(under, prefix)
        for name, under in value.items()
        if name not in NOT_BUILT
    }
