"""`azure_blob`: files of members in a container of Azure Blob Storage."""

from __future__ import annotations

from typing import Any, Literal

from dbt_audiences.sync.addresses import refuse_private_url
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Setting, Spec
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.files.channel import SETTINGS, Store, filed
from dbt_audiences.sync.files.objects import Objects

_REFUSED = (401, 403, 404)


def _store(opening: Opening) -> Store:
    need_library("adlfs", "azure")
    settings, secrets = opening.settings, opening.secrets

    def made() -> Any:
        from adlfs import AzureBlobFileSystem

        if not opening.allow_private_addresses:
            for url in _urls(str(settings.get("account_host", "")), secrets.get("connection_string", "")):
                refuse_private_url(url)
        return AzureBlobFileSystem(
            account_name=str(settings["account"]),
            account_host=settings.get("account_host"),
            connection_string=secrets.get("connection_string"),
            account_key=secrets.get("account_key"),
            sas_token=secrets.get("sas_token"),
            anon=False,
            skip_instance_cache=True,
        )

    return Objects(opening, str(settings["container"]), "az", made)


def _urls(host: str, connection_string: str) -> list[str]:
    """Where a host and a connection string lead to, but for Azure's own addresses."""
    said = dict(part.partition("=")[::2] for part in connection_string.split(";"))
    found = [f"https://{host}"] if host else []
    found += [value for name, value in said.items() if name.endswith("Endpoint")]
    if "EndpointSuffix" in said or said.get("DefaultEndpointsProtocol") == "http":
        place = f"{said.get('AccountName', '')}.blob.{said.get('EndpointSuffix', 'core.windows.net')}"
        found.append(f"{said.get('DefaultEndpointsProtocol', 'https')}://{place}")
    return found


def _judged(error: Exception) -> Literal["held"] | None:
    is_refused = isinstance(error, PermissionError | FileNotFoundError) or getattr(error, "status_code", None) in _REFUSED
    return "held" if is_refused or "Authentication" in type(error).__name__ else None


SPEC = Spec(
    type="azure_blob",
    settings=(
        Setting("account", "text", is_required=True),
        Setting("container", "text", is_required=True),
        *SETTINGS,
        Setting("account_host", "text"),
    ),
    secrets=("account_key", "sas_token", "connection_string"),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=True,
    open=filed(_store, kind="azure_blob", judge=_judged),
    value_forms=("list",),
    keeps_history=True,
    name="Azure Blob Storage",
    description="Files of changes, or of all members, CSV, JSON Lines or Parquet.",
    proven_by="contract receiver",
)
