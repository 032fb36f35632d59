"""Receivers that are down, slow or senseless, and runs that a person stops: nothing lost, nothing twice, no traceback."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from tests.integration.processes import ended, started, wait_for
from tests.integration.projects import BUYERS, Project, at, shop_with_ten_buyers, state, track
from tests.integration.receiver import Answer, Received, Receiver


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return shop_with_ten_buyers(tmp_path_factory.mktemp("interrupted") / "shop")


@pytest.fixture
def project(shop: Project, tmp_path: Path) -> Project:
    return shop.copy(tmp_path / "shop")


# --- receivers ---------------------------------------------------------------------------------------------------------------


def hooked(project: Project, url: str, batch_size: int = 2) -> None:
    """Send the ten buyers to a webhook, two a request."""
    settings = f"settings: {{url: '{url}', batch_size: {batch_size}}}"
    project.write("destinations/hook.yml", f"destination: hook\ntype: webhook\n{settings}\nallow_private_addresses: true\n")
    project.define("buyers", BUYERS, send_to=[{"destination": "hook"}])


def users(requests: list[Received]) -> list[str]:
    return sorted(call["userId"] for request in requests for call in request.json["batch"])


BUYERS_BY_NAME = sorted(f"b{n}" for n in range(1, 11))


def test_a_receiver_that_is_down_leaves_all_pending_and_gets_all_once_it_is_up(project: Project) -> None:
    with Receiver() as receiver:
        url = receiver.url
    port = int(url.split(":")[2].split("/")[0])
    hooked(project, url)
    result = project.audiences("run", "--as-of", at(0), expect=1)
    assert result.err == f"hook / buyers: 10 pending: it cannot be reached: Connect call failed ('127.0.0.1', {port})\n"
    assert project.audiences("status", "--json").json["last_run"]["status"] == "failed"
    with Receiver(port=port) as receiver:
        project.audiences("sync")
        assert users(receiver.requests) == BUYERS_BY_NAME
        project.audiences("sync")
        assert len(receiver.requests) == 5


def test_only_a_request_in_doubt_is_repeated_and_then_under_its_own_id(project: Project) -> None:
    doubted: list[str] = []

    def cut_those_with_b1(request: Received) -> Answer | None:
        if "b1" in users([request]):
            doubted.append(request.id)
            return Answer(close=True)
        return None

    with Receiver() as receiver:
        hooked(project, receiver.url)
        receiver.decide = cut_those_with_b1
        result = project.audiences("run", "--as-of", at(0), expect=1)
        assert result.err == "hook / buyers: 2 pending: it closed the connection without an answer\n"
        assert len(doubted) == 3 and len(set(doubted)) == 1
        before = list(receiver.requests)
        receiver.decide = None
        project.audiences("sync")
        (again,) = receiver.requests[len(before) :]
        assert again.id == doubted[0] and again.body == next(one.body for one in before if one.id == again.id)
        once = {one.id: one for one in receiver.requests}
        assert users(list(once.values())) == BUYERS_BY_NAME


@pytest.mark.parametrize(
    ("answer", "exit_code", "message"),
    [
        (Answer(delay=1.5), 0, ""),
        (Answer(body="<html>}{ \x00 no JSON"), 0, ""),
        (Answer(body='{"rejected": [7, {"messageId": 3}, {"messageId": "another"}]}'), 0, ""),
        (Answer(status=302, headers={"location": "http://example.invalid/"}), 1, "hook / buyers: 10 pending: 302\n"),
        (Answer(status=500, body="<html>\n oh no"), 1, "hook / buyers: 10 pending: 500: <html> oh no\n"),
    ],
)
def test_a_slow_or_senseless_answer_is_judged_by_its_status(
    shop: Project, tmp_path: Path, answer: Answer, exit_code: int, message: str
) -> None:
    project = shop.copy(tmp_path / "shop")
    with Receiver() as receiver:
        hooked(project, receiver.url, batch_size=5)
        project.run("--select", "buyers")
        receiver.usual = answer
        assert project.audiences("sync", expect=exit_code).err == message
        receiver.usual = Answer()
        project.audiences("sync")
        assert users(list({one.id: one for one in receiver.requests}.values())) == BUYERS_BY_NAME


# --- stopped -----------------------------------------------------------------------------------------------------------------


def test_an_interrupted_build_ends_cleanly_and_the_next_run_goes_on(project: Project) -> None:
    project.load(track("v1", "Bought", -1))
    settings = (project.root / "dbt_project.yml").read_text()
    slow = "select count(*) from range(1000000000000) as numbers(n) where n % 7 = 3"
    project.write("dbt_project.yml", f"{settings}models: {{shop: {{audiences: {{buyers: {{+post-hook: {slow}}}}}}}}}\n")
    before = state(project, "runs")
    log = project.root / "logs/dbt.log"
    log.write_text("")
    process = started(project, "run", "--as-of", at(0), "--json")
    wait_for(lambda: "model audiences.buyers " in log.read_text())
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    stopped = ended(process)
    assert stopped.exit_code == 1 and stopped.err == "\nstopped\n"
    assert stopped.json == {"error": "stopped", "hint": None, "exit_code": 1}
    assert state(project, "runs") == before
    assert project.sql("select status, message from audiences.runs order by started_at desc limit 1") == [("failed", "stopped")]
    project.write("dbt_project.yml", settings)
    report = project.run(sync=True)
    assert {one["audience"]: one["entered"] for one in report["audiences"]} == {
        "bought_on_business": 1,
        "buyers": 1,
        "on_business": 0,
    }


def test_an_interrupted_delivery_ends_cleanly_and_is_repeated_under_its_id(project: Project) -> None:
    with Receiver() as receiver:
        hooked(project, receiver.url)
        receiver.usual = Answer(delay=3)
        process = started(project, "run", "--as-of", at(0))
        wait_for(lambda: bool(receiver.requests))
        process.send_signal(signal.SIGINT)
        stopped = ended(process)
        assert (stopped.exit_code, stopped.out, stopped.err) == (1, "", "\nstopped\n")
        in_doubt = {one.id for one in receiver.requests}
        receiver.usual = Answer()
        sent = len(receiver.requests)
        project.audiences("sync")
        assert in_doubt <= {one.id for one in receiver.requests[sent:]}
        assert users(list({one.id: one for one in receiver.requests}.values())) == BUYERS_BY_NAME


def test_a_reader_that_goes_away_is_no_traceback(shop: Project) -> None:
    process = started(shop, "members", "buyers")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (1, "")
    process.stderr.close()
