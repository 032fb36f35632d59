"""One POST with its retries: what each answer means, how long to wait, and what never to wait for."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from dbt_audiences.sync.addresses import PrivateAddress, is_public
from dbt_audiences.sync.channel import Outcome
from dbt_audiences.sync.effects import Effects

TRIES = 3
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0
CONNECT_SECONDS = 5.0
ANSWER_BYTES = 1_000_000
_REASON_LENGTH = 300

_REJECTING = (400, 404, 410, 413, 422)
_DIVIDING = (400, 413, 422)
_HOLDING = (401, 403)
_OVERLOADED = (408, 425, 429, 503)

HOLD_REASON = "a person must renew the credentials"


Signer = Callable[[str, bytes], Mapping[str, str]]
"""(request id, body) -> the headers of a body sent now."""


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only: what was checked is what is connected to, so a second answer cannot slip in."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses of a name; raises `PrivateAddress` when one is not public."""
        found = await self._resolver.resolve(host, port, family)
        for entry in found:
            if not is_public(entry["host"]):
                raise PrivateAddress(host, entry["host"])
        return found

    async def close(self) -> None:
        """Nothing is held."""
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
    client: aiohttp.ClientSession, url: str, request_id: str, body: bytes, *, sign: Signer, effects: Effects
) -> Outcome:
    """Send until the answer is final or the tries are used up."""
    outcome = Outcome("unsent")
    for tries in range(1, TRIES + 1):
        outcome, wished_wait = await _once(client, url, request_id, body, sign=sign, effects=effects)
        outcome = _counted(outcome, tries)
        if outcome.verdict != "pending" or tries == TRIES:
            break
        if wished_wait is not None and wished_wait > LONGEST_WAIT_SECONDS:
            break
        own_wait = FIRST_WAIT_SECONDS * 2 ** (tries - 1) * effects.jitter()
        await effects.sleep(own_wait if wished_wait is None else wished_wait)
    return outcome


async def _once(
    client: aiohttp.ClientSession, url: str, request_id: str, body: bytes, *, sign: Signer, effects: Effects
) -> tuple[Outcome, float | None]:
    """What one attempt came to, and the wait that the other side asked for."""
    try:
        async with client.post(url, data=body, headers=sign(request_id, body), allow_redirects=False) as response:
            text = await _read(response)
            wait = _wished_wait(response.headers.get("Retry-After"), effects.clock)
            return judged(response.status, text), wait
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


async def _read(response: aiohttp.ClientResponse) -> str:
    parts = []
    size = 0
    async for part in response.content.iter_chunked(65_536):
        parts.append(part)
        size += len(part)
        if size > ANSWER_BYTES:
            response.close()
            break
    return b"".join(parts).decode("utf-8", "replace")


def judged(status: int, text: str) -> Outcome:
    """What a status and a body say; a 2xx body that is no list of rejections takes everything."""
    if 200 <= status < 300:
        return Outcome("delivered", refused=_refused(text))
    said = " ".join(text.split())[:_REASON_LENGTH]
    reason = f"{status}: {said}" if said else str(status)
    if status in _REJECTING:
        return Outcome("rejected", reason, divides=status in _DIVIDING)
    if status in _HOLDING:
        return Outcome("held", f"{reason}; {HOLD_REASON}", stops=True)
    return Outcome("pending", reason, stops=status in _OVERLOADED)


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


def _wished_wait(header: str | None, clock: Callable[[], datetime]) -> float | None:
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock()).total_seconds())
    except (TypeError, ValueError):
        return None


def _counted(outcome: Outcome, tries: int) -> Outcome:
    return Outcome(outcome.verdict, outcome.reason, outcome.refused, outcome.divides, outcome.stops, tries)
