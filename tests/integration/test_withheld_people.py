"""Who holds and is not told: what a destination requires, priorities and holdouts, from definitions to a real receiver."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.integration.projects import Project, identify, new_project, track
from tests.integration.receiver import Receiver

from dbt_audiences.compile.withheld import _threshold

HOOK = """\
destination: hook
type: webhook
settings: {{url: '{0}'}}
allow_private_addresses: true
requires: {{all: [{{trait: consent, equals: true}}, {{not_performed: Opted Out, within: 7 days}}]}}
priority: [[vips, buyers]]
"""
DOCS = Path(__file__).parents[2] / "docs/destinations.md"
PEOPLE = [f"u{number:02}" for number in range(40)]
VIPS = set(PEOPLE[:6])
CONSENTING = set(PEOPLE[:30])


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Project:
    made = new_project(tmp_path_factory.mktemp("withheld") / "shop")
    made.write("destinations/hook.yml", HOOK.format(receiver.url))
    made.define("buyers", "{performed: Bought}", send_to=[{"destination": "hook", "holdout": "25%"}])
    made.define("vips", "{performed: Bought, at_least: 2}", send_to=[{"destination": "hook"}])
    made.load(
        *(track(user, "Bought", -2) for user in PEOPLE),
        *(track(user, "Bought", -1) for user in VIPS),
        *(identify(-3, userId=user, traits={"consent": user in CONSENTING}) for user in PEOPLE),
    )
    return made


def told(receiver: Receiver) -> set[tuple[str, str]]:
    """(audience, user) of whom a receiver that takes each id once holds."""
    once = {request.id: request for request in receiver.requests}
    state = {(name, call["userId"]): is_in for request in once.values() for call in request.json["batch"]
             for name, is_in in call["traits"].items()}  # fmt: skip
    return {key for key, is_in in state.items() if is_in}


def held_out(project: Project, users: set[str]) -> set[str]:
    """Told by the reference: the first 32 bits of the MD5 of salt and profile id, below a quarter of their range."""
    rows = project.sql("select value, profile_id from audiences.profile_identifiers where type = 'user_id'")
    return {
        user for user, profile_id in rows
        if user in users and int(hashlib.md5(f"hook:buyers:{profile_id}".encode()).hexdigest()[:8], 16) < 2**32 // 4
    }  # fmt: skip


def expected(project: Project, consenting: set[str]) -> set[tuple[str, str]]:
    buyers = set(PEOPLE) & consenting - VIPS
    return {("vips", user) for user in VIPS & consenting} | {("buyers", user) for user in buyers - held_out(project, buyers)}


def test_only_who_consents_goes_out_and_only_to_the_first_audience_and_some_are_held_out(
    project: Project, receiver: Receiver
) -> None:
    project.run()
    planned = project.audiences("sync", "--dry-run", "--json").json
    out = held_out(project, CONSENTING - VIPS)
    assert 1 < len(out) < 15
    assert {one["audience"]: one["withheld"] for one in planned} == {
        "buyers": {"consent": 10, "holdout": len(out), "priority": len(VIPS)},
        "vips": {},
    }
    bodies = [request["body"]["batch"] for one in planned for request in one["requests"]]
    shown = {(name, call["userId"]) for batch in bodies for call in batch for name in call["traits"]}
    assert shown == expected(project, CONSENTING)
    assert [one["message"] for one in planned] == [f"dry run: {24 - len(out)} would be sent", "dry run: 6 would be sent"]
    assert receiver.requests == []
    project.audiences("sync")
    assert told(receiver) == expected(project, CONSENTING)
    rows = project.sql(
        "select i.value from audiences.holdouts join audiences.profile_identifiers as i using (profile_id) "
        "where destination = 'hook' and audience = 'buyers'"
    )
    assert {row[0] for row in rows} == out
    shown = project.audiences("deliveries", "--audience", "buyers", "--json").json
    counts = {(one["step"], one["reason"]): one["count"] for one in shown["discards"]}
    assert counts == {
        ("filtered_at_source", "consent"): 10,
        ("filtered_at_source", "priority"): len(VIPS),
        ("filtered_at_source", "holdout"): len(out),
    }
    assert shown["created"] == len(PEOPLE)
    query = re.search(r"```sql\n(with compared.*?)```", DOCS.read_text(), re.DOTALL)
    assert query is not None
    named = query[1].replace("'crm'", "'hook'").replace("'vips'", "'buyers'").replace("events_order_completed", "events_bought")
    assert dict(row[:2] for row in project.sql(named)) == {"held out": len(out), "sent": 24 - len(out)}


def test_who_withdraws_is_removed_and_who_leaves_the_first_audience_goes_to_the_next(
    project: Project, receiver: Receiver
) -> None:
    before = project.sql("select profile_id from audiences.holdouts order by 1")
    filtered = project.sql("select count(*) from audiences.deliveries where status = 'filtered'")
    project.load(
        identify(0.5, userId="u00", traits={"consent": False}),
        track("u20", "Opted Out", 0.5),
        identify(0.5, userId="u35", traits={"consent": True}),
    )
    project.run(sync=True, day=1)
    consenting = CONSENTING - {"u00", "u20"} | {"u35"}
    assert told(receiver) == expected(project, consenting)
    reasons = project.sql(
        "select i.value, d.audience, d.reason from audiences.deliveries as d join audiences.profile_identifiers as i "
        "using (profile_id) where d.status = 'filtered' and i.value in ('u00', 'u20') and d.reason = 'consent' order by 1, 2"
    )
    assert reasons[0] == ("u00", "buyers", "consent") and ("u00", "vips", "consent") in reasons
    again = project.sql("select count(*) from audiences.deliveries where status = 'filtered'")
    project.run(sync=True, day=1.1)
    assert project.sql("select count(*) from audiences.deliveries where status = 'filtered'") == again > filtered
    assert set(before) <= set(project.sql("select profile_id from audiences.holdouts"))
    project.run(sync=True, day=9)  # the opt-out is older than a week
    assert told(receiver) == expected(project, consenting | {"u20"})


def test_who_is_held_out_stays_so_when_a_merge_gives_the_person_another_id(project: Project, receiver: Receiver) -> None:
    out = min(held_out(project, CONSENTING - VIPS))
    names = [f"a{number}" for number in range(20)]
    older = (identify(-20, anonymousId=name, traits={"consent": True}) for name in names)
    project.load(*({**one, "messageId": f"i{number}"} for number, one in enumerate(older)))
    project.run(sync=True, day=9)
    ids = dict(project.sql("select value, profile_id from audiences.profile_identifiers"))
    hashed = {name: hashlib.md5(f"hook:buyers:{ids[name]}".encode()).hexdigest()[:8] for name in names}
    kept = next(name for name in names if int(hashed[name], 16) >= 2**32 // 4)
    project.load(identify(8.9, userId=out, anonymousId=kept))
    project.run(sync=True, day=9.1)
    assert project.sql(f"select profile_id from audiences.profile_identifiers where value = '{out}'") == [(ids[kept],)]
    assert project.sql(f"select held_as from audiences.holdouts where profile_id = '{ids[kept]}'") == [(ids[out],)]
    desired = "select distinct withheld from audiences_build.send_hook_buyers"
    assert project.sql(f"{desired} where profile_id = '{ids[kept]}'") == [("holdout",)]
    assert ("buyers", out) not in told(receiver)


def test_what_was_built_before_it_was_required_is_not_sent(project: Project, receiver: Receiver) -> None:
    sent = len(receiver.requests)
    project.define("new_ones", "{performed: Bought}", send_to=[{"destination": "plain"}])
    project.write("destinations/plain.yml", HOOK.format(receiver.url).split("requires")[0].replace("hook", "plain", 1))
    project.run(day=10)
    project.write("destinations/plain.yml", HOOK.format(receiver.url).split("priority")[0].replace("hook", "plain", 1))
    refused = project.audiences("sync", "--destination", "plain", expect=1).err
    assert "it was built before something was required or held out: run `audiences run` first" in refused
    assert len(receiver.requests) == sent


@pytest.mark.parametrize("share", ["10%", "25%", "0.5%", "50%"])
def test_a_share_of_a_hundred_thousand_is_held_out_within_a_point(share: str) -> None:
    wanted = Decimal(share.rstrip("%")) / 100
    threshold = _threshold(wanted)
    hashes = (hashlib.md5(f"hook:buyers:p{number}".encode()).hexdigest()[:8] for number in range(100_000))
    assert abs(sum(one < threshold for one in hashes) / 100_000 - float(wanted)) < 0.01
