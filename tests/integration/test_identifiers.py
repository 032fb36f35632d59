"""Where identifiers are read from, which values are none, and what a project says of its own types, in real DuckDB files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration import identity_calls
from tests.integration.projects import NOW, Project, call, command_line, identify, new_project, track

COLUMNS = ("message_id", "type", "occurred_at", "user_id", "anonymous_id", "properties", "traits", "context")
ALL = "select profile_id, type, value from audiences.profile_identifiers"


def insert(project: Project, calls: list[dict[str, Any]]) -> None:
    """Rows straight into the raw table, which takes what the loader would reject."""
    import json

    import duckdb

    rows = [[json.dumps(value) if isinstance(value := one.get(column), dict) else value for column in COLUMNS] for one in calls]
    with duckdb.connect(str(project.root / "warehouse.duckdb")) as connection:
        connection.executemany(f"insert into raw.calls ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})", rows)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a raw table."""
    project = new_project(tmp_path_factory.mktemp("identifiers") / "shop")
    project.load(track("first", "Visited", -100))
    project.sql("delete from raw.calls")
    return project


def test_two_calls_that_share_an_identifier_are_one_profile_and_what_is_blocked_or_no_value_ties_nobody(
    empty: Project, tmp_path: Path
) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", identity_calls.IDENTITY)
    insert(project, identity_calls.calls())
    project.run()
    assert identity_calls.found(project.sql(ALL)) == identity_calls.expected()
    assert {(kind, value): count for kind, value, count in project.sql(identity_calls.VIOLATIONS)} == identity_calls.BLOCKED
    alone = "select message_id from audiences_build.stg_calls where message_id like 'alone-%' and identifier_type is not null"
    assert len(project.sql(alone)) == len(identity_calls.PLACES)


