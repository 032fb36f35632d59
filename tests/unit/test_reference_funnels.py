"""The reference interpreter on the truths about sequences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.truth_cases import _person_with
from tests.reference import bounded_truths, funnel_truths
from tests.reference.interpreter import members
from tests.reference.truths import AS_OF

MICROSECOND = timedelta(microseconds=1)
FUNNELS = funnel_truths.FUNNELS + bounded_truths.BOUNDED
CHANGES = funnel_truths.FUNNEL_CHANGES + bounded_truths.BOUNDED_CHANGES


def is_in(who: Any, events: Any, as_of: Any) -> bool:
    return bool(members({"k": {"audience": "k", "who": who}}, "k", [_person_with(events)], as_of))


@pytest.mark.parametrize(("who", "events", "expected"), FUNNELS)
def test_a_sequence_holds_as_the_contract_says(who: Any, events: Any, expected: bool) -> None:
    assert is_in(who, events, AS_OF) is expected


@pytest.mark.parametrize(
    ("who", "events", "expected", "changes_in"), funnel_truths.FUNNEL_CHANGES + bounded_truths.BOUNDED_CHANGES
)
def test_a_sequence_changes_when_the_contract_says(who: Any, events: Any, expected: bool, changes_in: Any) -> None:
    assert is_in(who, events, AS_OF) is expected
    if changes_in is not None:
        assert is_in(who, events, AS_OF + changes_in - MICROSECOND) is expected
