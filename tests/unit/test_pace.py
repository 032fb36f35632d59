"""How fast requests may follow one another: limits, what refusals teach, and the breaker."""

from __future__ import annotations

import pytest

from dbt_audiences.core.destination_type import RateLimit
from dbt_audiences.sync.pace import FAILURES_IN_A_ROW, PROBE_SECONDS, Learned, Pace, Paces


def test_a_pace_spreads_requests_and_waits_while_it_was_told_to() -> None:
    pace = Pace(RateLimit(requests=2, seconds=1))
    assert [pace.reserve(100.0) for _ in range(4)] == pytest.approx([0.0, 0.0, 0.5, 1.0])
    assert pace.reserve(110.0) == 0.0
    slow = Pace(RateLimit(requests=150, seconds=60))
    assert [slow.reserve(0.0) for _ in range(5)] == pytest.approx([0.0, 0.0, 0.2, 0.6, 1.0], abs=0.21)
    pace.pause(110.0, 30.0)
    assert pace.paused_for(120.0)[0] == 20.0 and pace.reserve(120.0) >= 20.0
    assert Pace().reserve(5.0) == 0.0
    assert slow.reserve(9_000.0) == slow.reserve(9_000.0 - 3_600) == 0.0  # the clock was put back


def test_a_refusal_makes_it_slower_and_quiet_minutes_make_it_faster_again() -> None:
    pace = Pace(RateLimit(requests=10, seconds=1))
    pace.refused(100.0, None)
    pace.refused(100.5, None)  # under way when the first came back
    assert pace.learned.per_second == pytest.approx(7.0)
    pace.refused(102.0, 3.0)
    assert pace.learned.per_second == pytest.approx(4.9) and pace.paused_for(102.0)[0] == 3.0
    pace.reserve(102.0 + 3 * 60 + 1)
    assert pace.learned.per_second == pytest.approx(4.9 * 1.1**3)
    pace.reserve(102.0 + 3_600)
    assert pace.learned.per_second is None


def test_without_a_limit_a_refusal_teaches_a_part_of_what_was_sent() -> None:
    pace = Pace()
    for tenth in range(100):
        assert pace.reserve(100.0 + tenth / 10) == 0.0
    pace.refused(110.0, None)
    assert pace.learned.per_second == pytest.approx(7.0, abs=0.1)
    waits = [pace.reserve(110.0) for _ in range(14)]
    assert waits[0] == 0.0 and waits[-1] == pytest.approx(1.0, abs=0.05)
    pace.reserve(110.0 + 365 * 86_400)
    assert pace.learned.per_second is None


def test_ten_failures_in_a_row_open_the_breaker_and_a_minute_later_one_try_decides() -> None:
    pace = Pace()
    for _ in range(FAILURES_IN_A_ROW - 1):
        pace.failed(100.0)
    assert pace.paused_for(100.0)[0] == 0.0
    pace.answered()
    for _ in range(FAILURES_IN_A_ROW):
        pace.failed(100.0)
    assert pace.paused_for(100.0) == (PROBE_SECONDS, "10 tries in a row had no usable answer")
    assert pace.paused_for(160.0)[0] == 0.0
    pace.failed(161.0)
    assert pace.paused_for(161.0)[0] == PROBE_SECONDS
    pace.answered()
    pace.failed(221.0)
    assert pace.paused_for(221.0)[0] == 0.0


def test_what_another_sync_has_learned_is_taken_over_where_it_is_stricter() -> None:
    pace = Pace()
    pace.recall(Learned(9, 130.0, "it asked for a pause", 2.0, 90.0))
    assert pace.paused_for(100.0) == (30.0, "it asked for a pause")
    pace.failed(131.0)
    assert pace.paused_for(131.0)[0] == PROBE_SECONDS
    pace.recall(Learned(0, 50.0, "older", 5.0, 120.0))
    assert pace.learned.per_second == 2.0 and pace.paused_for(131.0)[0] == PROBE_SECONDS
    pace.reserve(90.0 + 120.0)  # two quiet minutes, most of them before this process
    assert pace.learned.per_second == pytest.approx(2.0 * 1.1**2)


def test_credentials_have_one_pace_and_the_lowest_limit_that_was_asked_for() -> None:
    paces = Paces()
    first = paces.of("crm", "", {"key": "a"}, RateLimit(10, 1))
    assert paces.of("crm", "", {"key": "a"}, RateLimit(5, 1)) is first and first.limit == RateLimit(5, 1)
    assert paces.of("crm", "", {"key": "a"}, None).limit == RateLimit(5, 1)
    assert paces.of("crm", "", {"key": "b"}, None) is not first
