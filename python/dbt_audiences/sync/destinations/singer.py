"""`singer`: any Singer target, run with each batch."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from threading import Thread
from typing import IO, Any

from dbt_audiences.sync.calls import said_of
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Outcome, Setting, Spec
from dbt_audiences.sync.declared.statement import Statement
from dbt_audiences.sync.json_text import dumped
from dbt_audiences.sync.stated import first_line, stated, without

KEYS = ("audience_key", "identifier_type", "identifier_value")
_TEXT: dict[str, object] = {"type": ["string", "null"]}
_INSTANT: dict[str, object] = {"type": ["string", "null"], "format": "date-time"}
_TRUTH: dict[str, object] = {"type": ["boolean", "null"]}
_PROPERTIES: dict[str, dict[str, object]] = {
    **{key: {"type": "string"} for key in KEYS},
    "list": _TEXT,
    "profile_id": _TEXT,
    "is_member": _TRUTH,
    "traits": _TEXT,
    "sync_id": _TEXT,
    "changed_at": _INSTANT,
    "_sdc_deleted_at": _INSTANT,
}
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")
"""What a target gets of the environment: not the secrets of other destinations."""

_KEPT_LINES = 20
_WAIT_SECONDS = 600


class Target:
    """Runs the target anew for each batch; what it has taken is known by its exit code alone."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._config = opening.secrets.get("config", "{}")
        self._stream = str(opening.settings.get("stream", "audience_members"))
        self._seconds = int(str(opening.settings.get("timeout_seconds", _WAIT_SECONDS)))

    def shown(self, statement: Statement) -> dict[str, object]:
        """The command and its messages."""
        return {"command": self._opening.shown_settings["command"], "messages": list(self._messages(statement))}

    def carry(self, request_id: str, statement: Statement) -> Outcome:
        """Run it. Where it fails, and takes the same messages without the rows, the rows are at fault."""
        trouble = self._ran(self._messages(statement))
        if trouble is None:
            return Outcome("delivered")
        if self._ran([self._schema()]) is None:
            return Outcome("rejected", trouble, divides=True)
        return Outcome("pending", trouble, stops=True)

    def try_out(self) -> Outcome:
        """Run it with its configuration and not a single message."""
        trouble = self._ran([])
        return Outcome("delivered", "it runs, and takes no row") if trouble is None else Outcome("pending", trouble)

    def close(self) -> None:
        """Nothing is held."""

    def _schema(self) -> dict[str, object]:
        schema = {"type": "object", "properties": _PROPERTIES}
        return {"type": "SCHEMA", "stream": self._stream, "schema": schema, "key_properties": list(KEYS)}

    def _messages(self, statement: Statement) -> Iterator[dict[str, object]]:
        envelope = statement.envelope
        at = f"{envelope.as_of.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
        yield self._schema()
        for unit in statement.units:
            is_member = unit.side == "add"
            shared = {
                "list": envelope.list_name,
                "profile_id": unit.profile_id,
                "is_member": None if envelope.values else is_member,
                "traits": dumped(said_of(envelope, unit)),
                "sync_id": envelope.sync_id,
                "changed_at": at,
                "_sdc_deleted_at": None if is_member else at,
            }
            for type_, value in unit.identifiers.items():
                key = {"audience_key": envelope.audience, "identifier_type": type_, "identifier_value": value}
                yield {"type": "RECORD", "stream": self._stream, "record": {**key, **shared}}
        yield {"type": "STATE", "value": {"bookmarks": {self._stream: {"sync_id": envelope.sync_id}}}}

    def _program(self) -> Path | str:
        """The program, or why there is none."""
        written = str(self._opening.settings["command"])
        below = self._opening.root / written
        if "/" in written:
            return below if os.access(below, os.X_OK) else f"there is no program {written}"
        found = shutil.which(written)
        return Path(found) if found else f"there is no program {written}: pip install it where this runs, or give its path"

    def _ran(self, messages: Iterator[dict[str, object]] | list[dict[str, object]]) -> str | None:
        """What went wrong; None where the target took everything."""
        program = self._program()
        if isinstance(program, str):
            return program
        with tempfile.TemporaryDirectory(prefix="dbt_audiences_") as folder:
            config = Path(folder) / "config.json"
            config.touch(mode=0o600)
            config.write_text(self._config, encoding="utf-8")
            process = subprocess.Popen(
                [str(program), "--config", str(config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd=self._opening.root,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            assert process.stdin is not None and process.stderr is not None
            lines: deque[str] = deque(maxlen=_KEPT_LINES)
            reading = Thread(target=lines.extend, args=(process.stderr,), daemon=True)
            writing = Thread(target=_write, args=(process.stdin, messages), daemon=True)
            reading.start()
            writing.start()
            try:
                code = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return f"it did not end within {self._seconds} seconds"
            writing.join(10)
            reading.join(10)
            return None if code == 0 else self._said(code, lines)

    def _said(self, code: int, lines: deque[str]) -> str:
        last = next((line for line in reversed(lines) if line.strip()), "it said nothing")
        return without(f"it ended with {code}: {first_line(last)}", _texts_of(json.loads(self._config)))


def _write(file: IO[str], messages: Any) -> None:
    try:
        for message in messages:
            file.write(dumped(message) + "\n")
        file.close()
    except (OSError, ValueError):
        # It ended before it had read all: its exit code says so.
        return


def _texts_of(config: object) -> dict[str, str]:
    """All texts of a configuration: any of them may be a secret."""
    if isinstance(config, dict):
        return {f"{name}.{inner}": text for name, value in config.items() for inner, text in _texts_of(value).items()}
    if isinstance(config, list):
        return {f"{place}.{inner}": text for place, value in enumerate(config) for inner, text in _texts_of(value).items()}
    return {"": config} if isinstance(config, str) else {}


def _check_secret(name: str, value: str) -> None:
    try:
        is_object = isinstance(json.loads(value), dict)
    except ValueError:
        is_object = False
    if not is_object:
        raise ValueError("it must be the target's configuration, as JSON")


SPEC = Spec(
    type="singer",
    settings=(
        Setting("command", "text", is_required=True),
        Setting("stream", "text"),
        Setting("timeout_seconds", "integer", most=86_400),
        Setting("batch_size", "integer", most=50_000),
    ),
    secrets=("config",),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=None,
    is_mixed=False,
    open=stated(Target, kind="singer", batch_size=10_000),
    check_secret=_check_secret,
    value_forms=("list",),
    name="Singer target",
    description="A row for each identifier of a member, to any program that takes Singer messages.",
    proven_by="real server (target-jsonl, meltanolabs-target-postgres)",
)
