"""Property tests draw the same examples each time; `pytest --hypothesis-profile others` draws others."""

import gc

from hypothesis import settings
from tests.quicker_dbt import make_dbt_quicker

settings.register_profile("same", derandomize=True)
settings.register_profile("others", database=None)
settings.load_profile("same")

make_dbt_quicker()


def pytest_collection_finish() -> None:
    """What is imported stays: without it in every collection a run of dbt takes a tenth less."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What is frozen at the end is taken for a leak."""
    gc.unfreeze()
