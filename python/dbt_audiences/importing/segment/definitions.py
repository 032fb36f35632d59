"""Records -> definitions of ours, all of a file together, since they refer to one another by their keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dbt_audiences.core.definitions import Entity, Place
from dbt_audiences.importing.segment.comparing import length
from dbt_audiences.importing.segment.computed import computed_trait
from dbt_audiences.importing.segment.parser import parse_query
from dbt_audiences.importing.segment.records import Record, slug
from dbt_audiences.importing.segment.scene import CannotSay, Finding, Known, Scene, Yaml
from dbt_audiences.importing.segment.tokens import QueryError
from dbt_audiences.importing.segment.tree import Expression, Reduced, Span
from dbt_audiences.importing.segment.who import translated
from dbt_audiences.importing.yaml_text import yaml_text
from dbt_audiences.spec.audience import ELIGIBLE
from dbt_audiences.spec.reserved import reserved_reason
from dbt_audiences.spec.schema import editor_line

_HEAD = ("audience", "trait", "name", "description", "of")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Made:
    """One file of ours: its folder, its key, its keys and values, and the comment at its head."""

    folder: str
    key: str
    definition: Yaml
    comment: str

    @property
    def path(self) -> str:
        """Where it belongs below a project."""
        return f"{self.folder}/{self.key}.yml"

    @property
    def text(self) -> str:
        """What stands in it."""
        return f"{editor_line(self.folder[:-1])}\n{yaml_text(self.definition, self.comment)}"


@dataclass(slots=True)
class Translation:
    """Files, what could not be said (whose file is not there), and what to know of files that are."""

    files: list[Made] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    record: Record
    key: str
    tree: Expression | Reduced


def translate(records: Sequence[Record]) -> Translation:
    """Every record as files of ours; one with any part that cannot be said makes no file, and is listed."""
    done = Translation()
    read = list(_read(records, done))
    audiences = {one.record.key: _known(one) for one in read if not isinstance(one.tree, Reduced)}
    traits = {one.record.key: _known(one) for one in read if isinstance(one.tree, Reduced)}
    for one in read:
        scene = Scene(one.key, _of(one.record), audiences, traits)
        made = scene.attempt(_trait if isinstance(one.tree, Reduced) else _audience, one, scene)
        done.problems += scene.problems
        if made is None or scene.problems:
            continue
        done.files += [Made("traits", key, trait, _comment(one.record)) for key, trait in scene.made.items()]
        done.files.append(made)
        done.notes += scene.notes
    _disable_consumers(done)
    return done


def _disable_consumers(done: Translation) -> None:
    """Write what refers to a disabled definition as disabled too: ours would refuse it, and Segment's would stand still."""
    changed = True
    while changed:
        changed = False
        disabled = {one.key for one in done.files if one.definition.get("enabled") is False}
        for index, one in enumerate(done.files):
            read = sorted(disabled.intersection(_references(one.definition)))
            if one.key in disabled or not read:
                continue
            message = f"it is written as disabled, since it reads `{read[0]}`, which is disabled"
            done.problems.append(Finding(one.key, one.path, read[0], message))
            first = {key: value for key, value in one.definition.items() if key in _HEAD}
            done.files[index] = replace(one, definition=first | {"enabled": False} | one.definition | {"enabled": False})
            changed = True


def _references(value: object) -> Iterator[str]:
    """Keys that a definition may read."""
    if isinstance(value, list):
        for one in value:
            yield from _references(one)
    elif isinstance(value, dict):
        for key, under in value.items():
            if key in ("in_audience", "not_in_audience", "trait") and isinstance(under, str):
                yield under
            yield from _references(under)


def _read(records: Iterable[Record], done: Translation) -> Iterable[_Read]:
    taken: dict[str, str] = {}
    for record in records:
        problem = _unusable(record, taken)
        if problem is not None:
            done.problems.append(Finding(record.key, record.place, record.query, problem))
            continue
        try:
            tree = parse_query(record.query, record.place, line=record.line)
        except QueryError as error:
            message = error.message if error.hint is None else f"{error.message}: {error.hint}"
            at = record.query[error.start : error.end] or record.query[max(error.start - 20, 0) :]
            done.problems.append(Finding(record.key, str(error.place), at, message))
            continue
        key = _our_key(record.key)
        taken[key] = record.key
        if key != record.key:
            message = f"`{record.key}` is no key here, so it is `{key}`; what was sent under the old one keeps its name"
            done.notes.append(Finding(key, record.place, record.key, message))
        yield _Read(record, key, tree)


