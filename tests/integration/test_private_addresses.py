"""No destination reaches an address of this machine's own network unless it says so, however the address is written."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.integration.test_secrets import secrets_of, settings_of
from tests.integration.worlds import STATE, World, destination, running_world, send_to

from dbt_audiences.sync.addresses import PrivateAddress, connection, is_public, refuse_private_literal, refuse_private_url
from dbt_audiences.sync.destinations import destination_types
from dbt_audiences.sync.trying import tried

HOSTS = ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.1")
"""This machine, as those who resolve names read it."""

PRIVATE = (
    *HOSTS[2:], "127.0.0.1", "127.0.0.1.", "0", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[fe80::1%25eth0]", "[fc00::1]", "①②⑦.0.0.1", "127。0。0。1", "224.0.0.1", "255.255.255.255",
)  # fmt: skip
WITHOUT_ADDRESS = ("folder", "python", "singer")
"""They write files, call the project's own function or start a program: nothing here connects."""


class Listener:
    """A port of this machine that counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.count = self._socket.getsockname()[1], 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                found, _ = self._socket.accept()
            except OSError:
                return
            self.count += 1
            found.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(PrivateAddress):
        refuse_private_literal(f"https://{host}:8080/x")
    with pytest.raises(PrivateAddress):
        refuse_private_url(f"https://{host}/x")


def test_public_addresses_and_names_are_not_refused_as_written() -> None:
    for host in ("93.184.216.34", "[2606:2800:220:1:248:1893:25c8:1946]", "example.com", "1572395042", "localhost.example"):
        refuse_private_literal(f"https://{host}/")
    assert is_public("93.184.216.34") and not is_public("::ffff:10.0.0.1")
    with pytest.raises(PrivateAddress, match="without TLS"):
        refuse_private_url("http://93.184.216.34/")


def test_a_name_that_answers_otherwise_the_second_time_leads_nowhere(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host != "rebind.example":
            return real(host, port, *args, **more)
        asked.append(host)
        return real("192.0.2.1" if len(asked) > 1 else "93.184.216.34", port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    before = listener.count
    with pytest.raises(OSError):
        connection("rebind.example", listener.port, 0.2)
    assert (asked, listener.count) == (["rebind.example"], before)


@pytest.mark.parametrize("type_", sorted({*destination_types()} - {*WITHOUT_ADDRESS}))
def test_no_type_of_destination_reaches_this_machine_unless_it_is_allowed_to(
    world: World, listener: Listener, tmp_path: Path, type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table in (*STATE, "wanted_table"):
        world.warehouse.execute(f"delete from {table}")
    spec = destination_types()[type_]
    secrets = secrets_of(type_)
    if type_ == "azure_blob":
        key = base64.b64encode(b"key").decode()
        place = f"http://127.0.0.1:{listener.port}/a"
        secrets = {"connection_string": f"AccountName=a;AccountKey={key};BlobEndpoint={place}"}
    if type_ == "gcs":
        secrets = {}
    for name, value in secrets.items():
        monkeypatch.setenv(f"PLACE_{name.upper()}", value.replace("ü", ""))
    templates = {name: f"{{{{ env_var('PLACE_{name.upper()}') }}}}" for name in secrets}
    settings = {**settings_of(type_, world, tmp_path)}
    kinds = [kind for kind in ("email", "user_id") if spec.identifier_types is None or kind in spec.identifier_types]
    # The Trade Desk takes no shorter list.
    count = 1_500 if type_ == "trade_desk" else 1
    world.want([(f"p{n}", kind, f"a{n}@example.com") for n in range(count) for kind in kinds])
    world.send = send_to(list_name="123")
    world.root = tmp_path
    addressed = [one.name for one in spec.settings if one.kind == "url" or "url" in one.name]
    hosts = HOSTS if type_ in ("webhook", "sftp") else ("localhost", "2130706433")
    for host in hosts:
        url = f"http://{host}:{listener.port}/"
        place: dict[str, Any] = {
            "host": host,
            "port": listener.port,
            "brokers": f"{host}:{listener.port}",
            "account_host": host,
        }
        place |= dict.fromkeys(("url", "base_url", "endpoint_url", "token_url", *addressed), url)
        world.destination = destination(
            type=type_, settings={name: place.get(name, value) for name, value in settings.items()}, secrets=templates
        )
        world.destination = replace(world.destination, allow_private_addresses=False)
        before = listener.count
        result = world.sync()
        assert result.status in ("failed", "partial"), result
        assert "private address" in result.message, result.message
        # Slack has no request that only asks.
        assert type_ == "slack" or "private address" in (tried(world.destination, tmp_path).reason or "")
        assert listener.count == before
    if spec.declaration is None and type_ not in ("azure_blob", "gcs", "s3"):  # whose libraries try for long
        world.destination = replace(world.destination, allow_private_addresses=True)
        assert "private address" not in world.sync().message


def test_a_socket_of_this_machine_is_no_public_database(world: World, tmp_path: Path) -> None:
    settings = {"host": "/var/run/postgresql", "database": "d", "user": "u"}
    world.destination = destination(type="postgres", settings=settings, allow_private_addresses=False)
    assert "private address" in (tried(world.destination, tmp_path).reason or "")
