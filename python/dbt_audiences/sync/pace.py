"""How fast requests may follow one another: one pace for each set of credentials, in the whole process.

A bucket of tokens keeps to the limit that is known, and to a lower one that refusals for being too fast have taught. Failures
in a row open a breaker: nothing is sent for a while, and then one request that says whether the other side is back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from dbt_audiences.core.destination_type import RateLimit

FAILURES_IN_A_ROW = 10
"""Tries without a usable answer, one after the other, that open the breaker."""

PROBE_SECONDS = 60.0
"""How long an open breaker lets nothing through."""

SLOWER, FASTER = 0.7, 1.1
"""What a refusal for being too fast makes of the rate, and what each quiet minute makes of it."""

_QUIET_SECONDS = 60.0
_FORGOTTEN_MINUTES = 100
"""Quiet minutes in a row after which a refusal teaches nothing any more."""

_LEAST_PER_SECOND = 0.1
_LONGEST_QUEUE = 1_000
"""Requests that may wait for their moments together; no channel sends nearly as many at once."""

_OBSERVED_SECONDS = 10.0
TOO_FAST = "it asked for a pause"
DOES_NOT_ANSWER = f"{FAILURES_IN_A_ROW} tries in a row had no usable answer"


@dataclass(frozen=True, slots=True)
class Learned:
    """What is remembered of a destination between syncs; instants are seconds of one clock.

    failures    tries without a usable answer since the last one that had one
    per_second  requests, where fewer than the limit were taken; None: no refusal stands
    slowed_at   when that was learned, or the last quiet minute counted
    """

    failures: int = 0
    paused_until: float = 0.0
    reason: str = ""
    per_second: float | None = None
    slowed_at: float = 0.0


@dataclass(slots=True)
class Pace:
    """Hands out moments; times are seconds of one clock.

    A second's worth of requests may come at once, so that the first of a sync do not wait.
    """

    limit: RateLimit | None = None
    _learned: Learned = field(default_factory=Learned)
    _next_full: float = 0.0
    _taken: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def learned(self) -> Learned:
        """What the next sync must know."""
        return self._learned

    def recall(self, known: Learned) -> None:
        """Take over what another sync has learned, where that is stricter."""
        with self._lock:
            own = self._learned
            later = known if known.paused_until > own.paused_until else own
            slower = min(
                (one for one in (own, known) if one.per_second is not None), key=lambda one: one.per_second or 0.0, default=own
            )
            failures = max(own.failures, known.failures)
            self._learned = Learned(failures, later.paused_until, later.reason, slower.per_second, slower.slowed_at)

    def paused_for(self, now: float) -> tuple[float, str]:
        """Seconds for which nothing may be sent, and why."""
        return max(0.0, self._learned.paused_until - now), self._learned.reason

    def pause(self, now: float, seconds: float, reason: str = TOO_FAST) -> None:
        """No request for so long."""
        with self._lock:
            self._pause(now + seconds, reason)

    def reserve(self, now: float) -> float:
        """Take the next moment; the seconds until then."""
        with self._lock:
            self._taken = [*(at for at in self._taken if at > now - _OBSERVED_SECONDS), now]
            paused = max(0.0, self._learned.paused_until - now)
            rate = self._rate(now)
            if rate is None:
                return paused
            interval = 1 / rate
            burst = max(1.0, rate)
            if self._next_full - now > interval * (burst + _LONGEST_QUEUE):  # the clock was put back
                self._next_full = now
            self._next_full = max(self._next_full, now) + interval
            return max(self._next_full - interval * burst - now, paused, 0.0)

    def answered(self) -> None:
        """A try had a usable answer: the other side is there."""
        with self._lock:
            if self._learned.failures:
                self._learned = replace(self._learned, failures=0)

    def failed(self, now: float) -> None:
        """A try had none."""
        with self._lock:
            failures = self._learned.failures + 1
            self._learned = replace(self._learned, failures=failures)
            if failures >= FAILURES_IN_A_ROW:
                self._pause(now + PROBE_SECONDS, DOES_NOT_ANSWER)

    def refused(self, now: float, seconds: float | None) -> None:
        """A try came too fast; the other side asks for so many seconds, or does not say."""
        with self._lock:
            if seconds is not None:
                self._pause(now + seconds, TOO_FAST)
            if now - self._learned.slowed_at < 1:  # those that were under way together teach once
                return
            before = self._rate(now) or len(self._taken) / max(1.0, now - min(self._taken, default=now))
            rate = max(before * SLOWER, _LEAST_PER_SECOND)
            self._learned = replace(self._learned, per_second=rate, slowed_at=now)

    def _rate(self, now: float) -> float | None:
        """Requests a second, with what quiet minutes have given back; None: as many as one likes."""
        given = None if self.limit is None else self.limit.requests / self.limit.seconds
        learned = self._learned.per_second
        if learned is None:
            return given
        quiet = int(max(0.0, now - self._learned.slowed_at) // _QUIET_SECONDS)
        if quiet:
            learned *= FASTER ** min(quiet, _FORGOTTEN_MINUTES)
            is_slower = quiet < _FORGOTTEN_MINUTES and (given is None or learned < given)
            counted_to = self._learned.slowed_at + quiet * _QUIET_SECONDS
            self._learned = replace(self._learned, per_second=learned if is_slower else None, slowed_at=counted_to)
            if not is_slower:
                return given
        return learned if given is None else min(learned, given)

    def _pause(self, until: float, reason: str) -> None:
        if until > self._learned.paused_until:
            self._learned = replace(self._learned, paused_until=until, reason=reason)


@dataclass(slots=True)
class Paces:
    """Those of this process."""

    _known: dict[str, Pace] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, type_: str, address: str, secrets: Mapping[str, str], limit: RateLimit | None) -> Pace:
        """The pace of these credentials, which are not kept; where destinations share them, the lower limit holds."""
        digest = hashlib.sha256(repr((type_, address, sorted(secrets.items()))).encode()).hexdigest()
        with self._lock:
            pace = self._known.setdefault(digest, Pace(limit))
            if limit is not None and (pace.limit is None or _per_second(limit) < _per_second(pace.limit)):
                pace.limit = limit
            return pace


def _per_second(limit: RateLimit) -> float:
    return limit.requests / limit.seconds


PACES = Paces()
"""A limit holds for credentials, and several connections share them: it must outlive each connection's channel."""
