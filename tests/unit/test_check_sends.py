"""What traits and accounts may be sent as: refused by place and with what to do, before anything runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dbt_audiences.compile.project import generate
from dbt_audiences.spec import load_project
from dbt_audiences.sync.calls import call
from dbt_audiences.sync.channel import Envelope, Unit
from dbt_audiences.sync.check import check_destinations
from dbt_audiences.sync.check_sends import identifiers_of, problems_of_send
from dbt_audiences.sync.destinations import destination_types

HOOK = "destination: hook\ntype: webhook\nsettings: {url: 'https://example.com'}\n"
FILES = "destination: files\ntype: folder\nsettings: {path: out}\n"
CASES = Path(__file__).parents[1] / "cases" / "definitions" / "valid"
ACCOUNTS = "of: accounts\nwho: {trait: plan, equals: business}\n"


def write(root: Path, send: str, *, key: str = "spent", definition: str = "performed: Bought\ncount: true\n") -> None:
    kind = "audience" if "who:" in definition else "trait"
    files = {
        "dbt_project.yml": "name: shop\n",
        "destinations/hook.yml": HOOK,
        "destinations/files.yml": FILES,
        f"{kind}s/{key}.yml": f"{kind}: {key}\n{definition}send_to: [{{{send}}}]\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("send", "key", "said"),
    [
        ("destination: files, as: identify", "spent", "a folder destination cannot be sent `as: boolean`\n  leave `as` out"),
        (
            "destination: hook, events: {computed: Spent}", "spent",
            "`events` names events, and this is sent `as: boolean`\n  add `as: events`, or leave `events` out",
        ),
        (
            "destination: hook, traits: [{plan: spent}]", "spent",
            "a trait cannot be sent as `spent`: the trait itself has that name\n  rename it: `- {trait: name there}`",
        ),
        (
            "destination: hook, as: events, traits: [trait_key]", "spent",
            "a trait cannot be sent as `trait_key`: the trait itself has that name\n  rename it: `- {trait: name there}`",
        ),
        (
            "destination: hook, as: events", "audience_key",
            "`audience_key` cannot be sent `as: events`: a property of each event has that name\n  rename it",
        ),
        (
            "destination: files, identifiers: {ios.id: last}", "spent",
            "a folder destination cannot carry the identifier `ios.id`\n  it knows `user_id`, `email` and `anonymous_id`",
        ),
        (
            "destination: files, identifiers: {ga_client_id: last}", "spent",
            "a folder destination cannot carry the identifier `ga_client_id`\n  it knows `user_id`, `email` and `anonymous_id`",
        ),
    ],
)  # fmt: skip
def test_what_a_destination_cannot_take_of_a_trait_is_refused(tmp_path: Path, send: str, key: str, said: str) -> None:
    write(tmp_path, send, key=key, definition=ACCOUNTS if key == "audience_key" else "performed: Bought\ncount: true\n")
    (problem,) = check_destinations(load_project(tmp_path))
    assert (problem.place.line, f"{problem.message}\n  {problem.hint}") == (4, said)


def test_a_destination_of_lists_alone_takes_no_trait(tmp_path: Path) -> None:
    write(tmp_path, "destination: hook")
    project = load_project(tmp_path)
    lists = replace(destination_types()["webhook"], forms=("list",))
    trait = project.traits["spent"]
    (problem,) = problems_of_send(trait.send_to[0], trait, lists, identifiers_of(project.destinations))
    assert problem.message == "a webhook destination cannot be sent a trait"
    assert problem.hint == "it takes lists: send an audience that tests the trait"


def test_accounts_need_no_identifier_that_the_destination_can_carry_and_their_users_do(tmp_path: Path) -> None:
    definition = f"{ACCOUNTS}identifiers: [android.idfa]\n"
    write(tmp_path, "destination: files", key="big", definition=definition)
    assert check_destinations(load_project(tmp_path)) == []
    write(tmp_path, "destination: files, users: true", key="big", definition=definition)
    (problem,) = check_destinations(load_project(tmp_path))
    assert "can carry none of the identifiers of this audience (`android.idfa`)" in problem.message


@pytest.mark.parametrize(
    ("send", "definition", "model"),
    [
        (
            "destination: hook, as: identify, traits: [plan]", "performed: Bought\ncount: true\n",
            "dbt_audiences.desired_values(\n    ref('spent'),\n    'spent',\n"
            "    identifiers=[['user_id', 'last'], ['email', 'last']],\n    traits=[['plan', 'plan']]\n)",
        ),
        ("destination: hook", ACCOUNTS, "dbt_audiences.desired_of_accounts(ref('spent'))"),
        (
            "destination: hook, as: events, identifiers: {email: all, group_id: last}", ACCOUNTS,
            "dbt_audiences.desired_of_accounts(\n    ref('spent'),\n    users={\n        'identifiers': [['email', 'all']],\n"
            "        'eligible': ['user_id', 'email', 'android.idfa', 'ios.idfa'],\n        'instead': true,\n"
            "        'with_traits': true,\n    }\n)",
        ),
        (
            "destination: files, users: true", "of: accounts\nperformed: Bought\ncount: true\n",
            "dbt_audiences.desired_of_accounts(\n    ref('spent'),\n    value='spent',\n"
            "    users={'identifiers': [['user_id', 'last'], ['email', 'last']], 'eligible': ['user_id', 'email']}\n)",
        ),
    ],
)  # fmt: skip
def test_a_connection_is_one_readable_call(tmp_path: Path, send: str, definition: str, model: str) -> None:
    write(tmp_path, send, definition=definition)
    project = load_project(tmp_path)
    files = generate(project, identifiers_of(project.destinations))
    (text,) = (text for path, text in files.items() if path.startswith("models/sync/sends/"))
    assert f"{{{{ {model} }}}}" in text and "materialized='send'" in text


def test_a_removal_unsets_every_trait_that_is_sent_together() -> None:
    at = datetime(2026, 2, 1, 12, tzinfo=UTC)
    envelope = Envelope("hook", "scores", "boolean", "", "", "", "shop", at, "sync", values=("score", "tags"))
    unit = Unit("p1", "add", {"user_id": "u", "email": "u@x.y"}, '{"score":1.50,"tags":[]}')
    assert call(envelope, replace(unit, side="remove"))["traits"] == {"email": "u@x.y", "score": None, "tags": None}
    said = call(envelope, unit)["traits"]
    assert isinstance(said, dict) and list(said) == ["email", "score", "tags"] and said["tags"] == []


CONSENT = "requires: {trait: consent, equals: true}\n"


@pytest.mark.parametrize(
    ("more", "send", "said"),
    [
        (
            CONSENT, "destination: hook",
            "`hook` requires something of people, and this tells it of accounts\n"
            "  send it `as: events`, which tells people alone, or to a destination without `requires`",
        ),
        (CONSENT, "destination: hook, as: events", None),
        (
            "", "destination: hook, users: true, holdout: 5%",
            "people are held out one by one, and this tells all users of an account the same\n"
            "  leave `holdout` out, or send an audience of users",
        ),
        ("", "destination: hook, holdout: 5%", None),
        (
            "priority: [[big, small]]\n", "destination: hook",
            "`priority` is about people, and `big` is of accounts\n  leave it out",
        ),
    ],
)  # fmt: skip
def test_people_are_not_withheld_where_accounts_are_told(tmp_path: Path, more: str, send: str, said: str | None) -> None:
    write(tmp_path, send, key="big", definition=ACCOUNTS)
    (tmp_path / "destinations/hook.yml").write_text(HOOK + more)
    small = "audience: small\nwho: {performed: Bought}\nsend_to: [{destination: hook}]\n"
    (tmp_path / "audiences/small.yml").write_text(small if "priority" in more else small.replace("hook", "files"))
    found = [f"{problem.message}\n  {problem.hint}" for problem in check_destinations(load_project(tmp_path))]
    assert found == ([] if said is None else [said])


def test_an_audience_of_a_priority_must_be_sent_there(tmp_path: Path) -> None:
    write(tmp_path, "destination: hook", key="small", definition="who: {performed: Bought}\n")
    (tmp_path / "audiences/vips.yml").write_text("audience: vips\nwho: {performed: Bought}\n")
    (tmp_path / "destinations/hook.yml").write_text(HOOK + "priority: [[vips, small]]\n")
    (problem,) = check_destinations(load_project(tmp_path))
    assert problem.message == "`priority` names `vips`, which is not sent here" and "would go nowhere" in str(problem.hint)


def test_what_withholds_people_stands_in_the_models_and_nothing_where_nothing_does(tmp_path: Path) -> None:
    write(tmp_path, "destination: hook, holdout: 10%", key="small", definition="who: {performed: Bought}\n")
    (tmp_path / "audiences/vips.yml").write_text("audience: vips\nwho: everyone\nsend_to: [{destination: hook}]\n")
    (tmp_path / "destinations/hook.yml").write_text(f"{HOOK}{CONSENT}priority: [[vips, small]]\n")
    project = load_project(tmp_path)
    files = generate(project, identifiers_of(project.destinations))
    small, vips = (files[f"models/sync/sends/send_hook_{key}.sql"] for key in ("small", "vips"))
    assert "requires=ref('requires_hook')" in small and "before=[ref('vips')]" in small
    assert "holdout=['hook:small:', '19999999']" in small
    assert "requires=ref('requires_hook')" in vips and "before" not in vips and "holdout" not in vips
    assert "materialized='refilled_table'" in files["models/sync/requires/requires_hook.sql"]
    (tmp_path / "destinations/hook.yml").write_text(HOOK)
    (tmp_path / "audiences/small.yml").unlink()
    project = load_project(tmp_path)
    files = generate(project, identifiers_of(project.destinations))
    assert "withheld" not in files["models/sync/sends/send_hook_vips.sql"]
    assert not [path for path in files if "requires" in path]


def test_a_destination_and_connections_as_the_language_shows_them_pass(tmp_path: Path) -> None:
    destination = (CASES / "contract_destination.yml").read_text(encoding="utf-8")
    connection = "destination: contract_destination, identifiers: {email: last}, traits: [first_name, {plan: tier}]"
    for key in ("vip", "churned"):
        write(tmp_path, connection, key=key, definition="who: everyone\n")
    (tmp_path / "destinations" / "contract_destination.yml").write_text(destination, encoding="utf-8")
    assert check_destinations(load_project(tmp_path)) == []
