"""Property tests draw the same examples each time; `pytest --hypothesis-profile others` draws others."""

import gc
from typing import Any

from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("others", database=None)
settings.load_profile("same")


_fire_event = EventManager.fire_event


def _without_debugging(manager: EventManager, event: Any, level: EventLevel | None = None, **more: Any) -> None:
    """dbt makes hundreds of events a run that no log of ours keeps: a sixth of its time."""
    if (level or event.level_tag()) is not EventLevel.DEBUG:
        _fire_event(manager, event, level, **more)


EventManager.fire_event = _without_debugging  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    """What is imported stays: without it in every collection a run of dbt takes a tenth less."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What is frozen at the end is taken for a leak."""
    gc.unfreeze()
