"""The Trade Desk against what it documents: whole lists of hashes, at an address that each drop has of its own."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from tests.contracts.trade_desk import TradeDesk
from tests.integration.receiver import Answer, Received
from tests.integration.worlds import World, destination

from dbt_audiences.sync.trying import tried


def hashed(email: str) -> str:
    return base64.b64encode(hashlib.sha256(email.encode()).digest()).decode()


@pytest.fixture
def contract(world: World, monkeypatch: pytest.MonkeyPatch) -> TradeDesk:
    made = TradeDesk()
    monkeypatch.setenv("TOKEN", "right")
    settings = {**made.settings, "base_url": world.receiver.url.removesuffix("/hook")}
    world.destination = destination(type="trade_desk", settings=settings, secrets={"auth_token": "{{ env_var('TOKEN') }}"})
    world.receiver.decide = made
    return made


def want(world: World, *emails: str, crowd: int = 1500) -> None:
    world.want([(f"p-{email}", "email", email) for email in emails])
    someone = "'p' || i || '@example.com'"
    world.warehouse.execute(
        f"insert into wanted_table select {someone}, 'email', {someone}, '{{}}' from range({crowd}) as t(i)"
    )


def test_a_list_is_replaced_whole_by_hashes_and_no_email_leaves(world: World, contract: TradeDesk) -> None:
    already = hashlib.sha256(b"x@example.com").hexdigest()
    want(world, " Ann.B+news@GMAIL.com ", "bob.c+d@Example.com", already, "no email")
    assert world.receiver.requests == [] and "gmail" not in str(world.sync(dry_run=True).requests).lower()
    result = world.sync()
    assert (result.status, contract.surprises) == ("synced", []), result.message
    assert {hashed("annb@gmail.com"), hashed("bob.c+d@example.com"), hashed("x@example.com")} <= contract.held
    assert len(contract.held) == 1503 and len(contract.lists) == 1
    want(world, "bob.c+d@example.com")
    assert world.sync().status == "synced"
    assert hashed("annb@gmail.com") not in contract.held and len(contract.held) == 1501
    assert all(b"@" not in got.body for got in world.receiver.requests)
    assert world.sync().delivered == 0 and len(contract.uploads) == 2


def test_a_list_that_it_would_not_take_is_not_sent_and_said(world: World, contract: TradeDesk) -> None:
    want(world, crowd=1499)
    result = world.sync()
    assert (result.status, contract.uploads) == ("failed", []) and "lists of 1,500 and more only" in result.message
    want(world)
    assert world.sync().status == "synced"


def test_a_list_that_may_have_been_lost_is_put_again_and_a_wrong_token_holds(
    world: World, contract: TradeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    want(world)
    monkeypatch.setenv("TOKEN", "wr0ng")
    result = world.sync()
    assert (result.status, result.pending) == ("held", 1500) and "wr0ng" not in result.message
    assert tried(world.destination, world.root).verdict == "held"
    monkeypatch.setenv("TOKEN", "right")
    assert tried(world.destination, world.root).verdict == "delivered"
    is_cut = True

    def decide(got: Received) -> Answer:
        answered = contract(got)
        return replace(answered, close=True) if is_cut and contract.is_change(got) else answered

    world.receiver.decide = decide
    assert (world.sync().status, len(contract.held)) == ("failed", 1500)
    is_cut = False
    assert world.sync().status == "synced"
    assert contract.surprises == [] and len(set(contract.uploads)) == 1
