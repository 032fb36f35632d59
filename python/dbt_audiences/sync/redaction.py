"""Secrets taken out of what others say: an answer, a library's error."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote

from dbt_audiences.sync.channel import Channel, Outcome, Request, Side, Unit

HIDDEN = "***"
_SHORTEST = 4
"""What is shorter is part of many words."""
_SHORTEST_LEAF = 8
_CREDENTIALS = re.compile(r"(?i)\b(basic|bearer)(\s+)[A-Za-z0-9+/=._~-]{16,}")


def needles_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """All texts in which the secrets may come back, the longest first: as they are, quoted, in base64, and part by part."""
    found = {form for secret in secrets for part in _parts(secret) for form in _forms(part)}
    return tuple(sorted((one for one in found if len(one) >= _SHORTEST), key=lambda one: (-len(one), one)))


def redacted(text: str, needles: Sequence[str]) -> str:
    """The text without them, and without credentials of any kind that it repeats."""
    for needle in needles:
        text = text.replace(needle, HIDDEN)
    for needle in needles:  # the text may have been cut within one
        cut = next((size for size in range(len(needle) - 1, _SHORTEST_LEAF - 1, -1) if text.endswith(needle[:size])), 0)
        text = f"{text[: len(text) - cut]}{HIDDEN}" if cut else text
    return _CREDENTIALS.sub(rf"\1\2{HIDDEN}", text)


def _parts(secret: str) -> Iterator[str]:
    yield secret
    stripped = secret.strip()
    yield stripped
    if "\n" in stripped:
        yield from (line.strip() for line in stripped.splitlines() if len(line.strip()) >= 2 * _SHORTEST_LEAF)
    if "://" in stripped:  # a URL that holds a token
        where = stripped.partition("://")[2].partition("/")[2]
        words = (where, *re.split(r"[/?&=#]", where))
        yield from (form for word in words if len(word) >= _SHORTEST_LEAF for form in (word, unquote(word)))
    if ";" in stripped:  # a connection string
        yield from (pair.partition("=")[2] for pair in stripped.split(";") if len(pair.partition("=")[2]) > _SHORTEST_LEAF)
    try:
        yield from _leaves(json.loads(stripped))
    except (ValueError, RecursionError):
        return


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    elif isinstance(value, str) and len(value) >= _SHORTEST_LEAF:
        yield from _parts(value)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


class Discreet:
    """A channel whose outcomes hold no secret."""

    def __init__(self, channel: Channel, secrets: Iterable[str]) -> None:
        self._channel, self._needles = channel, needles_of(secrets)
        self.content_type, self.batch_size, self.is_whole = channel.content_type, channel.batch_size, channel.is_whole

    def draft(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> str:
        """As the channel does."""
        return self._channel.draft(request_id, side, units)

    def shown(self, request_id: str, side: Side | None, units: Iterable[Unit]) -> dict[str, object]:
        """As the channel does."""
        return self._channel.shown(request_id, side, units)

    def shown_again(self, request: Request) -> dict[str, object]:
        """As the channel does."""
        return self._channel.shown_again(request)

    def deliver(self, requests: Sequence[Request]) -> list[Outcome]:
        """What became of each, in words without secrets."""
        return [self._without(outcome) for outcome in self._channel.deliver(requests)]

    def try_out(self) -> Outcome:
        """The same of a try."""
        return self._without(self._channel.try_out())

    def tidy(self, kept: Sequence[str]) -> None:
        """As the channel does."""
        self._channel.tidy(kept)

    def close(self) -> None:
        """As the channel does."""
        self._channel.close()

    def _without(self, outcome: Outcome) -> Outcome:
        if not (outcome.reason or outcome.refused or outcome.postponed):
            return outcome
        return replace(
            outcome,
            reason=None if outcome.reason is None else redacted(outcome.reason, self._needles),
            refused=tuple((id_, redacted(said, self._needles)) for id_, said in outcome.refused),
            postponed=tuple((id_, redacted(said, self._needles)) for id_, said in outcome.postponed),
        )
