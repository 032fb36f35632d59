"""`sftp`: files of members on a server that is known by its key."""

from __future__ import annotations

import io
import posixpath
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dbt_audiences.sync.addresses import connection
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Setting, Spec
from dbt_audiences.sync.extras import need_library, quiet
from dbt_audiences.sync.files.channel import SETTINGS, Store, filed

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, SSHClient

TIMEOUT_SECONDS = 30.0


class Sftp:
    """Uploads beside the place, under a hidden name, and then renames."""

    def __init__(self, opening: Opening) -> None:
        need_library("paramiko", "sftp")
        self._opening, self._settings, self._secrets = opening, opening.settings, opening.secrets
        self._part = f".{opening.envelope.destination}-{opening.envelope.audience}"
        self._base = str(self._settings.get("path", "."))
        shown = opening.shown_settings
        self.place = f"sftp://{shown['host']}/{str(shown.get('path', '.')).lstrip('/')}"
        self._client: SSHClient | None = None
        self._sftp: SFTPClient | None = None

    def check(self) -> None:
        """Log in; a folder that is missing is made by the first file."""
        self._files().stat(".")

    def has(self, name: str) -> bool:
        """Look at the file."""
        try:
            self._files().stat(f"{self._base}/{name}")
        except FileNotFoundError:
            return False
        return True

    def put(self, local: Path, name: str) -> None:
        """Upload, see that all of it is there, and rename."""
        files = self._files()
        place = f"{self._base}/{name}"
        folder = posixpath.dirname(place)
        self._make(files, folder)
        for found in files.listdir(folder):
            if found.startswith(f"{self._part}-") and found.endswith(".part"):
                files.remove(f"{folder}/{found}")
        part = f"{folder}/{self._part}-{posixpath.basename(name)}.part"
        files.put(str(local), part, confirm=True)
        try:
            files.posix_rename(part, place)
        except OSError:
            # A server without that extension renames only to what is not there.
            with suppress(FileNotFoundError):
                files.remove(place)
            files.rename(part, place)

    def tidy(self, kept: Sequence[str]) -> None:
        """The next upload removes what an earlier one left."""

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def _make(self, files: SFTPClient, folder: str) -> None:
        missing = []
        while folder not in ("", "/", "."):
            try:
                files.stat(folder)
                break
            except FileNotFoundError:
                missing.append(folder)
                folder = posixpath.dirname(folder)
        for one in reversed(missing):
            files.mkdir(one)

    def _files(self) -> SFTPClient:
        from paramiko import RejectPolicy, SSHClient

        if self._sftp is None:
            quiet("paramiko")
            host, port = str(self._settings["host"]), int(str(self._settings.get("port", 22)))
            self._client = SSHClient()
            self._client.set_missing_host_key_policy(RejectPolicy())
            written = self._settings.get("host_key")
            if written is None:
                self._client.load_system_host_keys()
            else:
                key = _host_key(str(written))
                self._client.get_host_keys().add(host if port == 22 else f"[{host}]:{port}", key.get_name(), key)
            # To the address that was checked: a second answer to the name cannot slip in.
            private = self._opening.allow_private_addresses
            through = None if private else connection(host, port, TIMEOUT_SECONDS)
            self._client.connect(
                host,
                port,
                str(self._settings["user"]),
                self._secrets.get("password"),
                pkey=_own_key(self._secrets),
                timeout=TIMEOUT_SECONDS,
                banner_timeout=TIMEOUT_SECONDS,
                auth_timeout=TIMEOUT_SECONDS,
                allow_agent=False,
                look_for_keys=False,
                sock=through,
            )
            self._sftp = self._client.open_sftp()
            channel = self._sftp.get_channel()
            assert channel is not None
            channel.settimeout(TIMEOUT_SECONDS)
        return self._sftp


def _host_key(text: str) -> PKey:
    """As in a line of `known_hosts`: a type, and base64."""
    from paramiko import PKey

    words = text.split()
    try:
        return PKey.from_type_string(words[0], b64decode(words[1]))
    except Exception:  # the library has many, and none says what was wanted
        raise PermissionError("`host_key` must be a type and a key, such as ssh-ed25519 AAAA..., as ssh-keyscan says") from None


def _own_key(secrets: Mapping[str, str]) -> PKey | None:
    from paramiko import ECDSAKey, Ed25519Key, RSAKey, SSHException

    text = secrets.get("private_key")
    if text is None:
        return None
    for kind in (Ed25519Key, ECDSAKey, RSAKey):
        with suppress(SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text.strip() + "\n"), secrets.get("passphrase"))
    raise PermissionError("the private key cannot be read, or its passphrase is another")


def _judged(error: Exception) -> Literal["held"] | None:
    from paramiko import AuthenticationException, BadHostKeyException, SSHException

    is_unknown = isinstance(error, SSHException) and "not found in known_hosts" in str(error)
    refused = AuthenticationException | BadHostKeyException | PermissionError | FileNotFoundError
    return "held" if is_unknown or isinstance(error, refused) else None


def _store(opening: Opening) -> Store:
    return Sftp(opening)


SPEC = Spec(
    type="sftp",
    settings=(
        Setting("host", "text", is_required=True),
        Setting("port", "integer", most=65_535),
        Setting("user", "text", is_required=True),
        Setting("host_key", "text"),
        *SETTINGS,
    ),
    secrets=("password", "private_key", "passphrase"),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=True,
    open=filed(_store, kind="sftp", judge=_judged),
    value_forms=("list",),
    keeps_history=True,
    name="SFTP",
    description="Files of changes, or of all members, CSV, JSON Lines or Parquet, on a server that is known by its key.",
    proven_by="real server (asyncssh)",
)
