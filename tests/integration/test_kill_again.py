"""The second half of twenty-four runs killed with -9 at random moments; a file of its own: both halves run side by side."""

from __future__ import annotations

from pathlib import Path

from tests.integration.kills import runs_killed_lose_nothing_and_repeat_nothing


def test_twelve_runs_killed_at_random_moments_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    runs_killed_lose_nothing_and_repeat_nothing(tmp_path, 20101201, 12)
