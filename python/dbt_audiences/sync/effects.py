"""What a sync needs of the world besides the warehouse: time, waiting, chance. Passed in, so that tests own them."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


def _token() -> str:
    return secrets.token_hex(12)


@dataclass(frozen=True, slots=True)
class Effects:
    """`clock` gives aware instants, `jitter` what part of each wait is waited, `token` a text that never came before."""

    clock: Callable[[], datetime] = _now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    token: Callable[[], str] = _token
