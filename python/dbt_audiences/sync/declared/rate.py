"""How fast requests may follow one another: one bucket of tokens for each set of credentials, in the whole process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from dbt_audiences.core.destination_type import RateLimit


@dataclass(slots=True)
class Bucket:
    """Hands out moments; times are seconds of one clock.

    A second's worth of requests may come at once, so that the first of a sync do not wait.
    """

    limit: RateLimit | None
    _next_full: float = 0.0
    _paused_until: float = 0.0

    def paused_for(self, now: float) -> float:
        """Seconds for which the other side wants no requests."""
        return max(0.0, self._paused_until - now)

    def pause(self, now: float, seconds: float) -> None:
        """No request for so long."""
        self._paused_until = max(self._paused_until, now + seconds)

    def reserve(self, now: float) -> float:
        """Take the next moment; the seconds until then."""
        if self.limit is None:
            return self.paused_for(now)
        interval = self.limit.seconds / self.limit.requests
        burst = max(1.0, 1.0 / interval)
        self._next_full = max(self._next_full, now) + interval
        return max(self._next_full - interval * burst - now, self.paused_for(now), 0.0)


@dataclass(slots=True)
class Buckets:
    """Those of this process."""

    _known: dict[str, Bucket] = field(default_factory=dict)

    def of(self, type_: str, base_url: str, secrets: Mapping[str, str], limit: RateLimit | None) -> Bucket:
        """The bucket of these credentials, which are not kept."""
        digest = hashlib.sha256(repr((type_, base_url, sorted(secrets.items()))).encode()).hexdigest()
        return self._known.setdefault(digest, Bucket(limit))


BUCKETS = Buckets()
"""A limit holds for credentials, and several connections share them: it must outlive each connection's channel."""
