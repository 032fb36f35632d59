"""What deletes an audience or a trait, what that leaves behind, and what brings one back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.integration.projects import (
    BUYERS,
    Project,
    at,
    changes,
    identify,
    new_project,
    shop_with_ten_buyers,
    state,
    track,
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("deletion") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


def sent(project: Project) -> list[tuple[str, str]]:
    """(audience, op) of every row that the folder got."""
    rows = []
    for path in sorted((project.root / "deliveries").rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += [(row["audience"], row["op"]) for row in csv.DictReader(file)]
    return rows


def kept(project: Project, key: str) -> set[str]:
    """Values of `audiences.traits` by the user id of their profiles, as one text."""
    rows = project.sql(
        "select i.value || '=' || t.value from audiences.traits as t inner join audiences.profile_identifiers as i "
        f"on i.profile_id = t.profile_id and i.type = 'user_id' where t.trait = '{key}'"
    )
    return {str(row[0]) for row in rows}


BUYERS_KEPT = {f"b{n}=true" for n in range(1, 11)}


# --- by its command ----------------------------------------------------------------------------------------------------------


def test_a_deletion_is_refused_with_everything_that_refers_to_the_key(project: Project) -> None:
    before = state(project)
    refused = project.audiences("delete", "buyers", expect=2)
    assert refused.err == (
        "error: `buyers` cannot be deleted: one place refers to it\n"
        "  audiences/bought_on_business.yml:2: audience bought_on_business (in_audience)\n"
        "  change or delete these first\n"
    )
    assert (project.root / "audiences/buyers.yml").exists() and state(project) == before


def test_a_deleted_audience_leaves_a_custom_trait_its_history_and_no_one_at_its_destinations(project: Project) -> None:
    project.audiences("delete", "bought_on_business", "--as-of", at(0.5))
    deleted = project.audiences("delete", "buyers", "--as-of", at(0.5))
    assert deleted.out.splitlines()[0] == (
        "buyers is deleted: audiences/buyers.yml is gone; 10 keep its last value as the custom trait `buyers`"
    )
    assert not (project.root / "audiences/buyers.yml").exists()
    assert not (project.root / "models/audiences/buyers.sql").exists()
    assert sent(project) == [("buyers", "add")] * 10 + [("buyers", "remove")] * 10
    assert project.sql("select count(*) from information_schema.tables where table_name = 'buyers'") == [(0,)]
    assert project.sql("select count(*) from audiences.memberships where audience = 'buyers'") == [(0,)]
    assert project.sql(
        "select change, cause, count(*) from audiences.membership_changes where audience = 'buyers' group by all order by 1"
    ) == [("entered", "run", 10), ("exited", "deleted", 10)]

    project.define("once_bought", "{trait: buyers, equals: true}")
    report = project.run(day=1, sync=True)
    assert kept(project, "buyers") == BUYERS_KEPT
    assert project.members("once_bought") == {f"b{n}" for n in range(1, 11)}
    assert report["connections"] == [] and len(sent(project)) == 20
    assert project.dbt("test", "--select", "test_type:singular").success


def test_what_destinations_hold_stays_there_when_that_is_asked_for(project: Project) -> None:
    project.audiences("delete", "bought_on_business")
    document = project.audiences("delete", "buyers", "--keep-at-destinations", "--as-of", at(0.5), "--json").json
    assert (document["kept"], document["connections"]) == (10, [])
    project.run(day=1, sync=True)
    assert sent(project) == [("buyers", "add")] * 10
    project.audiences("delete", "buyers", "--as-of", at(1.5))  # a second word of the same person
    assert sent(project)[10:] == [("buyers", "remove")] * 10


def test_a_key_that_was_never_there_cannot_be_deleted(project: Project) -> None:
    assert project.audiences("delete", "buyer", expect=2).err == (
        "error: there is no audience or trait `buyer`\n  did you mean `buyers`?\n"
    )


def test_people_known_by_an_email_an_anonymous_id_or_a_device_keep_it_too_and_are_not_joined(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define("visitors", "{performed: Visited}", include_anonymous=True)
    by_email = {"traits": {"email": 'A"nn@example.com'}}
    by_device = {"device": {"type": "ios", "advertisingId": "id-1", "adTrackingEnabled": True}}
    project.load(
        track(None, "Visited", -1, context=by_email, messageId="m1"),
        track(None, "Visited", -1, anonymousId="a1", messageId="m2"),
        track(None, "Visited", -1, context=by_device, messageId="m3"),
    )
    project.run()
    profiles = project.sql("select * from audiences.profile_identifiers order by all")
    assert len(profiles) == 3
    project.audiences("delete", "visitors", "--as-of", at(0.5))
    project.run(day=1)
    assert project.sql("select count(*), min(value) from audiences.traits where trait = 'visitors'") == [(3, "true")]
    assert project.sql("select * from audiences.profile_identifiers order by all") == profiles


# --- by git ------------------------------------------------------------------------------------------------------------------


def test_a_file_that_vanishes_is_a_deletion_and_the_same_file_brings_all_back(project: Project) -> None:
    entered = project.sql("select * from audiences.memberships order by all")
    texts = {path: path.read_text() for path in (project.root / "audiences").glob("b*.yml")}
    for path in texts:
        path.unlink()
    report = project.run(day=1, sync=True)
    assert [(one["audience"], one["status"], one["exited"]) for one in report["connections"]] == [("buyers", "synced", 10)]
    assert kept(project, "buyers") == BUYERS_KEPT
    assert project.run(day=1.5, sync=True)["connections"] == []

    for path, text in texts.items():
        path.write_text(text)
    project.load(track("v1", "Bought", 1.7))
    report = project.run(day=2, sync=True)
    back = project.sql("select * from audiences.memberships where entered_at < timestamp '2026-02-02' order by all")
    assert back == entered
    assert project.members("buyers") == {"v1", *(f"b{n}" for n in range(1, 11))}
    assert changes(project, "buyers", report["run_id"]) == {"entered": 11}
    assert project.sql(
        "select cause, count(*) from audiences.membership_changes where audience = 'buyers' group by all order by 1"
    ) == [("deleted", 10), ("restored", 10), ("run", 11)]
    assert [(one["audience"], one["entered"], one["exited"]) for one in report["connections"]] == [("buyers", 11, 0)]
    assert kept(project, "buyers") == set()
    assert project.dbt("test", "--select", "test_type:singular").success


def test_the_guard_holds_back_the_exits_of_a_file_that_vanished_until_a_person_approves(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define("buyers", BUYERS, send_to=[{"destination": "crm_files"}])
    project.load(*(track(f"b{n}", "Bought", -1) for n in range(150)))
    project.run(sync=True)
    (project.root / "audiences/buyers.yml").unlink()
    report = project.run(day=1, sync=True, expect=3)
    (connection,) = report["connections"]
    assert (connection["status"], connection["message"]) == (
        "refused",
        "150 of 150 profiles (100.0%) would leave, more than the 50.0% that is allowed; nothing was sent. "
        "If that is meant: audiences sync --approve buyers",
    )
    assert project.audiences("sync", "--json", expect=3).json[0]["status"] == "refused"
    (connection,) = project.audiences("sync", "--approve", "buyers", "--json").json
    assert (connection["status"], connection["exited"]) == ("synced", 150)
    assert project.audiences("sync", "--json").json == []


def test_a_deletion_by_command_is_its_own_approval(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define("buyers", BUYERS, send_to=[{"destination": "crm_files", "refuse_above": {"leaving_count": 1}}])
    project.load(*(track(f"b{n}", "Bought", -1) for n in range(3)))
    project.run(sync=True)
    (connection,) = project.audiences("delete", "buyers", "--as-of", at(1), "--json").json["connections"]
    assert (connection["status"], connection["exited"]) == ("synced", 3)


def test_exits_are_sent_as_the_entries_were(project: Project) -> None:
    project.audiences("delete", "bought_on_business")
    project.define("buyers", BUYERS, send_to=[{"destination": "crm_files", "as": "list", "list": "Kunden"}])
    project.run(day=0.2, sync=True)
    (project.root / "audiences/buyers.yml").unlink()
    project.run(day=1, sync=True)
    ((text,),) = project.sql("select definition from audiences.connections")
    assert '"list": "Kunden"' in text


# --- keys --------------------------------------------------------------------------------------------------------------------


def test_another_definition_under_a_deleted_key_needs_the_flag_and_starts_anew(project: Project) -> None:
    project.audiences("delete", "bought_on_business", "--as-of", at(0.5))
    project.audiences("delete", "buyers", "--as-of", at(0.5))
    project.define("buyers", "{performed: Visited}")
    refused = project.audiences("run", "--as-of", at(2), expect=2)
    assert refused.err == (
        "audiences/buyers.yml:1:1: the key `buyers` was used before, and deleted on 2026-02-02\n"
        "  tools that got the old one would mix the two: take another key, or add --reuse-key buyers\n"
    )
    report = project.run("--reuse-key", "buyers", day=2)
    assert changes(project, "buyers", report["run_id"]) == {"entered": 4}
    assert project.members("buyers") == {"v1", "v2", "v3", "v4"}
    assert kept(project, "buyers") == set() and kept(project, "custom.buyers") == BUYERS_KEPT


REVENUE = "trait: revenue\nperformed: Bought\nsum: price\n"


def test_a_deleted_computed_trait_leaves_its_last_values_as_a_custom_trait(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.write("traits/revenue.yml", REVENUE)
    project.define("rich", "{trait: revenue, gt: 5}")
    project.load(track("b1", "Bought", -1, properties={"price": 9}), track("b2", "Bought", -1, properties={"price": 1.5}))
    project.run()
    assert "audiences/rich.yml:2: audience rich (trait)" in project.audiences("delete", "revenue", expect=2).err
    (project.root / "traits/revenue.yml").unlink()
    project.load(track("b2", "Bought", 0.5, properties={"price": 100}))
    project.run(day=1)
    assert kept(project, "revenue") == {"b1=9", "b2=1.5"}
    assert project.members("rich") == {"b1"}
    assert project.sql("select count(*) from information_schema.tables where table_name = 'revenue'") == [(0,)]

    project.write("traits/revenue.yml", REVENUE.replace("sum", "max"))
    refused = project.audiences("run", "--as-of", at(2), expect=2).err
    assert refused.startswith("traits/revenue.yml:1:1: the key `revenue` was used before, and deleted on 2026-02-02\n")
    project.write("traits/revenue.yml", REVENUE)
    project.run(day=2)
    assert kept(project, "revenue") == {"b1=9", "b2=101.5"} and kept(project, "custom.revenue") == set()
    assert project.members("rich") == {"b1", "b2"}

    (project.root / "audiences/rich.yml").unlink()
    project.audiences("delete", "revenue", "--as-of", at(3))
    assert kept(project, "revenue") == {"b1=9", "b2=101.5"}  # the views of all traits stand until the next run
    project.run(day=3.1)
    assert kept(project, "revenue") == {"b1=9", "b2=101.5"}
    assert project.sql("select count(*) from information_schema.tables where table_name = 'revenue'") == [(0,)]


def test_a_deleted_account_audience_leaves_a_trait_of_accounts(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.define("big", "{trait: plan, equals: business}", of="accounts")
    project.load(
        {
            "type": "group",
            "groupId": "acme",
            "userId": "u1",
            "timestamp": at(-1),
            "messageId": "g",
            "traits": {"plan": "business"},
        }
    )
    project.run()
    project.audiences("delete", "big", "--as-of", at(0.5))
    project.define("was_big", "{trait: big, equals: true}", of="accounts")
    project.run(day=1)
    assert project.sql("select profile_id, value from audiences.traits where trait = 'big'") == [("acme", "true")]
    assert project.sql("select profile_id from audiences.was_big") == [("acme",)]


def test_a_disabled_audience_freezes_and_sends_the_difference_once_enabled(project: Project) -> None:
    project.audiences("disable", "bought_on_business")
    project.audiences("disable", "buyers")
    project.load(track("v1", "Bought", 0.5), identify(0.5, userId="v2", traits={"plan": "business"}))
    project.run(day=1, sync=True)
    project.run(day=25, sync=True)
    assert len(sent(project)) == 10 and len(project.members("buyers")) == 10
    project.audiences("enable", "buyers")
    (connection,) = project.run(day=25, sync=True)["connections"]
    assert (connection["entered"], connection["exited"]) == (1, 5)