def _unusable(record: Record, taken: dict[str, str]) -> str | None:
    if record.of is None:
        if record.kind == "LINKED":
            return "a linked audience reads tables of the warehouse: say it in SQL, as a SQL trait"
        return f"audiences of `{record.kind}` are not known: USERS and ACCOUNTS are"
    if not record.query.strip():
        return "there is no query: its definition was not in the answer, or is of an older kind"
    if _our_key(record.key) in taken:
        return f"`{taken[_our_key(record.key)]}` has taken the key `{_our_key(record.key)}` already"
    return None


def _our_key(key: str) -> str:
    made = key if _KEY.fullmatch(key) else slug(key)
    return made if reserved_reason(made) is None else f"imported_{made}"[:63]


def _of(record: Record) -> Entity:
    return "accounts" if record.of == "accounts" else "users"


def _known(one: _Read) -> Known:
    return Known(one.key, _of(one.record))


def _head(one: _Read, what: str) -> Yaml:
    record = one.record
    made: Yaml = {what: one.key}
    made |= {"name": record.name} if record.name.strip() else {}
    made |= {"description": record.description} if record.description.strip() else {}
    made |= {"of": "accounts"} if record.of == "accounts" else {}
    return made | ({} if record.enabled else {"enabled": False})


def _audience(one: _Read, scene: Scene) -> Made:
    record, tree = one.record, one.tree
    assert not isinstance(tree, Reduced)
    made = _head(one, "audience")
    if record.of == "accounts":
        made["account_events"] = "all_of_user"
    made |= _eligible(record) | _history(one, scene)
    who = translated(tree, scene, _of(record))
    if scene.made and not record.has_history:
        raise CannotSay(tree, "`mode`, `first` and `last` become computed traits, which always read history")
    for trait in scene.made.values():
        _look_back(trait, record)
    return Made("audiences", one.key, made | {"who": who}, _comment(record))


def _eligible(record: Record) -> Yaml:
    named = record.identifiers
    if named is None or set(named) == set(ELIGIBLE):
        return {}
    if set(named) == {*ELIGIBLE, "anonymous_id"}:
        return {"include_anonymous": True}
    return {"identifiers": list(dict.fromkeys(named))}


def _history(one: _Read, scene: Scene) -> Yaml:
    record, tree = one.record, one.tree
    if not record.has_history:
        scene.note(tree, "`history: none` begins with the first run here, and not with the day it was made at Segment")
        return {"history": "none"}
    if record.backfill_days is not None:
        return {"history": length(Span(record.backfill_days, "days"))}
    return {}


def _look_back(trait: Yaml, record: Record) -> None:
    """Give a trait the window of its record, where it has none: a trait has no `history:`."""
    if record.backfill_days is not None and not {"within", "between", "session"} & set(trait):
        trait["within"] = length(Span(record.backfill_days, "days"))


def _trait(one: _Read, scene: Scene) -> Made:
    record, tree = one.record, one.tree
    assert isinstance(tree, Reduced)
    made = _head(one, "trait") | computed_trait(tree, scene, one.key, _of(record))
    if not record.has_history:
        raise CannotSay(tree, "a computed trait of ours always reads history", place=Place(record.place, record.line, 1))
    _look_back(made, record)
    if record.of == "accounts":
        scene.note(tree, "an event with a group id counts for that account alone; at Segment for every account of its user")
    return Made("traits", one.key, made, _comment(record))


def _comment(record: Record) -> str:
    lines = record.query.strip().splitlines()
    which = f" {record.id}" if record.id else ""
    return "\n".join([f"Taken over from Segment{which}:", *(f"  {line.strip()}" for line in lines)])
