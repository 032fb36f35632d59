"""Jobs of Salesforce's Bulk API 2.0: what becomes of rows that failed, were locked or forgotten, and of jobs that never end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts import BAD, BOB
from tests.contracts.salesforce_bulk import SalesforceBulk
from tests.integration.worlds import World, destination, running_world, send_to


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


@pytest.fixture
def contract(world: World, monkeypatch: pytest.MonkeyPatch) -> SalesforceBulk:
    made = SalesforceBulk()
    monkeypatch.setenv("SECRET", "right")
    settings = {**made.settings, "base_url": world.receiver.url.removesuffix("/hook")}
    secrets = {"client_id": "c", "client_secret": "{{ env_var('SECRET') }}"}
    world.destination = destination(type="salesforce_bulk", settings=settings, secrets=secrets)
    world.receiver.decide = made
    return made


def test_rows_fail_wait_or_are_forgotten_one_by_one(world: World, contract: SalesforceBulk) -> None:
    contract.locked, contract.left_out = {BOB.user_id}, {"u2"}
    world.want(
        [("p1", "user_id", BOB.user_id), ("p2", "user_id", BAD.user_id), ("p3", "user_id", "u2"), ("p4", "user_id", "u4")]
    )
    result = world.sync()
    assert (result.delivered, result.rejected, result.pending) == (1, 1, 2), result.message
    assert contract.held == {"u4"} and contract.surprises == []
    reasons = dict(world.fetch("select identifier_value, reason from deliveries where reason is not null"))
    assert reasons[BAD.user_id].startswith("REQUIRED_FIELD_MISSING") and reasons[BOB.user_id].startswith("UNABLE_TO_LOCK_ROW")
    contract.locked = contract.left_out = set()
    contract.is_expiring = True
    result = world.sync()
    assert (result.status, result.delivered, contract.held) == ("synced", 2, {"u4", "u2", BOB.user_id}), result.message
    assert (len(contract.jobs), contract.tokens) == (2, 3)


def test_cells_keep_their_texts_and_what_has_no_value_is_emptied(world: World, contract: SalesforceBulk) -> None:
    contract.columns |= {"name__c", "score__c", "tags__c"}
    world.send = send_to(as_=None, traits=(("name", "name"), ("score", "score"), ("tags", "tags")))
    traits = '{"name":"=Ann, \\"A\\"\\nB","score":12345678901234567890.10,"tags":["x"]}'
    world.want([("p1", "user_id", "00123", traits), ("p2", "user_id", "u2", '{"name":null}')])
    assert world.sync().status == "synced"
    (job,) = contract.jobs.values()
    assert job.rows == [
        {
            "User_Id__c": "00123",
            "name__c": '=Ann, "A"\nB',
            "score__c": "12345678901234567890.10",
            "tags__c": '["x"]',
            "vips__c": "true",
        },
        {"User_Id__c": "u2", "name__c": "#N/A", "score__c": "", "tags__c": "", "vips__c": "true"},
    ]


def test_a_job_that_fails_holds_and_one_that_does_not_end_is_aborted_and_made_again(
    world: World, contract: SalesforceBulk
) -> None:
    world.want([("p1", "user_id", "u1")])
    contract.columns = {"User_Id__c"}
    result = world.sync()
    assert result.status == "held" and "Field name not found" in result.message and "a person must act" in result.message
    contract.columns, contract.is_slow = {"User_Id__c", "vips__c"}, True
    result = world.sync()
    assert (result.status, result.pending) == ("failed", 1) and "did not end within 600 seconds" in result.message
    assert [job.state for job in contract.jobs.values()] == ["Failed", "Aborted"] and contract.held == set()
    contract.is_slow = False
    assert (world.sync().status, contract.held, contract.surprises) == ("synced", {"u1"}, [])
