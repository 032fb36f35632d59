"""What definitions mean: the objects that the parser makes of representative files."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.unit.spec_projects import CASES, write_around

from dbt_audiences.core.definitions import (
    Aggregate,
    All,
    Any,
    Child,
    Comparison,
    Condition,
    Count,
    Duration,
    Everyone,
    InAudience,
    ItemTest,
    ListFile,
    Members,
    Not,
    Performed,
    PropertyTest,
    Reference,
    Regularly,
    Sources,
    TraitTest,
    Value,
    Window,
)
from dbt_audiences.core.project import Audience
from dbt_audiences.spec import load_project


def audience(root: Path, text: str) -> Audience:
    """The audience `x` of a project with this text."""
    (write_around(root) / "audiences" / "x.yml").write_text(f"audience: x\n{text}\n", encoding="utf-8")
    return load_project(root).audiences["x"]


def who(root: Path, text: str, **head: str) -> Condition:
    """The condition that the text writes."""
    return audience(root, "".join(f"{key}: {value}\n" for key, value in head.items()) + f"who: {text}").who


def event(root: Path, text: str, **head: str) -> Performed:
    found = who(root, "{performed: A, " + text + "}", **head)
    assert isinstance(found, Performed)
    return found


def comparison(root: Path, text: str) -> Comparison:
    """The one comparison of a property."""
    test = event(root, "where: {property: p, " + text + "}").where
    assert isinstance(test, PropertyTest)
    (found,) = test.comparisons
    return found


def test_an_audience_has_its_defaults(tmp_path: Path) -> None:
    found = audience(tmp_path, "who: everyone")
    assert (found.key, found.name, found.of, found.enabled) == ("x", "x", "users", True)
    assert found.identifiers == ("user_id", "email", "android.idfa", "ios.idfa")
    assert (found.history, found.timezone, found.compute, found.every) == ("all", "UTC", "auto", None)
    assert (found.account_events, found.tags, found.send_to, found.examples) == ("own", (), (), ())
    assert isinstance(found.who, Everyone)


def test_anonymous_profiles_are_eligible_when_asked_for(tmp_path: Path) -> None:
    found = audience(tmp_path, "include_anonymous: true\nwho: everyone")
    assert found.identifiers == ("user_id", "email", "android.idfa", "ios.idfa", "anonymous_id")
    assert audience(tmp_path, "identifiers: [my_custom_id, email]\nwho: everyone").identifiers == ("my_custom_id", "email")


def test_several_combiners_must_all_hold_and_none_is_not_any(tmp_path: Path) -> None:
    found = who(tmp_path, "{any: [everyone], none: [{in_audience: vip}], not: {not_in_audience: churned}}")
    assert isinstance(found, All)
    either, none, negated = found.children
    assert isinstance(either, Any) and isinstance(either.children[0], Everyone)
    assert isinstance(none, Not) and isinstance(none.child, Any) and isinstance(none.child.children[0], InAudience)
    assert isinstance(negated, Not) and isinstance(negated.child, Not) and isinstance(negated.child.child, InAudience)


def test_a_bare_list_means_all(tmp_path: Path) -> None:
    found = who(tmp_path, "[everyone, {in_audience: vip}]")
    assert isinstance(found, All) and len(found.children) == 2


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("within: 1 day", Count(at_least=1)),
        ("at_least: 2", Count(at_least=2)),
        ("at_most: 2", Count(at_most=2)),
        ("at_least: 1, at_most: 2", Count(at_least=1, at_most=2)),
        ("exactly: 0", Count(exactly=0)),
    ],
)
def test_counts(text: str, measure: Count, tmp_path: Path) -> None:
    assert event(tmp_path, text).measure == measure


def test_not_performed_is_at_most_none(tmp_path: Path) -> None:
    found = who(tmp_path, "{not_performed: [A, B]}")
    assert isinstance(found, Performed)
    assert (found.events, found.measure, found.negated) == (("A", "B"), Count(at_most=0), True)


def test_an_aggregate_gives_its_references_their_type(tmp_path: Path) -> None:
    found = event(tmp_path, "max: paid.at, as: time, equals: {trait: born}").measure
    assert isinstance(found, Aggregate)
    assert (found.function, found.path, found.as_type) == ("max", ("paid", "at"), "instant")
    reference = found.comparisons[0].operand
    assert isinstance(reference, Reference)
    assert (reference.of, reference.path, reference.type) == ("trait", ("born",), "instant")


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("within: 30 days", Window(within=Duration(30, "days"))),
        ("within: 1 calendar_day", Window(within=Duration(1, "calendar_days"))),
        ("between: [90 days, 30 days]", Window(between=(Duration(90, "days"), Duration(30, "days")))),
        ("between: [30 days, 90 days]", Window(between=(Duration(90, "days"), Duration(30, "days")))),
        ("between: [1 month, ever]", Window(between=(None, Duration(1, "months")))),
        ("between: [1 year, 13 months]", Window(between=(Duration(13, "months"), Duration(1, "years")))),
        ("since: 2026-01-01, until: 2026-01-02T03:04:05.1234567+01:00", Window(
            since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2026, 1, 2, 2, 4, 5, 123456, tzinfo=UTC)
        )),
    ],
)  # fmt: skip
def test_windows(text: str, window: Window, tmp_path: Path) -> None:
    assert event(tmp_path, text).window == window


@pytest.mark.parametrize(
    ("timezone", "day", "first"),
    [
        ("UTC", "2026-03-29", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-29", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-30", datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Asia/Kolkata", "2026-03-30", datetime(2026, 3, 29, 18, 30, tzinfo=UTC)),
        ("America/Sao_Paulo", "2018-11-04", datetime(2018, 11, 4, 3, tzinfo=UTC)),  # its midnight does not exist
        ("America/Havana", "2018-11-04", datetime(2018, 11, 4, 4, tzinfo=UTC)),  # its midnight comes twice
        ("Pacific/Apia", "2011-12-30", datetime(2011, 12, 30, 10, tzinfo=UTC)),  # the whole day does not exist
    ],
)
def test_a_bare_date_is_the_first_instant_of_the_local_day(timezone: str, day: str, first: datetime, tmp_path: Path) -> None:
    assert event(tmp_path, f"since: {day}", timezone=timezone).window.since == first


@pytest.mark.parametrize(
    ("text", "operand"),
    [
        ("equals: NO", Value("NO", "text")),
        ("equals: on", Value("on", "text")),
        ('equals: "007"', Value("007", "text")),
        ("equals: 10", Value(Decimal(10), "number")),
        ("equals: 1.0000000005", Value(Decimal("1.000000001"), "number")),
        ("equals: -0", Value(Decimal(0), "number")),
        ("equals: 12345678901234567890123456789", Value(Decimal("12345678901234567890123456789"), "number")),
        ("equals: True", Value(True, "boolean")),
        ('equals: "true"', Value("true", "text")),
        ("equals: 2026-03-10", Value(datetime(2026, 3, 10, tzinfo=UTC), "instant")),
        ('equals: "2026-03-10"', Value("2026-03-10", "text")),
        ('before: "2026-03-10"', Value(datetime(2026, 3, 10, tzinfo=UTC), "instant")),
        ("contains: 5", Value("5", "text")),
        ("exists: false", False),
        ("matches: 'a\\d'", r"a\d"),
        ("within_next: 7 calendar_days", Duration(7, "calendar_days")),
        ("one_of: [1, 2]", (Value(Decimal(1), "number"), Value(Decimal(2), "number"))),
        ("one_of: {file: lists/vips.csv}", ListFile("lists/vips.csv", None, ("a@example.com", "b@example.com"))),
        ("none_of: {file: lists/people.tsv, column: email}", ListFile("lists/people.tsv", "email", ("a@example.com",))),
        ("one_of: {file: lists/empty.csv, column: email}", ListFile("lists/empty.csv", "email", ())),
    ],
)
def test_the_way_of_writing_decides_what_a_literal_is(text: str, operand: object, tmp_path: Path) -> None:
    assert comparison(tmp_path, text).operand == operand


def test_a_list_file_keeps_odd_separators_within_its_values(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "odd.csv").write_bytes('\ufeff"a,b",x\r\n"two\nlines"\r\nc\u2028d\x0be\n'.encode())
    operand = comparison(tmp_path, "one_of: {file: lists/odd.csv}").operand
    assert isinstance(operand, ListFile)
    assert operand.values == ("a,b", "two\nlines", "c\u2028d\x0be")


def test_paths_open_objects_and_arrays(tmp_path: Path) -> None:
    test = event(tmp_path, r"where: {any_item: 'a\.b.c.$', where: {property: d, exists: true}}").where
    assert isinstance(test, ItemTest)
    assert (test.which, test.path) == ("any_item", ("a.b", "c", "$"))


def test_a_trait_condition(tmp_path: Path) -> None:
    found = who(tmp_path, "{trait: custom.plan.name, equals: x, ignore_case: true, held_for: 7 days}")
    assert isinstance(found, TraitTest)
    assert (found.path, found.custom, found.ignore_case, found.held_for) == (("plan", "name"), True, True, Duration(7, "days"))


def test_users_of_an_account(tmp_path: Path) -> None:
    found = who(tmp_path, "{users: none, who: {performed: A}}", of="accounts")
    assert isinstance(found, Members)
    assert (found.of, found.quantifier, type(found.who)) == ("users", "none", Performed)


def test_habits_and_sources(tmp_path: Path) -> None:
    found = event(tmp_path, "regularly: {at_least: 3, of_last: 4, each: 1 week}, sources: {exclude: [ios]}")
    assert found.regularly == Regularly(3, 4, Duration(1, "weeks"))
    assert found.sources == Sources(None, ("ios",))


def test_a_funnel(tmp_path: Path) -> None:
    found = event(
        tmp_path,
        "complete_within: 7 days, then: {performed: B, after: 10 minutes, within: 1 day, strictly: true, wait: false, "
        "without: [C, {performed: D, where: {property: p, equals: {parent: p}}}], then: {not_performed: E}}",
    )
    assert found.complete_within == Duration(7, "days")
    child = found.then
    assert isinstance(child, Child)
    assert (child.after, child.strictly, child.wait) == (Duration(10, "minutes"), True, False)
    assert (child.step.events, child.step.window) == (("B",), Window(within=Duration(1, "days")))
    assert [without.event for without in child.without] == ["C", "D"]
    assert isinstance(child.step.then, Child) and child.step.then.step.negated


def test_a_sequence_may_be_long(tmp_path: Path) -> None:
    text = "{performed: S}"
    for _ in range(40):
        text = "{performed: S, then: " + text + "}"
    found: Performed | None = event(tmp_path, "then: " + text)
    length = 0
    while found is not None and isinstance(found.then, Child):
        found, length = found.then.step, length + 1
    assert length == 41


def test_send_to(tmp_path: Path) -> None:
    text = (CASES / "valid" / "contract_send_to.yml").read_text(encoding="utf-8").split("\n", 1)[1]
    first, second = audience(tmp_path, text).send_to
    assert (first.destination, first.as_, first.identifiers) == ("braze", "events", {"email": "last"})
    assert first.traits == (("first_name", "first_name"), ("plan", "subscription_plan"))
    assert (first.entered_event, first.exited_event, first.holdout) == ("Trial Started", "Trial Ended", Decimal("0.1"))
    assert (second.list_name, second.existing_members, second.holdout) == ("Trial users", "skip", Decimal("0.005"))


def test_times_of_an_example_count_back_from_as_of(tmp_path: Path) -> None:
    times = ["now", "now - 1 second", "3 days ago + 10 minutes", "1 month ago", "2026-03-01"]
    events = ", ".join(f"{{performed: A, at: {at}}}" for at in times)
    example = f"{{as_of: 2026-03-31T12:00:00Z, given: {{ann: {{events: [{events}]}}}}, expect: {{in: [ann]}}}}"
    (found,) = audience(tmp_path, f"who: everyone\nexamples: [{example}]").examples
    assert [one.at for one in found.given[0].events] == [
        datetime(2026, 3, 31, 12, tzinfo=UTC),
        datetime(2026, 3, 31, 11, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 28, 12, 10, tzinfo=UTC),
        datetime(2026, 2, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    ]


def test_an_example_of_users_may_give_accounts(tmp_path: Path) -> None:
    text = (CASES / "valid" / "examples_with_accounts.yml").read_text(encoding="utf-8").split("\n", 1)[1]
    (example,) = audience(tmp_path, text).examples
    assert [(one.name, one.of, [user.of for user in one.users]) for one in example.given] == [
        ("acme", "accounts", ["users"]),
        ("initech", "accounts", ["users"]),
    ]


def test_a_computed_trait_has_its_defaults(tmp_path: Path) -> None:
    root = write_around(tmp_path)
    (root / "traits" / "top.yml").write_text("trait: top\nperformed: A\nmost_frequent: category\n", encoding="utf-8")
    (root / "traits" / "n.yml").write_text("trait: n\nperformed: A\ncount: true\nsession: 30 minutes\n", encoding="utf-8")
    traits = load_project(root).traits
    assert (traits["top"].function, traits["top"].path, traits["top"].at_least) == ("most_frequent", ("category",), 2)
    assert (traits["n"].function, traits["n"].path, traits["n"].session) == ("count", None, Duration(30, "minutes"))


def test_a_destination(tmp_path: Path) -> None:
    root = write_around(tmp_path)
    text = (CASES / "valid" / "contract_destination.yml").read_text(encoding="utf-8")
    (root / "destinations" / "contract_destination.yml").write_text(text, encoding="utf-8")
    found = load_project(root).destinations["contract_destination"]
    assert (found.rate_limit, found.every, found.targets) == ((100, "second"), Duration(1, "hours"), ("prod",))
    assert (found.priority, found.settings) == ((("vip", "churned"),), {"data_center": "US-03"})
    assert found.secrets == {"rest_api_key": "{{ env_var('BRAZE_API_KEY') }}"}
    assert isinstance(found.requires, TraitTest)
