"""FILE -> records: the query of one audience, or what the public API returns, as JSON or JSON Lines."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt_audiences.core.definitions import Entity
from dbt_audiences.core.errors import UsageError

_LISTS = ("data", "audiences", "computedTraits", "audience", "computedTrait", "results", "items")
_HINT = "give the text of a query, or JSON as the public API returns it: records with a `definition`"


@dataclass(frozen=True, slots=True)
class Record:
    """One audience or computed trait at Segment; `place` is what its messages begin with, `line` where its query starts."""

    key: str
    name: str
    description: str
    query: str
    place: str
    line: int = 1
    id: str = ""
    enabled: bool = True
    of: Entity | None = "users"
    identifiers: tuple[str, ...] | None = None
    has_history: bool = True
    backfill_days: int | None = None
    kind: str = ""


def read_records(path: Path) -> list[Record]:
    """Every record of a file, in its order; raises `UsageError` where the file is neither query nor JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", hint="save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if text.lstrip()[:1] not in ("{", "[") and path.suffix not in (".json", ".jsonl", ".ndjson"):
        return [Record(slug(path.stem), "", "", text, path.name)]
    records = [_record(found, path.name) for found in _objects(text, path)]
    if not records:
        raise UsageError(f"{path} holds no audience and no computed trait", hint=_HINT)
    return records


def slug(text: str) -> str:
    """A key of ours as near to the text as may be."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "audience"
    return (made if made[0].isalpha() else f"a_{made}")[:63].strip("_")


def _objects(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        documents = [json.loads(text)]
    except (ValueError, RecursionError) as whole:
        documents = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                documents.append(json.loads(line))
            except (ValueError, RecursionError):
                at = number if documents else getattr(whole, "lineno", number)
                raise UsageError(f"{path.name}:{at}: neither JSON nor JSON Lines: {whole}", hint=_HINT) from whole
    for document in documents:
        yield from _within(document)


def _within(document: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from _within(one)
    elif isinstance(document, dict):
        if "definition" in document or "query" in document:
            yield document
            return
        for key in _LISTS:
            if key in document:
                yield from _within(document[key])


def _record(found: Mapping[str, Any], file: str) -> Record:
    definition = found.get("definition")
    inner: Mapping[str, Any] = definition if isinstance(definition, dict) else {}
    query = definition if isinstance(definition, str) else inner.get("query", found.get("query"))
    options = found.get("options") if isinstance(found.get("options"), dict) else {}
    assert isinstance(options, dict)
    kind = str(found.get("audienceType") or inner.get("type") or inner.get("targetEntity") or "USERS").upper()
    of: Entity | None = {"USERS": "users", "USER": "users", "ACCOUNTS": "accounts", "ACCOUNT": "accounts"}.get(kind)  # type: ignore[assignment]
    key = _text(found.get("key")) or slug(_text(found.get("name")) or _text(found.get("id")))
    identifiers = options.get("filterByExternalIds")
    days = options.get("backfillEventDataDays", options.get("backfillDurationDays"))
    return Record(
        key=key,
        name=_text(found.get("name")),
        description=_text(found.get("description")),
        query=_text(query),
        place=f"{file}: {key}",
        id=_text(found.get("id")),
        enabled=found.get("enabled") is not False,
        of=of,
        identifiers=tuple(map(str, identifiers)) if isinstance(identifiers, list) and identifiers else None,
        has_history=options.get("includeHistoricalData") is not False,
        backfill_days=days if isinstance(days, int) and not isinstance(days, bool) and days > 0 else None,
        kind=kind,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
