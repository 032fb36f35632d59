"""Buckets and containers of objects, reached by fsspec. An object is there as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dbt_audiences.sync.channel import Opening


class Objects:
    """Objects below `bucket` and the setting `path`.

    made  gives the file system, when it is first needed
    """

    def __init__(self, opening: Opening, bucket: str, scheme: str, made: Callable[[], Any]) -> None:
        self._made, self._system = made, None
        path = str(opening.settings.get("path", "")).strip("/")
        self._bucket, self._base = bucket, f"{bucket}/{path}" if path else bucket
        shown = opening.shown_settings
        written = "/".join(str(shown[name]).strip("/") for name in ("bucket", "container", "path") if name in shown)
        self.place = f"{scheme}://{written}"

    @property
    def _files(self) -> Any:
        if self._system is None:
            self._system = self._made()
        return self._system

    def check(self) -> None:
        """List what lies below the path, or where nothing does yet, in the bucket."""
        try:
            self._files.ls(self._base, detail=False, refresh=True)
        except FileNotFoundError:
            self._files.ls(self._bucket, detail=False, refresh=True)

    def has(self, name: str) -> bool:
        """Ask for it, past what was listed before."""
        self._files.invalidate_cache()
        return bool(self._files.exists(f"{self._base}/{name}"))

    def put(self, local: Path, name: str) -> None:
        """Upload it, in parts where it is large; it shows when the last part is there."""
        self._files.put_file(str(local), f"{self._base}/{name}")

    def tidy(self, kept: Sequence[str]) -> None:
        """An upload that was cut left nothing that can be seen."""

    def close(self) -> None:
        """The library keeps its own connections."""
        self._system = None
