"""Property tests draw the same examples each time; `pytest --hypothesis-profile others` draws others."""

import gc

import pytest
from hypothesis import settings
from tests.quicker_dbt import make_dbt_quicker

settings.register_profile("same", derandomize=True)
settings.register_profile("others", database=None)
settings.load_profile("same")

make_dbt_quicker()

LONGEST = (
    "test_agreement_truths", "test_agreement", "test_agreement_funnels", "test_increments_drawn", "test_forget",
    "test_package", "test_state", "test_watch", "test_identity_drawn", "test_postgres_edges", "test_postgres_rows",
    "test_postgres_sample", "test_identity", "test_agreement_sources", "test_agreement_values", "test_readme",
)  # fmt: skip
"""Files that take longest come first, so that no worker is left with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The others stay in their order."""
    place = {f"{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


def pytest_collection_finish() -> None:
    """What is imported stays: without it in every collection a run of dbt takes a tenth less."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """What is frozen at the end is taken for a leak."""
    gc.unfreeze()
