"""How many identifiers one profile may have: the cases that Segment's documentation describes, and what a crowd shares."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.identity_calls import found
from tests.integration.projects import Project, identify, new_project, track

ALL = "select profile_id, type, value from audiences.profile_identifiers"
VIOLATIONS = (
    "select v.type, v.value, v.reason, v.exceeded_type, min(k.value), cast(v.first_seen_at as text), v.call_count, v.shared_by "
    "from audiences.identity_violations as v left join audiences.profile_identifiers as k "
    "on k.profile_id = v.profile_id and k.type = 'user_id' group by all order by all"
)
CROWD = 1001


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Everyone of this file, after one run without an identity.yml."""
    project = new_project(tmp_path_factory.mktemp("limits") / "shop")
    project.define("buyers", "{performed: Bought}", include_anonymous=True)
    project.load(
        identify(-90, userId="abc123", traits={"email": "jane@example.com"}),
        identify(-80, userId="abc456", traits={"email": "jane@example.com"}),
        identify(-79, userId="abc456", traits={"email": "jane@example.com"}),
        track(None, "Bought", -70, anonymousId="kitchen tablet", messageId="nobody yet"),
        track("mum", "Visited", -60, anonymousId="kitchen tablet"),
        track("son", "Bought", -50, anonymousId="kitchen tablet"),
        track(None, "Bought", -40, anonymousId="kitchen tablet", messageId="after"),
        *(identify(-30 + number, userId="mover", traits={"email": f"{number}@example.com"}) for number in range(7)),
    )
    project.sql(
        "insert into raw.calls (message_id, type, occurred_at, user_id, anonymous_id, loaded_at) "
        "select 'crowd ' || n, 'identify', timestamp '2026-01-01' + to_seconds(n), 'crowd ' || n, 'undefined', "
        f"timestamp '2026-01-02' from range({CROWD}) as crowd (n)"
    )
    project.run()
    return project


def profile_of(project: Project, *identifiers: str) -> tuple[str, ...]:
    """The identifiers of the one profile that has these, as `type:value`."""
    ((one),) = [one for one in found(project.sql(ALL)) if set(identifiers) <= set(one)]
    return one


def test_a_second_user_id_with_the_same_email_is_a_profile_of_its_own(people: Project) -> None:
    assert profile_of(people, "user_id:abc123") == ("email:jane@example.com", "user_id:abc123")
    assert profile_of(people, "user_id:abc456") == ("user_id:abc456",)


def test_a_device_that_two_users_share_makes_them_not_one(people: Project) -> None:
    assert profile_of(people, "anonymous_id:kitchen tablet") == ("anonymous_id:kitchen tablet", "user_id:mum")
    assert profile_of(people, "user_id:son") == ("user_id:son",)
    assert {"mum", "son"} <= people.members("buyers")


def test_values_beyond_the_limit_are_left_out_in_the_order_of_time(people: Project) -> None:
    assert profile_of(people, "user_id:mover") == (*(f"email:{number}@example.com" for number in range(5)), "user_id:mover")
    nobodys = people.sql(f"select * from ({ALL}) where value in ('5@example.com', '6@example.com')")
    assert nobodys == []


def test_an_identifier_that_a_crowd_shares_ties_nobody_and_is_listed_with_its_number(people: Project) -> None:
    assert profile_of(people, "anonymous_id:undefined") == ("anonymous_id:undefined",)
    assert len([one for one in found(people.sql(ALL)) if one[0].startswith("user_id:crowd")]) == CROWD


def test_what_was_left_out_is_written_down_with_the_reason(people: Project) -> None:
    limited = [
        ("anonymous_id", "kitchen tablet", "value_limit", "user_id", "son", "2025-12-13 12:00:00", 1, None),
        ("anonymous_id", "undefined", "shared", None, None, "2026-01-01 00:00:00", None, CROWD),
        *(
            ("email", f"{number}@example.com", "value_limit", "email", "mover", f"2026-01-0{number + 2} 12:00:00", 1, None)
            for number in (5, 6)
        ),
        ("email", "jane@example.com", "value_limit", "user_id", "abc456", "2025-11-13 12:00:00", 2, None),
    ]
    assert people.sql(VIOLATIONS) == limited


