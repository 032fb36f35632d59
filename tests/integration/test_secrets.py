"""Secrets: where they may come from, and that a canary in any of them shows nowhere, whatever the other side says."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import keyring
import pytest
from keyring.backend import KeyringBackend
from tests.integration.mail_server import MailServer
from tests.integration.projects import artifacts, at, shop_with_ten_buyers
from tests.integration.receiver import Answer, Received, Receiver
from tests.integration.test_alerts import alert, judged, state_tables
from tests.integration.worlds import STATE, World, destination, running_world, send_to

from dbt_audiences.core.warehouse import Warehouse
from dbt_audiences.sync.alerts.telling import tell
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.redaction import HIDDEN, needles_of, redacted
from dbt_audiences.sync.templates import rendered
from dbt_audiences.sync.trying import tried

CANARY = 'c4n4ry "of/the" mine+=&ü'
"""With everything in it that is written otherwise in a URL, in JSON or in base64."""


# --- where they come from ----------------------------------------------------------------------------------------------------


class Kept(KeyringBackend):
    """A keyring in memory."""

    priority = 1  # type: ignore[assignment]

    def get_password(self, service: str, username: str) -> str | None:
        return {("crm", "api_key"): "of the keyring"}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def a_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Kept())
    yield
    keyring.set_keyring(before)


def test_a_secret_comes_from_the_environment_a_file_or_the_keyring(tmp_path: Path, a_keyring: None) -> None:
    file = tmp_path / "key"
    file.write_text("two\nlines\n")
    assert rendered("{{ env_var('KEY') }}", {"KEY": "of the environment"}) == "of the environment"
    assert rendered(f"{{{{ file('{file}') }}}}", {}) == "two\nlines"
    assert rendered("{{ keyring('crm', 'api_key') }}", {}) == "of the keyring"
    for template, said in {
        f"{{{{ file('{file}.gone') }}}}": f"the file `{file}.gone` cannot be read: No such file or directory",
        "{{ file('key') }}": "the file `key` must be given by its whole path, outside of the project",
        "{{ keyring('crm', 'other') }}": "the keyring has no `other` of `crm`: keyring set crm other",
        "{{ keyring('crm') }}": "the template cannot be rendered: `env_var('NAME')`, `file('/path')` and "
        "`keyring('service', 'name')` are known",
        "{{ env_var('GONE') }}": "the environment variable GONE is not set",
    }.items():
        with pytest.raises(ValueError) as refused:
            rendered(template, {})
        assert str(refused.value) == said


def test_what_is_hidden_is_found_in_every_spelling() -> None:
    key = json.dumps({"type": "service_account", "private_key": "-----BEGIN-----\nMIIEvgIBADANBgkqh\n-----END-----\n"})
    needles = needles_of([CANARY, key, "AccountKey=c2VjcmV0LWtleQ==;Endpoint=x", "abc"])
    basic = base64.b64encode(f"user:{CANARY}".encode()).decode()
    for text in (
        CANARY, quote(CANARY), quote(CANARY, safe=""), json.dumps(CANARY), base64.b64encode(CANARY.encode()).decode(),
        "MIIEvgIBADANBgkqh", "c2VjcmV0LWtleQ==", f"Authorization: Basic {basic}", "bearer eyJhbGciOi.x-y_z",
    ):  # fmt: skip
        assert HIDDEN in redacted(f"it said: {text}!", needles), text
        assert text.strip('"') not in redacted(f"it said: {text}!", needles)
    assert redacted(f"it said: {CANARY[:12]}", needles) == f"it said: {HIDDEN}"
    assert redacted("the basic idea, abc, and a bearer of news", needles) == "the basic idea, abc, and a bearer of news"


# --- nowhere -----------------------------------------------------------------------------------------------------------------


def traces(text: str) -> list[str]:
    """The forms of the canary that stand in a text."""
    forms = {
        CANARY,
        quote(CANARY),
        quote(CANARY, safe=""),
        json.dumps(CANARY)[1:-1],
        json.dumps(CANARY, ensure_ascii=False)[1:-1],
    }
    forms |= {base64.b64encode(CANARY.encode()).decode().rstrip("="), "c4n4ry"}
    return sorted(one for one in forms if one in text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as made:
        yield made


def echo(got: Received) -> Answer:
    """An answer that repeats all that came, as some servers do in their errors."""
    said = json.dumps(
        {"path": got.path, "query": got.query, "headers": got.headers, "body": got.body.decode("utf-8", "replace")}
    )
    return Answer(400, said[:3000])


def settings_of(type_: str, world: World, root: Path) -> dict[str, Any]:
    spec = destination_types()[type_]
    url, port = world.receiver.url, int(world.receiver.url.split(":")[2].split("/")[0])
    program = root / "target"
    program.write_text('#!/bin/sh\necho "$0 $*" >> args\ntr "\\0" " " < /proc/$PPID/cmdline >> args\ncat "$2" >&2\nexit 1\n')
    program.chmod(0o700)
    known: dict[str, Any] = {
        "url": url, "base_url": url, "endpoint_url": url, "token_url": url, "host": "127.0.0.1", "port": port, "user": "me",
        "database": "db", "brokers": f"127.0.0.1:{port}", "topic": "t", "bucket": "b", "container": "c", "account": "a",
        "account_host": f"127.0.0.1:{port}", "from": "a@b.c", "to": "a@b.c", "command": str(program), "path": str(root / "out"),
        "function": "send.py:send", "security": "none", "sslmode": "disable", "host_key": "",
    }  # fmt: skip
    found = {}
    for setting in spec.settings:
        if setting.name in ("database", "port", "path") and setting.kind == "integer":
            found[setting.name] = known[setting.name] if setting.name == "port" else 0
        elif setting.name in known and known[setting.name] and (not setting.choices or known[setting.name] in setting.choices):
            found[setting.name] = known[setting.name]
        elif setting.is_required:
            found[setting.name] = setting.choices[0] if setting.choices else "123" if setting.kind == "text" else 1
    return found


def secrets_of(type_: str) -> dict[str, str]:
    """The canary in every secret, as this type takes it."""
    wrapped = {
        "signing_secret": "whsec_" + base64.b64encode(CANARY.encode()).decode(),
        "service_account": json.dumps({"private_key": CANARY, "client_email": "a@b.c", "token_uri": "http://127.0.0.1:1"}),
        "config": json.dumps({"password": CANARY}),
        "webhook_url": "http://127.0.0.1:1/" + quote(CANARY, safe=""),
        "account_key": base64.b64encode(CANARY.encode()).decode(),
    }
    return {name: wrapped.get(name, CANARY) for name in destination_types()[type_].secrets}


@pytest.mark.parametrize("type_", sorted(destination_types()))
def test_a_canary_in_every_secret_of_a_destination_shows_nowhere(
    world: World, tmp_path: Path, type_: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = destination_types()[type_]
    if not spec.secrets:
        return
    for table in (*STATE, "wanted_table"):
        world.warehouse.execute(f"delete from {table}")
    world.receiver.decide = echo
    world.root = tmp_path
    monkeypatch.chdir(tmp_path)
    secrets = secrets_of(type_)
    for name, value in secrets.items():
        monkeypatch.setenv(f"CANARY_{name.upper()}", value)
    templates = {name: f"{{{{ env_var('CANARY_{name.upper()}') }}}}" for name in secrets}
    if type_ == "azure_blob":
        templates = {"account_key": templates["account_key"]}
    settings = settings_of(type_, world, tmp_path)
    if type_ == "email":
        settings["port"] = 1
    world.destination = destination(type=type_, settings=settings, secrets=templates)
    world.send = send_to(as_=None, list_name="123")
    kinds = [kind for kind in ("email", "user_id") if spec.identifier_types is None or kind in spec.identifier_types]
    world.want([(f"p{n}", kind, f"a{n}@example.com") for n in range(2) for kind in kinds])
    results = [world.sync(dry_run=True), world.sync(), world.sync(), tried(world.destination, tmp_path)]
    assert results[1].status in ("failed", "held", "partial"), results[1]
    tables = json.dumps([world.fetch(f"select * from {table}") for table in STATE], default=str, ensure_ascii=False)
    files = {str(path): path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()}
    shown = capfd.readouterr()
    for what, text in {"results": repr(results), "tables": tables, "output": shown.out + shown.err, **files}.items():
        assert traces(text) == [], (what, text[:2000])
    assert traces(repr(world.destination)) == []


def test_a_canary_in_every_secret_of_an_alert_shows_nowhere(
    warehouse: Warehouse,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    state = state_tables(warehouse)
    world.receiver.decide = echo
    url = world.receiver.url + "/" + quote(CANARY, safe="")
    monkeypatch.setenv("C_URL", url)
    monkeypatch.setenv("C_PASSWORD", CANARY)
    monkeypatch.setenv("C_SIGN", secrets_of("webhook")["signing_secret"])
    here, signing = {"allow_private_addresses": True}, {"signing_secret": "{{ env_var('C_SIGN') }}"}
    with MailServer(login=("me", "other")) as mail:
        mailbox = {"host": "127.0.0.1", "port": mail.port, "security": "none", "user": "me", "from": "a@b", "to": "b@c"}
        few = alert(
            on="audience_size", audience="vips", below=3,
            send_to=[
                {"type": "email", "settings": mailbox, "secrets": {"password": "{{ env_var('C_PASSWORD') }}"}, **here},
                {"type": "slack", "secrets": {"webhook_url": "{{ env_var('C_URL') }}"}, **here},
                {"type": "slack_workflow", "secrets": {"webhook_url": "{{ env_var('C_URL') }}"}, **here},
                {"type": "webhook", "settings": {"url": "{{ env_var('C_URL') }}"}, "secrets": signing, **here},
            ],
        )  # fmt: skip
        judged(state, few)
        untold = tell(state, {name: name for name in ("notifications",)}, {"watched": few}, {}, project="shop", target="dev")
    assert len(untold) == 4
    rows = state.fetch("select * from notifications")
    assert all(row[-2] for row in rows)
    said = repr(untold) + repr(rows) + repr(few) + "".join(capfd.readouterr())
    assert traces(said) == [], said


def test_a_canary_shows_nowhere_in_what_a_run_and_dbt_leave_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = shop_with_ten_buyers(tmp_path / "shop")
    with Receiver() as receiver:
        receiver.decide = echo
        monkeypatch.setenv("CANARY_URL", f"{receiver.url}/{quote(CANARY, safe='')}")
        monkeypatch.setenv("CANARY_KEY", CANARY)
        monkeypatch.setenv("CANARY_SIGN", secrets_of("webhook")["signing_secret"])
        here = "allow_private_addresses: true\n"
        signing = "secrets: {signing_secret: \"{{ env_var('CANARY_SIGN') }}\"}\n"
        project.write(
            "destinations/hook.yml",
            f"destination: hook\ntype: webhook\nsettings: {{url: \"{{{{ env_var('CANARY_URL') }}}}\"}}\n{signing}{here}",
        )
        project.write(
            "destinations/ads.yml",
            f"destination: ads\ntype: braze\nsettings: {{base_url: '{receiver.url}', data_center: US-01}}\n"
            f"secrets: {{rest_api_key: \"{{{{ env_var('CANARY_KEY') }}}}\"}}\n{here}",
        )
        project.write(
            "alerts/failed.yml",
            "alert: failed\non: run_failed\nsend_to:\n  - type: slack\n    allow_private_addresses: true\n"
            "    secrets: {webhook_url: \"{{ env_var('CANARY_URL') }}\"}\n",
        )
        project.define(
            "buyers", "{performed: Bought, within: 30 days}", send_to=[{"destination": "hook"}, {"destination": "ads"}]
        )
        project.write("models/own.sql", "select 1 as one")  # a model that dbt builds
        with artifacts():
            results = [project.audiences("run", "--as-of", at(0), expect=1), project.audiences("status")]
            results.append(project.audiences("destinations", "test", "hook", expect=None))
        assert any(traces(got.path + json.dumps(got.headers)) for got in receiver.requests), "it was sent"
    files = {str(path.relative_to(project.root)): path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    assert {"target/manifest.json", "target/run_results.json", "logs/dbt.log", "warehouse.duckdb"} <= files.keys()
    said = {f"output {number}": (one.out + one.err).encode() for number, one in enumerate(results)}
    for what, content in {**files, **said}.items():
        assert traces(content.decode("utf-8", "replace")) == [], what
