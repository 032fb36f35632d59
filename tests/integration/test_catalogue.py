"""Every declared destination against what its vendor documents: add, remove, partial failure, credentials, limits, crashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.contracts import ANN, BAD, BOB, CONTRACTS, Contract, Person
from tests.contracts.sheets import GoogleSheets
from tests.integration.receiver import Answer, Received
from tests.integration.worlds import STATE, World, destination, running_world, send_to

from dbt_audiences.sync.destinations import destination_types, type_of
from dbt_audiences.sync.effects import Effects
from dbt_audiences.sync.trying import tried

NAMING = sorted(key for key in CONTRACTS if key not in ("google_sheets", "slack"))
"""Those that answer for single rows."""

WITH_EVENTS = ("amplitude", "braze", "customerio", "mixpanel", "posthog", "rudderstack", "segment")


@pytest.fixture(scope="module")
def whole_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def world(whole_world: World) -> World:
    """The connection was never synced, and the receiver has heard nothing."""
    for table in (*STATE, "wanted_table"):
        whole_world.warehouse.execute(f"delete from {table}")
    whole_world.receiver.requests.clear()
    return whole_world


def to_vendor(world: World, contract: Contract, monkeypatch: pytest.MonkeyPatch, **secrets: str) -> None:
    """The connection goes to this vendor, whose place the receiver takes."""
    for name, value in {**contract.secrets, **secrets}.items():
        monkeypatch.setenv(f"VENDOR_{name.upper()}", value)
    base = world.receiver.url.removesuffix("/hook")
    settings = {**contract.settings, "base_url": base + ("/services/T/B/right" if contract.key == "slack" else "")}
    declaration = destination_types()[contract.key.partition(" ")[0]].declaration
    if declaration is not None and declaration.auth.token_url is not None:
        settings["token_url"] = f"{base}/token"
    templates = {name: f"{{{{ env_var('VENDOR_{name.upper()}') }}}}" for name in contract.secrets}
    world.destination = destination(type=contract.key.partition(" ")[0], settings=settings, secrets=templates)
    world.send = send_to(as_=contract.as_, list_name=contract.list_name)
    world.receiver.decide = contract


def want(world: World, *people: Person) -> None:
    """These people, under the identifiers that the destination takes by default."""
    spec = type_of(world.destination)
    assert spec is not None
    known = {"email": lambda one: one.email, "user_id": lambda one: one.user_id}
    world.want(
        [(f"p-{one.name}", type_, of(one)) for one in people for type_, of in known.items() if type_ in spec.identifiers]
    )


@pytest.mark.parametrize("key", NAMING)
def test_who_enters_is_there_who_leaves_is_not_and_who_is_rejected_holds_nobody_back(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = CONTRACTS[key]()
    to_vendor(world, contract, monkeypatch)
    want(world, ANN, BOB, BAD)
    result = world.sync()
    assert contract.surprises == []
    assert (result.delivered, result.rejected, result.pending) == (2, 1, 0), result.message
    assert contract.held == {contract.who(ANN), contract.who(BOB)}
    (reason,) = {row[0] for row in world.fetch("select reason from deliveries where status = 'rejected'")}
    assert reason
    want(world, ANN)
    assert (world.sync().status, contract.surprises) == ("synced", [])
    assert contract.held == {contract.who(ANN)}
    assert contract.who(BOB) in contract.unset
    assert len(contract.lists) == (1 if contract.makes_lists else 0)


@pytest.mark.parametrize("key", sorted(CONTRACTS))
def test_wrong_credentials_hold_the_connection_and_nothing_is_taken(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = CONTRACTS[key]()
    wrong = next(name for name, value in contract.secrets.items() if value.endswith("right"))
    to_vendor(world, contract, monkeypatch, **{wrong: "wrong"})
    if key == "slack":
        world.destination.settings["base_url"] = world.receiver.url.removesuffix("/hook") + "/services/T/B/wrong"  # type: ignore[index]
    want(world, ANN)
    result = world.sync()
    assert (result.status, result.pending, contract.held) == ("held", 1, set()), result.message
    assert "a person must renew the credentials" in result.message and "wrong" not in result.message.replace(
        "API key: wrong", ""
    )


@pytest.mark.parametrize("key", sorted(CONTRACTS))
def test_a_limit_is_waited_for_and_an_answer_that_was_lost_is_asked_for_with_the_same_body(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = CONTRACTS[key]()
    to_vendor(world, contract, monkeypatch)
    want(world, ANN, BOB)
    waits: list[float] = []
    is_cut = True
    changes: list[Received] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def decide(got: Received) -> Answer:
        if not contract.is_change(got):
            return contract(got)
        changes.append(got)
        if len(changes) == 1:
            return Answer(429, "slow down", headers={"Retry-After": "3"})
        answered = contract(got)
        # It was taken, and nobody heard so.
        return replace(answered, close=True) if is_cut else answered

    world.receiver.decide = decide
    first = world.sync(effects=Effects(sleep=sleep))
    assert 3.0 in waits
    assert first.status in ("failed", "partial") and first.pending, first.message
    is_cut = False
    assert world.sync(effects=Effects(sleep=sleep)).pending == 0
    assert contract.surprises == []
    if key != "slack":
        assert contract.held == {contract.who(ANN), contract.who(BOB)}
    retried = {}
    for got in changes:
        retried.setdefault(got.headers["x-request-id"], set()).add(
            (got.method, "" if contract.makes_jobs else got.path, got.body)
        )
    assert max(len(bodies) for bodies in retried.values()) == 1


@pytest.mark.parametrize("key", WITH_EVENTS)
def test_entries_and_exits_are_told_as_events(world: World, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = CONTRACTS[key]()
    to_vendor(world, contract, monkeypatch)
    world.send = send_to(as_="events", entered_event="Joined")
    want(world, ANN)
    world.sync()
    want(world)
    world.sync()
    assert contract.events == [("user-ann", "Joined"), ("user-ann", "Audience Exited")]
    assert contract.surprises == []


def test_braze_knows_people_by_email_where_a_connection_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = CONTRACTS["braze"]()
    to_vendor(world, contract, monkeypatch)
    world.want([("p-ann", "email", ANN.email)])
    assert world.sync().delivered == 1
    world.send = send_to(as_="events", entered_event="Joined")
    world.want([])
    assert world.sync().delivered == 1
    assert (contract.held, contract.events, contract.surprises) == ({ANN.normal}, [(ANN.normal, "Audience Exited")], [])


def test_a_sheet_is_written_anew_with_all_members_wherever_one_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = CONTRACTS["google_sheets"]()
    assert isinstance(contract, GoogleSheets)
    to_vendor(world, contract, monkeypatch)
    traits = '{"plan":"=cmd()","score":1.50,"none":null}'
    world.want([(f"p-{one.name}", "email", one.email, traits) for one in (ANN, BOB)])
    result = world.sync()
    assert (result.status, contract.surprises) == ("synced", []), result.message
    ((_, title),) = list(contract.titles.items())[1:]
    assert title == "Our VIPs" and contract.sheets[0] == [["what", "others", "wrote"]]
    assert contract.sheets[7] == [
        ["profile_id", "user_id", "email", "plan", "score", "none"], ["p-ann", "", ANN.email, "=cmd()", "1.50", ""],
        ["p-bob", "", BOB.email, "=cmd()", "1.50", ""],
    ]  # fmt: skip
    contract.too_long = 2
    want(world, ANN, BOB, BAD)
    result = world.sync()
    assert (result.status, len(contract.sheets[7])) == ("held", 3) and "number of cells" in result.message
    contract.too_long = 1000
    assert world.sync().status == "synced"
    assert contract.held == {ANN.email, BOB.email, BAD.email}
    seen = len(world.receiver.requests)
    assert (world.sync().delivered, len(world.receiver.requests)) == (0, seen)
    want(world)
    assert world.sync().status == "synced"
    assert contract.sheets[7] == [["profile_id", "user_id", "email"], ["", "", ""]]


def test_slack_is_told_how_many_in_one_message_that_names_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = CONTRACTS["slack"]()
    to_vendor(world, contract, monkeypatch)
    want(world, ANN, BOB)
    assert world.sync().delivered == 2
    want(world, replace(ANN, email="ann@new.example.com"), BOB)
    assert world.sync().status == "synced"
    want(world, BAD)
    assert world.sync().status == "synced"
    assert [text for _, text in contract.events] == ["*Our VIPs*: 2 entered, 0 left", "*Our VIPs*: 1 entered, 2 left"]


@pytest.mark.parametrize("key", sorted(CONTRACTS))
def test_a_dry_run_sends_nothing_and_shows_no_secret_and_a_try_changes_nothing(
    world: World, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = CONTRACTS[key]()
    to_vendor(world, contract, monkeypatch, **{name: f"s3cret-{name}" for name in contract.secrets})
    want(world, ANN)
    result = world.sync(dry_run=True)
    assert result.requests and "s3cret" not in str(result.requests)
    assert world.receiver.requests == []
    to_vendor(world, contract, monkeypatch)
    outcome = tried(world.destination, world.root)
    assert (outcome.verdict, contract.surprises) == ("delivered", []), outcome.reason
    assert (contract.held, contract.events, contract.lists) == (set(), [], {})


def test_every_type_of_the_catalogue_has_a_contract_and_says_so() -> None:
    declared = {key: spec.declaration for key, spec in destination_types().items() if spec.declaration is not None}
    proven = {key for key, one in declared.items() if one.proven_by == "contract receiver"}
    assert proven == {key.partition(" ")[0] for key in CONTRACTS} - {"salesforce_bulk"}
    assert destination_types()["salesforce_bulk"].proven_by == "contract receiver"
    assert all(one.description and one.docs.startswith("https://") and one.api_version for one in declared.values())