def test_dbt_alone_reads_what_was_compiled(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", identity_calls.IDENTITY)
    project.audiences("compile")
    project.audiences("compile", "--check")
    insert(project, identity_calls.calls())
    assert project.dbt("run").success
    assert identity_calls.found(project.sql(ALL)) == identity_calls.expected()
    project.write("identity.yml", "alias: ignore\n")
    project.audiences("compile", "--check", expect=1)


def test_without_the_file_standard_types_are_read_and_nothing_is_generated(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    insert(project, identity_calls.calls())
    project.run()
    assert "audiences_identity" not in (project.root / "macros/audiences_project.sql").read_text()
    tied = {one for profile in identity_calls.found(project.sql(ALL)) if len(profile) == 3 for one in profile}
    standard = {
        f"{kind}:{value}"
        for kind, value in identity_calls.PLACES
        if kind not in ("phone", "loyalty_id", "crm_id", "handle", "shop_no", "badge")
    }
    assert standard <= tied
    assert project.sql("select count(distinct type) from audiences.profile_identifiers") == [(10,)]
    assert project.sql("select count(*) from audiences.profile_identifiers where value = '0000-0000'") == [(1,)]


def test_a_call_is_known_by_the_first_type_in_the_order_of_the_docs(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", "identifiers: {crm_id: {trait: crm}, zip: {trait: zip}}\n")
    both = {
        **identity_calls.device("ios", id="i", advertisingId="i", token="i", adTrackingEnabled=True),
        **identity_calls.client("g"),
    }
    said: dict[str, dict[str, Any]] = {
        "user_id": {"user_id": "u"}, "email": {}, "anonymous_id": {"anonymous_id": "a"}, "crm_id": {}, "ga_client_id": {},
        "ios.id": {}, "ios.idfa": {}, "ios.push_token": {}, "zip": {},
    }  # fmt: skip
    traits = {"email": "e@example.com", "crm": "c", "zip": "z"}
    calls: list[dict[str, Any]] = []
    for number in range(len(said)):
        left = list(said)[number:]
        columns = {key: value for kind in left for key, value in said[kind].items()}
        kept = {name: traits[name] for name in traits if (name if name != "crm" else "crm_id") in left}
        context: dict[str, Any] = {"device": {"type": "ios", "adTrackingEnabled": True}}
        if "ga_client_id" in left:
            context |= identity_calls.client("g")
        for kind, key in (("ios.idfa", "advertisingId"), ("ios.id", "id"), ("ios.push_token", "token")):
            if kind in left:
                context["device"][key] = both["device"][key]  # type: ignore[index]
        row = {"message_id": str(number), "type": "identify", "occurred_at": "2026-01-01", "traits": kept, "context": context}
        calls.append({**row, **columns})
    insert(project, calls)
    project.run()
    found = project.sql("select identifier_type from audiences_build.stg_calls order by cast(message_id as integer)")
    assert [row[0] for row in found] == list(said)


def test_aliases_tie_nobody_together_where_they_are_ignored(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    project.load(
        call("alias", -12, previousId="old", userId="new", anonymousId="beside"),
        track(None, "Bought", -11, anonymousId="old"),
        track(None, "Bought", -10, anonymousId="beside", messageId="beside"),
    )
    project.run()
    assert len(identity_calls.found(project.sql(ALL))) == 1
    project.write("identity.yml", "alias: ignore\n")
    project.run()
    assert identity_calls.found(project.sql(ALL)) == [("anonymous_id:beside",), ("anonymous_id:old",), ("user_id:new",)]


def test_a_blocked_value_of_an_alias_or_of_a_sql_trait_names_nobody(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", 'identifiers: {user_id: {blocked: ["-1"]}}\nblocked: [shared]\n')
    project.write("models/marts/scores.sql", "select '-1' as user_id, 1 as score union all select 'known', 2\n")
    project.write(
        "models/marts/scores.yml",
        "models:\n  - name: scores\n    config: {meta: {sql_trait: {of: users, identifier: user_id}}}\n",
    )
    project.load(call("alias", -12, previousId="shared", userId="a"), call("alias", -11, previousId="shared", userId="b"))
    project.run()
    project.run(day=1)
    assert identity_calls.found(project.sql(ALL)) == [("user_id:a",), ("user_id:b",), ("user_id:known",)]


def test_an_event_with_a_blocked_identifier_counts_for_the_next_one_and_moves_when_the_rule_comes(
    empty: Project, tmp_path: Path
) -> None:
    project = empty.copy(tmp_path / "shop")
    project.define("buyers", "{performed: Bought}", include_anonymous=True)
    project.load(
        track("-1", "Bought", -3, anonymousId="a1"),
        track("-1", "Visited", -3, anonymousId="a2"),
    )
    project.run()
    assert project.members("buyers") == {"-1"}
    project.write("identity.yml", 'identifiers: {user_id: {blocked: ["-1"]}}\n')
    project.run(day=1)
    assert project.members("buyers") == {"a1"}
    assert identity_calls.found(project.sql(ALL)) == [("anonymous_id:a1",), ("anonymous_id:a2",)]
    assert project.sql(identity_calls.VIOLATIONS) == [("user_id", "-1", 2)]
    project.load(track("-1", "Visited", -5, messageId="alone"))
    project.run(day=2)
    noted = "select type, value, call_count, first_seen_at from audiences.identity_violations"
    assert project.sql(noted) == [("user_id", "-1", 3, (NOW - timedelta(days=5)).replace(tzinfo=None))]


def test_a_type_of_the_projects_own_goes_wherever_types_are_named_and_is_written_the_same_way(
    empty: Project, tmp_path: Path
) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write(
        "identity.yml",
        "default_region: DE\nidentifiers:\n  loyalty_id: {property: card, normalize: lower_trim}\n"
        "  phone: {trait: phone, normalize: phone}\n",
    )
    project.write("models/marts/scores.sql", "select '030-12 34 56' as phone, 7 as score\n")
    project.write("models/marts/orders.sql", "select '0049 30 123456' as mobile, 3 as price\n")
    project.write("models/marts/points.sql", "select 'c1 ' as card, 3 as points\n")
    project.write(
        "models/marts/all.yml",
        "models:\n  - name: scores\n    config: {meta: {sql_trait: {of: users, identifier: phone}}}\n"
        "  - name: orders\n    config: {meta: {entity: {name: orders, phone: mobile}}}\n"
        "  - name: points\n    config: {meta: {entity: {name: points, loyalty_id: card}}}\n",
    )
    send_to = [{"destination": "hook", "identifiers": {"loyalty_id": "last", "phone": "last"}}]
    project.write("destinations/hook.yml", "destination: hook\ntype: webhook\nsettings: {url: 'https://example.com'}\n")
    project.define("scored", "{trait: score, gt: 5}", identifiers=["loyalty_id"], send_to=send_to)
    project.define("ordered", "{all: [{has: orders}, {has: points}]}", identifiers=["phone"])
    example = {
        "as_of": "2026-02-01T00:00:00Z",
        "given": {"ann": {"identifiers": {"phone": "030 999999"}, "events": [{"performed": "Bought", "at": "now"}]}},
        "expect": {"in": ["ann"]},
    }
    project.define("bought", "{performed: Bought}", identifiers=["phone"], examples=[example])
    by_phone = {"context": {"traits": {"phone": "(030) 123456"}}}
    project.load({**track(None, "Bought", -3), "properties": {"card": "C1"}, **by_phone}, track("other", "Bought", -3))
    for name, rows, key, count in (
        ("cards", "loyalty_id,name\nc1,Ann\n C1 ,Ann\nc2,Bob\n", "on_paper", 2),
        ("numbers", "phone\n+49 (0)30/123456\n030 123456\n110\n", "by_phone", 1),
    ):
        project.write(f"{name}.csv", rows)
        listed = project.audiences("load", str(project.root / f"{name}.csv"), "--list", key, "--json").json
        assert (listed["identifiers"], listed["is_new"]) == (count, True)
    project.run()
    project.run(day=1)
    ((profile,),) = project.sql("select profile_id from audiences.profile_identifiers where type = 'loyalty_id'")
    numbers = project.sql("select profile_id, value from audiences.profile_identifiers where type = 'phone'")
    assert numbers == [(profile, "+4930123456")]
    for key in ("scored", "ordered", "bought", "on_paper", "by_phone"):
        assert project.sql(f"select profile_id from audiences.{key}") == [(profile,)], key
    sent = project.sql("select identifier_type, identifier_value from audiences_build.send_hook_scored order by 1")
    assert sent == [("loyalty_id", "c1"), ("phone", "+4930123456")]
    assert project.audiences("test").exit_code == 0
    for identifier in ("loyalty_id:C1", "phone:030 123456"):
        explained = project.audiences("explain", "bought", identifier, "--as-of", "2026-02-02T12:00:00Z")
        assert profile in explained.out
    assert project.audiences("person", "phone:030/123456", "--json").json["profile_id"] == profile


def test_an_audience_that_is_deleted_leaves_its_trait_with_those_who_have_one_of_the_other_types(
    empty: Project, tmp_path: Path
) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", identity_calls.IDENTITY)
    project.define("everyone", "everyone", identifiers=[kind for kind, _ in identity_calls.PLACES])
    insert(project, [one for one in identity_calls.calls() if str(one["message_id"]).startswith("alone-")])
    project.run()
    assert len(project.sql("select * from audiences.everyone")) == len(identity_calls.PLACES)
    (project.root / "audiences/everyone.yml").unlink()
    project.define("were_in", "{trait: custom.everyone, equals: true}", identifiers=[kind for kind, _ in identity_calls.PLACES])
    project.run(day=1)
    project.run(day=2)
    assert len(project.sql("select * from audiences.were_in")) == len(identity_calls.PLACES)


def test_calls_that_only_such_identifiers_name_are_loaded(empty: Project, tmp_path: Path) -> None:
    project = empty.copy(tmp_path / "shop")
    project.write("identity.yml", identity_calls.IDENTITY)
    names = {"user_id": "userId", "anonymous_id": "anonymousId"}
    project.load(
        *(
            identify(-number, **{names.get(key, key): value for key, value in parts.items()}, messageId=str(number))
            for number, (_, parts) in enumerate(identity_calls.PLACES.values())
        )
    )
    project.write("calls.jsonl", '{"type": "identify", "timestamp": "2026-01-01T00:00:00Z", "traits": {"other": "x"}}\n')
    assert project.audiences("load", str(project.root / "calls.jsonl"), "--json").json[0]["rejected"] == 1
    (project.root / "identity.yml").write_text("identifers: {}\n")
    found = command_line(["load", str(project.root / "calls.jsonl"), "--project-dir", str(project.root)])
    assert found.exit_code == 2 and "identity.yml:1:1: `identifers` is not known" in found.err
