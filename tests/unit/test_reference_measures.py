"""The reference interpreter on aggregates, habits, conditions that held for a time and histories, against truths by hand."""

from datetime import timedelta
from typing import Any

import pytest
from tests.integration.truth_cases import Case, measures
from tests.reference.history import Event, Person
from tests.reference.interpreter import members
from tests.reference.truths import AS_OF


@pytest.mark.parametrize("case", list(measures()), ids=lambda case: repr(case.definition))
def test_the_reference_agrees_with_the_truths(case: Case) -> None:
    found = members({"k": {"audience": "k", **case.definition}}, "k", [case.person], case.as_of)
    assert (found == {"ann"}) is case.is_in


@pytest.mark.parametrize(("days", "expected"), [(0, False), (3, True), (2, True), (1, False)])
def test_a_history_begins_with_the_first_run(days: int, expected: bool) -> None:
    one = Person("ann", {"user_id": ["1"]}, [Event("A", AS_OF - timedelta(days=2))], [], AS_OF - timedelta(days=9))
    made: dict[str, dict[str, Any]] = {"k": {"who": {"performed": "A"}, "history": "none"}}
    assert bool(members(made, "k", [one], AS_OF, {"k": AS_OF - timedelta(days=days)})) is expected
