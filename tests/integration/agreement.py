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

from dbt_audiences.core.errors import DefinitionError
from dbt_audiences.flow import evaluate
from dbt_audiences.flow.evaluate import Call, Evaluator
from dbt_audiences.flow.init import init
from dbt_audiences.flow.workspace import Workspace

Definitions = dict[str, dict[str, Any]]

LOADED_AT = datetime(2000, 1, 1, tzinfo=UTC)
NAMING = ("audience", "in_audience", "not_in_audience", "trait")
"""Keys of the language whose value is the key of a definition."""


def list_files(lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The texts of list files, one value a line."""
    return {path: "".join(f"{text}\n" for text in texts) for path, texts in lists.items()}


@contextmanager
def compiled(definitions: Mapping[str, dict[str, Any]], files: Mapping[str, str] | None = None) -> Iterator[Evaluator]:
    """These audiences as the models of one project, with these further files, ready to be asked."""
    with tempfile.TemporaryDirectory(prefix="agreement_") as folder:
        yield Evaluator(_project(Path(folder) / "shop", definitions, files or {}), list(definitions))


def generated(root: Path, definitions: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The generated files of a project in which these are the audiences; nothing is generated, and nothing run."""
    shutil.rmtree(root / "audiences", ignore_errors=True)
    write(root, definitions)
    return Workspace(root).files()


def refused(definitions: Mapping[str, dict[str, Any]], files: Mapping[str, str]) -> set[str]:
    """The keys of those of these definitions that are refused."""
    with tempfile.TemporaryDirectory(prefix="agreement_") as folder:
        _lay(Path(folder) / "shop", definitions, files)
        try:
            Workspace(Path(folder) / "shop").files()
        except DefinitionError as error:
            return {Path(problem.place.file).stem for problem in error.problems}
    return set()


def _project(root: Path, definitions: Mapping[str, dict[str, Any]], files: Mapping[str, str]) -> Path:
    _lay(root, definitions, files)
    Workspace(root).compile(check=False)
    (root / "models" / "audiences" / "audiences.yml").unlink()  # dbt would parse three tests for each audience
    return root


def _lay(root: Path, definitions: Mapping[str, dict[str, Any]], files: Mapping[str, str]) -> None:
    init(root, now=LOADED_AT)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    for folder in ("audiences", "traits"):
        shutil.rmtree(root / folder, ignore_errors=True)
    write(root, definitions)


def write(root: Path, definitions: Mapping[str, dict[str, Any]]) -> None:
    """One YAML file for each audience and each computed trait."""
    for key, definition in definitions.items():
        kind = "trait" if "trait" in definition else "audience"
        (root / f"{kind}s").mkdir(parents=True, exist_ok=True)
        (root / f"{kind}s" / f"{key}.yml").write_text(to_yaml({kind: key, "name": key, **definition}), encoding="utf-8")


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
            source=event.source,
            group_id=event.group_id,
        )
        for event in person.events
    ]
    calls += [
        Call(
            message_id=call.message_id or _hash(person, call),
            type="group",
            at=call.at,
            traits=compact_json(call.traits),
            received_at=call.received_at,
            group_id=call.account,
        )
        for call in person.groups
    ]
    calls += [
        Call(
            message_id=changes[0].message_id or _hash(person, changes[0]),
            type="identify",
            at=changes[0].at,
            traits=compact_json({change.name: change.value for change in changes}),
            received_at=changes[0].received_at,
        )
        for changes in identifies(person.traits)
    ]
    stamped = [replace(call, loaded_at=LOADED_AT + timedelta(seconds=second)) for second, call in enumerate(calls)]
    later = {(kind, value): at for kind, at in person.seen_later.items() for value in person.identifiers[kind]}
    given = {"sql_traits": person.sql_traits, "related": person.related, "lists": sorted(person.lists), "seen_later": later}
    return evaluate.Person(person.name, person.identifiers, person.first_seen_at, stamped, **given)


def _hash(person: history.Person, call: object) -> str:
    return f"{person.name}-{hashlib.sha256(repr(call).encode()).hexdigest()}"


def identifies(changes: Sequence[TraitChange]) -> Iterator[list[TraitChange]]:
    """The identify calls of these changes: one for those that share id, time and arrival, until a trait comes again: a copy."""
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
    """The same person and accounts under names of their own among many histories; the order of message ids stays."""
    return history.Person(
        f"{prefix}{person.name}",
        {kind: [f"{prefix}{value}" for value in values] for kind, values in person.identifiers.items()},
        [_renamed_event(event, prefix) for event in person.events],
        [replace(change, message_id=change.message_id and prefix + change.message_id) for change in person.traits],
        person.first_seen_at,
        [
            replace(call, account=prefix + call.account, message_id=call.message_id and prefix + call.message_id)
            for call in person.groups
        ],
        person.sql_traits,
        person.related,
        person.lists,
        person.seen_later,
    )


def _renamed_event(event: history.Event, prefix: str) -> history.Event:
    context = event.context
    if context.get("groupId"):
        context = {**context, "groupId": f"{prefix}{context['groupId']}"}
    group_id = event.group_id and prefix + event.group_id
    return replace(event, message_id=event.message_id and prefix + event.message_id, context=context, group_id=group_id)


def rekeyed(definitions: Mapping[str, dict[str, Any]], prefix: str) -> Definitions:
    """The same definitions under keys of their own, references between them too."""
    return {f"{prefix}{key}": _rekeyed(definition, prefix, definitions) for key, definition in definitions.items()}


def _rekeyed(value: Any, prefix: str, keys: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_rekeyed(under, prefix, keys) for under in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{prefix}{under}" if name in NAMING and under in keys else _rekeyed(under, prefix, keys)
        for name, under in value.items()
    }
