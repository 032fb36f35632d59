"""One HTTP request with its retries: what each answer means, how long to wait, and what never to wait for."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from dbt_audiences.sync.addresses import PrivateAddress, is_public
from dbt_audiences.sync.channel import Outcome
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.pace import Pace

TRIES = 3
FIRST_WAIT_SECONDS = 0.4
"""The longest first wait of our own choice; any part of it is as likely, so that many senders do not come back at once."""

LONGEST_WAIT_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 1_000_000
_REASON_LENGTH = 300

_REJECTING = (400, 404, 410, 413, 422)
_DIVIDING = (400, 413, 422)
_HOLDING = (401, 403)
_OVERLOADED = (408, 425, 429, 503)
_FIRST_EPOCH = 1_000_000_000
"""A reset header above this holds an instant, below it seconds."""

_RESETS = ("X-Ratelimit-Retry-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset")

HOLD_REASON = "a person must renew the credentials"


Signer = Callable[[str, bytes], Mapping[str, str]]
"""(request id, body) -> the headers of a body sent now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A request as it is sent; `headers` are made anew for each try, `url` is encoded already.

    most_bytes  of the answer; what follows is not read
    """

    method: str
    url: str
    body: bytes | None
    headers: Callable[[], Mapping[str, str]]
    most_bytes: int = ANSWER_BYTES


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only: what was checked is what is connected to, so a second answer cannot slip in."""

    def __init__(self) -> None:
        self._resolver: ThreadedResolver | None = None  # it wants a running loop

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of a name; raises `PrivateAddress` when one is not public."""
        if self._resolver is None:
            self._resolver = ThreadedResolver()
        found = await self._resolver.resolve(host, port, family)
        for entry in found:
            if not is_public(entry["host"]):
                raise PrivateAddress(host, entry["host"])
        return found

    async def close(self) -> None:
        """Nothing is held."""
        if self._resolver is not None:
            await self._resolver.close()


def session(*, allow_private_addresses: bool, connections: int) -> aiohttp.ClientSession:
    """A client that keeps no cookies, follows nothing, and resolves private names only where that is allowed."""
    resolver = None if allow_private_addresses else PublicResolver()
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=resolver, limit=connections),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=CONNECT_SECONDS, connect=CONNECT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"user-agent": "dbt-audiences"},
    )


async def post(
    client: aiohttp.ClientSession, url: str, request_id: str, body: bytes, *, sign: Signer, effects: Effects, pace: Pace
) -> Outcome:
    """Post a body until the answer is final or the tries are used up."""
    sending = Sending("POST", url, body, lambda: sign(request_id, body))
    outcome, _ = await send(
        client, sending, judge=lambda answer: judged(answer.status, answer.text), effects=effects, pace=pace
    )
    return outcome


async def send(
    client: aiohttp.ClientSession,
    sending: Sending,
    *,
    judge: Callable[[Answer], Outcome],
    effects: Effects,
    pace: Pace | None = None,
    tries: int = TRIES,
    repeats_lost: bool = True,
) -> tuple[Outcome, Answer | None]:
    """Send until the answer is final or the tries are used up; what it came to, and the last answer.

    judge  what an answer means
    pace   of the credentials: it is kept to, and told how each try went; None: a request that no limit counts
    repeats_lost  it is sent again where no answer came, and it may have arrived
    """
    outcome, answer = Outcome("unsent"), None
    for tried in range(1, tries + 1):
        refusal = None if pace is None else await _admitted(pace, effects)
        if refusal is not None:
            return (refusal if tried == 1 else replace(outcome, stops=True)), answer
        outcome, answer = await _once(client, sending, judge)
        outcome = replace(outcome, tries=tried)
        wished_wait = None if answer is None else _wished_wait(answer, effects.clock)
        if pace is not None:
            _tell(pace, outcome, answer, wished_wait, effects.clock().timestamp())
        if outcome.verdict != "pending" or tried == tries or (answer is None and not repeats_lost):
            break
        if wished_wait is not None and wished_wait > LONGEST_WAIT_SECONDS:
            break
        own_wait = FIRST_WAIT_SECONDS * 2 ** (tried - 1) * effects.jitter()
        await effects.sleep(own_wait if wished_wait is None else wished_wait)
    return outcome, answer


async def _admitted(pace: Pace, effects: Effects) -> Outcome | None:
    """Wait for the next moment that the pace allows; an outcome where that is too far away to wait for."""
    now = effects.clock().timestamp()
    paused, reason = pace.paused_for(now)
    if paused > LONGEST_WAIT_SECONDS:
        return Outcome("unsent", f"{reason}; it is asked again in {paused:,.0f} seconds", stops=True)
    wait = pace.reserve(now)
    if wait:
        await effects.sleep(wait)
    return None


def _tell(pace: Pace, outcome: Outcome, answer: Answer | None, wished_wait: float | None, now: float) -> None:
    """How a try went, for those that follow."""
    if answer is not None and (answer.status == 429 or wished_wait is not None or outcome.is_throttled):
        pace.refused(now, wished_wait)
    elif outcome.verdict == "pending":
        pace.failed(now)
    else:
        pace.answered()


async def _once(
    client: aiohttp.ClientSession, sending: Sending, judge: Callable[[Answer], Outcome]
) -> tuple[Outcome, Answer | None]:
    """What one attempt came to."""
    try:
        async with client.request(
            sending.method, URL(sending.url, encoded=True), data=sending.body, headers=sending.headers(), allow_redirects=False
        ) as response:
            text = await _read(response, sending.most_bytes)
            answer = Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, text)
            return judge(answer), answer
    except PrivateAddress as error:
        return Outcome("unsent", str(error), stops=True), None
    except aiohttp.InvalidURL:
        return Outcome("unsent", "its URL is not valid", stops=True), None
    except aiohttp.ClientConnectorCertificateError:
        return Outcome("pending", "its certificate is not valid", stops=True), None
    except aiohttp.ClientConnectorDNSError:
        return Outcome("pending", "its name could not be resolved", stops=True), None
    except aiohttp.ClientConnectorError as error:
        return Outcome("pending", f"it cannot be reached: {error.os_error.strerror or 'no connection'}", stops=True), None
    except TimeoutError:
        return Outcome("pending", "it did not answer in time", stops=True), None
    except aiohttp.ServerDisconnectedError:
        return Outcome("pending", "it closed the connection without an answer"), None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # The class alone: the text of some of these holds the whole URL.
        return Outcome("pending", f"its answer could not be read ({type(error).__name__})"), None


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> str:
    parts = []
    size = 0
    async for part in response.content.iter_chunked(65_536):
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            response.close()
            break
    return b"".join(parts).decode("utf-8", "replace")


def judged(status: int, text: str) -> Outcome:
    """What a status and a body say; a 2xx body that is no list of rejections takes everything."""
    if 200 <= status < 300:
        return Outcome("delivered", refused=_refused(text))
    reason = reason_of(status, text)
    if status in _REJECTING:
        return Outcome("rejected", reason, divides=status in _DIVIDING)
    if status in _HOLDING:
        return Outcome("held", f"{reason}; {HOLD_REASON}", stops=True)
    return Outcome("pending", reason, stops=status in _OVERLOADED)


def reason_of(status: int, text: str) -> str:
    """A status and the beginning of what came with it."""
    said = " ".join(text.split())[:_REASON_LENGTH]
    return f"{status}: {said}" if said else str(status)


def _refused(text: str) -> tuple[tuple[str, str], ...]:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    entries = answer.get("rejected") if isinstance(answer, dict) else None
    found = []
    for entry in entries if isinstance(entries, list) else ():
        name = (entry.get("messageId") or entry.get("profile_id")) if isinstance(entry, dict) else None
        if isinstance(name, str):
            found.append((name, str(entry.get("reason") or "no reason given")[:_REASON_LENGTH]))
    return tuple(found)


def _wished_wait(answer: Answer, clock: Callable[[], datetime]) -> float | None:
    """Seconds that the other side asks for: `Retry-After`, or on 429 the vendors' own headers."""
    header = answer.headers.get("retry-after")
    if header is not None:
        return _seconds(header.strip(), clock)
    if answer.status != 429:
        return None
    found = next((answer.headers[name.lower()] for name in _RESETS if name.lower() in answer.headers), None)
    if found is None:
        return None
    seconds = _seconds(found.strip().partition(".")[0], clock)
    if seconds is not None and seconds >= _FIRST_EPOCH:
        return max(0.0, seconds - clock().timestamp())
    return seconds


def _seconds(text: str, clock: Callable[[], datetime]) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock()).total_seconds())
    except (TypeError, ValueError):
        return None
