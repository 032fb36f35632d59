"""What is sent of traits and of accounts, computed on a real Postgres; and several traits of one relation, as one object."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.postgres import Server
from tests.integration.projects import NOW, Project, call, identify, new_project, track
from tests.integration.receiver import Receiver

from dbt_audiences.core.definitions import Place
from dbt_audiences.core.project import Destination, SendTo
from dbt_audiences.flow.workspace import Workspace
from dbt_audiences.sync.engine import SyncResult, sync_connection

HOOK = "destination: hook\ntype: webhook\nsettings: {{url: '{}'}}\nallow_private_addresses: true\n"
SEND = "send_to: [{destination: hook, "
DEFINITIONS = {
    "traits/total.yml": f"trait: total\nperformed: Ordered\nsum: revenue\nwithin: 10 days\n{SEND}traits: [plan]}}]\n",
    "traits/skus.yml": f"trait: skus\nperformed: Ordered\nunique: sku\n{SEND}as: events}}]\n",
    "traits/last_sku.yml": f"trait: last_sku\nperformed: Ordered\nlast: sku\nwithin: 10 days\n{SEND}as: identify}}]\n",
    "traits/orders.yml": f"trait: orders\nof: accounts\nperformed: Ordered\ncount: true\n{SEND}users: true}}]\n",
    "audiences/on_business.yml": (
        "audience: on_business\nof: accounts\nwho: {trait: plan, equals: business}\n" + SEND + "users: true, traits: [plan]}]\n"
    ),
    "audiences/entered.yml": (
        "audience: entered\nof: accounts\nwho: {trait: plan, equals: business}\n" + SEND + "as: events, traits: [plan]}]\n"
    ),
}
LONG = """{{ config(materialized='view') }}
select
    i.profile_id,
    facts.trait,
    facts.value