def test_a_late_call_resolves_all_that_it_touches_again_in_the_order_of_time(people: Project, tmp_path: Path) -> None:
    project = people.copy(tmp_path / "shop")
    before = {value: profile for profile, _, value in project.sql(ALL)}
    nobodys = track(None, "Visited", -95, anonymousId="undefined", messageId="late, and of nobody")
    project.load(
        track("son", "Visited", -65, anonymousId="kitchen tablet", messageId="late"),
        {**nobodys, "type": "alias", "previousId": "p"},
    )
    project.run(day=1)
    assert profile_of(project, "user_id:son") == ("anonymous_id:kitchen tablet", "user_id:son")
    assert profile_of(project, "user_id:mum") == ("user_id:mum",)
    assert {"son"} == project.members("buyers") & {"mum", "son"}
    after = {value: profile for profile, _, value in project.sql(ALL)}
    assert {value for value in before if before[value] != after[value]} == {"mum", "son"}
    assert after["son"] == before["kitchen tablet"]
    shared = project.sql("select cast(first_seen_at as text) from audiences.profile_identifiers where value = 'undefined'")
    assert shared == [("2025-10-29 12:00:00",)]
    project.load(track(None, "Visited", -10, anonymousId="p", messageId="of the same, and later"))
    project.run(day=2)
    known = project.sql("select cast(first_seen_at as text) from audiences.profile_identifiers where value = 'p'")
    assert known == shared


def test_a_rule_that_changes_holds_for_old_calls_too_and_a_rule_that_is_back_ties_again(
    people: Project, tmp_path: Path
) -> None:
    project = people.copy(tmp_path / "shop")
    before = found(project.sql(ALL))
    project.write("identity.yml", "identifiers: {email: {limit: 2}}\n")
    project.run(day=1)
    assert profile_of(project, "user_id:mover") == ("email:0@example.com", "email:1@example.com", "user_id:mover")
    limits = "limits: {shared_by: none, identifiers: 30}\n"
    project.write("identity.yml", f"identifiers: {{user_id: {{limit: none}}, email: {{limit: none}}}}\n{limits}")
    project.run(day=2)
    assert profile_of(project, "user_id:mum", "user_id:son", "anonymous_id:kitchen tablet")
    assert profile_of(project, "user_id:abc456", "user_id:abc123", "email:jane@example.com")
    assert len(profile_of(project, "user_id:mover")) == 8
    assert len(profile_of(project, "anonymous_id:undefined")) == 30
    reasons = project.sql("select reason, count(*), sum(call_count) from audiences.identity_violations group by all")
    assert reasons == [("identifier_limit", CROWD - 29, CROWD - 29)]
    (project.root / "identity.yml").unlink()
    project.run(day=3)
    assert found(project.sql(ALL)) == before


def test_chains_stars_and_grids_are_one_whatever_their_size(people: Project, tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    kinds = "email: {limit: none}, anonymous_id: {limit: none}, user_id: {limit: none}"
    project.write("identity.yml", f"identifiers: {{{kinds}}}\nlimits: {{merges: none, identifiers: none, shared_by: none}}\n")
    shapes = {
        "chain": "select 'c' || n // 2 as user_id, 'c' || (n + 1) // 2 as anonymous_id from range(2000) as t (n)",
        "star": "select 's' as user_id, 's' || n as anonymous_id from range(5000) as t (n)",
        "grid": "select 'g' || n as user_id, 'g' || case when side = 0 then n else n % 900 end as anonymous_id "
        "from range(1800) as t (n) cross join range(2) as u (side)",
    }
    rows = " union all ".join(f"(select '{name}' as shape, * from ({query}))" for name, query in shapes.items())
    project.sql(
        "insert into raw.calls (message_id, type, occurred_at, user_id, anonymous_id, loaded_at) select "
        "shape || row_number() over (), 'identify', timestamp '2026-01-01' + to_seconds(row_number() over ()), user_id, "
        f"anonymous_id, timestamp '2026-01-02' from ({rows})"
    )
    project.audiences("compile")
    assert project.dbt("run", "--select", "+profile_identifiers").success
    sizes = (
        "select left(value, 1), count(distinct profile_id), count(*) from audiences.profile_identifiers group by all order by 1"
    )
    assert project.sql(sizes) == [("c", 1, 2001), ("g", 900, 3600), ("s", 1, 5001)]
