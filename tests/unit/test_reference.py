"""The reference interpreter itself, against truths worked out by hand from the language's contract."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.truth_cases import Case, cases
from tests.reference import truths, value_truths
from tests.reference.history import Event, Person, TraitChange
from tests.reference.interpreter import members
from tests.reference.matching import matches
from tests.reference.strategies import as_ofs, definitions, histories, to_yaml
from tests.reference.truths import AS_OF, EARLIER, at
from tests.reference.values import boolean, instant, number, text
from tests.reference.windows import first_instant, plus_months

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def person(*, events: Any = (), traits: Any = (), name: str = "ann", **more: Any) -> Person:
    return Person(name, more.get("identifiers", {"user_id": ["1"]}), list(events), list(traits), more.get("seen", LONG_AGO))


def is_member(who: Any, one: Person, as_of: datetime = AS_OF, **keys: Any) -> bool:
    return members({"k": {"audience": "k", "who": who, **keys}}, "k", [one], as_of) == {one.name}


def compares(operators: dict[str, Any], value: Any, as_of: datetime = AS_OF, **keys: Any) -> bool:
    """The same answer as a property and as a trait, or a failure."""
    as_property = {"performed": "A", "where": [{"property": "p", **operators}]}
    as_trait = {"trait": "p", **operators}
    one = person(events=[Event("A", LONG_AGO, {"p": value})], traits=[TraitChange("p", value, LONG_AGO)])
    answers = {is_member(as_property, one, as_of, **keys), is_member(as_trait, one, as_of, **keys)}
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(("window", "zone", "as_of", "event", "is_in"), truths.WINDOWS)
def test_an_event_is_in_its_window(window: dict[str, Any], zone: str, as_of: str, event: str, is_in: bool) -> None:
    one = person(events=[Event("A", at(event))])
    assert is_member({"performed": "A", **window}, one, at(as_of), timezone=zone) is is_in
    assert is_member({"not_performed": "A", **window}, one, at(as_of), timezone=zone) is not is_in


@pytest.mark.parametrize(("value", "expected"), value_truths.NUMBERS)
def test_a_value_is_a_number(value: Any, expected: str | None) -> None:
    assert number(value) == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize(("value", "expected"), value_truths.INSTANTS)
def test_a_value_is_an_instant(value: Any, expected: str | None) -> None:
    assert instant(value) == (None if expected is None else at(expected))


@pytest.mark.parametrize(("value", "expected"), value_truths.BOOLEANS)
def test_a_value_is_a_boolean(value: Any, expected: bool | None) -> None:
    assert boolean(value) is expected


@pytest.mark.parametrize(("value", "expected"), value_truths.TEXTS)
def test_a_value_has_a_text(value: Any, expected: str | None) -> None:
    assert text(value) == expected


@pytest.mark.parametrize(("operators", "value", "expected"), value_truths.COMPARISONS)
def test_a_comparison_holds(operators: dict[str, Any], value: Any, expected: bool) -> None:
    assert compares(operators, value) is expected


def test_relative_months_step_from_the_value_and_stop_at_the_months_end() -> None:
    end_of_february = at("2026-02-28T00:00:00+00:00")
    assert compares({"within_next": "1 month"}, "2026-03-31", end_of_february)
    assert not compares({"within_next": "1 month"}, "2026-03-31", end_of_february - timedelta(microseconds=1))
    assert compares({"within_last": "1 month"}, "2026-01-31", end_of_february)


@pytest.mark.parametrize(("pattern", "value", "expected"), value_truths.PATTERNS)
def test_a_pattern_matches(pattern: str, value: str, expected: bool) -> None:
    assert matches(value, pattern) is expected


def test_case_is_ignored_for_ascii_letters_only_in_patterns() -> None:
    assert matches("ABC", "b", is_case_ignored=True)
    assert not matches("É", "é", is_case_ignored=True)


@pytest.mark.parametrize("pattern", ["a*?", "a++", "(?i)a", r"\bA", r"(a)\1", "a{x}", "[a", "\\"])
def test_a_pattern_outside_the_dialect_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        matches("a", pattern)


@pytest.mark.parametrize(("who", "expected"), truths.COUNTS)
def test_a_condition_holds_for_counts(who: Any, expected: list[int]) -> None:
    """Everyone has one B beside their As."""
    held = []
    for count in range(4):
        events = [Event("A", AS_OF - timedelta(days=day), message_id=f"a{day}") for day in range(count)]
        if is_member(who, person(events=[Event("B", AS_OF), *events])):
            held.append(count)
    assert held == expected


@pytest.mark.parametrize(("path", "properties", "expected"), truths.PATHS)
def test_a_path_reaches_a_property(path: str, properties: dict[str, Any], expected: bool) -> None:
    who = {"performed": "A", "where": {"any": [{"property": path, "equals": "a"}]}}
    assert is_member(who, person(events=[Event("A", AS_OF, properties)])) is expected
    in_context = {"performed": "A", "where": {"context": path, "equals": "a"}}
    assert is_member(in_context, person(events=[Event("A", AS_OF, {}, properties)])) is expected


@pytest.mark.parametrize(("keys", "identifiers", "expected"), truths.ELIGIBLE)
def test_a_profile_is_eligible(keys: dict[str, Any], identifiers: dict[str, list[str]], expected: bool) -> None:
    assert is_member("everyone", person(identifiers=identifiers), **keys) is expected
    assert is_member({"not_performed": "A"}, person(identifiers=identifiers), **keys) is expected


def test_a_profile_first_seen_after_as_of_is_in_nothing() -> None:
    assert is_member("everyone", person(seen=AS_OF))
    assert not is_member("everyone", person(seen=AS_OF + timedelta(microseconds=1)))


def test_of_copies_the_first_loaded_counts_even_if_it_is_later_than_as_of() -> None:
    early, late = Event("A", AS_OF, {"p": 1}, message_id="m"), Event("A", AS_OF + timedelta(days=1), {"p": 2}, message_id="m")
    assert is_member({"performed": "A", "exactly": 1}, person(events=[early, late]))
    assert is_member({"not_performed": "A"}, person(events=[late, early]))


def test_equal_calls_without_message_id_are_one() -> None:
    assert is_member({"performed": "A", "exactly": 1}, person(events=[Event("A", AS_OF), Event("A", AS_OF)]))


@pytest.mark.parametrize(("changes", "value"), truths.TRAITS)
def test_a_trait_has_its_latest_value(changes: list[TraitChange], value: str | None) -> None:
    one = person(traits=changes)
    assert is_member({"trait": "p", "exists": value is not None}, one)
    assert is_member({"trait": "p", "equals": value or ""}, one) is (value is not None)


def test_a_trait_is_replaced_whole_objects_too() -> None:
    changes = [TraitChange("address", {"city": "Rome", "zip": "1"}, EARLIER), TraitChange("address", {"zip": None}, AS_OF)]
    assert is_member({"trait": "address.city", "exists": False}, person(traits=changes))
    assert is_member({"trait": "address.zip", "exists": False}, person(traits=changes))
    assert is_member({"trait": "address", "equals": '{"zip":null}'}, person(traits=changes))
    assert is_member({"trait": "address.city", "equals": "Rome"}, person(traits=changes), EARLIER)


def test_not_in_audience_is_true_also_for_those_who_never_were_eligible() -> None:
    made: dict[str, dict[str, Any]] = {
        "first": {"who": {"performed": "A", "within": "1 calendar_days"}, "timezone": "Asia/Kolkata"},
        "second": {"who": {"in_audience": "first"}, "include_anonymous": True},
        "third": {"who": [{"not_in_audience": "first"}], "include_anonymous": True},
    }
    events = [Event("A", at("2026-03-09T18:30:00+00:00"))]
    known = person(events=events)
    anonymous = person(name="bob", events=events, identifiers={"anonymous_id": ["2"]})
    assert members(made, "second", [known, anonymous], AS_OF) == {"ann"}
    assert members(made, "third", [known, anonymous], AS_OF) == {"bob"}


@pytest.mark.parametrize("who", truths.REFUSED)
def test_what_is_wrong_or_not_known_yet_is_refused(who: Any) -> None:
    with pytest.raises((ValueError, NotImplementedError)):
        is_member(who, person(events=[Event("A", AS_OF)]))


@pytest.mark.parametrize(("day", "zone", "expected"), truths.DAYS)
def test_a_local_day_has_a_first_instant(day: str, zone: str, expected: str) -> None:
    assert first_instant(date.fromisoformat(day), ZoneInfo(zone)) == at(expected)


def test_months_step_by_the_calendar() -> None:
    leap_day = at("2024-02-29T10:00:00+00:00")
    assert plus_months(leap_day, 12) == at("2025-02-28T10:00:00+00:00")
    assert plus_months(leap_day, 48) == at("2028-02-29T10:00:00+00:00")
    assert plus_months(at("2026-03-31T10:00:00+00:00"), -1) == at("2026-02-28T10:00:00+00:00")


class _ExactLoader(yaml.SafeLoader):
    """SafeLoader, but with decimals for numbers with a point."""


_ExactLoader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(str(node.value)))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_condition_and_its_not_split_the_universe(data: st.DataObject) -> None:
    as_of = data.draw(as_ofs())
    made = data.draw(definitions())
    people = data.draw(histories(as_of, made))
    key, definition = list(made.items())[-1]
    universe = members({**made, key: {**definition, "who": "everyone"}}, key, people, as_of)
    inside = members(made, key, people, as_of)
    if definition["who"] == "everyone":
        outside = set()
    else:
        outside = members({**made, key: {**definition, "who": {"not": definition["who"]}}}, key, people, as_of)
    assert inside | outside == universe
    assert not inside & outside


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions())
def test_a_definition_survives_its_yaml(made: dict[str, dict[str, Any]]) -> None:
    for definition in made.values():
        read = yaml.load(to_yaml(definition), _ExactLoader)
        assert repr(read) == repr(definition)


@pytest.mark.parametrize("case", [case for case in cases() if case.computed is not None or case.others or case.person.groups])
def test_the_reference_agrees_with_the_truths_about_accounts_and_computed_traits(case: Case) -> None:
    definitions = {"k": {"audience": "k", **case.definition}}
    if case.computed is not None:
        definitions["computed"] = {"trait": "computed", "performed": "A", **case.computed}
    assert (case.name in members(definitions, "k", list(case.people), case.as_of)) is case.is_in
