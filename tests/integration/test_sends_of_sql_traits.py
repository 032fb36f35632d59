"""SQL traits at destinations: all columns of a row go together, changes go again, and what is gone is unset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.projects import Project, call, identify, new_project, track
from tests.integration.receiver import Receiver

HOOK = "destination: hook\ntype: webhook\nsettings: {{url: '{}'}}\nallow_private_addresses: true\n"
ROWS = "create or replace table raw.scores as select * from (values {}) as given (who, score, plan)"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Project:
    shop = new_project(tmp_path / "shop")
    shop.write("destinations/hook.yml", HOOK.format(receiver.url))
    shop.load(
        *(track(user, "Visited", -3) for user in ("ann", "bob", "cid")),
        identify(-30, userId="ann", traits={"email": "ann@x.y", "city": "Berlin"}),
        call("group", -5, userId="ann", groupId="acme", traits={"score": 99}, messageId="g1"),
    )
    rows(shop, "('ann', 0.50, 'gold')", "('bob', 7.00, null)")
    return shop


def rows(project: Project, *given: str) -> None:
    project.sql("create schema if not exists raw", ROWS.format(", ".join(given)))


def declare(project: Project, send: str = "", of: str = "users", identifier: str = "user_id") -> None:
    project.write("models/marts/scores.sql", f"select who as {identifier}, score, plan from raw.scores\n")
    meta = f"{{of: {of}, identifier: {identifier}, send_to: [{{destination: hook{send}}}]}}"
    project.write("models/marts/scores.yml", f"models:\n  - name: scores\n    config: {{meta: {{sql_trait: {meta}}}}}\n")


def told(receiver: Receiver, since: int = 0) -> dict[tuple[str, str], Any]:
    """(type of call, whom) -> what was said of them."""
    found = {}
    for request in receiver.requests[since:]:
        for one in request.json["batch"]:
            assert one["context"]["personas"]["computation_class"] == "trait"
            found[one["type"], one.get("groupId") or one["userId"]] = one.get("traits") or one["properties"]
    return found


def connection(report: Any) -> dict[str, Any]:
    (found,) = report["connections"]
    return dict(found)


def test_all_columns_go_as_one_identify_and_only_what_changed_goes_again(project: Project, receiver: Receiver) -> None:
    declare(project, ", traits: [city]")
    sent = connection(project.run(sync=True))
    assert (sent["audience"], sent["status"], sent["entered"]) == ("scores", "synced", 2)
    assert told(receiver) == {
        ("identify", "ann"): {"email": "ann@x.y", "score": 0.5, "plan": "gold", "city": "Berlin"},
        ("identify", "bob"): {"score": 7, "plan": None},
    }
    assert connection(project.run(sync=True, day=0.1))["delivered"] == 0 and len(receiver.requests) == 1
    rows(project, "('ann', 0.50, 'silver')", "('bob', 7.00, null)", "('cid', 1.00, 'gold')")
    changed = connection(project.run(sync=True, day=0.2))
    assert (changed["entered"], changed["changed"], changed["exited"]) == (1, 1, 0)
    assert {whom: said["plan"] for (_, whom), said in told(receiver, 1).items()} == {"ann": "silver", "cid": "gold"}


def test_a_row_that_is_gone_unsets_its_traits_once(project: Project, receiver: Receiver) -> None:
    declare(project)
    project.run(sync=True)
    rows(project, "('ann', 0.50, 'gold')")
    gone = connection(project.run(sync=True, day=0.1))
    assert (gone["exited"], told(receiver, 1)) == (1, {("identify", "bob"): {"score": None, "plan": None}})
    assert connection(project.run(sync=True, day=0.2))["delivered"] == 0


def test_faulty_rows_send_nothing_and_the_last_good_values_stay_there(project: Project, receiver: Receiver) -> None:
    declare(project)
    project.run(sync=True)
    rows(project, "('ann', 0.10, 'x')", "('ann', 0.20, 'y')")
    report = project.run(sync=True, day=0.1, expect=1)
    assert [one["delivered"] for one in report["connections"]] in ([], [0]) and len(receiver.requests) == 1
    rows(project, "('ann', 0.20, 'y')", "('bob', 7.00, null)")
    project.run(sync=True, day=0.2)
    assert told(receiver, 1) == {("identify", "ann"): {"email": "ann@x.y", "score": 0.2, "plan": "y"}}


def test_accounts_get_theirs_as_a_group_and_no_custom_trait_of_the_name(project: Project, receiver: Receiver) -> None:
    rows(project, "('acme', 0.50, 'gold')")
    declare(project, ", users: true", of="accounts", identifier="group_id")
    project.run(sync=True)
    assert told(receiver) == {
        ("group", "acme"): {"score": 0.5, "plan": "gold"},
        ("identify", "ann"): {"email": "ann@x.y", "score": 0.5, "plan": "gold"},
    }


def test_as_events_each_change_is_a_track(project: Project, receiver: Receiver) -> None:
    declare(project, ", as: events, events: {computed: Scores Computed}")
    project.run(sync=True)
    assert told(receiver)["track", "bob"] == {"trait_key": "scores", "score": 7, "plan": None}
    assert {one["event"] for one in receiver.requests[0].json["batch"]} == {"Scores Computed"}


def test_the_model_is_the_name_to_select_sync_and_approve_by(project: Project, receiver: Receiver) -> None:
    declare(project, ", refuse_above: {leaving_count: 0}")
    project.define("others", "{performed: Visited}")
    assert connection(project.run("--select", "scores", sync=True))["entered"] == 2
    rows(project, "('ann', 0.50, 'gold')")
    refused = connection(project.run(sync=True, day=0.1, expect=3))
    assert refused["status"] == "refused" and "audiences sync --approve scores" in refused["message"]
    (planned,) = project.audiences("sync", "--audience", "scores", "--dry-run", "--json", expect=3).json
    assert (planned["status"], len(receiver.requests)) == ("refused", 1)
    (approved,) = project.audiences("sync", "--approve", "scores", "--json").json
    assert (approved["status"], approved["exited"]) == ("synced", 1)
    assert project.audiences("sync", "--audience", "score", expect=2).err == (
        "error: there is no audience or trait `score`\n  did you mean `scores`?\n"
    )


def test_what_cannot_be_sent_is_refused_with_its_place(project: Project) -> None:
    declare(project, ", as: events, traits: [{city: score}]")
    said = project.audiences("run", expect=2).err
    assert "models/marts/scores.yml:3:" in said and "a trait cannot be sent as `score`: the trait itself has that name" in said
