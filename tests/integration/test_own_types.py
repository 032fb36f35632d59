"""Destination types that a project declares itself, sent to a real receiver; and the commands about destinations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.integration.receiver import Answer, Received
from tests.integration.worlds import World, running_world, send_to

from dbt_audiences.cli.main import group
from dbt_audiences.core.errors import DefinitionError, UsageError
from dbt_audiences.spec import load_project
from dbt_audiences.sync.check import check_destinations
from dbt_audiences.sync.effects import Effects

TYPE = """\
destination_type: loyalty
name: Our loyalty service
secrets: [api_key]
base_url: https://loyalty.example.com
auth: {headers: {Api-Key: "{{ secret.api_key }}"}}
identifiers:
  user_id: {}
  email: {normalize: [trim, lower]}
batch: {rows: 50, bytes: 2000}
rate_limit: {requests: 1, seconds: 10}
sends:
  boolean:
    - post: /members
      body: {members: {$each: {id: "{{ row.user_id }}", is_member: "{{ row.is_member }}"}}}
      save: {batch: body.batch}
      rows:
        - {each: body.later, user_id: item, then: pending, reason: "'come back later'"}
        - {each: body.wrong, index: item, reason: "'nobody'"}
    - post: /commit
      body: {batch: "{{ found.batch }}", ids: {$each: "{{ row.user_id }}"}}
