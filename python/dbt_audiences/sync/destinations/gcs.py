"""`gcs`: files of members in a bucket of Google Cloud Storage."""

from __future__ import annotations

import json
from typing import Any, Literal

from dbt_audiences.sync.addresses import refuse_private_url
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Setting, Spec
from dbt_audiences.sync.extras import need_library, quiet
from dbt_audiences.sync.files.channel import SETTINGS, Store, filed
from dbt_audiences.sync.files.objects import Objects

_REFUSED = (401, 403, 404)


def _store(opening: Opening) -> Store:
    need_library("gcsfs", "gcs")
    settings, key = opening.settings, opening.secrets.get("service_account")

    def made() -> Any:
        # The class that the package names first asks each bucket for its kind, by another protocol.
        from gcsfs.core import GCSFileSystem

        quiet("gcsfs")
        endpoint = settings.get("endpoint_url")
        if endpoint is not None and not opening.allow_private_addresses:
            refuse_private_url(str(endpoint))
        # Another endpoint is an emulator, which knows no accounts of Google.
        token = json.loads(key) if key is not None else "anon" if endpoint is not None else "google_default"
        return GCSFileSystem(project="-", token=token, endpoint_url=endpoint, skip_instance_cache=True, timeout=60)

    return Objects(opening, str(settings["bucket"]), "gs", made)


def _check_secret(name: str, value: str) -> None:
    try:
        is_key = "private_key" in json.loads(value)
    except (ValueError, TypeError):
        is_key = False
    if not is_key:
        raise ValueError("it must be the JSON of a service account's key")


def _judged(error: Exception) -> Literal["held"] | None:
    is_refused = isinstance(error, PermissionError | FileNotFoundError) or getattr(error, "code", None) in _REFUSED
    return "held" if is_refused or "Auth" in type(error).__name__ or type(error).__name__ == "RefreshError" else None


SPEC = Spec(
    type="gcs",
    settings=(
        Setting("bucket", "text", is_required=True),
        *SETTINGS,
        Setting("endpoint_url", "url"),
    ),
    secrets=("service_account",),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=True,
    open=filed(_store, kind="gcs", judge=_judged),
    check_secret=_check_secret,
    value_forms=("list",),
    keeps_history=True,
    name="Google Cloud Storage",
    description="Files of changes, or of all members, CSV, JSON Lines or Parquet.",
    proven_by="real server (gcp-storage-emulator)",
)