from {{ ref('dbt_audiences', 'profile_identifiers') }} as i
inner join (
    select 'ann' as who, 'score' as trait, '0.5000' as value
    union all
    select 'ann' as who, 'tags' as trait, '["a","b"]' as value
    union all
    select 'bob' as who, 'score' as trait, '7' as value
    union all
    select 'bob' as who, 'another' as trait, '7' as value
) as facts on facts.who = i.value
where i.type = 'user_id' and {{ var('has_rows', true) }}
"""
DESIRED = """{{ config(materialized='view') }}
{{ dbt_audiences.desired_values(ref('scores'), ['score', 'tags'], identifiers=[['user_id', 'last'], ['email', 'last']]) }}
"""


@pytest.fixture(params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Project:
    shop = new_project(tmp_path / "shop")
    if request.param == "postgres":
        output = server.database(f"sends_{tmp_path.parent.name}_{tmp_path.name}"[:60]).credentials()
        shop.write("profiles.yml", json.dumps({"shop": {"target": "dev", "outputs": {"dev": output}}}))
    shop.load(
        track("ann", "Ordered", -20, properties={"revenue": 1, "sku": "b"}),
        track("ann", "Ordered", -1, properties={"revenue": "12345678901234567890.123", "sku": "It's"}),
        track("bob", "Ordered", -2, properties={"revenue": 0.1, "sku": 7}),
        identify(-30, userId="ann", traits={"email": "ann@x.y", "plan": "gold"}),
        call("group", -9, userId="ann", groupId="acme", traits={"plan": "business"}, messageId="g1"),
        call("group", -9, userId="bob", groupId="acme", messageId="g2"),
    )
    return shop


def told(receiver: Receiver, since: int = 0) -> dict[tuple[str, str, str], Any]:
    """(key, type of call, whom it is about) -> what it says."""
    return {
        (one["context"]["personas"]["computation_key"], one["type"], one.get("groupId") or one["userId"]): (
            one.get("traits") or one["properties"]
        )
        for request in receiver.requests[since:]
        for one in request.json["batch"]
    }


def test_the_same_is_sent_from_both_engines(project: Project) -> None:
    with Receiver() as receiver:
        project.write("destinations/hook.yml", HOOK.format(receiver.url))
        for path, text in DEFINITIONS.items():
            project.write(path, text)
        project.run(sync=True)
        email = {"email": "ann@x.y"}
        assert told(receiver) == {
            ("total", "identify", "ann"): {**email, "total": 12345678901234567890.123, "plan": "gold"},
            ("total", "identify", "bob"): {"total": 0.1},
            ("skus", "track", "ann"): {"skus": ["It's", "b"], "trait_key": "skus"},
            ("skus", "track", "bob"): {"skus": [7], "trait_key": "skus"},
            ("last_sku", "identify", "ann"): {**email, "last_sku": "It's"},
            ("last_sku", "identify", "bob"): {"last_sku": 7},
            ("orders", "group", "acme"): {"orders": 3},
            ("orders", "identify", "ann"): {**email, "orders": 3},
            ("orders", "identify", "bob"): {"orders": 3},
            ("on_business", "group", "acme"): {"plan": "business", "on_business": True},
            ("on_business", "identify", "ann"): {**email, "on_business": True},
            ("on_business", "identify", "bob"): {"on_business": True},
            ("entered", "track", "ann"): {"plan": "business", "entered": True, "audience_key": "entered"},
            ("entered", "track", "bob"): {"plan": "business", "entered": True, "audience_key": "entered"},
        }
        assert any(b'"total":12345678901234567890.123' in request.body for request in receiver.requests)
        sent = len(receiver.requests)
        project.run(sync=True, day=0.5)
        assert len(receiver.requests) == sent
        project.load(call("group", 1, userId="ann", groupId="acme", traits={"plan": "free"}, messageId="g3"))
        project.run(sync=True, day=9.5)
        assert told(receiver, sent) == {
            ("total", "identify", "ann"): {**email, "total": 0, "plan": "gold"},
            ("total", "identify", "bob"): {"total": 0},
            ("last_sku", "identify", "ann"): {**email, "last_sku": None},
            ("last_sku", "identify", "bob"): {"last_sku": None},
            ("on_business", "group", "acme"): {"on_business": False},
            ("on_business", "identify", "ann"): {**email, "on_business": False},
            ("on_business", "identify", "bob"): {"on_business": False},
            ("entered", "track", "ann"): {"entered": False, "audience_key": "entered"},
            ("entered", "track", "bob"): {"entered": False, "audience_key": "entered"},
        }


class Scores:
    """A model of several traits, as far as sending must know it."""

    key = name = "scores"
    enabled = True
    values = ("score", "tags")


def send(project: Project, receiver: Receiver, hour: int) -> SyncResult:
    place = Place("models/scores.yml", 1, 1)
    workspace = Workspace(project.root)
    workspace.dbt.parse()
    relations = workspace.dbt.relations()
    destination = Destination(
        "hook", "webhook", "Hook", {"url": receiver.url}, {}, None, None, None, None, (), True, True, place
    )  # fmt: skip
    send_to = SendTo("hook", None, None, (), "", "", None, "send", False, True, None, None, place)
    with contextlib.chdir(project.root), workspace.warehouse() as warehouse:
        return sync_connection(
            warehouse, relations, destination, Scores(), send_to, desired=relations["wanted_scores"],
            sync_id=f"sync-{hour}", now=NOW + timedelta(hours=hour), as_of=NOW, target="dev",
            root=project.root, approved=True, dry_run=False,
        )  # fmt: skip


def test_several_traits_of_one_relation_go_as_one_identify(project: Project) -> None:
    project.run()
    with contextlib.chdir(project.root), Workspace(project.root).warehouse() as warehouse:
        if warehouse.engine == "postgres":  # else each wave of requests would read all that was ever delivered
            found = {str(row[0]) for row in warehouse.fetch("select indexname from pg_indexes where schemaname = 'audiences'")}
            assert {"deliveries_by_request_id", "requests_by_request_id", "acknowledged_by_identifier_value"} <= found
    project.write("models/scores.sql", LONG)
    project.write("models/wanted_scores.sql", DESIRED)
    assert project.dbt("run", "--select", "scores", "wanted_scores").success
    with Receiver() as receiver:
        assert send(project, receiver, 1).delivered == 2
        assert b'"score":0.5000' in receiver.requests[0].body
        assert told(receiver) == {
            ("scores", "identify", "ann"): {"email": "ann@x.y", "score": 0.5, "tags": ["a", "b"]},
            ("scores", "identify", "bob"): {"score": 7, "tags": None},
        }
        assert send(project, receiver, 2).delivered == 0
        assert project.dbt("run", "--select", "scores", "wanted_scores", "--vars", "{has_rows: false}").success
        assert send(project, receiver, 3).exited == 2
        assert told(receiver, 1) == {
            ("scores", "identify", "ann"): {"email": "ann@x.y", "score": None, "tags": None},
            ("scores", "identify", "bob"): {"score": None, "tags": None},
        }