check: {get: /me}
"""
DESTINATION = """\
destination: loyal
type: loyalty
settings: {base_url: "%s"}
secrets: {api_key: "{{ env_var('LOYALTY_KEY') }}"}
allow_private_addresses: true
"""


def write(root: Path, **files: str) -> Path:
    """A project with this type, a destination of it, and other files under their names."""
    whole = {"dbt_project.yml": "name: shop\n", "destinations/types/loyalty.yml": TYPE, **files}
    for name, text in whole.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("LOYALTY_KEY", "s3cret")
    with running_world(tmp_path) as made:
        base = made.receiver.url.removesuffix("/hook")
        root = write(tmp_path, **{"destinations/loyal.yml": DESTINATION % base})
        made.destination = load_project(root).destinations["loyal"]
        made.send = send_to(destination="loyal")
        made.receiver.usual = Answer(200, "{}")
        yield made


def people(*names: str) -> list[tuple[Any, ...]]:
    return [(f"p-{name}", "user_id", name) for name in names]


def test_a_row_that_is_to_come_later_waits_for_the_next_sync_and_no_other_does(world: World) -> None:
    world.want(people("a", "b", "c"))
    world.receiver.answers.append(Answer(200, json.dumps({"batch": "x7", "later": ["b"], "wrong": [2]})))
    result = world.sync()
    assert (result.status, result.delivered, result.rejected, result.pending) == ("partial", 1, 1, 1)
    assert "come back later" in result.message
    assert world.held == {("user_id", "a")}
    members, commit = world.receiver.requests
    assert (commit.path, commit.json) == ("/commit", {"batch": "x7", "ids": ["a"]})
    assert members.headers["api-key"] == commit.headers["api-key"] == "s3cret"
    statuses = world.fetch("select profile_id, status from deliveries order by 1")
    assert statuses == [("p-a", "delivered"), ("p-b", "pending"), ("p-c", "rejected")]
    world.want(people("a", "c"))
    assert world.sync().status == "synced"
    assert len(world.receiver.requests) == 2, "b left before it was ever taken"
    world.want(people("a", "b", "c"))
    assert (world.sync().delivered, world.held) == (1, {("user_id", "a"), ("user_id", "b")})


def test_a_request_that_would_be_too_large_is_cut_before_it_is_sent_and_its_limit_is_kept(world: World) -> None:
    names = [f"user-{n:040}" for n in range(100)]
    world.want(people(*names))
    world.receiver.usual = Answer(200, '{"batch": 1}')
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    assert world.sync(effects=Effects(sleep=sleep)).delivered == 100
    sent = [got for got in world.receiver.requests if got.path == "/members"]
    assert max(len(got.body) for got in sent) <= 2000
    assert sorted(one["id"] for got in sent for one in got.json["members"]) == names
    assert max(waits) > 60 and waits == sorted(waits), "one in 10 seconds, and each waits for those before it"


def test_an_identifier_that_is_none_there_is_rejected_before_anything_is_sent(world: World) -> None:
    world.want([("p", "email", "  ")])
    result = world.sync()
    assert (result.rejected, world.receiver.requests) == (1, [])
    assert "its `email` has no form that can be sent there" in result.message


def test_a_template_that_lacks_something_rejects_the_row_that_lacks_it_alone(world: World) -> None:
    world.want([*people("a"), ("q", "email", "q@x.y")])
    result = world.sync()
    assert (result.delivered, result.rejected) == (1, 1)
    assert "`{{ row.user_id }}`" in result.message


def test_a_pause_that_was_asked_for_holds_for_all_connections_with_these_credentials(world: World) -> None:
    world.want(people("a"))
    world.receiver.answers.append(Answer(429, headers={"Retry-After": "7200"}))
    assert world.sync().pending == 1
    world.audience = type(world.audience)(**{**_fields(world.audience), "key": "others"})
    result = world.sync()
    assert (result.pending, len(world.receiver.requests)) == (1, 1)
    assert "it asked for a pause; it is asked again in" in result.message


def _fields(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__slots__}


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        (
            "destination: loyal\ntype: loyalti\n",
            "the destination `loyal` has the unknown type `loyalti`\n  did you mean `loyalty`?",
        ),
        (
            "destination: loyal\ntype: loyalty\n",
            "a loyalty destination needs the secret `api_key`\n  secrets: {api_key: \"{{ env_var('LOYAL_API_KEY') }}\"}",
        ),
    ],
)  # fmt: skip
def test_a_destination_of_an_own_type_is_checked_like_any(tmp_path: Path, destination: str, said: str) -> None:
    project = load_project(write(tmp_path, **{"destinations/loyal.yml": destination}))
    (problem,) = check_destinations(project)
    assert str(problem) == f"destinations/loyal.yml:1:1: {said}"


def test_a_type_under_another_ending_is_named_and_one_of_the_project_goes_before_one_of_the_package(tmp_path: Path) -> None:
    write(tmp_path, **{"destinations/types/other.yaml": TYPE})
    with pytest.raises(DefinitionError) as refused:
        load_project(tmp_path)
    assert str(refused.value) == (
        "destinations/types/other.yaml:1:1: a destination type ends in `.yml`, not `.yaml`\n  rename it to `other.yml`"
    )
    (tmp_path / "destinations/types/other.yaml").unlink()
    own = TYPE.replace("loyalty\n", "braze\n", 1)
    write(tmp_path, **{"destinations/types/braze.yml": own, "destinations/b.yml": "destination: b\ntype: braze\n"})
    (problem,) = check_destinations(load_project(tmp_path))
    assert "needs the secret `api_key`" in problem.message


def test_a_type_that_knows_no_accounts_is_refused_for_an_audience_of_accounts(tmp_path: Path) -> None:
    audience = "audience: big\nof: accounts\nwho: {trait: seats, gte: 10}\nsend_to: [{destination: loyal}]\n"
    write(tmp_path, **{"destinations/loyal.yml": DESTINATION % "https://x.y", "audiences/big.yml": audience})
    (problem,) = check_destinations(load_project(tmp_path))
    assert (problem.message, problem.hint) == (
        "a loyalty destination knows users, and no accounts", "send an audience of users whose `account:` is in it",
    )  # fmt: skip


# --- commands ----------------------------------------------------------------------------------------------------------------


def audiences(*arguments: object) -> Result:
    return CliRunner().invoke(group, ["destinations", *map(str, arguments)], standalone_mode=False)


def test_the_list_has_the_types_anywhere_and_in_a_project_what_is_sent_where(tmp_path: Path) -> None:
    listed = json.loads(audiences("list", "--json", "--project-dir", tmp_path).output)
    assert {"webhook", "braze", "hubspot"} <= {one["type"] for one in listed["types"]}
    assert listed["destinations"] == []
    audience = "audience: vips\nwho: everyone\nsend_to: [{destination: loyal}]\n"
    write(tmp_path, **{"destinations/loyal.yml": DESTINATION % "https://x.y", "audiences/vips.yml": audience})
    listed = json.loads(audiences("list", "--json", "--project-dir", tmp_path).output)
    (own,) = (one for one in listed["types"] if one["origin"] == "project")
    assert (own["type"], own["secrets"], own["proven_by"]) == ("loyalty", ["api_key"], "not yet")
    assert listed["destinations"] == [
        {"destination": "loyal", "type": "loyalty", "name": "loyal", "enabled": True, "audiences": ["vips"]}
    ]
    printed = audiences("list", "--project-dir", tmp_path).output
    assert "Our loyalty service" in printed and "s3cret" not in printed


def test_a_try_says_whether_it_answers_and_takes_the_credentials(world: World) -> None:
    def decide(got: Received) -> Answer:
        return Answer(200 if got.headers.get("api-key") == "s3cret" else 401)

    world.receiver.decide = decide
    write(world.root, **{"destinations/types/loyalty.yml": TYPE.replace("rate_limit: {requests: 1, seconds: 10}\n", "")})
    done = audiences("test", "loyal", "--project-dir", world.root)
    assert (done.return_value, done.output) == (0, "loyal: ok: it answers, and takes the credentials\n")
    (got,) = world.receiver.requests
    assert (got.method, got.path, got.body) == ("GET", "/me", b"")
    world.receiver.decide = lambda got: Answer(401)
    failed = audiences("test", "loyal", "--json", "--project-dir", world.root)
    assert failed.return_value == 1
    assert json.loads(failed.output)["message"] == "401; a person must renew the credentials"
    with pytest.raises(UsageError, match="there is no destination `loyl`\n  did you mean `loyal`"):
        raise audiences("test", "loyl", "--project-dir", world.root).exception or AssertionError


def test_the_destinations_of_the_base_install_can_be_tried_too(world: World) -> None:
    hook = f"destination: hook\ntype: webhook\nsettings: {{url: '{world.receiver.url}'}}\nallow_private_addresses: true\n"
    write(world.root, **{
        "destinations/hook.yml": hook, "destinations/files.yml": "destination: files\ntype: folder\nsettings: {path: out}\n",
    })  # fmt: skip
    assert audiences("test", "hook", "--project-dir", world.root).return_value == 0
    assert [(got.method, got.body) for got in world.receiver.requests] == [("OPTIONS", b"")]
    assert audiences("test", "files", "--project-dir", world.root).return_value == 0
    assert list((world.root / "out").iterdir()) == []


def test_a_destination_is_taken_over_with_its_type_and_writes_over_nothing(tmp_path: Path) -> None:
    write(tmp_path / "there", **{"destinations/loyal.yml": DESTINATION % "https://x.y"})
    here = tmp_path / "here"
    here.mkdir()
    (here / "dbt_project.yml").write_text("name: here\n")
    done = json.loads(audiences("copy", "loyal", "--from", tmp_path / "there", "--project-dir", here, "--json").output)
    assert done == {"files": ["destinations/loyal.yml", "destinations/types/loyalty.yml"], "variables": ["LOYALTY_KEY"]}
    second = audiences("copy", "loyal", "--from", tmp_path / "there", "--as", "loyal_eu", "--project-dir", here)
    assert "destinations/loyal_eu.yml\n" in second.output
    assert set(load_project(here).destinations) == {"loyal", "loyal_eu"}
    (here / "destinations/loyal.yml").write_text("destination: loyal\ntype: folder\nsettings: {path: out}\n")
    with pytest.raises(UsageError, match=r"destinations/loyal\.yml is here already, and is another"):
        raise audiences("copy", "loyal", "--from", tmp_path / "there", "--project-dir", here).exception or AssertionError
    (tmp_path / "there/destinations/bad.yml").write_text("destination: bad\ntype: loyalty\n")
    with pytest.raises(DefinitionError, match="needs the secret `api_key`"):
        raise audiences("copy", "bad", "--from", tmp_path / "there", "--project-dir", here).exception or AssertionError
    assert not (here / "destinations/bad.yml").exists()
    with pytest.raises(UsageError, match=r"there is no destinations/loyl\.yml in .*\n  did you mean `loyal`"):
        raise audiences("copy", "loyl", "--from", tmp_path / "there", "--project-dir", here).exception or AssertionError
