"""Windows and durations as the macros take them."""

from __future__ import annotations

from dbt_audiences.compile.jinja import Expression, package_call
from dbt_audiences.compile.names import naive_text
from dbt_audiences.compile.scene import Scene
from dbt_audiences.core.definitions import Duration, Window

HISTORY = "history"
"""The CTE of the instant from which on events count for an audience with `history: none`."""


def window_argument(window: Window, scene: Scene) -> dict[str, Expression] | None:
    """A window, and the history of the audience, as `window_bounds` takes them; None for ever."""
    written: dict[str, Expression] = {}
    durations = [window.within, *(window.between or ())]
    if window.within is not None:
        written["within"] = duration_argument(window.within)
    if window.between is not None:
        written["between"] = [duration_argument(end) for end in window.between]
    if window.since is not None:
        written["since"] = naive_text(window.since)
    if window.until is not None:
        written["until"] = naive_text(window.until)
    if scene.history == "none":
        written["history"] = _history_start(scene)
    elif scene.history != "all":
        written["history"] = duration_argument(scene.history)
    if any(duration is not None and duration.unit == "calendar_days" for duration in durations):
        written["timezone"] = scene.timezone
    return written or None


def _history_start(scene: Scene) -> str:
    if HISTORY not in scene.ctes.names:
        scene.ctes.add(HISTORY, package_call("history_start", scene.key))
    return HISTORY


def duration_argument(duration: Duration | None) -> Expression:
    """A duration as macros take it: [count, unit]."""
    return None if duration is None else [duration.count, duration.unit]
