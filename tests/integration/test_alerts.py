"""Alerts over real state tables and real receivers: once on, once over, whom they tell, and what they leave out."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from standardwebhooks.webhooks import Webhook
from tests.integration.mail_server import MailServer
from tests.integration.processes import wait_for
from tests.integration.projects import shop_with_ten_buyers, track
from tests.integration.receiver import Answer, Receiver
from tests.integration.test_deliveries import FATES

from dbt_audiences.core.alerts import Alert
from dbt_audiences.core.warehouse import Warehouse, naive
from dbt_audiences.flow.watch import Watch, Watched
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.spec.alert import read_alert
from dbt_audiences.spec.fields import Problems
from dbt_audiences.spec.nodes import parse_yaml
from dbt_audiences.sync.alerts.findings import Moment, find
from dbt_audiences.sync.alerts.incidents import News, judge, standing
from dbt_audiences.sync.alerts.telling import tell

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
READ = ("deliveries", "memberships", "membership_changes", "cursors", "runs", "keys", "alert_states", "notifications")


@pytest.fixture
def state(warehouse: Warehouse) -> Warehouse:
    return state_tables(warehouse)


def state_tables(warehouse: Warehouse) -> Warehouse:
    """Every table that alerts read and write, empty, of each engine."""
    if warehouse.engine == "postgres":
        for statement in ("drop schema if exists alerted cascade", "create schema alerted", "set search_path to alerted"):
            warehouse.execute(statement)
    for path in ("sync/sync.yml", "changes/changes.yml"):
        for model in yaml.safe_load((ROOT / "models" / path).read_text())["models"]:
            if model["name"] in READ:
                columns = ", ".join(f"{column['name']} {column['data_type']}" for column in model["columns"])
                warehouse.execute(f"create table {model['name']} ({columns})")
    warehouse.execute("create table stg_calls (source text, occurred_at timestamp)")
    return warehouse


class Names(dict[str, str]):
    """Every table under its own name."""

    def __missing__(self, name: str) -> str:
        return f'"{name}"'


RELATIONS = Names()


def alert(**keys: Any) -> Alert:
    """An alert as its file says."""
    content = {"alert": "watched", "send_to": ["in_app"], **keys}
    problems = Problems()
    read = read_alert(parse_yaml(json.dumps(content), "alerts/watched.yml"), ROOT, "watched", problems)
    assert not problems.found, problems.found
    return read


def judged(state: Warehouse, one: Alert, at: datetime = NOW) -> list[News]:
    return judge(one, state, RELATIONS, Moment(at, at), f"alert_{random.random()}")


def is_on(state: Warehouse, one: Alert) -> bool:
    return find(one, state, RELATIONS, Moment(NOW, NOW)).is_on


def members(state: Warehouse, count: int, at: datetime) -> None:
    """So many are in `vips` from then on; the newest leave first."""
    have = [str(row[0]) for row in state.fetch("select profile_id from memberships order by profile_id")]
    gone, new = have[count:], [f"p{number:06}" for number in range(len(have), count)]
    for name in gone:
        state.execute(f"delete from memberships where profile_id = '{name}'")
    state.insert("memberships", ("audience", "profile_id", "entered_at"), [("vips", name, naive(at)) for name in new])
    changes = [("vips", name, "exited", naive(at)) for name in gone] + [("vips", name, "entered", naive(at)) for name in new]
    state.insert("membership_changes", ("audience", "profile_id", "change", "changed_at"), changes)


def deliver(state: Warehouse, at: datetime, delivered: int, failed: int = 0, destination: str = "crm", **more: int) -> None:
    fates = {"delivered": delivered, "rejected": failed, **more}
    reasons = {"rejected": "400: no", "held": "tried for 7 days: 503", "filtered": "consent", "pending": "503"}
    rows = [
        (destination, "vips", status, reasons.get(status), naive(at), None if status == "pending" else naive(at))
        for status, count in fates.items()
        for _ in range(count)
    ]
    state.insert("deliveries", ("destination", "audience", "status", "reason", "created_at", "settled_at"), rows)


# --- thresholds --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "fires"), [(95, True), (96, False), (104, False), (105, True), (100, False), (0, True)])
def test_a_change_of_4_percent_on_100_fires_at_95_and_105_and_not_at_96_or_104(
    state: Warehouse, size: int, fires: bool
) -> None:
    members(state, 100, NOW - 3 * DAY)
    members(state, size, NOW - timedelta(hours=1))
    of_size = alert(on="audience_size", audience="vips", change="4%", minimum=100)
    assert is_on(state, of_size) is fires
    deliver(state, NOW - timedelta(hours=30), 100)
    deliver(state, NOW - timedelta(hours=1), size - size // 2, size // 2, filtered=30, pending=40)
    of_volume = alert(on="delivery_volume", destination="crm", change="4%", minimum=100)
    assert is_on(state, of_volume) is fires
    for count, hours in ((100, 30), (size, 1)):
        state.insert("stg_calls", ("source", "occurred_at"), [("shop", naive(NOW - timedelta(hours=hours)))] * count)
    state.insert("stg_calls", ("source", "occurred_at"), [("app", naive(NOW))] * 50)
    assert is_on(state, alert(on="source_volume", source="shop", change="4%", minimum=100)) is fires


def test_what_was_less_than_the_minimum_is_not_compared(state: Warehouse) -> None:
    members(state, 99, NOW - 3 * DAY)
    members(state, 10, NOW - timedelta(hours=1))
    assert not is_on(state, alert(on="audience_size", audience="vips", change="4%", minimum=100))
    assert is_on(state, alert(on="audience_size", audience="vips", change="4%", minimum=99))
    deliver(state, NOW, 1, 9)
    assert not is_on(state, alert(on="success_rate", destination="crm", below="99%", minimum=11))
    assert is_on(state, alert(on="success_rate", destination="crm", below="99%", minimum=10))


@pytest.mark.parametrize(("delivered", "failed", "fires"), [(99, 1, False), (98, 2, True), (0, 0, False), (0, 1, True)])
def test_a_success_rate_fires_below_its_limit_and_not_at_it(state: Warehouse, delivered: int, failed: int, fires: bool) -> None:
    deliver(state, NOW - timedelta(hours=1), delivered, failed, pending=50, filtered=50)
    deliver(state, NOW - timedelta(hours=25), 0, 50)
    deliver(state, NOW - timedelta(hours=1), 0, 50, destination="other")
    news = judged(state, alert(on="success_rate", destination="crm", below="99%"))
    assert bool(news) is fires
    if fires and delivered:
        assert news[0].message == "98% of 100 rows were delivered to `crm` in the last 24 hours, less than 99%"


@pytest.mark.parametrize("seed", range(5))
def test_rows_of_every_fate_count_as_a_count_made_in_python_says(state: Warehouse, seed: int) -> None:
    chance = random.Random(seed)
    over, rows = timedelta(hours=6), []
    for _ in range(300):
        status, reason, step, _ = chance.choice(FATES)
        at = NOW - timedelta(hours=chance.choice([-1, 0, 1, 5.99, 6, 6.01, 11.9, 12, 13]))
        rows.append((chance.choice("ab"), chance.choice("xy"), status, reason, at, step))
    state.insert(
        "deliveries",
        ("destination", "audience", "status", "reason", "created_at", "settled_at"),
        [(*row[:4], naive(row[4]), None if row[2] == "pending" else naive(row[4])) for row in rows],
    )
    counts: Counter[tuple[bool, str]] = Counter()
    for destination, audience, _, _, at, step in rows:
        age = NOW - at
        if (destination, audience) == ("a", "x") and timedelta(0) <= age < 2 * over and step in ("delivered", "failed"):
            counts[age < over, step] += 1
    now, before = (counts[is_now, "delivered"] + counts[is_now, "failed"] for is_now in (True, False))
    given: dict[str, Any] = {"destination": "a", "audience": "x", "over": "6 hours"}
    message = find(alert(on="delivery_volume", change="1%", **given), state, RELATIONS, Moment(NOW, NOW)).message
    assert message.startswith(
        f"{now} rows were delivered of `x` to `a`, or failed, in the last 6 hours, {before} 6 hours before"
    )
    share = Decimal(counts[True, "delivered"]) / now
    for below, is_on in ((share, False), (share + Decimal("0.001"), True)):
        one = replace(alert(on="success_rate", below="50%", **given), below=below)
        assert find(one, state, RELATIONS, Moment(NOW, NOW)).is_on is is_on


def test_counts_have_a_floor_and_a_ceiling(state: Warehouse) -> None:
    between = alert(on="audience_size", audience="vips", below=2, above=3)
    found = []
    for count in (1, 2, 3, 4):
        members(state, count, NOW)
        found.append(find(between, state, RELATIONS, Moment(NOW, NOW)))
    assert [one.is_on for one in found] == [True, False, False, True]
    assert found[0].message == "`vips` has 1 members; less than 2"
    assert find(alert(on="delivery_volume", destination="crm", below=1), state, RELATIONS, Moment(NOW, NOW)).is_on


def test_freshness_is_of_calls_of_an_audience_or_of_what_waits(state: Warehouse) -> None:
    moment, hour = Moment(NOW, NOW), timedelta(hours=1)
    of_calls, of_shop = alert(on="freshness", above="6 hours"), alert(on="freshness", source="shop", above="6 hours")
    of_vips = alert(on="freshness", audience="vips", above="6 hours")
    waiting = alert(on="freshness", destination="crm", above="6 hours")
    assert [find(one, state, RELATIONS, moment).is_on for one in (of_calls, of_shop, of_vips, waiting)] == [
        True,
        True,
        True,
        False,
    ]
    state.insert("stg_calls", ("source", "occurred_at"), [("app", naive(NOW - hour)), ("shop", naive(NOW - 7 * hour))])
    state.insert("stg_calls", ("source", "occurred_at"), [("shop", naive(NOW + hour))])
    state.insert("cursors", ("model", "as_of"), [("vips", naive(NOW - 6 * hour))])
    deliver(state, NOW - 8 * hour, 0, pending=1)
    found = [find(one, state, RELATIONS, moment) for one in (of_calls, of_shop, of_vips, waiting)]
    assert [one.is_on for one in found] == [False, True, False, True]
    assert found[1].message == "the newest call of the source `shop` is of 2026-02-01 05:00 UTC, 7 hours ago; more than 6 hours"


# --- incidents ---------------------------------------------------------------------------------------------------------------


def test_an_incident_is_told_once_and_its_end_once(state: Warehouse) -> None:
    few = alert(on="audience_size", audience="vips", below=3)
    told = []
    for minute, count in enumerate((3, 2, 1, 2, 5, 5, 0)):
        at = NOW + timedelta(minutes=minute)
        members(state, count, at)
        told += [(minute, one.state) for one in judged(state, few, at)]
    assert told == [(1, "began"), (4, "ended"), (6, "began")]
    rows = state.fetch("select state, recipient, status from notifications order by occurred_at")
    assert rows == [(word, "in_app", "delivered") for _, word in told]
    ((key, on, since, message),) = standing(state, RELATIONS, [few])
    assert (key, on, since, message) == (
        "watched",
        "audience_size",
        naive(NOW + timedelta(minutes=6)),
        "`vips` has 0 members; less than 3",
    )
    assert standing(state, RELATIONS, [replace(few, enabled=False)]) == []


def test_an_alert_that_is_edited_is_another_one(state: Warehouse) -> None:
    members(state, 2, NOW - timedelta(minutes=1))
    few, fewer = (alert(on="audience_size", audience="vips", below=below) for below in (3, 2))
    others, changes = alert(on="run_failed"), alert(on="audience_changed")
    state.insert("runs", ("run_id", "status", "started_at"), [("r", "failed", naive(NOW))])
    state.insert("keys", ("key", "kind", "definition_hash"), [("a", "audience", "1")])
    renamed = replace(few, name="Other words", owner="me", recipients=())
    edits = [few, few, renamed, fewer, few, others, changes, changes, fewer, few, changes, replace(changes, audience="a")]
    told = [[one.state for one in judged(state, one, NOW + timedelta(minutes=minute))] for minute, one in enumerate(edits)]
    both = ["ended", "began"]
    assert told == [["began"], [], [], ["ended"], ["began"], both, ["ended"], [], [], ["began"], ["ended"], []]
    judged(state, few)
    assert standing(state, RELATIONS, [few])[0][2] == naive(NOW)
    # As rows were before it was written down what they were judged by.
    state.execute("update alert_states set seen = null")
    assert judged(state, fewer)[0].message == "`vips` has 2 members"


def test_a_failed_run_is_told_until_one_succeeds(state: Warehouse) -> None:
    failed = alert(on="run_failed")
    told = []
    for number, status in enumerate(("succeeded", "failed", "refused", "interrupted", "running", "succeeded")):
        state.insert("runs", ("run_id", "status", "started_at"), [(f"r{number}", status, naive(NOW + number * DAY))])
        told += [(status, one.state) for one in judged(state, failed)]
    assert told == [("failed", "began"), ("succeeded", "ended")]


def test_an_audience_is_told_when_it_is_made_edited_deleted_or_brought_back(state: Warehouse) -> None:
    def keys(*rows: tuple[str, str, bool]) -> list[str]:
        state.execute("delete from keys")
        full = [(key, "audience", digest, naive(NOW) if gone else None) for key, digest, gone in rows]
        state.insert("keys", ("key", "kind", "definition_hash", "deleted_at"), [*full, ("t", "trait", digest_of(full), None)])
        return [one.message for one in judged(state, changed)]

    def digest_of(rows: list[Any]) -> str:
        return str(rows)

    changed = alert(on="audience_changed")
    assert keys(("a", "1", False), ("b", "1", False), ("old", "1", True)) == []
    assert keys(("a", "1", False), ("b", "1", False), ("old", "1", True)) == []
    assert keys(("a", "2", False), ("b", "1", True), ("c", "1", False), ("old", "1", True)) == [
        "the audience `a` was edited", "the audience `b` was deleted", "the audience `c` was made",
    ]  # fmt: skip
    assert keys(("a", "2", False), ("b", "1", False), ("c", "1", False), ("old", "1", True)) == [
        "the audience `b` was brought back"
    ]


# --- telling -----------------------------------------------------------------------------------------------------------------


def test_everybody_is_told_in_their_own_way_and_who_did_not_answer_is_told_next_time(
    state: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "whsec_c2VjcmV0IG9mIHRoZSBhbGVydHM="
    with MailServer(login=("audiences", "letmein")) as mail, Receiver() as receiver:
        monkeypatch.setenv("MAIL_PASSWORD", "letmein")
        monkeypatch.setenv("SLACK", receiver.url.replace("/hook", "/slack"))
        monkeypatch.setenv("WORKFLOW", receiver.url.replace("/hook", "/workflow"))
        monkeypatch.setenv("ALERT_SECRET", secret)
        here, signing = {"allow_private_addresses": True}, {"signing_secret": "{{ env_var('ALERT_SECRET') }}"}
        mailbox = {
            "host": "127.0.0.1",
            "port": mail.port,
            "security": "none",
            "user": "audiences",
            "from": "a@shop",
            "to": "b@shop",
        }
        few = alert(
            on="audience_size", audience="vips", below=3, name="Few <VIPs> & fewer", owner="sales",
            send_to=[
                "in_app",
                {"type": "email", "settings": mailbox, "secrets": {"password": "{{ env_var('MAIL_PASSWORD') }}"}, **here},
                {"type": "slack", "secrets": {"webhook_url": "{{ env_var('SLACK') }}"}, **here},
                {"type": "slack_workflow", "secrets": {"webhook_url": "{{ env_var('WORKFLOW') }}"}, **here},
                {"type": "webhook", "settings": {"url": receiver.url}, "secrets": signing, **here},
                {"type": "webhook", "settings": {"url": receiver.url.replace("hook", "shut")}},
            ],
        )  # fmt: skip

        def told() -> list[tuple[str, str]]:
            found = tell(state, RELATIONS, {"watched": few}, {}, project="shop", target="dev")
            return [(one.recipient, one.reason) for one in found]

        receiver.answers.append(Answer(503))
        judged(state, few, datetime.now(UTC))
        untold = told()
        assert [name for name, _ in untold] == ["slack", "webhook 2"]
        assert untold[0][1] == "503" and "is a private address" in untold[1][1]
        rows = state.fetch("select recipient, status, attempts from notifications order by recipient")
        assert rows == [
            ("email", "delivered", 1), ("in_app", "delivered", 0), ("slack", "pending", 1), ("slack_workflow", "delivered", 1),
            ("webhook", "delivered", 1), ("webhook 2", "pending", 1),
        ]  # fmt: skip
        assert [name for name, _ in told()] == ["webhook 2"]
        (letter,) = mail.messages
        assert letter["Subject"] == "[shop] Few <VIPs> & fewer: began"
        assert "`vips` has 0 members; less than 3" in letter.get_content() and "Owner: sales" in letter.get_content()
        by_path = {one.path: one for one in receiver.requests}
        assert by_path["/slack"].json == {
            "text": "*Few &lt;VIPs&gt; &amp; fewer: began*\n`vips` has 0 members; less than 3\nsales"
        }
        assert set(map(type, by_path["/workflow"].json.values())) == {str} and by_path["/workflow"].json["state"] == "began"
        signed = by_path["/hook"]
        assert Webhook(secret).verify(signed.body, signed.headers)["message"] == "`vips` has 0 members; less than 3"
        assert signed.json["audience"] == "vips" and signed.json["alert"] == "watched" and signed.json["destination"] is None
        assert len({one.id for one in receiver.requests}) == len(receiver.requests) - 1  # slack's came twice, under one id
        state.execute("update notifications set occurred_at = occurred_at - interval '8 day' where status = 'pending'")
        assert len(told()) == 1 and told() == []
        assert state.fetch("select count(*) from notifications where status = 'failed' and reason like '%private%'") == [(1,)]


# --- in a project ------------------------------------------------------------------------------------------------------------


def test_a_run_a_sync_and_an_export_tell_and_status_says_what_is_on(tmp_path: Path) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    with Receiver() as receiver:
        hook = f"settings: {{url: '{receiver.url}'}}\nallow_private_addresses: true\n"
        project.write("destinations/hook.yml", f"destination: hook\ntype: webhook\n{hook}")
        project.define("buyers", "{performed: Bought, within: 30 days}", send_to=[{"destination": "hook"}])
        for key, said in {
            "runs": "on: run_failed",
            "rate": "on: success_rate\ndestination: hook\nbelow: 99%",
            "exports": "on: export_done\naudience: buyers",
            "size": "on: audience_size\naudience: buyers\nabove: 10",
            "elsewhere": "on: audience_size\naudience: buyers\nabove: 0\ntargets: [prod]",
        }.items():
            project.write(f"alerts/{key}.yml", f"alert: {key}\n{said}\nsend_to: [in_app, {{destination: hook}}]\n")
        receiver.decide = lambda got: Answer(400, "no") if "batch" in got.json else Answer()
        project.load(track("b11", "Bought", -1))
        report = project.run(sync=True, day=1, expect=1)
        assert {(one["alert"], one["state"]) for one in report["alerts"]} == {
            ("runs", "began"),
            ("rate", "began"),
            ("size", "began"),
        }
        told = [one.json for one in receiver.requests if "alert" in one.json]
        assert {one["alert"] for one in told} == {"runs", "rate", "size"}
        shown = project.audiences("status")
        assert "alerts that are on" in shown.out and "0% of 11 rows were delivered to `hook`" in shown.out
        of_key = project.audiences("status", "buyers", "--json").json
        assert [one["alert"] for one in of_key["alerts"]] == ["size"] and of_key["connections"][-1]["lag_seconds"] == 0
        assert ("alert", "exports", "audience") in {
            (one["kind"], one["key"], one["how"]) for one in project.audiences("consumers", "buyers", "--json").json
        }
        receiver.decide = None
        project.sql("update audiences.deliveries set settled_at = settled_at - interval '2 day' where status = 'rejected'")
        project.audiences("retry", "--destination", "hook")
        assert "alert rate is over: " in project.audiences("sync", "--destination", "hook").err
        said = project.audiences("export", "buyers", "-o", str(tmp_path / "out.csv")).err
        assert said == "alert exports: `buyers` was exported, 11 members\n"
        report = project.run(sync=True, day=1)
        assert [(one["alert"], one["state"]) for one in report["alerts"]] == [("runs", "ended")]
        assert [one.json["alert"] for one in receiver.requests if "alert" in one.json][3:] == ["rate", "exports", "runs"]
        project.write("audiences/wrong.yml", "audience: wrong\nname: Wrong\nwho: {perfomed: Bought}\n")
        project.write("alerts/elsewhere.yml", "alert: elsewhere\non: nothing\n")
        refused = project.audiences("run", expect=2)
        assert "audiences/wrong.yml:3:" in refused.err and "alerts/elsewhere.yml:" in refused.err
        last = [one.json for one in receiver.requests if "alert" in one.json][-1]
        assert (last["alert"], last["state"]) == ("runs", "began")
        message = project.sql("select message from audiences.runs order by started_at desc limit 1")[0][0]
        assert "audiences/wrong.yml" in message


def test_a_watch_judges_alerts_while_nothing_happens_and_takes_what_it_writes_for_no_new_calls(tmp_path: Path) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    said = "on: freshness\naudience: buyers\nabove: 1 second\nsend_to: [in_app]\n"
    project.write("alerts/stale.yml", f"alert: stale\n{said}")
    told: list[Watched] = []
    watch = Watch(lambda: Workspace(project.root), told.append, interval=0.05, alert_interval=0.2, with_sync=False)
    thread = threading.Thread(target=watch.until_stopped)
    with contextlib.chdir(project.root):
        thread.start()
        try:
            wait_for(lambda: any(one.reason == "alerts" for one in told))
            time.sleep(1.5)
        finally:
            watch.stop()
            thread.join()
    assert [(one.reason, [news.state for news in one.alerts.news]) for one in told] == [("started", []), ("alerts", ["began"])]
    assert project.sql("select alert, state from audiences.notifications") == [("stale", "began")]
