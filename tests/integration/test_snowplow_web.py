"""Cookies and users of real web tracking, against the user table that Snowplow's own dbt package expects of the same events.

There a user is the cookie that a session began with: of a session whose cookie changes, the first stands for all. So is whoever
uses one cookie under several user ids, of which the first is named. Here user ids and cookies that calls name together are one,
and by default a profile has one user id and five cookies.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from tests.integration.projects import Project, new_project

FOLDER = Path(__file__).parents[1] / "cases" / "snowplow_web"
STITCHED = "user stitch - session: 1st id: 1"
IDENTIFIERS = "select profile_id, type, value, first_seen_at from audiences.profile_identifiers"


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every event a call, its cookie an anonymous id."""
    made = new_project(tmp_path_factory.mktemp("snowplow") / "web")
    made.load(
        *(
            {
                "type": "track", "event": one["event"], "messageId": one["event_id"], "timestamp": one["derived_tstamp"] + "Z",
                "userId": one["user_id"], "anonymousId": one["domain_userid"],
                "properties": {"session": one["domain_sessionid"]},
            }
            for one in rows_of("events.csv")
        )
    )  # fmt: skip
    made.run()
    return made


def test_by_default_a_cookie_is_of_the_user_that_was_first_seen_with_it(project: Project) -> None:
    profile_of = {(kind, value): profile for profile, kind, value, _ in project.sql(IDENTIFIERS)}
    for user in rows_of("users.csv"):
        assert profile_of["anonymous_id", user["domain_userid"]] == profile_of["user_id", user["user_id"]]
    users = [value for kind, value in profile_of if kind == "user_id"]
    assert len({profile_of["user_id", value] for value in users}) == len(users) == 25
    left = project.sql("select value, reason, exceeded_type, count(*) from audiences.identity_violations group by all")
    cookie = next(user["domain_userid"] for user in rows_of("users.csv") if user["user_id"] == STITCHED)
    by_users = [(value, count) for value, reason, exceeded, count in left if exceeded == "user_id"]
    assert by_users == [(cookie, 9)]
    assert {(reason, exceeded) for value, reason, exceeded, _ in left if value != cookie} == {("value_limit", "anonymous_id")}


def test_without_limits_everybody_of_the_user_table_is_one_profile_from_the_same_start_with_as_many_sessions(
    project: Project, tmp_path: Path
) -> None:
    free = project.copy(tmp_path / "web")
    free.write("identity.yml", "identifiers: {user_id: {limit: none}, anonymous_id: {limit: none}}\n")
    free.run(day=1)
    profile_of, start_of = {}, {}
    for profile, kind, value, first_seen_at in free.sql(IDENTIFIERS):
        profile_of[kind, value] = profile
        start_of[profile] = min(first_seen_at, start_of.get(profile, first_seen_at))
    sessions = dict(free.sql(
        "select i.profile_id, count(distinct c.properties ->> 'session') from audiences_build.stg_calls as c inner join "
        "audiences.profile_identifiers as i on i.type = c.identifier_type and i.value = c.identifier_value group by all"
    ))  # fmt: skip
    users = rows_of("users.csv")
    profiles = [profile_of["anonymous_id", user["domain_userid"]] for user in users]
    assert len(set(profiles)) == len(users) == 11
    for user, profile in zip(users, profiles, strict=True):
        assert profile == profile_of["user_id", user["user_id"]]
        assert start_of[profile] == datetime.fromisoformat(user["start_tstamp"])
        assert sessions[profile] == int(user["sessions"])
    stitched = [value for kind, value in profile_of if kind == "user_id" and value.startswith("user stitch")]
    assert len({profile_of["user_id", value] for value in stitched}) == 1 and len(stitched) == 10
